"""`kadens send` plays recorded requests: at a door with other keys they get the recorded answer."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from ingest.proving.proofs import LinkOnly
from ingest.vendors import CONNECTORS
from kadens.cli import app
from kadens.commands import sending
from kadens.recorded.played import is_handshake, played_handshake, played_request
from kadens.recorded.requests import RecordedRequest, expected_answer, read_request
from tests.ingest.test_conformance import door_keys, key_of
from tests.rooms import ROOT

_NOW = 1_800_000_000_000
_ROWS = {row.name: row for row in CONNECTORS}


def _is_played(case: Path) -> bool:
    """Return whether a case is one of a door that had a key, and whose proof a key makes."""
    request = read_request(case)
    return bool(request.keys) and not isinstance(_ROWS[request.connector].proof, LinkOnly)


_CASES = sorted(path.parent for path in (ROOT / "tests" / "data").glob("*/*/door.json"))
_PLAYED = list(filter(_is_played, _CASES))


def _sent(request: RecordedRequest) -> RecordedRequest:
    """Return a recorded request as it is sent to a door with keys of its own, in another year."""
    row = _ROWS[request.connector]
    key, keys = key_of(row.proof), door_keys(row.proof)
    apart = getattr(row.proof, "apart", "")
    keys = (*keys, f"{apart}the-code-of-this-door") if apart else keys
    if is_handshake(request, row):
        played = played_handshake(request, row, keys)
    else:
        played = played_request(request, row, key, _NOW)
    return replace(
        request,
        body=played.body,
        headers=played.headers,
        query=played.query,
        segment=played.segment,
        keys=keys,
        now_ms=_NOW,
    )


@pytest.mark.parametrize("case", _PLAYED, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_recorded_request_gets_the_recorded_answer_from_a_door_with_other_keys(
    case: Path,
) -> None:
    answer, recorded = _sent(read_request(case)).answer(), expected_answer(case)
    assert (answer["status"], answer["appended"]) == (recorded["status"], recorded["appended"])


def test_forged_stale_and_unproved_requests_of_many_vendors_are_among_them() -> None:
    refused = {case.parent.name for case in _PLAYED if expected_answer(case)["status"] == 401}
    assert {"terra", "junction", "coros", "huawei", "open_wearables", "garmin", "polar"} <= refused


def test_what_no_vendor_pushes_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimpleNamespace(secrets=SimpleNamespace(connectors={}))
    monkeypatch.setattr(sending, "settings_of", lambda _: settings)
    for vendor, case, code, why in (
        ("junction", "fetched_stream", 2, "an answer to a fetch: no vendor pushes it"),
        ("terra", "signed", 2, "the secrets file has no key for the connector terra"),
        ("terra", "missing", 2, "No such file"),
        ("junction", "../terra/signed", 2, "a case of terra, not of junction"),
    ):
        folder = str(ROOT / "tests" / "data" / vendor / case)
        done = CliRunner().invoke(app, ["send", vendor, folder])
        assert (done.exit_code, why in done.stderr) == (code, True)


@dataclass(slots=True)
class _Door:
    """A door on loopback that answers 200 or `status`, and what arrived at it."""

    address: str
    status: int = 200
    answer: bytes = b""
    arrived: list[tuple[str, str, str, bytes]] = field(default_factory=list)


@pytest.fixture
def listening() -> Iterator[_Door]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            proof = self.headers.get("terra-signature", "")
            door.arrived.append((self.command, self.path, proof, body))
            self.send_response(door.status)
            self.end_headers()
            self.wfile.write(door.answer)

        do_GET = do_POST = _answer  # noqa: N815 - as the library wants them

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    door = _Door(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield door
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_case_of_the_door_is_sent_as_it_was_recorded(
    listening: _Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"terra": ("the key",), "coros": ("partner:secret",)}
    connectors = {name: SimpleNamespace(keys=own) for name, own in keys.items()}
    settings = SimpleNamespace(secrets=SimpleNamespace(connectors=connectors))
    monkeypatch.setattr(sending, "settings_of", lambda _: settings)
    linking = ["the account is not linked"]
    monkeypatch.setattr(sending, "notes_on_storing", lambda *_, is_invented: linking * is_invented)

    def send(vendor: str, case: str) -> tuple[int, str]:
        folder = str(ROOT / "tests" / "data" / vendor / case)
        done = CliRunner().invoke(app, ["send", vendor, folder, "--url", listening.address])
        return done.exit_code, done.stderr

    code, notes = send("terra", "signed")
    assert (code, "the account is not linked" in notes) == (0, True)
    # this door takes everything, which is not what was recorded
    assert send("terra", "forged") == (1, "the account is not linked\nrecorded 401, answered 200\n")
    assert send("coros", "probe")[0] == 0
    methods = [(method, path) for method, path, *_ in listening.arrived]
    hooks = "/v1/hooks"
    assert methods == [("POST", f"{hooks}/terra")] * 2 + [("GET", f"{hooks}/coros")]
    (_, _, signed, body), (_, _, forged, _), _ = listening.arrived
    assert body == (ROOT / "tests" / "data" / "terra" / "signed" / "body.json").read_bytes()
    assert (signed.startswith("t="), len(forged), forged == signed) == (True, len(signed), False)


def _printed(door: _Door, monkeypatch: pytest.MonkeyPatch, case: str) -> tuple[int, str, str]:
    connectors = {"terra": SimpleNamespace(keys=("the key",))}
    settings = SimpleNamespace(secrets=SimpleNamespace(connectors=connectors))
    monkeypatch.setattr(sending, "settings_of", lambda _: settings)
    monkeypatch.setattr(sending, "environment", dict)
    monkeypatch.setattr(sending, "notes_on_storing", lambda *_, **__: [])
    folder = str(ROOT / "tests" / "data" / "terra" / case)
    done = CliRunner().invoke(app, ["send", "terra", folder, "--url", door.address])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("case", ["signed", "activity"])
def test_a_key_that_the_running_door_has_not_is_told(
    listening: _Door, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    listening.status, listening.answer = 404, b'{"reason":"unknown_connector"}'
    assert _printed(listening, monkeypatch, case) == (
        1,
        '404 {"reason":"unknown_connector"}\n',
        "the file has a key of terra that the running door has not: start `kadens up` again\n",
    )
    listening.answer = b'{"reason":"not_found"}'
    assert "running door has not" not in _printed(listening, monkeypatch, case)[2]


def test_a_refusal_as_recorded_and_an_answer_without_text_have_words(
    listening: _Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _printed(listening, monkeypatch, "signed") == (0, "200 (the answer has no text)\n", "")
    listening.status, listening.answer = 401, b"forged"
    assert _printed(listening, monkeypatch, "forged") == (0, "401 forged (as recorded)\n", "")
    assert _printed(listening, monkeypatch, "signed")[:2] == (1, "401 forged\n")
