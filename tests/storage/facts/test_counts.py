"""Counts with intervals in storage: which of two stands, and how far around a window is read."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from clinic.timeline_reads import read_timeline
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.columns.window import Window
from model.facts import AttributedFact, Deletion, Joining
from model.spans import Span
from storage.digest import table_digests
from storage.facts.writer import put_facts, write_facts
from storage.people import patients
from storage.pg.pool import Connection
from stream.compute.derive import derive
from stream.deriving.windows import load_window, load_windows
from stream.rollup_refresh import refresh_all
from tests.storage.tellers import PHONE, attributed_fact, block, head

pytestmark = pytest.mark.anyio
_MIDNIGHT = 1_789_948_800_000  # 2026-09-21T00:00Z; the patient's date begins two hours earlier
_NOON = _MIDNIGHT + 12 * HOUR_MS


def _steps(
    start: int,
    minutes: int,
    value: float,
    *,
    revision: int = 0,
    body: str = "body",
) -> AttributedFact:
    """Return a count of a phone; of 0 minutes it states no end."""
    named = head(f"s:{start}:{body}", start, start, source=PHONE, revision=revision)
    samples = block(named, [start], [value], joining=Joining.STREAM)
    until = np.array([start + minutes * MINUTE_MS]) if minutes else None
    return attributed_fact(replace(samples, metric="steps", until=until), body=body)


async def _stored(conn: Connection) -> list[tuple[float, int]]:
    return await (
        await conn.execute("select value, span_ms / 60000 from sample order by time")
    ).fetchall()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        # the revision first, then the value, then the longer interval
        ([(10, 800.0, 1), (5, 900.0, 0), (20, 100.0, 0)], (800.0, 10)),
        ([(10, 800.0, 0), (5, 900.0, 0)], (900.0, 5)),
        ([(10, 800.0, 0), (15, 800.0, 0), (0, 800.0, 0)], (800.0, 15)),
    ],
)
async def test_of_two_counts_that_begin_together_one_stands_in_any_order(
    conn: Connection, sent: list[tuple[int, float, int]], kept: tuple[float, int]
) -> None:
    facts = [
        _steps(_NOON, minutes, value, revision=revision, body=str(number))
        for number, (minutes, value, revision) in enumerate(sent)
    ]
    digests: list[dict[str, str]] = []
    for order in permutations([replace(fact, stated_ms=1) for fact in facts]):
        for at_once in (True, False):
            async with conn.transaction(force_rollback=True):
                for batch in [order] if at_once else [[fact] for fact in order]:
                    await write_facts(conn, batch)
                assert await _stored(conn) == [kept]
                digests.append(await table_digests(conn, ("sample",)))
    assert all(digest == digests[0] for digest in digests)


def _counted(window: Window) -> dict[str, int | None]:
    return {day.local_date.isoformat(): day.steps_counted for day in derive(window).days}


async def test_a_count_is_read_with_the_date_into_which_it_holds(conn: Connection) -> None:
    """A total of 25 hours began long before the date that is derived."""
    long = _steps(_MIDNIGHT - 24 * HOUR_MS, 1_500, 1_500)
    heart = attributed_fact(block(head("h", _NOON, _NOON + 1), [_NOON], [70.0]))
    today = Span(start_ms=_NOON, end_ms=_NOON + 1)
    written = await put_facts(conn, [long])
    (unwritten,) = await load_windows(conn, {"p1": [today]}, written.unwritten)
    assert _counted(unwritten) == {"2026-09-21": 180}  # from 22:00 UTC to 01:00
    await write_facts(conn, [heart])
    await conn.execute("delete from sample")
    await conn.execute("delete from fact")
    await conn.execute("delete from record")
    await write_facts(conn, [long, heart])
    assert _counted(await load_window(conn, "p1", [today])) == {"2026-09-21": 180}


async def test_counts_without_an_end_are_read_with_those_beside_the_date(conn: Connection) -> None:
    """Local midnight is at 22:00 UTC: a count of 21:52 holds ten minutes, until 22:02."""
    edge = _MIDNIGHT - 2 * HOUR_MS
    await write_facts(conn, [_steps(edge - 8 * MINUTE_MS, 0, 100)])
    window = await load_window(conn, "p1", [Span(start_ms=_NOON, end_ms=_NOON + 1)])
    assert _counted(window) == {"2026-09-21": 20}
    # the one beside it ends it after three minutes
    written = await write_facts(conn, [_steps(edge - 5 * MINUTE_MS, 0, 60, body="b")])
    at = edge - 5 * MINUTE_MS
    assert written.affected["p1"] == (
        Span(start_ms=at - 20 * MINUTE_MS, end_ms=at + 20 * MINUTE_MS + 1, samples_only=True),
    )
    window = await load_window(conn, "p1", written.affected["p1"])
    assert _counted(window) == {"2026-09-20": 160, "2026-09-21": None}


async def test_a_deletion_touches_every_date_into_which_a_count_held(conn: Connection) -> None:
    await write_facts(conn, [_steps(_NOON, 1_500, 1_500)])
    named = head("x", _NOON, _NOON + MINUTE_MS, source=PHONE)
    gone = Deletion(head=named, metric="steps")
    written = await write_facts(conn, [attributed_fact(gone, body="later")])
    (touched,) = written.affected["p1"]
    assert touched.start_ms <= _NOON
    assert touched.end_ms >= _NOON + 25 * HOUR_MS
    counted = _counted(await load_window(conn, "p1", [touched]))
    assert counted == {"2026-09-21": None, "2026-09-22": None}
    tomorrow = Span(start_ms=_NOON + DAY_MS, end_ms=_NOON + DAY_MS + 1)
    assert _counted(await load_window(conn, "p1", [tomorrow])) == {"2026-09-22": None}


async def test_hours_and_days_have_the_parts_of_counts_that_hold_into_them(
    conn: Connection,
) -> None:
    patient = await patients.patient_id(conn, "p1")
    await write_facts(conn, [_steps(_MIDNIGHT - 30 * MINUTE_MS, 120, 240)])
    for _ in "samples", "rollups":
        hours = await read_timeline(
            conn, patient, "steps", _MIDNIGHT - HOUR_MS, _MIDNIGHT + 2 * HOUR_MS, 3
        )
        assert (hours.width_ms, hours.n.tolist()) == (HOUR_MS, [30, 60, 30])
        assert hours.mean.tolist() == [2.0, 2.0, 2.0]
        days = await read_timeline(
            conn, patient, "steps", _MIDNIGHT - DAY_MS, _MIDNIGHT + DAY_MS, 2
        )
        assert days.n.tolist() == [30, 90]
        await refresh_all(conn)
    # a count beside the hour changes how long one in it holds
    await write_facts(conn, [_steps(_MIDNIGHT + 115 * MINUTE_MS, 0, 100, body="b")])
    await refresh_all(conn)
    await write_facts(conn, [_steps(_MIDNIGHT + 121 * MINUTE_MS, 0, 10, body="c")])
    for _ in "samples", "rollups":
        hours = await read_timeline(
            conn, patient, "steps", _MIDNIGHT + HOUR_MS, _MIDNIGHT + 3 * HOUR_MS, 2
        )
        assert hours.n.tolist() == [30 + 5, 1 + 6]
        await refresh_all(conn)
