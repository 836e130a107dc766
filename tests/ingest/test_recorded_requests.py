"""Recorded requests at the door beside what the door must do: tests/data/CONNECTOR/CASE.

Handshakes and forgeries are cases here, made with `kadens record-request`; what a payload means is
in the cases with a request.json.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest.vendors import CONNECTORS
from kadens.cli import app
from kadens.recorded.requests import expected_answer, read_request
from tests.rooms import ROOT

_CASES = sorted(path.parent for path in (ROOT / "tests" / "data").glob("*/*/door.json"))
_REFUSED = 401
_PING = b'{"event": "PING"}'


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_recorded_request(case: Path) -> None:
    assert read_request(case).answer() == expected_answer(case)


def test_every_handshake_has_recorded_requests() -> None:
    recorded = {case.parent.name for case in _CASES}
    assert {row.name for row in CONNECTORS if row.handshake is not None} <= recorded


def test_nothing_refused_is_appended() -> None:
    refused = [case for case in _CASES if expected_answer(case)["status"] == _REFUSED]
    assert refused
    assert [case for case in refused if expected_answer(case)["appended"]] == []


def record(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["record-request", *words])
    return done.exit_code, done.stderr + done.stdout


def test_a_request_is_recorded_once_and_never_overwritten(tmp_path: Path) -> None:
    body, folder = tmp_path / "ping.json", tmp_path / "polar" / "ping"
    body.write_bytes(_PING)
    words = [str(body), str(folder), "--connector", "polar", "--header", "X-Thing: a"]
    code, text = record(*words, "--key", "made up", "--received", "7")
    assert (code, "answer 200, 0 appended" in text) == (0, True)
    request = read_request(folder)
    assert (request.body, request.headers, request.keys, request.now_ms) == (
        _PING,
        {"x-thing": "a"},
        ("made up",),
        7,
    )
    assert request.answer() == expected_answer(folder)
    code, text = record(*words)
    assert (code, "never overwritten" in text) == (2, True)


@pytest.mark.parametrize(
    "words",
    [
        ["--connector", "nobody"],
        ["--method", "TRACE"],
        ["--connector", "open_wearables", "--key", "no key"],
        ["--header", "no colon"],
        ["--connector", "polar", "--proved"],
        ["--connector", "google_health", "--key", "Bearer x", "--proved"],
        ["--connector", "hc_webhook", "--key", "x", "--proved"],
    ],
)
def test_a_request_that_cannot_be_recorded_leaves_nothing(tmp_path: Path, words: list[str]) -> None:
    body, folder = tmp_path / "body.bin", tmp_path / "case"
    body.write_bytes(b"x")
    assert record(str(body), str(folder), *words)[0] == 2
    assert not folder.exists()


@pytest.mark.parametrize(
    ("connector", "key", "status"),
    [
        ("polar", "made up", 200),
        ("huawei", "bWFkZSB1cA==", 204),
        ("coros", "partner:secret", 200),
        ("withings", "a-key-of-22-characters", 200),
        ("fitbit", "made up", 204),
    ],
)
def test_a_request_is_recorded_with_the_proof_of_its_vendor(
    tmp_path: Path, connector: str, key: str, status: int
) -> None:
    body, folder = tmp_path / "body.txt", tmp_path / "case"
    body.write_bytes(b'{"openId":"o","eventType":"t","eventTime":1}')
    words = [str(body), str(folder), "--connector", connector, "--key", key]
    code, text = record(*words, "--proved", "--received", "1795615200000")
    assert (code, f"answer {status}, 1 appended" in text) == (0, True)
    assert read_request(folder).answer() == expected_answer(folder)


def test_a_get_is_recorded_without_a_body(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    words = ["/dev/null", str(folder), "--connector", "coros", "--method", "GET"]
    assert record(*words, "--key", "partner:secret")[0] == 0
    assert (read_request(folder).method, read_request(folder).body) == ("GET", b"")
    assert {path.name for path in folder.iterdir()} == {"door.json", "expected.json"}
