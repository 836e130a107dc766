"""Timelines and lines of known samples: exact buckets, edges, marks, sources and limits."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from clinic import timeline_reads
from clinic.timeline_reads import TooManySamplesError, read_line, read_timeline
from model.calendar import MINUTE_MS
from model.facts import AttributedFact, Joining
from model.metrics import METRIC
from model.spans import Span, inner, outer, without
from storage.facts import current_records
from storage.facts.current_records import Stretch
from storage.facts.writer import write_facts
from storage.people import patients
from storage.pg.pool import Connection, open_pool
from stream import rollup_refresh
from stream.compute.series.timeline import grid
from stream.rollup_refresh import refresh_rollups
from tests.storage.tellers import (
    PHONE,
    WATCH,
    attributed_fact,
    block,
    deletion,
    head,
    pain,
    workout,
)

pytestmark = pytest.mark.anyio
_HOUR, _DAY = 60 * MINUTE_MS, 1440 * MINUTE_MS
_MIDNIGHT = 1_789_948_800_000  # 2026-09-21T00:00Z


def watch(record: str, at: int, values: list[float], step: int = MINUTE_MS) -> AttributedFact:
    return attributed_fact(
        block(
            head(record, at, at + len(values) * step),
            [at + n * step for n in range(len(values))],
            values,
        )
    )


def phone(at: int, values: list[float], step: int = MINUTE_MS) -> AttributedFact:
    result = head(f"hr:{at}", at, at + len(values) * step, source=PHONE)
    return attributed_fact(
        block(result, [at + n * step for n in range(len(values))], values, joining=Joining.STREAM)
    )


async def _shown(
    conn: Connection, start: int, end: int, points: int
) -> list[tuple[int, int, float, float, float]]:
    timeline = await read_timeline(
        conn, await patients.patient_id(conn, "p1"), "heart_rate", start, end, points
    )
    columns = (
        timeline.t - _MIDNIGHT,
        timeline.n,
        timeline.minimum,
        timeline.mean,
        timeline.maximum,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


async def test_days_hours_and_minutes_of_the_same_samples(conn: Connection) -> None:
    await write_facts(
        conn,
        [
            watch("a", _MIDNIGHT + 30 * MINUTE_MS, [60.0] * 60),
            watch("b", _MIDNIGHT + _DAY, [90.0, 100.0]),
        ],
    )
    for _ in "dirty", "clean":
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 2 * _DAY, 2) == [
            (0, 60, 60.0, 60.0, 60.0),
            (_DAY, 2, 90.0, 95.0, 100.0),
        ]
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 2 * _DAY, 48) == [
            (0, 30, 60.0, 60.0, 60.0),
            (_HOUR, 30, 60.0, 60.0, 60.0),
            (_DAY, 2, 90.0, 95.0, 100.0),
        ]
        assert await _shown(conn, _MIDNIGHT + _DAY, _MIDNIGHT + _DAY + _HOUR, 60) == [
            (_DAY, 1, 90.0, 90.0, 90.0),
            (_DAY + MINUTE_MS, 1, 100.0, 100.0, 100.0),
        ]
        await rollup_refresh.refresh_all(conn)


async def test_edges_are_exact_to_the_millisecond(conn: Connection) -> None:
    await write_facts(conn, [watch("a", _MIDNIGHT, [60.0, 70.0, 80.0, 90.0])])
    await rollup_refresh.refresh_all(conn)
    end = _MIDNIGHT + 3 * MINUTE_MS
    assert await _shown(conn, _MIDNIGHT + 1, end, 1) == [(0, 2, 70.0, 75.0, 80.0)]
    assert await _shown(conn, _MIDNIGHT + 1, end + 1, 1) == [(0, 3, 70.0, 80.0, 90.0)]
    assert await _shown(conn, _MIDNIGHT + 1 - 9 * _DAY, end + 9 * _DAY, 30) == [
        (-6 * _HOUR, 4, 60.0, 75.0, 90.0)
    ]


async def test_a_minute_is_never_counted_by_two_sources(conn: Connection) -> None:
    await write_facts(
        conn, [phone(_MIDNIGHT, [70.0] * 120), watch("a", _MIDNIGHT + 10 * MINUTE_MS, [120.0] * 30)]
    )
    for _ in "dirty", "clean":
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 2 * _HOUR, 2) == [
            (0, 60, 70.0, 95.0, 120.0),
            (_HOUR, 60, 70.0, 70.0, 70.0),
        ]
        await rollup_refresh.refresh_all(conn)
    timeline = await read_timeline(
        conn,
        await patients.patient_id(conn, "p1"),
        "heart_rate",
        _MIDNIGHT,
        _MIDNIGHT + 2 * _HOUR,
        2,
    )
    assert [timeline.sources[position] for position in timeline.source.tolist()] == [WATCH, PHONE]


async def test_what_was_taken_back_is_in_no_band(conn: Connection) -> None:
    await write_facts(
        conn, [watch("a", _MIDNIGHT, [60.0] * 10), watch("b", _MIDNIGHT + _HOUR, [90.0] * 10)]
    )
    await rollup_refresh.refresh_all(conn)
    await write_facts(conn, [attributed_fact(deletion("x", "a"))])
    for _ in "dirty", "clean":
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 2 * _HOUR, 2) == [
            (_HOUR, 10, 90.0, 90.0, 90.0)
        ]
        await rollup_refresh.refresh_all(conn)
    rows = await (await conn.execute("select count(*) from rollup_hour")).fetchone()
    assert rows == (1,)


async def test_a_mark_moves_on_by_pieces_until_all_is_clean(conn: Connection) -> None:
    far = [watch(f"r{n}", _MIDNIGHT + n * 5 * _DAY, [60.0 + n]) for n in range(8)]
    await write_facts(conn, [*far, phone(_MIDNIGHT, [100.0] * 20, 2 * _DAY)])
    turns = 0
    wanted = await _shown(conn, _MIDNIGHT, _MIDNIGHT + 40 * _DAY, 40)
    while await rollup_refresh.refresh_patient(conn, settle_ms=0):
        turns += 1
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 40 * _DAY, 40) == wanted
    assert turns == 6
    assert len(wanted) == 24


async def test_what_was_marked_just_now_is_left_alone(conn: Connection) -> None:
    await write_facts(conn, [watch("a", _MIDNIGHT, [60.0])])
    assert not await rollup_refresh.refresh_patient(conn, settle_ms=60_000)
    assert await rollup_refresh.refresh_patient(conn, settle_ms=0)


async def test_a_live_hour_keeps_one_mark(conn: Connection) -> None:
    for n in range(30):
        await write_facts(conn, [phone(_MIDNIGHT + n * MINUTE_MS, [70.0])])
    assert await (await conn.execute("select count(*) from rollup_stale")).fetchone() == (1,)


async def test_what_holds_no_samples_marks_nothing(conn: Connection) -> None:
    result = head("w", _MIDNIGHT, _MIDNIGHT + _HOUR)
    await write_facts(
        conn, [attributed_fact(workout(result)), attributed_fact(pain("q", _MIDNIGHT, 3.0))]
    )
    assert await (await conn.execute("select count(*) from rollup_stale")).fetchone() == (0,)


async def test_a_line_is_some_of_the_samples_that_speak(conn: Connection) -> None:
    await write_facts(
        conn, [phone(_MIDNIGHT, [70.0] * 60), watch("a", _MIDNIGHT, [120.0, 150.0, 121.0])]
    )
    number = await patients.patient_id(conn, "p1")
    line = await read_line(conn, number, "heart_rate", _MIDNIGHT, _MIDNIGHT + 5 * MINUTE_MS, 10)
    assert line.v.tolist() == [120.0, 150.0, 121.0, 70.0, 70.0]
    assert [line.sources[position] for position in line.source.tolist()] == [
        WATCH,
        WATCH,
        WATCH,
        PHONE,
        PHONE,
    ]
    few = await read_line(conn, number, "heart_rate", _MIDNIGHT, _MIDNIGHT + _HOUR, 3)
    assert ((few.t - _MIDNIGHT) // MINUTE_MS).tolist()[::2] == [0, 59]
    assert few.of == 60


async def test_a_line_over_too_many_samples_is_refused(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write_facts(conn, [phone(_MIDNIGHT, [70.0] * 11)])
    monkeypatch.setattr(timeline_reads, "MOST_LINE_SAMPLES", 10)
    number = await patients.patient_id(conn, "p1")
    with pytest.raises(TooManySamplesError, match="more than 10"):
        await read_line(conn, number, "heart_rate", _MIDNIGHT, _MIDNIGHT + _HOUR, 5)


async def test_nothing_asked_or_nothing_there(conn: Connection) -> None:
    number = await patients.patient_id(conn, "p1")
    assert (
        len((await read_timeline(conn, number, "weight", _MIDNIGHT, _MIDNIGHT + 900 * _DAY, 5)).t)
        == 0
    )
    assert len((await read_line(conn, number, "weight", _MIDNIGHT, _MIDNIGHT + _DAY, 5)).t) == 0
    with pytest.raises(KeyError):
        await read_timeline(conn, number, "charm", _MIDNIGHT, _MIDNIGHT + _DAY, 5)
    with pytest.raises(ValueError, match="empty span"):
        await read_timeline(conn, number, "weight", _MIDNIGHT, _MIDNIGHT, 5)


@pytest.mark.parametrize("points", [1, 2, 7, 999, 1000, 1001])
def test_a_grid_has_no_more_buckets_than_asked(points: int) -> None:
    chance = np.random.default_rng(points)
    for length in (1, 999, _HOUR - 1, _HOUR, _DAY + 1, 365 * _DAY, 3650 * _DAY):
        start = _MIDNIGHT + int(chance.integers(0, _DAY))
        unit, width, first = grid(Span(start_ms=start, end_ms=start + length), points)
        assert width % unit == first % unit == 0
        assert first <= start < first + unit
        assert -(-(start + length - first) // width) <= points


def test_spans_rounded_and_cut() -> None:
    span = Span(start_ms=5, end_ms=25)
    assert (inner(span, 10), outer(span, 10)) == (
        Span(start_ms=10, end_ms=20),
        Span(start_ms=0, end_ms=30),
    )
    assert inner(Span(start_ms=1, end_ms=9), 10) == Span(start_ms=10, end_ms=10)
    assert outer(Span(start_ms=10, end_ms=10), 10) == Span(start_ms=10, end_ms=20)
    holes = [Span(start_ms=0, end_ms=6), Span(start_ms=8, end_ms=9), Span(start_ms=20, end_ms=40)]
    assert without([span], holes) == (Span(start_ms=6, end_ms=8), Span(start_ms=9, end_ms=20))
    assert without([Span(start_ms=3, end_ms=3)], []) == ()


async def test_what_a_replay_takes_back_is_in_no_band(conn: Connection) -> None:
    await write_facts(
        conn, [watch("a", _MIDNIGHT, [60.0] * 10), phone(_MIDNIGHT + _HOUR, [90.0] * 10)]
    )
    await rollup_refresh.refresh_all(conn)
    number = await patients.patient_id(conn, "p1")
    stood = await current_records.current_records(conn, number, WATCH.vendor)
    stretch = Stretch(METRIC["heart_rate"].id, _MIDNIGHT + _HOUR, _MIDNIGHT + _HOUR + 4 * MINUTE_MS)
    await current_records.remove_records(conn, number, stood.values(), [(PHONE, stretch)])
    for _ in "dirty", "clean":
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 2 * _HOUR, 2) == [
            (_HOUR, 5, 90.0, 90.0, 90.0)
        ]
        await rollup_refresh.refresh_all(conn)


async def test_where_an_older_revision_lay_nothing_is_left(conn: Connection) -> None:
    await write_facts(conn, [watch("a", _MIDNIGHT, [60.0] * 10)])
    await rollup_refresh.refresh_all(conn)
    result = head("a", _MIDNIGHT + _HOUR, _MIDNIGHT + _HOUR + MINUTE_MS, revision=1)
    await write_facts(conn, [attributed_fact(block(result, [_MIDNIGHT + _HOUR], [90.0]))])
    for _ in "dirty", "clean":
        assert await _shown(conn, _MIDNIGHT, _MIDNIGHT + 2 * _HOUR, 2) == [
            (_HOUR, 1, 90.0, 90.0, 90.0)
        ]
        await rollup_refresh.refresh_all(conn)


async def test_the_worker_refreshes_everybody_whose_marks_have_settled(
    conn: Connection, dsn: str
) -> None:
    blocks = [watch("a", _MIDNIGHT, [60.0]), replace(watch("a", _MIDNIGHT, [60.0]), patient="p2")]
    await write_facts(conn, blocks)
    await conn.execute("update rollup_stale set marked_at = marked_at - interval '1 hour'")
    await write_facts(conn, [replace(watch("a", _MIDNIGHT, [60.0]), patient="p3")])
    await conn.commit()
    async with await open_pool(dsn, max_size=1) as pool:
        parts = cast("Any", SimpleNamespace(pool=pool))
        assert [await refresh_rollups(parts), await refresh_rollups(parts)] == [2, 0]
    rows = await conn.execute(
        "select pseudonym from rollup_hour b join patient p on p.id = b.patient order by 1"
    )
    assert await rows.fetchall() == [("p1",), ("p2",)]
