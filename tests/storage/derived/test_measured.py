"""Which sources measured in a session: each that has a sample in it, and no other."""

from dataclasses import replace

import pytest

from clinic.pages.quality_flags import chosen_among
from model.calendar import MINUTE_MS
from model.derived import SourceSelection
from model.facts import Fact, Method
from storage.facts.writer import write_facts
from storage.pg.pool import Connection
from storage.reads.measured import measured_in_session
from stream.compute.derive import derive
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.storage.tellers import T0, WATCH, attributed_fact, block, head, workout

_END = T0 + 30 * MINUTE_MS
_RING = replace(WATCH, vendor="oura", device="Oura Ring", method=Method.BACKGROUND)
_LATER = replace(WATCH, vendor="apple_health", device="Watch 9", method=Method.BACKGROUND)


@pytest.mark.anyio
async def test_a_selection_names_the_others_that_measured(conn: Connection) -> None:
    times = list(range(T0, _END, 10_000))
    facts: list[Fact] = [workout(head("r", T0, _END))]
    facts += [block(head("s", T0, _END), times, [120.0] * len(times))]
    facts += [block(head("o", T0, _END, source=_RING), times, [119.0] * len(times))]
    # its block begins before the end of the session, and its sample lies behind it
    behind = [_END + MINUTE_MS]
    facts += [block(head("a", T0, _END + 2 * MINUTE_MS, source=_LATER), behind, [80.0])]
    written = await write_facts(conn, list(map(attributed_fact, facts)))
    for patient, spans in written.affected.items():
        window = await load_window(conn, patient, spans)
        await replace_window(conn, window, derive(window))
    cursor = await conn.execute("select session from session")
    ((session,),) = await cursor.fetchall()
    measured = await measured_in_session(conn, "p1", str(session))
    assert measured == (("heart_rate", WATCH), ("heart_rate", _RING))
    choice = SourceSelection(
        local_date=window.dates[0],
        metric="heart_rate",
        source=WATCH,
        start_ms=T0,
        end_ms=_END,
        why="rank",
    )
    assert chosen_among(choice, measured) == "Ranks above the others: Oura Ring"
    only = replace(choice, why="only")
    assert chosen_among(only, measured) == "No other source measured"
    assert await measured_in_session(conn, "p2", str(session)) == ()
