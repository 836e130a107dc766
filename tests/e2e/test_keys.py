"""Keys on a running Kadens: a rotation fails no request, a revoked token is refused everywhere."""

import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from kadens.settings import read_secrets
from tests.e2e.conftest import Running
from tests.e2e.test_commands import recording
from tests.until import until

EACH_S = 0.05  # between two files: a patient's link tokens have a rate


class _World:
    """A patient whose files are taken, and the addresses of both doors."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.patient = running.kadens("patient", "add", "--name", "Somebody Rotated").strip()
        running.kadens("consent", "give", "--patient", self.patient, "--source", "files")
        result = running.runtime["addresses"]
        self.vendor, self.clinic = (
            urlsplit(result["vendor door"]).netloc,
            urlsplit(result["clinic"]).netloc,
        )
        self.dsn = str(result["database"])

    def token(self) -> str:
        return self.running.kadens("patient", "token", "--patient", self.patient).strip()

    def send(self, token: str, body: bytes) -> int:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/octet-stream"}
        return _ask(self.vendor, "POST", "/v1/files", body, headers)[0]

    def kept(self) -> int:
        return self._count("body")

    def data_keys(self, key_id: str) -> int:
        with psycopg.connect(self.dsn) as conn:
            row = conn.execute(
                "select count(*) from identity.data_key where key_id <> %s", [key_id]
            ).fetchone()
            return int(row[0]) if row else 0

    def _count(self, table: str) -> int:
        joined = f"{table} b join patient p on p.id = b.patient"
        query = f"select count(*) from {joined} where p.pseudonym = %s"  # noqa: S608 - our names
        with psycopg.connect(self.dsn) as conn:
            row = conn.execute(query.encode(), [self.patient]).fetchone()
            return int(row[0]) if row else 0


def _ask(
    netloc: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(netloc, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


@pytest.fixture(scope="module")
def world(running: Running) -> _World:
    return _World(running)


class _Load:
    """Sends files from a thread and reads pages from another, and counts every status."""

    def __init__(self, world: _World, token: str) -> None:
        self.world, self.token = world, token
        self.files: Counter[int] = Counter()
        self.pages: Counter[tuple[int, bool]] = Counter()
        self.stop = threading.Event()

    def send(self) -> None:
        while not self.stop.wait(EACH_S):
            self.files[
                self.world.send(self.token, b"\x0e\x10 no FIT file %d" % self.files.total())
            ] += 1

    def read(self) -> None:
        while not self.stop.is_set():
            status, page = _ask(self.world.clinic, "GET", f"/patients/{self.world.patient}")
            self.pages[status, "Somebody Rotated" in page] += 1


@contextmanager
def load(world: _World, token: str) -> Iterator[_Load]:
    made = _Load(world, token)
    threads = [threading.Thread(target=made.send), threading.Thread(target=made.read)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: made.files.total() > 5 and made.pages.total() > 5)
        yield made
    finally:
        made.stop.set()
        for thread in threads:
            thread.join(60)


def test_every_key_is_rotated_under_load_and_no_request_fails(world: _World) -> None:
    running, before = world.running, world.token()
    with load(world, before) as made:
        running.kadens("keys", "rotate", "link")
        after = world.token()
        assert [world.send(token, recording() + token.encode()) for token in (before, after)] == [
            202,
            202,
        ]
        running.kadens("keys", "rotate", "wrapping")
        name = running.kadens("patient", "add", "--name", "Added Between").strip()
        rewrapped = json.loads(running.kadens("keys", "rewrap", "--json"))
        assert rewrapped["left"] == 0
        assert _ask(world.clinic, "GET", f"/patients/{name}")[0] == 200
        seen = made.files.total(), made.pages.total()
        until(lambda: made.files.total() > seen[0] + 5 and made.pages.total() > seen[1] + 5)
    assert set(made.files) == {202}
    assert set(made.pages) == {(200, True)}
    assert world.data_keys(rewrapped["active"]) == 0
    assert world.send(after, recording()) == 202
    until(lambda: world.kept() == 3)
    log = (running.data / "up.log").read_text(encoding="utf-8")
    assert not re.search(r"ended with status", log)


def test_a_revoked_token_is_refused_at_once_and_others_hold(world: _World) -> None:
    gone, stays = world.token(), world.token()
    assert [world.send(gone, b"x"), world.send(stays, b"x")] == [202, 202]
    issue = json.loads(
        world.running.kadens("patient", "tokens", "--patient", world.patient, "--json")
    )[-2]["issue"]
    world.running.kadens("patient", "revoke", "--patient", world.patient, "--issue", str(issue))
    began = time.monotonic()
    until(lambda: world.send(gone, b"x") == 401)
    assert time.monotonic() - began < 5
    assert world.send(stays, b"x") == 202
    status, answer = _ask(
        world.vendor, "POST", "/v1/files", b"x", {"authorization": f"Bearer {gone}"}
    )
    assert (status, json.loads(answer)["reason"]) == (401, "link")


def test_erasing_a_patient_ends_their_tokens(world: _World) -> None:
    other = world.running.kadens("patient", "add").strip()
    token = world.running.kadens("patient", "token", "--patient", other).strip()
    assert world.send(token, b"x") == 202
    world.running.kadens("erase", "--patient", other, "--yes")
    until(lambda: world.send(token, b"x") == 401)


def test_the_secrets_file_stays_its_owners_alone(world: _World) -> None:
    path = world.running.data / "secrets.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_secrets(str(path)).link_keys
