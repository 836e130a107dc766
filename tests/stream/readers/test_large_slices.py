"""A large body of many users comes back from its reader with their slices, in bounded memory."""

import asyncio
from collections.abc import Iterator
from itertools import product

import pytest

from bench.processes import forget_peak, own_resident_bytes, peak_mib
from model.received import Context
from simulate.vendors.garmin.bodies import push
from stream.readers.answers import ReaderAnswer
from stream.readers.inline import InlineReader
from stream.readers.pool import open_reader_pool
from stream.readers.wire import BodyToRead, Holdings
from stream.readers.zygote import Zygote, open_zygote

_START_S = 1_767_571_200
_MIB = 1024 * 1024


@pytest.fixture
def zygote() -> Iterator[Zygote]:
    with open_zygote() as forked:
        yield forked


def _activity(user: int, number: int) -> dict[str, object]:
    start_s = _START_S + number * 7_200
    samples = [
        {"startTimeInSeconds": start_s + at, "heartRate": 100 + at % 60, "note": "x" * 400}
        for at in range(1_800)
    ]
    return {
        "userId": f"user-{user}",
        "summaryId": f"{user}-{number}-detail",
        "activityId": 100 * user + number,
        "summary": {
            "startTimeInSeconds": start_s,
            "durationInSeconds": 1_800,
            "activityType": "RUNNING",
        },
        "samples": samples,
    }


def _pushed(users: int, activities: int) -> BodyToRead:
    each = product(range(activities), range(users))
    records = [_activity(user, number) for number, user in each]
    body = push(activityDetails=records)
    return BodyToRead(format="garmin", context=Context(connector="garmin"), content=body)


def _plain(answer: ReaderAnswer) -> list[tuple[str, bytes | None, list[str]]]:
    assert isinstance(answer, Holdings)
    return [(part.account, part.kept, list(map(repr, part.facts))) for part in answer.parts]


async def _both(zygote: Zygote, body: BodyToRead) -> tuple[ReaderAnswer, ReaderAnswer]:
    async with open_reader_pool(zygote) as pool:
        return await pool.read_large(body), await InlineReader().read_large(body)


def test_each_slice_comes_back_as_it_was_cut(zygote: Zygote) -> None:
    by_reader, here = asyncio.run(_both(zygote, _pushed(users=3, activities=1)))
    assert _plain(by_reader) == _plain(here)
    assert [account for account, _, _ in _plain(here)] == ["user-0", "user-1", "user-2"]


async def _grown(zygote: Zygote, body: BodyToRead) -> float:
    """Return by how many MiB this process grew at most, while a reader had the body."""
    async with open_reader_pool(zygote) as pool:
        forget_peak()
        before = own_resident_bytes() / _MIB
        answer = await pool.read_large(body)
        peak = peak_mib()
    assert isinstance(answer, Holdings)
    assert sum(len(part.kept or b"") for part in answer.parts) > 0.9 * len(body.content)
    return peak - before


def test_the_slices_are_in_memory_once(zygote: Zygote) -> None:
    body = _pushed(users=10, activities=3)
    size = len(body.content) / _MIB
    assert 24 < size < 40
    assert asyncio.run(_grown(zygote, body)) < 1.5 * size
