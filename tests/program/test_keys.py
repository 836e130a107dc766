"""`kadens keys` and `kadens patient token | tokens | revoke`: results, refusals, audit rows."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from ingest.links import read_link
from kadens.cli import app
from kadens.commands import keys as commands
from kadens.embedded.mock import MockKafka
from kadens.embedded.postgres import Postgres
from kadens.secrets.reading import read_secrets
from kadens.settings import operator
from model.keyring import KeyRing
from model.topics import TOPICS
from storage.bodies import wrapping
from storage.people import identities, patients
from storage.pg.pool import open_pool
from tests.databases.reuse import TEMPLATE, create
from tests.rows import cells_of, values_of

_NOW, _DAY = 1_700_000_000_000, 86_400_000


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    with MockKafka(dict(values_of(TOPICS, "name", "partitions"))) as mock:
        yield mock.address


class Installation:
    """A database with two patients, a secrets file and a clock that the tests set."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.file, self.clock = dsn, folder / "secrets.toml", folder / "clock"

    def at(self, now_ms: int) -> None:
        self.clock.write_text(str(now_ms), encoding="ascii")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn) as conn:
            return conn.execute(query.encode()).fetchall()

    def settle(self) -> None:
        """Let the file look as if it was changed a while ago."""
        os.utime(self.file, (time.time() - 60, time.time() - 60))

    @property
    def link_keys(self) -> KeyRing:
        return read_secrets(str(self.file)).link_keys


@pytest.fixture
def installation(
    postgres: Postgres,
    brokers: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Installation:
    dsn = postgres.dsn(create(postgres.dsn(), TEMPLATE))
    made = Installation(dsn, tmp_path)
    texts = [
        f'{kind}_key = "{bytes([n]).hex() * 32}"\n'
        for n, kind in enumerate(("link", "wrapping", "session"), 1)
    ]
    made.file.write_text("".join(texts), encoding="utf-8")
    made.at(_NOW)
    result = {
        "KAFKA": brokers, "DATABASE": dsn, "BODIES": str(tmp_path / "bodies"),
        "SECRETS_FILE": str(made.file),
        "CLOCK": f"file:{made.clock}", "CLINIC_UNIT": "unit",
    }  # fmt: skip
    for name, value in result.items():
        monkeypatch.setenv(f"KADENS_{name}", value)
    for patient in ("p1", "p2"):
        done("patient", "add", "--pseudonym", patient, "--name", f"Name of {patient}")
    return made


def _kadens(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def done(*words: str) -> Result:
    result = _kadens(*words)
    assert result.exit_code == 0, result.output
    return result


def _refused(*words: str) -> str:
    result = _kadens(*words)
    assert result.exit_code == 1, result.output
    return " ".join(result.stderr.split())


def _plain(*words: str) -> Any:  # noqa: ANN401 - parsed JSON
    return json.loads(done(*words, "--json").stdout)


def test_issued_twice_they_differ_and_each_says_when_it_ends(installation: Installation) -> None:
    first, second = (done("patient", "token", "--patient", "p1") for _ in range(2))
    assert first.stdout != second.stdout
    links = [
        read_link(item.stdout.strip(), installation.link_keys, _NOW) for item in (first, second)
    ]
    assert [(link.issue, link.expires_ms) for link in links if link] == [
        (1, _NOW + 365 * _DAY),
        (2, _NOW + 365 * _DAY),
    ]
    assert second.stderr == (
        "issue 2, holds from now until 2024-11-13T22:13:20Z\n"
        "the patient does not consent to files: what is sent with it is dropped; "
        "record it with `kadens consent give --patient p1 --source files`\n"
    )
    short = _plain("patient", "token", "--patient", "p2", "--days", "1")
    assert (short["issue"], short["expires"]) == (1, "2023-11-15T22:13:20Z")
    assert read_link(short["token"], installation.link_keys, _NOW + _DAY) is None
    for days in ("0", "1096"):
        assert _kadens("patient", "token", "--patient", "p1", "--days", days).exit_code == 2
    assert _refused("patient", "token", "--patient", "nobody") == "error: there is no such patient"


def test_tokens_are_listed_and_never_shown(installation: Installation) -> None:
    token = done("patient", "token", "--patient", "p1").stdout.strip()
    installation.at(_NOW + 1000)
    done("patient", "revoke", "--patient", "p1", "--issue", "1")
    result = done("patient", "tokens", "--patient", "p1", "--json")
    assert json.loads(result.stdout) == [
        {
            "issue": 1,
            "purpose": "link",
            "issued": "2023-11-14T22:13:20Z",
            "expires": "2024-11-13T22:13:20Z",
            "revoked": "2023-11-14T22:13:21Z",
            "issued_by": operator(),
            "key": "1",
        }
    ]
    assert (
        token.rpartition(".")[2]
        not in result.output + done("patient", "tokens", "--patient", "p1").output
    )
    assert installation.rows("select action, object from audit where patient = 1 order by id") == [
        ("patient.add", ""),
        ("patient.token", "link"),
        ("patient.revoke", "issue 1"),
        ("patient.tokens", ""),
        ("patient.tokens", ""),
    ]


def test_revoking_says_what_ended_and_reaches_the_log(installation: Installation) -> None:
    for _ in range(3):
        done("patient", "token", "--patient", "p1")
    assert _plain("patient", "revoke", "--patient", "p1", "--issue", "2") == {
        "revoked": [2],
        "published": True,
    }
    assert _refused("patient", "revoke", "--patient", "p1", "--issue", "2") == (
        "error: this patient has no valid token 2"
    )
    assert (
        done("patient", "revoke", "--patient", "p1", "--all").stderr.strip()
        == "revoked from now on: issue 1, issue 3"
    )
    assert (
        done("patient", "revoke", "--patient", "p1", "--all").stderr.strip()
        == "revoked from now on: nothing, no token was valid"
    )
    assert installation.rows("select count(*), count(published_at) from link_revoked") == [(3, 3)]
    for words in ((), ("--all", "--issue", "1")):
        assert _kadens("patient", "revoke", "--patient", "p1", *words).exit_code == 2


def test_without_a_log_a_revocation_is_kept_and_told(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("patient", "token", "--patient", "p1")
    monkeypatch.setenv("KADENS_KAFKA", "127.0.0.1:1")
    monkeypatch.setattr("kadens.link_tokens.PATIENCE_S", 0.3)
    reported = _refused("patient", "revoke", "--patient", "p1", "--all")
    assert reported.endswith(
        "the log does not answer: doors refuse the token once a worker has published this"
    )
    assert installation.rows("select count(*), count(published_at) from link_revoked") == [(1, 0)]


def test_a_rotation_keeps_what_was_made_before(installation: Installation) -> None:
    before = done("patient", "token", "--patient", "p1").stdout.strip()
    reported = done("keys", "rotate", "link").stderr.strip()
    assert (
        reported
        == "link key 2 is active from now on; the previous one is accepted until it is retired"
    )
    after = done("patient", "token", "--patient", "p1").stdout.strip()
    links = [read_link(token, installation.link_keys, _NOW) for token in (before, after)]
    assert [link.key_id for link in links if link] == ["1", "2"]
    listed = _plain("keys", "list")
    assert cells_of(listed, "kind", "id", "state", "used_by") == [
        ("link", "1", "accepted", 1), ("wrapping", "1", "active", 2), ("session", "1", "active", 0),
        ("link", "2", "active", 1),
    ]  # fmt: skip
    shown = done("keys", "list").output + json.dumps(listed)
    for key in installation.link_keys.keys:
        assert key.secret.hex()[:16] not in shown
    assert installation.rows("select action, object from audit where action like 'keys.%'") == [
        ("keys.rotate", "link 2")
    ]


def test_a_link_key_is_retired_once_no_token_needs_it(installation: Installation) -> None:
    done("patient", "token", "--patient", "p1")
    assert _refused("keys", "retire", "link", "1").endswith(
        "the link key 1 is active; only an accepted one can be retired"
    )
    done("keys", "rotate", "link")
    assert "the key was active until a moment ago: wait until 2023-11-14T22:14:20Z" in _refused(
        "keys", "retire", "link", "1"
    )
    installation.at(_NOW + 60_000)
    assert (
        _refused("keys", "retire", "link", "1")
        == "error: 1 valid link tokens were made with it; --force ends them"
    )
    installation.at(_NOW + 366 * _DAY)
    assert (
        done("keys", "retire", "link", "1").stderr.strip()
        == "link key 1 is retired: it is not accepted from now on"
    )
    assert values_of(installation.link_keys.keys, "id") == ["2"]
    assert "there is no link key 7" in _refused("keys", "retire", "link", "7")
    assert "the link key 1 is retired" in _refused("keys", "retire", "link", "1")


def test_a_leaked_link_key_is_retired_by_force(installation: Installation) -> None:
    token = done("patient", "token", "--patient", "p1").stdout.strip()
    done("keys", "rotate", "link")
    done("keys", "retire", "link", "1", "--force")
    assert read_link(token, installation.link_keys, _NOW) is None


def test_a_session_key_is_retired_once_its_sessions_are_over(installation: Installation) -> None:
    done("keys", "rotate", "session")
    installation.at(_NOW + 479 * 60_000)
    assert "sessions may last until 2023-11-15T06:13:20Z" in _refused(
        "keys", "retire", "session", "1"
    )
    installation.at(_NOW + 480 * 60_000)
    done("keys", "retire", "session", "1")


def test_a_wrapping_key_is_retired_once_everything_is_wrapped_anew(
    installation: Installation,
) -> None:
    assert _names(installation) == ["Name of p1", "Name of p2"]
    done("keys", "rotate", "wrapping")
    installation.at(_NOW + 60_000)
    reported = _refused("keys", "retire", "wrapping", "1", "--force")
    assert (
        reported
        == "error: 2 patients' data keys are wrapped with it: run `kadens keys rewrap` first"
    )
    installation.settle()
    assert _plain("keys", "rewrap") == {"active": "2", "rewrapped": 2, "left": 0}
    assert _plain("keys", "rewrap") == {"active": "2", "rewrapped": 0, "left": 0}
    done("keys", "retire", "wrapping", "1")
    assert values_of(read_secrets(str(installation.file)).wrapping_keys.keys, "id") == ["2"]
    assert _names(installation) == ["Name of p1", "Name of p2"]
    done("patient", "add", "--pseudonym", "p3", "--name", "Name of p3")
    assert installation.rows("select key_id, count(*) from identity.data_key group by 1") == [
        ("2", 3)
    ]


def test_a_rewrap_that_was_killed_goes_on(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("patient", "add", "--pseudonym", "p3", "--name", "Name of p3")
    done("keys", "rotate", "wrapping")
    installation.settle()
    step, calls = wrapping.rewrap, []

    async def killed(
        conn: Any,  # noqa: ANN401 - passed on
        keys: KeyRing,
    ) -> wrapping.RewrapProgress:
        calls.append(1)
        result = await step(conn, keys, 1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(wrapping, "rewrap", killed)
    assert _kadens("keys", "rewrap").exit_code != 0
    assert sorted(
        installation.rows("select key_id, count(*) from identity.data_key group by 1")
    ) == [
        ("1", 2),
        ("2", 1),
    ]
    assert _names(installation) == ["Name of p1", "Name of p2", "Name of p3"]
    monkeypatch.setattr(wrapping, "rewrap", step)
    assert _plain("keys", "rewrap")["rewrapped"] == 2
    assert _names(installation) == ["Name of p1", "Name of p2", "Name of p3"]


def test_a_rewrap_waits_until_every_process_has_the_new_key(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("keys", "rotate", "wrapping")
    waited: list[float] = []

    async def noted(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(commands, "SETTLE_S", 3600.0)
    monkeypatch.setattr(commands, "sleep", noted)
    done("keys", "rewrap")
    assert len(waited) == 1
    assert waited[0] > 3500
    assert installation.rows("select distinct key_id from identity.data_key") == [("2",)]


def test_a_key_in_several_files_is_rotated_in_all_or_none(
    installation: Installation, tmp_path: Path
) -> None:
    door, other = tmp_path / "door.toml", tmp_path / "other.toml"
    door.write_text(f'link_key = "{"01" * 32}"\n', encoding="utf-8")
    other.write_text(f'link_key = "{"77" * 32}"\n', encoding="utf-8")
    before = installation.file.read_text(encoding="utf-8")
    gone = _refused("keys", "rotate", "link", "--also", "/nowhere")
    assert gone.endswith("error: --also /nowhere: No such file or directory")
    reported = _refused("keys", "rotate", "link", "--also", str(door), "--also", str(other))
    assert "hold different link keys" in reported
    assert (
        installation.file.read_text(encoding="utf-8"),
        len(read_secrets(str(door)).link_keys.keys),
    ) == (before, 1)
    done("keys", "rotate", "link", "--also", str(door))
    assert read_secrets(str(door)).link_keys == installation.link_keys
    assert len(installation.link_keys.keys) == 2


def test_keys_of_another_database_write_nothing(installation: Installation) -> None:
    installation.file.write_text(f'wrapping_key = "{"99" * 32}"\n', encoding="utf-8")
    reported = _refused("patient", "add", "--pseudonym", "p9")
    assert "the wrapping keys in the secrets file do not belong to this database" in reported
    assert installation.rows("select count(*) from patient") == [(2,)]
    assert _kadens("door", "clinic").exit_code in {1, 2}


def test_a_kind_that_is_none_and_a_missing_file_are_wrong_use(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert installation.file.exists()
    assert _kadens("keys", "rotate", "lock").exit_code == 2
    monkeypatch.setenv("KADENS_SECRETS_FILE", "")
    assert _kadens("keys", "rotate", "link").exit_code == 2


def _names(value: Installation) -> list[str]:
    """Return every name, opened with the keys of the file as they are now."""

    async def work() -> list[str]:
        keys = read_secrets(str(value.file)).wrapping_keys
        async with await open_pool(value.dsn, max_size=1) as pool, pool.connection() as conn:
            everybody = await patients.pseudonyms(conn)
            return [
                (await identities.identity_of(conn, keys, patient))["name"] for patient in everybody
            ]

    return asyncio.run(work())


def test_the_audit_log_is_checked_against_heads_that_a_key_signed(
    installation: Installation, tmp_path: Path
) -> None:
    heads = tmp_path / "heads"
    assert "kadens keys rotate audit" in _refused("audit", "head")
    done("keys", "rotate", "audit")
    head = _plain("audit", "head", "--append", str(heads))
    rows = head["seq"]
    assert rows > 0
    assert set(head) == {"at", "seq", "hash", "key", "signature", "public_key"}
    assert json.loads(heads.read_text()) == {k: head[k] for k in head if k != "public_key"}
    # each check is a row of the log afterwards
    assert _plain("audit", "verify", "--heads", str(heads)) == {
        "rows": rows,
        "heads": 1,
        "faults": [],
    }
    assert done("audit", "verify").stdout == f"{rows + 1} rows, each as it was linked\n"
    with psycopg.connect(installation.dsn) as conn:
        conn.execute("set session_replication_role = replica")
        conn.execute("update audit set actor = 'nobody' where id = 1")
        conn.execute("delete from audit where id >= %s", [rows])
        conn.execute("delete from audit_chain where seq >= %s", [rows])
    cut = _kadens("audit", "verify", "--heads", str(heads))
    assert cut.exit_code == 1
    assert cut.stdout.splitlines() == [
        "changed link 1 row 1: the row, or the one before it, is not the one that was linked",
        f"cut link {rows}: the log ends before this link, which was there",
        f"2 faults in {rows - 1} rows",
    ]
    heads.write_text(heads.read_text().replace('"seq": ', '"seq": 1'))
    touched = _refused("audit", "verify", "--heads", str(heads))
    assert touched.endswith("line 1: the signature does not hold")
    assert "No such file or directory" in _refused(
        "audit", "verify", "--heads", str(tmp_path / "none")
    )
    assert "Is a directory" in _refused("audit", "head", "--append", str(tmp_path))
