"""Bad bodies through real doors and a real worker: each ends clearly, and nothing stops."""

import http.client
import json
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from ingest.links import mint
from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX
from ingest.sender import sign
from kadens.settings import Secrets, read_secrets
from model.calendar import rfc3339
from simulate.fit_writer import Recording, write_activity
from tests.e2e.conftest import Running
from tests.rows import cells_of
from tests.until import until

_MB = 1024 * 1024
_MOST_MEMORY = 700 * _MB
_ACCOUNT = "bad-input-user"


class Hand:
    """Sends bodies to the vendor door as vendors, apps and patients do."""

    def __init__(self, running: Running, patient: str) -> None:
        self.running, self.patient = running, patient
        self.secrets: Secrets = read_secrets(str(running.data / "secrets.toml"))
        self.netloc = urlsplit(running.runtime["addresses"]["vendor door"]).netloc
        self.sent = 0

    def hook(self, body: bytes) -> int:
        self.sent += 1
        key = self.secrets.connectors["open_wearables"].keys[0]
        signed = sign(SVIX, key, body, f"msg_{self.sent}", time.time_ns() // 1_000_000)
        return self.post("/v1/hooks/open_wearables", body, signed)

    def report(self, body: bytes) -> int:
        self.sent += 1
        key = self.secrets.connectors["reports"].keys[0]
        signed = sign(STANDARD_WEBHOOKS, key, body, f"msg_{self.sent}", time.time_ns() // 1_000_000)
        return self.post("/v1/reports", body, signed)

    def link(self) -> str:
        until = time.time_ns() // 1_000_000 + 3_600_000
        return mint(self.patient, self.secrets.link_keys, issue=1, expires_ms=until)

    def file(self, body: bytes) -> int:
        token = self.link()
        return self.post(
            "/v1/files", body, {"authorization": f"Bearer {token}"}, "application/octet-stream"
        )

    def post(
        self, path: str, body: bytes, headers: dict[str, str], kind: str = "application/json"
    ) -> int:
        connection = http.client.HTTPConnection(self.netloc, timeout=60)
        try:
            connection.request("POST", path, body, {"content-type": kind, **headers})
            return connection.getresponse().status
        finally:
            connection.close()

    def dead(self) -> list[dict[str, Any]]:
        loads: list[dict[str, Any]] = json.loads(self.running.asks("dead", "--json"))
        return loads


@pytest.fixture(scope="module")
def hand(running: Running) -> Iterator[Hand]:
    patient = running.asks("patient", "add").strip()
    for source in ("files", "reports", "open_wearables"):
        running.asks("consent", "give", "--patient", patient, "--source", source)
    for source in ("reports", "open_wearables"):
        running.asks("patient", "link", _ACCOUNT, "--patient", patient, "--source", source)
    yield Hand(running, patient)
    most = max(map(_memory, _processes(running)))
    assert most < _MOST_MEMORY, f"{most / _MB:.0f} MB"


def heart_rate(value: str, at: str = "2025-11-24T10:00:00Z") -> bytes:
    fields = f'"timestamp":"{at}","zone_offset":null,"type":"heart_rate","value":{value}'
    sample = f'{{{fields},"unit":"bpm","source":null}}'
    data = f'{{"user_id":"{_ACCOUNT}","provider":"garmin","samples":[{sample}]}}'
    return f'{{"type":"heart_rate.created","data":{data}}}'.encode()


def zip_bomb() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("activity.fit", bytes(64 * _MB))
    return packed.getvalue()


def segments(count: int) -> bytes:
    """Return chained FIT segments without a message: headers and checksums only."""
    return b"\x0c\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00" * count


HOOKS: dict[str, tuple[bytes, str]] = {
    "JSON nested 10,000 deep": (b"[" * 10_000 + b"]" * 10_000, "@1025"),
    "garbage": (b"\xff\xfe not json", "@0"),
    "NaN": (heart_rate("NaN"), "@0"),
    "1e400": (heart_rate("1e400"), "@0"),
    "65535 beats a minute": (heart_rate("65535"), "data.samples[0].value"),
    "the year 1900": (heart_rate("70", "1900-01-01T00:00:00Z"), "data.samples[0].timestamp"),
    "the year 2100": (heart_rate("70", "2100-06-01T00:00:00Z"), "data.samples[0].timestamp"),
    "a user id of 10 kB": (
        heart_rate("70").replace(_ACCOUNT.encode(), b"x" * 10_000),
        "data.user_id",
    ),
}
_FILES: dict[str, bytes] = {
    "a zip bomb": zip_bomb(),
    "125,000 empty segments": segments(125_000),
    "noise": b"\x0e\x10\x00\x00\xff\xff\xff\xff.FIT" + bytes(range(256)),
    "99 MB of nothing": bytes(99 * _MB),
}


@pytest.mark.parametrize("what", HOOKS)
def test_a_bad_push_is_acknowledged_and_becomes_a_dead_letter(hand: Hand, what: str) -> None:
    body, where = HOOKS[what]
    before = len(hand.dead())
    assert hand.hook(body) == 202
    until(lambda: len(hand.dead()) > before)
    assert where in set(cells_of(hand.dead(), "where"))


@pytest.mark.parametrize("what", _FILES)
def test_a_bad_file_is_acknowledged_and_becomes_a_dead_letter(hand: Hand, what: str) -> None:
    before = len(hand.dead())
    assert hand.file(_FILES[what]) == 202
    until(lambda: len(hand.dead()) > before)


def test_a_body_over_the_limit_is_refused(hand: Hand) -> None:
    connection = http.client.HTTPConnection(hand.netloc, timeout=60)
    headers = {"authorization": f"Bearer {hand.link()}"}
    connection.putrequest("POST", "/v1/files")
    for name, value in {
        **headers,
        "content-length": str(101 * _MB),
        "content-type": "application/octet-stream",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_heart_rate_of_0_is_kept_as_told_and_counts_for_nothing(hand: Hand) -> None:
    before = len(hand.dead())
    assert hand.hook(heart_rate("0", "2025-11-24T10:00:05Z")) == 202
    assert hand.report(_report("zero", 1)) == 202
    until(lambda: _pain(hand) >= {1})
    assert len(hand.dead()) == before


def test_what_comes_behind_them_arrives(hand: Hand) -> None:
    t = 1_764_061_200_000 + np.arange(600, dtype=np.int64) * 1000
    recording = Recording(
        start_ms=int(t[0]),
        end_ms=int(t[0]) + 600_000,
        t=t,
        columns={"heart_rate": np.full(600, 111.0)},
    )
    total = write_activity(recording)
    assert hand.file(total[:-700]) == 202
    assert hand.file(total) == 202
    until(lambda: [item["heart"]["n"] for item in _get(hand, "sessions")["sessions"]] == [600])


def _report(record: str, value: int) -> bytes:
    report = {
        "id": record,
        "instrument": "pain",
        "phase": "after",
        "value": value,
        "scale": "nrs-0-10",
        "answered_at": rfc3339(
            time.time_ns() // 1_000_000_000 * 1000 - 3_600_000
        ),  # pages show the latest weeks
    }
    return json.dumps({"type": "report.created", "patient": _ACCOUNT, "report": report}).encode()


def _pain(hand: Hand) -> set[int]:
    return {int(item["value"]) for item in _get(hand, "")["pain"]}


def _get(hand: Hand, what: str) -> Any:  # noqa: ANN401 - JSON
    netloc = urlsplit(hand.running.runtime["addresses"]["clinic"]).netloc
    connection = http.client.HTTPConnection(netloc, timeout=20)
    connection.request("GET", f"/api/v1/patients/{hand.patient}/{what}".rstrip("/"))
    answer = connection.getresponse()
    assert answer.status == 200
    loads = json.loads(answer.read())
    connection.close()
    return loads


def _processes(running: Running) -> list[Path]:
    """Return the processes of the Kadens under test, by the data folder in their environment."""
    mine = str(running.data).encode()
    return [path.parent for path in Path("/proc").glob("[0-9]*/environ") if _mentions(path, mine)]


def _mentions(path: Path, mine: bytes) -> bool:
    try:
        return mine in path.read_bytes() and b"kadens" in (path.parent / "cmdline").read_bytes()
    except OSError:
        return False


def _memory(process: Path) -> int:
    """Return the peak memory of a process, in bytes."""
    peak = next(
        line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(peak.split()[1]) * 1024
