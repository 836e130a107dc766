"""Corrected facts in payloads as they really come: each effect goes out once, with its reason.

A late retry of what was corrected changes nothing, whatever came in between.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from model.calendar import MINUTE_MS, rfc3339
from model.codec import dumps
from model.derived.algorithm import ALGORITHM
from model.facts import Deletion, DeviceType, Method, Source
from parsers.vendors.open_wearables.reader import parse_open_wearables
from storage.pg.pool import Connection
from tests.rows import cells_of
from tests.storage.inline import Inline, heart_series, open_inline, pain_answer, walk_body
from tests.storage.tellers import T0, attributed_fact, head

pytestmark = pytest.mark.anyio
_HOUR = 60 * MINUTE_MS
_DAY = 24 * _HOUR


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as inline:
        yield inline


async def test_a_workout_sent_again_longer_revises_and_the_late_retry_does_not(
    world: Inline,
) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    assert await world.changes() == [
        ("session.created", "derived for the first time"),
        ("day.revised", "derived for the first time"),
        ("week.revised", "derived for the first time"),
    ]
    await world.receive("open_wearables", walk_body(minutes=45))
    revised = await world.changes()
    assert cells_of(revised, 0) == ["session.revised", "day.revised", "week.revised"]
    assert all("end_ms" in reason for what, reason in revised if what == "session.revised")
    assert [reason for what, reason in revised if what != "session.revised"] == [
        "changed: session_ms, zones, by_type, elapsed_ms",
        "changed: session_ms, zones, days, elapsed_ms",
    ]
    before = await world.digest()
    await world.receive("open_wearables", walk_body(minutes=30))
    assert await world.changes() == []
    assert await world.digest() == before


async def test_every_change_names_the_algorithm(world: Inline) -> None:
    await world.receive("open_wearables", walk_body())
    rows = await world.rows(
        "select distinct c ->> 'algorithm' from outbox, jsonb_array_elements(body -> 'changes') c"
    )
    assert rows == [(ALGORITHM,)]


def total(steps: float, at: int = T0) -> bytes:
    """Return the total of a day so far, as a phone sends it every few hours."""
    sample = {
        "timestamp": rfc3339(at),
        "zone_offset": "+02:00",
        "type": "steps",
        "value": steps,
        "unit": "count",
        "source": {"provider": "apple", "device": "iPhone14,5"},
        "is_daily_total": True,
    }
    data = {"user_id": "account", "provider": "apple", "series_type": "steps", "samples": [sample]}
    return dumps({"type": "series.steps.created", "data": data})


async def test_a_daily_total_grows_and_never_shrinks(world: Inline) -> None:
    for steps, at in ((3000.0, T0), (5200.0, T0 + 4 * _HOUR), (4100.0, T0 + 2 * _HOUR)):
        await world.receive("open_wearables", total(steps, at))
    rows = await world.rows(
        "select local_date::text, payload -> 'values' ->> 'steps' from fact where kind = 'day'"
    )
    assert rows == [("2026-09-21", "5200.0")]


async def test_a_sample_that_is_stated_again_is_corrected_up_and_down(world: Inline) -> None:
    for first, second in ((90, 100), (100, 90)):
        await world.forget()
        await world.receive("open_wearables", heart_series(minutes=1, bpm=first))
        await world.receive("open_wearables", heart_series(minutes=1, bpm=second))
        assert await world.rows("select value from sample") == [(second,)]
        # and the late retry of what was corrected is no later statement
        await world.receive("open_wearables", heart_series(minutes=1, bpm=first))
        assert await world.rows("select value from sample") == [(second,)]


async def test_a_completed_epoch_revises_the_session_it_lies_in(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    await world.receive("open_wearables", heart_series(minutes=30, bpm=100))
    await world.changes()
    await world.receive("open_wearables", heart_series(T0 + 29 * MINUTE_MS, minutes=1, bpm=130))
    changes = await world.changes()
    assert cells_of(changes, 0) == ["session.revised"]
    assert "heart" in changes[0][1]
    assert await world.rows("select hr_max from session") == [(130.0,)]


def exertion(kind: str, value: int, revision: int = 0) -> bytes:
    return pain_answer(
        kind, "e1", value, instrument="exertion", scale="borg-cr10", session="w1", revision=revision
    )


async def test_an_exertion_amended_and_withdrawn_revises_its_session(world: Inline) -> None:
    await world.receive("open_wearables", walk_body())
    await world.receive("reports", exertion("created", 3))
    await world.changes()
    await world.receive("reports", exertion("amended", 5, revision=1))
    (first, *_) = await world.changes()
    assert first[0] == "session.revised"
    assert "exertion_cr10" in first[1]
    assert await world.rows("select exertion_cr10 from session") == [(5.0,)]
    await world.receive("reports", exertion("withdrawn", 5, revision=2))
    judged = "loads, exertion_ms, exertion_dose_ms"
    assert await world.changes() == [
        ("session.revised", "changed: exertion_cr10, zone_times_by_method, loads"),
        ("day.revised", f"changed: answered, {judged}, by_type"),
        ("week.revised", f"changed: dose_min, answered_days, known_days, {judged}, days"),
    ]
    assert await world.rows("select exertion_cr10 from session") == [(None,)]
    before = await world.digest()
    for late in (exertion("created", 3), exertion("amended", 5, revision=1)):
        await world.receive("reports", late)
    assert await world.changes() == []
    assert await world.digest() == before


def _manual(kind: str, revision: int, minutes: int) -> bytes:
    result = {
        "id": "m1",
        "revision": revision,
        "answered_at": rfc3339(T0 + 2 * _HOUR),
        "instrument": "session",
        "activity": "walking",
        "started_at": rfc3339(T0),
        "ended_at": rfc3339(T0 + minutes * MINUTE_MS),
    }
    return dumps({"type": f"report.{kind}", "patient": "account", "report": result})


@pytest.mark.promise(2)
async def test_a_session_of_the_patient_amended_and_withdrawn(world: Inline) -> None:
    await world.receive("reports", _manual("created", 0, 30))
    assert (await world.changes())[0] == ("session.created", "derived for the first time")
    await world.receive("reports", _manual("amended", 1, 50))
    assert cells_of(await world.changes(), 0) == [
        "session.revised",
        "day.revised",
        "week.revised",
    ]
    assert await world.rows("select session_ms from day") == [(50 * MINUTE_MS,)]
    await world.receive("reports", _manual("withdrawn", 2, 50))
    gone = "no fact supports it any more"
    assert await world.changes() == [
        ("session.retracted", gone),
        ("day.revised", gone),
        ("week.revised", gone),
    ]
    await world.receive("reports", _manual("amended", 1, 50))
    assert await world.rows("select count(*) from session") == [(0,)]


@pytest.mark.parametrize("deletion_first", [False, True])
async def test_a_record_taken_back_retracts_its_session_in_any_order(
    world: Inline, *, deletion_first: bool
) -> None:
    (fact,) = parse_open_wearables(walk_body()).facts
    taken_back = Deletion(
        head=replace(fact.head, record="d1", revision=fact.head.revision), target="w1"
    )
    if deletion_first:
        await world.tell(attributed_fact(taken_back))
        await world.receive("open_wearables", walk_body())
        assert await world.changes() == []
    else:
        await world.receive("open_wearables", walk_body())
        await world.changes()
        await world.tell(attributed_fact(taken_back))
        gone = "no fact supports it any more"
        assert await world.changes() == [
            ("session.retracted", gone),
            ("day.revised", gone),
            ("week.revised", gone),
        ]
    assert await world.rows("select count(*) from session") == [(0,)]


VENDOR = Source(vendor="open_wearables", device_type=DeviceType.UNKNOWN, method=Method.UNKNOWN)


async def test_minutes_taken_back_leave_the_session_without_them(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    await world.receive("open_wearables", heart_series(minutes=30))
    await world.changes()
    span = head("d1", T0 + 10 * MINUTE_MS, T0 + 20 * MINUTE_MS, source=VENDOR)
    await world.tell(attributed_fact(Deletion(head=span, metric="heart_rate")))
    changes = await world.changes()
    assert cells_of(changes, 0) == ["session.revised", "day.revised"]
    assert await world.rows("select hr_n from session") == [(20,)]
    assert await world.rows("select wear_min from day") == [(20,)]
