"""Which sources measured in a session: each that has a sample in it, and no other."""

from dataclasses import replace

import pytest

from clinic.pages.session_words import chosen_among
from model.calendar import MINUTE_MS, local_date
from model.derived.sessions import SourceSelection
from model.facts import Fact, Method
from storage.facts.writer import write_facts
from storage.pg.granting import become
from storage.pg.pool import Connection
from storage.pg.roles import CLINIC
from storage.pg.row_security import set_unit
from storage.reads.measured import measured_in_session
from stream.compute.derive import derive
from stream.deriving.replace import replace_window
from stream.deriving.windows import load_window
from tests.storage.tellers import T0, WATCH, attributed_fact, block, head, workout

_END = T0 + 30 * MINUTE_MS
_RING = replace(WATCH, vendor="oura", device="Oura Ring", method=Method.BACKGROUND)
_LATER = replace(WATCH, vendor="apple_health", device="Watch 9", method=Method.BACKGROUND)

# How many rows of samples the connection has looked at, in all parts of the table.
_LOOKED_AT = """
select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int
  from pg_stat_xact_all_tables
 where relid in (select inhrelid from pg_inherits where inhparent = 'public.sample'::regclass)
"""


@pytest.mark.anyio
async def test_a_selection_names_the_others_that_measured(conn: Connection) -> None:
    times = list(range(T0, _END, 10_000))
    facts: list[Fact] = [workout(head("r", T0, _END))]
    facts += [block(head("s", T0, _END), times, [120.0] * len(times))]
    facts += [block(head("o", T0, _END, source=_RING), times, [119.0] * len(times))]
    # its block begins before the end of the session, and its sample lies behind it
    behind = [_END + MINUTE_MS]
    facts += [block(head("a", T0, _END + 2 * MINUTE_MS, source=_LATER), behind, [80.0])]
    session = await _derived(conn, facts)
    measured = await measured_in_session(conn, "p1", session)
    assert measured == (("heart_rate", WATCH), ("heart_rate", _RING))
    selection = SourceSelection(
        local_date=local_date(T0, "Europe/Stockholm"),
        metric="heart_rate",
        source=WATCH,
        start_ms=T0,
        end_ms=_END,
        why="rank",
    )
    assert chosen_among(selection, measured) == "Ranks above the others: Oura Ring"
    only = replace(selection, why="only")
    assert chosen_among(only, measured) == "No other source measured"
    assert await measured_in_session(conn, "p2", session) == ()


@pytest.mark.anyio
async def test_the_clinicians_page_looks_at_no_sample_of_another_patient(conn: Connection) -> None:
    times = list(range(T0, _END, 10_000))
    heart = block(head("s", T0, _END), times, [120.0] * len(times))
    facts: list[Fact] = [workout(head("r", T0, _END)), heart]
    session = await _derived(conn, facts, patient="p2")
    # on both sides of that patient's, in whatever order they are read
    for patient in ("p1", "p3"):
        await write_facts(conn, [attributed_fact(heart, patient)])
    await conn.commit()
    # the door reads samples through a view, which hides the rows of other units
    await become(conn, CLINIC)
    await set_unit(conn, "unit")
    await conn.execute("set local enable_seqscan = off")  # a table of a few rows is read as a whole
    await conn.execute("set local enable_bitmapscan = off")
    ((before,),) = await (await conn.execute(_LOOKED_AT)).fetchall()
    assert await measured_in_session(conn, "p2", session) == (("heart_rate", WATCH),)
    assert await (await conn.execute(_LOOKED_AT)).fetchone() == (before + 1,)


async def _derived(conn: Connection, facts: list[Fact], patient: str = "p1") -> str:
    """Write facts of a patient, derive them, and return the only session."""
    written = await write_facts(conn, [attributed_fact(fact, patient) for fact in facts])
    for name, spans in written.affected.items():
        window = await load_window(conn, name, spans)
        await replace_window(conn, window, derive(window))
    ((session,),) = await (await conn.execute("select session from session")).fetchall()
    return str(session)
