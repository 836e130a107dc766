"""What every connector must do at the door, run for every row of the table."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from ingest.connector import MIB, Connector, LinkToken
from ingest.door import Door
from ingest.http import vendor_app
from ingest.memory import MemoryBodies, MemoryLog
from ingest.proving.proofs import LinkOnly, Proof
from ingest.proving.signed import Signature
from ingest.sandbox_keys import sandbox_door_keys, sandbox_key
from ingest.sender import Proven, prove
from ingest.vendors import CONNECTORS
from parsers.formats import FORMATS
from tests.ingest.conftest import HOOK_SECRET, NOW, link_token
from tests.rows import matching, values_of

# the last three fields are those that a vendor signs in place of the bytes
_BODY = b'{"event":"SOMETHING","openId":"o","eventType":"t","eventTime":1}'
_PIECE = b"x" * 1024 * 1024
_OTHER_SECRET = "whsec_b3RoZXI="  # noqa: S105 - made up
_EVERY = pytest.mark.parametrize("row", CONNECTORS, ids=lambda row: row.name)


def key_of(proof: Proof, secret: str = HOOK_SECRET) -> str:
    """Return a key of this kind of proof; another secret gives another key."""
    return sandbox_key(proof, secret)


def door_keys(proof: Proof) -> tuple[str, ...]:
    """Return the keys with which a door proves what `key_of` proves."""
    return sandbox_door_keys(proof, key_of(proof))


def proven(row: Connector, body: bytes, at_ms: int = NOW, *, forged: bool = False) -> Proven:
    """Return what proves a body of a connector, or what only looks like it."""
    if isinstance(row.proof, LinkOnly):
        token = link_token()
        token = f"{token[:-4]}AAAA" if forged else token
        return Proven(body=body, headers={"authorization": f"Bearer {token}"})
    key = key_of(row.proof, _OTHER_SECRET if forged else HOOK_SECRET)
    return prove(row.proof, key, body, "msg_1", at_ms)


def send_body(
    door: Door,
    row: Connector,
    shown: Proven,
    body: bytes | AsyncIterator[bytes] | None = None,
    method: str = "POST",
) -> httpx2.Response:
    content = shown.body if body is None else body  # a proof may stand in the body

    async def sent() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=vendor_app(door))
        async with httpx2.AsyncClient(transport=transport, base_url="http://door") as client:
            path = f"/v1/hooks/{row.name}{shown.path}"
            return await client.request(method, path, content=content, headers=dict(shown.headers))

    return asyncio.run(asyncio.wait_for(sent(), 60))


@pytest.fixture
def door(door: Door) -> Door:
    proved = [row for row in CONNECTORS if row.proof.needs_key]
    return replace(door, secrets={row.name: door_keys(row.proof) for row in proved})


@_EVERY
def test_a_proved_body_is_answered_as_its_vendor_wants(
    door: Door, log: MemoryLog, row: Connector
) -> None:
    shown = proven(row, _BODY)
    answer = send_body(door, row, shown)
    assert len(log.events) == 1, (
        f"{row.name}: the proof made by `prove` in ingest/sender.py did not prove this body to "
        f"the door, which answered {answer.status_code} {answer.text}"
    )
    (event,) = log.events
    sha256 = hashlib.sha256(shown.body).hexdigest()
    assert (event.value, event.envelope.sha256) == (shown.body, sha256)
    if row.answer is None:
        assert (answer.status_code, answer.json()) == (202, {"received": sha256, **row.shown})
    else:
        assert (answer.status_code, answer.content) == (row.answer.status, row.answer.body)


@_EVERY
def test_the_envelope_names_a_format_that_is_read(
    door: Door, log: MemoryLog, row: Connector
) -> None:
    send_body(door, row, proven(row, _BODY))
    assert log.events[0].envelope.format in {"sniff", *values_of(FORMATS, "name")}


@_EVERY
def test_an_unproved_body_is_refused(door: Door, log: MemoryLog, row: Connector) -> None:
    answer = send_body(door, row, Proven(body=_BODY))
    assert (answer.status_code, log.events) == (row.unproved, []), (
        f"{row.name}: a body without any proof is answered {answer.status_code}, and `unproved` of "
        f"the connector is {row.unproved}"
    )


@_EVERY
def test_a_forged_body_is_refused(door: Door, log: MemoryLog, row: Connector) -> None:
    answer = send_body(door, row, proven(row, _BODY, forged=True))
    assert (answer.status_code, log.events) == (row.unproved, []), (
        f"{row.name}: the proof of another key is answered {answer.status_code}, and `unproved` of "
        f"the connector is {row.unproved}"
    )


@_EVERY
def test_another_body_under_the_same_signature_is_refused(
    door: Door, log: MemoryLog, row: Connector
) -> None:
    shown = proven(row, _BODY)
    answer = send_body(door, row, shown, shown.body[:-1] + b',"more":1}')
    signed = row.proof.signs_body
    assert (answer.status_code == row.unproved, log.events == []) == (signed, signed), (
        f"{row.name}: `signs_body` of its proof is {signed}, and another body under the same proof "
        f"is answered {answer.status_code}"
    )


@_EVERY
def test_a_stale_body_is_refused_where_a_time_is_signed(
    door: Door, log: MemoryLog, row: Connector
) -> None:
    answer = send_body(door, row, proven(row, _BODY, NOW - door.window_ms - 1000))
    timed = isinstance(row.proof, Signature) and bool(row.proof.schemes[0].clock)
    assert (answer.status_code == 401, log.events == []) == (timed, timed)


@_EVERY
def test_a_replayed_body_is_the_same_event(door: Door, log: MemoryLog, row: Connector) -> None:
    for _ in range(2):
        assert send_body(door, row, proven(row, _BODY)).status_code < 300
    assert log.events[0] == log.events[1]


@pytest.mark.parametrize(
    "row", [row for row in CONNECTORS if row.max_body >= MIB], ids=lambda row: row.name
)
def test_a_large_body_is_streamed_to_the_store(
    door: Door, log: MemoryLog, bodies: MemoryBodies, row: Connector
) -> None:
    size = min(row.max_body, 6 * len(_PIECE)) // len(_PIECE)
    body = _PIECE * size

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size):
            yield _PIECE

    assert send_body(door, row, proven(row, body), pieces()).status_code < 300
    (event,) = log.events
    assert (event.value, bodies.bodies[event.envelope.address] == body) == (b"", True)


@_EVERY
def test_a_body_beyond_the_connectors_cap_is_refused(
    door: Door, log: MemoryLog, row: Connector
) -> None:
    shown = proven(row, _BODY)
    small = replace(row, max_body=len(shown.body) - 1)
    answer = send_body(replace(door, connectors=(small,)), small, shown)
    assert (answer.status_code, log.events) == (413, [])


@_EVERY
def test_without_a_key_a_connector_is_off(door: Door, log: MemoryLog, row: Connector) -> None:
    answer = send_body(replace(door, secrets={}), row, proven(row, _BODY))
    expected = 404 if row.proof.needs_key else 202
    assert (answer.status_code, len(log.events)) == (expected, 0 if row.proof.needs_key else 1)


@_EVERY
def test_a_log_that_takes_nothing_is_told_to_come_again(
    door: Door, log: MemoryLog, row: Connector
) -> None:
    log.up = False
    answer = send_body(door, row, proven(row, _BODY))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@_EVERY
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_other_methods_append_nothing(
    door: Door, log: MemoryLog, row: Connector, method: str
) -> None:
    # without a body there are no signed fields, and no proof either
    shown = Proven(body=b"") if _signs_fields(row) else proven(row, b"")
    answer = send_body(door, row, shown, b"", method)
    handshaken = {row.answer.status} if row.handshake and row.answer else set()
    assert answer.status_code in {405, *handshaken}, (
        f"{row.name}: {method} is answered {answer.status_code}; the handshake may answer, else 405"
    )
    assert log.events == []


def _signs_fields(row: Connector) -> bool:
    return isinstance(row.proof, Signature) and row.proof.schemes[0].signs_fields


@_EVERY
def test_no_proof_travels_in_the_envelope(door: Door, log: MemoryLog, row: Connector) -> None:
    shown = proven(row, _BODY)
    send_body(door, row, shown)
    headers = str(log.events[0].envelope.headers())
    secret = [value for name, value in shown.headers.items() if not name.endswith(("-id", "stamp"))]
    assert not [value for value in (*secret, shown.path) if value and value in headers]
    assert isinstance(row.owner, LinkToken) is bool(log.events[0].envelope.patient)


def test_a_ping_of_polar_is_answered_before_there_is_a_key(door: Door, log: MemoryLog) -> None:
    (row,) = matching(CONNECTORS, name="polar")
    body = b'{"event":"PING","timestamp":"2026-01-05T10:00:00Z"}'
    for keys in ({}, {"polar": ("the key",)}):
        answer = send_body(replace(door, secrets=keys), row, Proven(body=body))
        assert (answer.status_code, answer.content, log.events) == (200, b"", [])


def test_a_long_ping_is_no_ping(door: Door, log: MemoryLog) -> None:
    (row,) = matching(CONNECTORS, name="polar")
    body = b'{"event":"PING","more":"%s"}' % (b"x" * 5000)
    assert send_body(door, row, Proven(body=body)).status_code == 401
    assert log.events == []
