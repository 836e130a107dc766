"""A message becomes what a parser makes of it; what a sender did is a value, never an error."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pytest

from model.calendar import epoch_ms
from model.envelope import INLINE, Envelope
from model.facts import Head, OffsetOrigin, SampleBlock, Source, Workout
from stream.log.messages import Headers, Message
from stream.readers.inline import InlineReader
from stream.reading import Read, read_all, with_offset
from tests.rows import values_of

_HEAD = Head(source=Source(vendor="v"), record="r", start_ms=0, end_ms=1)


@dataclass(slots=True, kw_only=True)
class Shelf:
    """A body store in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    async def get(self, address: str) -> bytes | None:
        return self.kept.get(address)

    async def open(self, address: str) -> None:
        raise NotImplementedError

    async def put(self, name: str, body: object, room: str = "") -> str:
        raise NotImplementedError

    async def delete(self, address: str) -> None:
        raise NotImplementedError

    def older(self, room: str, age_s: float) -> AsyncIterator[list[str]]:
        raise NotImplementedError


_RECEIVED_MS = 1_790_000_000_000  # behind everything that the bodies measure


def _look(value: bytes, headers: Headers, **kept: bytes) -> Read:
    message = Message(topic="kadens.raw", partition=0, offset=1, value=value, headers=headers)
    return asyncio.run(read_all([message], Shelf(kept=kept), InlineReader()))[0]


def envelope(connector: str = "reports", body: bytes = b"", address: str = "") -> Headers:
    sha = hashlib.sha256(body).hexdigest()
    result = Envelope(
        connector=connector, received_ms=_RECEIVED_MS, sha256=sha, size=len(body), address=address
    )
    return tuple(result.headers())


@pytest.mark.parametrize(
    ("value", "headers", "where", "why"),
    [
        (b"x", (), "headers", "not an envelope of this version"),
        (
            b"x",
            (("connector", b"\xff"), ("received_ms", b"1")),
            "headers",
            "not an envelope of this version",
        ),
        (b"x", envelope("tomorrow"), "headers", "a format without a reader here"),
        (b"", envelope(address="gone"), "body store", "the body is not there"),
    ],
)
def test_what_cannot_be_read_says_why(value: bytes, headers: Headers, where: str, why: str) -> None:
    result = _look(value, headers)
    assert result.dead
    assert result.parsed is None
    assert values_of(result.rejects, "where", "why") == [(where, why)]


def test_garbage_is_a_reject_with_its_place() -> None:
    result = _look(b"{", envelope(body=b"{"))
    assert result.dead
    assert result.rejects[0].where
    assert result.envelope.connector == "reports"


def test_a_body_is_read_at_its_address_and_a_big_one_in_a_thread() -> None:
    report = {
        "id": "r",
        "answered_at": "2026-01-01T00:00:00Z",
        "instrument": "pain",
        "value": 3,
        "scale": "nrs-0-10",
    }
    small = json.dumps({"type": "report.created", "patient": "a", "report": report}).encode()
    big = small + b" " * INLINE
    for body in (small, big):
        result = _look(b"", envelope(body=body, address="there"), there=body)
        assert not result.dead
        assert result.parsed is not None
        assert (result.parsed.account, len(result.parsed.facts)) == ("a", 1)
        assert result.body == body


@pytest.mark.parametrize(
    ("day", "minutes"),
    [
        ("2026-01-15T12:00:00+00:00", 60),
        ("2026-07-15T12:00:00+00:00", 120),
        ("1970-01-01T00:00:00+00:00", 60),
    ],
)
def test_a_missing_offset_is_that_of_the_patients_zone(day: str, minutes: int) -> None:
    start = epoch_ms(datetime.fromisoformat(day))
    workout = Workout(head=replace(_HEAD, start_ms=start, end_ms=start + 1), type="walking")
    head = with_offset(workout, "Europe/Stockholm").head
    assert (head.offset_min, head.offset_origin) == (minutes, OffsetOrigin.PATIENT_ZONE)


def test_an_offset_of_the_source_stands() -> None:
    block = SampleBlock(
        head=replace(_HEAD, offset_min=-300, offset_origin=OffsetOrigin.SOURCE),
        metric="heart_rate",
        t=np.zeros(0, np.int64),
        v=np.zeros(0),
    )
    assert with_offset(block, "Europe/Stockholm") is block
