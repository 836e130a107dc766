"""Where a restriction begins and ends, to the millisecond, wherever facts are read.

The pure rule, the views of analysts and the queries of the clinic's pages agree on each edge.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from model.calendar import MINUTE_MS
from model.spans import Span
from storage.facts.retractions import RestrictedInterval, Retractions
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.reads import clinic_queries
from storage.reads.evidence import session_sheet
from storage.rights import restrictions
from stream.compute.derive import derive
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import cells_of, values_of
from tests.storage.tellers import PHONE, T0, WATCH, attributed_fact, block, head, pain, workout

_FROM, _UNTIL = T0 + 10 * MINUTE_MS, T0 + 20 * MINUTE_MS
# (start, end) of a fact, and whether [_FROM, _UNTIL) touches it; an instant ends where it starts.
_EDGES = (
    (_FROM - 1, _FROM - 1, False),
    (_FROM, _FROM, True),
    (_UNTIL - 1, _UNTIL - 1, True),
    (_UNTIL, _UNTIL, False),
    (_FROM - 5, _FROM, False),  # it ends as the restriction begins
    (_FROM - 5, _FROM + 1, True),
    (_UNTIL - 1, _UNTIL + 5, True),
    (_UNTIL, _UNTIL + 5, False),
    (_FROM - 5, _UNTIL + 5, True),
)
_INTERVAL = RestrictedInterval(vendor="files", span=Span(start_ms=_FROM, end_ms=_UNTIL))
_SAMPLES = """
select round(extract(epoch from time) * 1000)::bigint from analysis.samples
where patient = 'p1' order by 1"""
_ANSWERS = """
select round(extract(epoch from at) * 1000)::bigint from analysis.answers
where patient = 'p1' order by 1"""


@pytest.mark.promise(10)
@pytest.mark.parametrize(("start_ms", "end_ms", "is_hidden"), _EDGES)
def test_an_interval_has_its_first_instant_and_not_its_last(
    start_ms: int, end_ms: int, *, is_hidden: bool
) -> None:
    assert _INTERVAL.covers("files", start_ms, end_ms) is is_hidden
    assert _INTERVAL.covers("other", start_ms, end_ms) is False
    assert replace(_INTERVAL, vendor="").covers("other", start_ms, end_ms) is is_hidden
    times = np.array([start_ms], np.int64)
    until = None if start_ms == end_ms else np.array([end_ms], np.int64)
    held = Retractions(records={}, intervals=[], restricted=[_INTERVAL])
    free = held.unrestricted(replace(PHONE, vendor="files"), times, until)
    assert free is not None
    assert free.tolist() == [not is_hidden]


async def _stored(conn: Connection) -> None:
    """Store an instant of each edge, as a sample and as an answer."""
    times = [_FROM - 1, _FROM, _UNTIL - 1, _UNTIL]
    samples = block(head("s", times[0], times[-1] + 1, source=PHONE), times, [70.0] * 4)
    answers = [attributed_fact(pain(f"q{at}", at, 4.0)) for at in times]
    await write_facts(conn, [attributed_fact(samples), *answers])


async def _shown(conn: Connection, query: str) -> list[int]:
    return cells_of(await (await conn.execute(query.encode())).fetchall(), 0)


async def _restrict(conn: Connection, source: str = "") -> int:
    return await restrictions.add_restriction(
        conn, "p1", interval=(_FROM, _UNTIL), by="c", why="disputed", now_ms=T0, source=source
    )


@pytest.mark.promise(10)
@pytest.mark.anyio
@pytest.mark.parametrize("query", [_SAMPLES, _ANSWERS])
async def test_analysts_see_nothing_that_is_restricted(conn: Connection, query: str) -> None:
    await _stored(conn)
    every = [_FROM - 1, _FROM, _UNTIL - 1, _UNTIL]
    assert await _shown(conn, query) == every
    other = await _restrict(conn, "garmin")
    assert await _shown(conn, query) == every
    number = await _restrict(conn)
    assert await _shown(conn, query) == [_FROM - 1, _UNTIL]
    for held in (number, other):
        await restrictions.note_notice(conn, held, how="by phone", now_ms=T0)
        await restrictions.lift_restriction(conn, held, by="c", now_ms=T0)
    assert await _shown(conn, query) == every


@pytest.mark.promise(9)
@pytest.mark.anyio
@pytest.mark.parametrize("query", [_SAMPLES, _ANSWERS])
async def test_analysts_see_nothing_from_an_objection_on(conn: Connection, query: str) -> None:
    await _stored(conn)
    await restrictions.record_objection(
        conn, "p1", by="c", why="no", now_ms=_UNTIL, from_ms=_UNTIL - 1
    )
    assert await _shown(conn, query) == [_FROM - 1, _FROM]


@pytest.mark.promise(10)
@pytest.mark.anyio
async def test_pages_of_the_clinic_show_no_answer_that_is_restricted(conn: Connection) -> None:
    await _stored(conn)
    await _restrict(conn)
    shown = await clinic_queries.pain_since(conn, "unit", "p1", date(2020, 1, 1))
    assert values_of(shown, "at_ms") == [_FROM - 1, _UNTIL]


@pytest.mark.promise(10)
@pytest.mark.anyio
async def test_the_curve_of_a_session_leaves_out_what_is_restricted_of_it(
    conn: Connection,
) -> None:
    strap = replace(WATCH, vendor="open_wearables", app="hub")
    end = T0 + 30 * MINUTE_MS
    times = list(range(T0, end, 10_000))
    stream = head("s", T0, end, source=strap)
    done = attributed_fact(workout(head("r", T0, end)))
    pulse = attributed_fact(block(stream, times, [120.0] * len(times)))
    written = await write_facts(conn, [done, pulse])
    await _restrict(conn, "open_wearables")
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    (session,) = await _shown(conn, "select session from session")
    sheet = await session_sheet(conn, "unit", "p1", str(session))
    assert sheet is not None
    free = [at for at in times if not _FROM <= at < _UNTIL]
    assert cells_of(sheet.heart, 0) == free
