"""A body whose link token has the patient's public key is on the log sealed for that patient."""

import hashlib
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from ingest.door import Door
from ingest.http import vendor_app
from ingest.links import mint, read_link
from ingest.memory import MemoryBodies, MemoryLog
from ingest.spool import SPOOL
from model.envelope import INLINE, sealed_owner
from model.privacy.sealed_box import BOX_FORM, box_opened, box_private, box_public
from model.privacy.sealed_stream import STREAM_FORM, opened_stream
from model.topics import RAW_LARGE
from storage.bodies.body_store import open_bodies
from tests.ingest.conftest import LINK_KEYS, NOW, link_token
from tests.ingest.test_http import post

_DATA_KEY = b"d" * 32
_PUBLIC = box_public(_DATA_KEY)
_MARKER = b"heart rate of Karin, sampled every second; "
_BODY = b"\x0e.FIT of a patient"


def _token() -> str:
    return mint("patient-7", LINK_KEYS, issue=1, expires_ms=NOW + 1000, public=_PUBLIC)


def _sent(door: Door, token: str, body: bytes) -> int:
    transport = httpx2.ASGITransport(app=vendor_app(door))
    client = httpx2.AsyncClient(transport=transport, base_url="http://door")
    return post(client, "/v1/files", body, {"authorization": f"Bearer {token}"}).status_code


def test_the_log_has_no_body_that_anybody_can_read(door: Door, log: MemoryLog) -> None:
    assert _sent(door, _token(), _BODY) == 202
    (event,) = log.events
    assert b"FIT" not in event.value
    assert event.envelope.sealed == BOX_FORM
    # the digest and size are those of what came: the worker knows a repetition by them
    assert event.envelope.sha256 == hashlib.sha256(_BODY).hexdigest()
    assert event.envelope.size == len(_BODY)
    opened = box_opened(box_private(_DATA_KEY), event.value, sealed_owner(event.envelope))
    assert opened == _BODY


def test_the_same_body_twice_is_sealed_with_two_keys(door: Door, log: MemoryLog) -> None:
    for _ in range(2):
        assert _sent(door, _token(), _BODY) == 202
    first, second = log.events
    assert first.key == second.key
    assert first.value[:32] != second.value[:32]


def test_the_longest_body_of_a_message_is_sealed_too(door: Door, log: MemoryLog) -> None:
    body = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(16_384))
    assert len(body) == INLINE
    assert _sent(door, _token(), body) == 202
    assert log.events[0].envelope.address == ""
    assert len(log.events[0].value) > INLINE


@pytest.mark.parametrize("size", [INLINE + 1, SPOOL + 1])
def test_the_body_store_has_no_body_that_anybody_can_read(
    door: Door, log: MemoryLog, tmp_path: Path, size: int
) -> None:
    body = _MARKER * (size // len(_MARKER) + 1)
    assert _sent(replace(door, bodies=open_bodies(str(tmp_path))), _token(), body) == 202
    (event,) = log.events
    assert (event.topic, event.value) == (RAW_LARGE.name, b"")
    assert (event.envelope.sealed, event.envelope.size) == (STREAM_FORM, len(body))
    assert event.envelope.sha256 == hashlib.sha256(body).hexdigest()
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert _MARKER not in file.read_bytes()
    with file.open("rb") as sealed:
        owner = sealed_owner(event.envelope)
        opened = b"".join(opened_stream(box_private(_DATA_KEY), sealed.read, owner))
    assert opened == body


def test_a_large_body_of_a_token_from_before_is_taken(
    door: Door, log: MemoryLog, bodies: MemoryBodies
) -> None:
    body = _BODY + bytes(INLINE)
    assert _sent(door, link_token(), body) == 202
    assert log.events[0].envelope.sealed == ""
    assert bodies.bodies[log.events[0].envelope.address] == body


def test_a_token_from_before_has_no_key(door: Door, log: MemoryLog) -> None:
    assert _sent(door, link_token(), _BODY) == 202
    assert (log.events[0].value, log.events[0].envelope.sealed) == (_BODY, "")


@pytest.mark.parametrize("part", range(7))
def test_no_part_of_a_token_can_be_changed(part: int) -> None:
    token = _token()
    link = read_link(token, LINK_KEYS, NOW)
    assert link is not None
    assert link.public == _PUBLIC
    texts = token.split(".")
    texts[part] = ("a" if texts[part][:1] != "a" else "b") + texts[part][1:]
    assert read_link(".".join(texts), LINK_KEYS, NOW) is None


def test_a_key_of_another_length_makes_no_link() -> None:
    token = mint("p", LINK_KEYS, issue=1, expires_ms=NOW + 1000, public=b"short")
    assert read_link(token, LINK_KEYS, NOW) is None
