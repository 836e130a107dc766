"""A session's page has the answers that the rules read for it, and says how many facts it has."""

import pytest

from clinic.answers.linked_reports import linked_reports
from model.calendar import HOUR_MS, MINUTE_MS
from model.facts import Fact
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.reads.evidence import MOST_LISTED_FACTS, session_sheet
from stream.compute.derive import derive
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.rows import values_of
from tests.storage.tellers import T0, attributed_batch, block, head, pain, run, workout

pytestmark = pytest.mark.anyio
_END = T0 + 30 * MINUTE_MS
_SECOND, _SECOND_END = T0 + 3 * HOUR_MS, T0 + 3 * HOUR_MS + 30 * MINUTE_MS


async def _tell(conn: Connection, *facts: Fact) -> None:
    written = await write_facts(conn, attributed_batch(facts))
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))


async def _linked(conn: Connection) -> dict[str, list[tuple[str, str]]]:
    """Return the answers of each session's page and the record that each names, by record."""
    linked: dict[str, list[tuple[str, str]]] = {}
    rows = await (await conn.execute("select session, record from session")).fetchall()
    for session, record in rows:
        sheet = await session_sheet(conn, "unit", "p1", session)
        assert sheet is not None
        linked[record] = values_of(linked_reports(sheet), "record", "session")
    return linked


async def test_an_unnamed_answer_is_of_one_session_and_never_of_a_later_one(
    conn: Connection,
) -> None:
    await _tell(
        conn,
        *run("r1", T0),
        *run("r2", _SECOND),
        pain("before", T0 - 1, 3),
        pain("begin", T0, 3),
        pain("between", _SECOND - 1, 3),
        pain("in second", _SECOND, 3),
        pain("late", _SECOND_END + 6 * HOUR_MS, 3),
        pain("too late", _SECOND_END + 6 * HOUR_MS + 1, 3),
    )
    assert await _linked(conn) == {
        "r1": [("begin", ""), ("between", "")],
        "r2": [("in second", ""), ("late", "")],
    }


async def test_an_answer_is_of_the_session_that_it_names_whenever_it_comes(
    conn: Connection,
) -> None:
    await _tell(
        conn,
        *run("r1", T0),
        *run("r2", _SECOND),
        pain("named", _SECOND, 3, session="r1"),
        pain("days after", T0 + 48 * HOUR_MS, 3, session="r1"),
        # no session has this record, so its time decides as for the rules
        pain("names nothing", _SECOND, 3, session="gone"),
    )
    assert await _linked(conn) == {
        "r1": [("named", "r1"), ("days after", "r1")],
        "r2": [("names nothing", "")],
    }


async def test_an_answer_about_a_session_within_another_is_shown_with_both(
    conn: Connection,
) -> None:
    within = head("within", T0 + 5 * MINUTE_MS, T0 + 25 * MINUTE_MS)
    times = list(range(within.start_ms, within.end_ms, 10_000))
    await _tell(
        conn,
        *run("r1", T0),
        workout(within, "strength"),
        block(within, times, [120.0] * len(times)),
        # the shorter one counts, and what was answered about the other passes to it
        pain("named", _END, 3, session="r1"),
    )
    assert await _linked(conn) == {"r1": [("named", "r1")], "within": [("named", "")]}


async def test_the_facts_that_a_page_has_no_room_for_are_counted(conn: Connection) -> None:
    whose = head("r1", T0, _END)
    parts = [
        block(whose, [T0 + number * 1_000], [120.0], part=number)
        for number in range(MOST_LISTED_FACTS + 5)
    ]
    await _tell(conn, workout(whose), *parts)
    ((session,),) = await (await conn.execute("select session from session")).fetchall()
    sheet = await session_sheet(conn, "unit", "p1", session)
    assert sheet is not None
    assert (len(sheet.facts), sheet.fact_count) == (MOST_LISTED_FACTS, MOST_LISTED_FACTS + 6)
    assert sheet.facts[0].kind == "workout"
