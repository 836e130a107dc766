"""A body that is delivered again is judged by its first receipt, not by a later one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from model.calendar import HOUR_MS, MINUTE_MS, rfc3339
from storage.pg.pool import Connection
from tests.storage.inline import Inline, heart_series, open_inline, pain_answer
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio

_RECEIVED = T0 + HOUR_MS
_AGAIN = T0 + 9 * HOUR_MS
_LAP = """<Activity Sport="Walking"><Id>{0}</Id><Lap StartTime="{0}">
<TotalTimeSeconds>1200</TotalTimeSeconds><Track>
<Trackpoint><Time>{0}</Time><HeartRateBpm><Value>90</Value></HeartRateBpm></Trackpoint>
<Trackpoint><Time>{1}</Time><HeartRateBpm><Value>95</Value></HeartRateBpm></Trackpoint>
</Track></Lap></Activity>"""
_TCX = """<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">
<Activities>{}</Activities></TrainingCenterDatabase>"""
_STORED = (
    "select count(*) from session",
    "select count(*) from sample",
    "select count(*) from fact",
    "select count(*) from watermark",
)


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as inline:
        yield inline


def _file(*starts_ms: int) -> bytes:
    """Return a file of activities of twenty minutes."""
    activities = ""
    for start_ms in starts_ms:
        activities += _LAP.format(rfc3339(start_ms), rfc3339(start_ms + 20 * MINUTE_MS))
    return _TCX.format(activities).encode()


async def _counts(world: Inline) -> list[int]:
    counts: list[int] = []
    for query in _STORED:
        ((count,),) = await world.rows(query)
        assert isinstance(count, int)
        counts.append(count)
    return counts


async def test_a_file_that_lay_in_the_future_stays_refused_when_it_comes_again(
    world: Inline,
) -> None:
    # the first activity is past by its clock, but the second shows that this clock is wrong
    body = _file(T0, T0 + 3 * HOUR_MS)
    await world.receive("files", body, _RECEIVED)
    assert await _counts(world) == [0, 0, 0, 0]
    await world.receive("files", body, _AGAIN)
    assert await _counts(world) == [0, 0, 0, 0]
    assert len(await world.rows("select from body")) == 1


async def test_a_file_that_did_not_is_kept_once(world: Inline) -> None:
    body = _file(T0, T0 + 40 * MINUTE_MS)
    await world.receive("files", body, _RECEIVED)
    before = await world.digest()
    assert await _counts(world) == [2, 4, 4, 1]
    await world.receive("files", body, _AGAIN)
    assert await world.digest() == before


async def test_later_samples_stay_left_out_when_their_body_comes_again(world: Inline) -> None:
    body = heart_series(minutes=90)
    await world.receive("open_wearables", body, _RECEIVED)
    before = await world.digest()
    # up to five minutes after the receipt
    assert await world.rows("select count(*) from sample") == [(66,)]
    await world.receive("open_wearables", body, _AGAIN)
    assert await world.digest() == before


async def test_the_first_receipt_counts_when_its_body_is_worked_on_last(world: Inline) -> None:
    """Seed 350401 of the chaos tests: a later copy of a report overtook the first one."""
    report = pain_answer("created", "a1", 4)
    await world.receive("reports", report, _AGAIN)
    await world.receive("reports", report, _RECEIVED)
    assert set(await world.rows("select stated_ms from record")) == {(_RECEIVED,)}
