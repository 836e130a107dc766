"""How the simulator sends to the vendor door.

What it signs is verified, a 503 is tried again, and a refusal is final.
"""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ingest.links import read_link
from ingest.proving.signed import Signature
from ingest.proving.verify import Verdict, verify
from ingest.vendors import CONNECTORS
from kadens.local.enrol import simulated_tokens
from model.keyring import KeyRing
from simulate.cohort import demo_cohort
from simulate.deliveries import history, live
from simulate.delivery import TO_FILES, Delivery
from simulate.door import DoorKeys, DoorRefused, VendorDoor, request
from tests.rows import keyed, matching

_NOW = 1_795_426_200_000  # 2026-11-23T09:30:00Z
_LINK_KEYS = KeyRing.single(b"link key")
_KEYS = DoorKeys(
    open_wearables="whsec_b3Blbi13ZWFyYWJsZXM=",
    reports="whsec_cmVwb3J0cw==",
    token=simulated_tokens(_LINK_KEYS),
)
Opens = Callable[[int], VendorDoor]


class Answers(BaseHTTPRequestHandler):
    """Answers with the next status of the server's list, then 202, and keeps what came."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        statuses: list[int] = self.server.statuses  # type: ignore[attr-defined]
        self.server.got.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(statuses.pop(0) if statuses else 202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as made:
        made.daemon_threads = True
        made.statuses, made.got = [], []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulate.door.PAUSE_S", 0.0)


@pytest.fixture
def door() -> Iterator[Opens]:
    opened: list[VendorDoor] = []

    def make(port: int) -> VendorDoor:
        opened.append(VendorDoor("127.0.0.1", port, _KEYS, lambda: _NOW))
        return opened[-1]

    yield make
    for item in opened:
        item.close()


def delivery_by_connector() -> dict[str, Delivery]:
    total = demo_cohort(now_ms=_NOW, weeks=3)
    return keyed([*history(total), *live(total)], "connector")


@pytest.mark.parametrize("name", ["open_wearables", "reports"])
def test_a_signed_body_is_verified_by_its_connector(name: str) -> None:
    delivery = delivery_by_connector()[name]
    body = delivery.make()
    _, headers = request(delivery, body, _KEYS, _NOW)
    connector = matching(CONNECTORS, name=name)[0]
    secret = {"open_wearables": _KEYS.open_wearables, "reports": _KEYS.reports}[name]
    result = {"now_ms": _NOW + 1000, "window_ms": 300_000}
    assert isinstance(connector.proof, Signature)
    schemes = connector.proof.schemes
    assert verify(schemes, [secret], headers, body, **result) is Verdict.OK
    assert verify(schemes, [secret], headers, body + b" ", **result) is Verdict.FORGED


def test_a_file_comes_with_its_patients_token() -> None:
    delivery = delivery_by_connector()[TO_FILES]
    path, headers = request(delivery, b"", _KEYS, _NOW)
    assert path == "/v1/files"
    link = read_link(headers["authorization"].removeprefix("Bearer "), _LINK_KEYS, _NOW)
    assert link is not None
    assert link.patient == delivery.patient


def test_keys_are_not_shown() -> None:
    assert "cmVwb3J0cw" not in f"{_KEYS} {_KEYS!r}"


def test_a_busy_door_is_asked_again(server: ThreadingHTTPServer, door: Opens) -> None:
    server.statuses[:] = [503, 429]  # type: ignore[attr-defined]
    delivery = delivery_by_connector()["reports"]
    assert door(server.server_port).post(delivery) == len(delivery.make())
    assert server.got == [("/v1/reports", delivery.make())] * 3  # type: ignore[attr-defined]


def test_a_refusal_names_the_delivery_and_nothing_in_it(
    server: ThreadingHTTPServer, door: Opens
) -> None:
    server.statuses[:] = [401]  # type: ignore[attr-defined]
    delivery = delivery_by_connector()["reports"]
    with pytest.raises(DoorRefused) as refused:
        door(server.server_port).post(delivery)
    assert str(refused.value) == f"{delivery.key}: 401"


def test_a_door_that_never_answers_is_given_up(door: Opens) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as closed:
        port = closed.server_port
    with pytest.raises(DoorRefused, match="after 60 tries"):
        door(port).post(delivery_by_connector()["reports"])
