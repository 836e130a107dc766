"""A clinician's mark goes through outbox, log and facts, and holds under late data and replay."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinic.marking import MarkRequest, StatementName, mark_session
from model.calendar import MINUTE_MS, rfc3339
from model.codec import dumps
from model.facts import Deletion, Head, Instrument, Report
from model.topics import FACTS
from storage.audit import Actor
from storage.erase import erase
from storage.pg.pool import Connection
from stream.deriving.derive_batch import send_marks
from tests.storage.inline import Inline, heart_series, open_inline, pain_answer, walk_body
from tests.storage.tellers import PERSON, T0, attributed_fact

pytestmark = pytest.mark.anyio
_ACTOR = Actor(subject="c-lind", role="clinician", care_unit="unit")
_WHY = "marked as not exercise by the clinician: illness"
_SESSIONS = "select counts, why from session order by start_at, session"
_WAITING = "select channel, recipient from outbox where channel = 'facts' and sent_at is null"


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as inline:
        yield inline


async def _mark(world: Inline, statement: StatementName, reason: str) -> None:
    """Mark the only session, and let the worker send the mark on; it is not derived yet."""
    ((session, unit),) = await world.rows(
        "select s.session, u.name from session s join patient p on p.id = s.patient "
        "join care_unit u on u.id = p.care_unit"
    )
    wish = MarkRequest(
        unit=str(unit), pseudonym="p1", session=str(session), statement=statement, reason=reason
    )
    world.now_ms += 1_000
    async with world.parts.pool.connection() as conn:
        await mark_session(conn, wish, _ACTOR, world.now_ms)
    assert await world.rows(_WAITING) == [("facts", "p1")]
    assert await send_marks(world.parts) == 1
    assert await send_marks(world.parts) == 0


async def test_a_mark_takes_a_session_out_and_brings_it_back(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    assert await world.rows(_SESSIONS) == [(True, "")]
    before = await world.rows("select sessions, session_ms, answered from day")
    assert before == [(1, 30 * MINUTE_MS, False)]
    watermarks = await world.rows("select * from watermark")
    await _mark(world, "not_exercise", "illness")
    await world.deliver()
    assert await world.rows(_SESSIONS) == [(False, _WHY)]
    assert await world.rows("select sessions, session_ms from week") in ([], [(0, 0)])
    # a mark measures nothing, so it proves no delivery
    assert await world.rows("select * from watermark") == watermarks
    await _mark(world, "exercise", "marked by mistake")
    await world.deliver()
    assert await world.rows(_SESSIONS) == [(True, "")]
    assert await world.rows("select sessions, session_ms, answered from day") == before
    audited = "select actor, action, detail ->> 'statement', detail ->> 'reason' from audit"
    assert await world.rows(f"{audited} where action = 'session.mark' order by id") == [
        ("c-lind", "session.mark", "not_exercise", "illness"),
        ("c-lind", "session.mark", "exercise", "marked by mistake"),
    ]


async def test_late_data_do_not_bring_it_back(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    await _mark(world, "not_exercise", "illness")
    await world.deliver()
    for body in (
        walk_body(minutes=45),
        heart_series(minutes=45),
        walk_body("w2", start=T0 + MINUTE_MS, minutes=60),
    ):
        await world.receive("open_wearables", body)
        counting = "select count(*) from session where counts"
        assert await world.rows(counting) == [(0,)]
    assert (False, _WHY) in await world.rows(_SESSIONS)


async def test_whether_mark_or_data_come_first_changes_nothing(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    await _mark(world, "not_exercise", "illness")
    world.hold = True  # the mark waits on the log, behind what comes now
    await world.receive("open_wearables", walk_body(minutes=45))
    facts = world.log.take(FACTS.name)
    assert [b'"clinic"' in message.value for message in facts] == [True, False]
    digests = []
    for order in (facts, facts[::-1]):
        await world.forget()
        await world.log.send_all(order)
        await world.deliver()
        digests.append(await world.digest())
    assert digests[0] == digests[1]
    assert await world.rows(_SESSIONS) == [(False, _WHY)]


async def test_a_patient_marks_and_withdraws(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    report = {
        "id": "q7",
        "answered_at": rfc3339(T0 + 40 * MINUTE_MS),
        "instrument": "not_exercise",
        "session": "w1",
        "reason": "illness",
    }
    created = {"type": "report.created", "patient": "account", "report": report}
    await world.receive("reports", dumps(created))
    assert await world.rows(_SESSIONS) == [
        (False, "marked as not exercise by the patient: illness")
    ]
    gone = {"id": "q7", "revision": 1, "answered_at": report["answered_at"]}
    withdrawn = {"type": "report.withdrawn", "patient": "account", "report": gone}
    await world.receive("reports", dumps(withdrawn))
    assert await world.rows(_SESSIONS) == [(True, "")]
    await world.receive("reports", dumps(created))  # the phone sends the old one again
    assert await world.rows(_SESSIONS) == [(True, "")]


async def test_pain_of_a_marked_session_stays_with_it(world: Inline) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    await _mark(world, "not_exercise", "illness")
    await world.deliver()
    await world.receive("reports", pain_answer(value=9, session="w1"))
    await world.judge()
    assert await world.rows("select family, tier from alert") == [("pain", "A")]


async def test_erasing_takes_a_mark_that_still_waits(world: Inline, conn: Connection) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    ((session, unit),) = await world.rows(
        "select s.session, u.name from session s join patient p on p.id = s.patient "
        "join care_unit u on u.id = p.care_unit"
    )
    wish = MarkRequest(
        unit=str(unit),
        pseudonym="p1",
        session=str(session),
        statement="not_exercise",
        reason="illness",
    )
    await mark_session(conn, wish, _ACTOR, T0)
    await conn.commit()
    assert await world.rows(_WAITING) == [("facts", "p1")]
    await erase(conn, "p1", T0)
    await conn.commit()
    assert await world.rows(_WAITING) == []


async def test_a_mark_that_is_deleted_by_its_name_frees_its_session_however_far(
    world: Inline,
) -> None:
    await world.receive("open_wearables", walk_body(minutes=30))
    later = T0 + 20 * 1440 * MINUTE_MS
    world.now_ms = later + MINUTE_MS
    meant = Head(source=PERSON, record="q7", start_ms=later, end_ms=later)
    mark = Report(head=meant, instrument=Instrument.NOT_EXERCISE, session="w1")
    await world.tell(replace(attributed_fact(mark), received_ms=later))
    assert await world.rows("select counts from session") == [(False,)]
    gone = Deletion(head=replace(meant, record="x9"), target="q7")
    await world.tell(replace(attributed_fact(gone), received_ms=later + 1, body="b" * 64))
    assert await world.rows("select counts from session") == [(True,)]
