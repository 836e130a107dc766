"""Kept bodies read again: a planted parser fault is mended, as in a fresh database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from model.calendar import DAY_MS, HOUR_MS
from model.errors import BodyError
from model.facts import Parsed, Report
from model.prescription import Intensity, Prescription
from parsers import formats, reports
from parsers.format_rows.row import Format
from parsers.lazy_readers import single_part
from parsers.vendors.open_wearables.reader import parse_open_wearables
from storage.alerts import to_judge
from storage.facts import current_records
from storage.facts.affected import AffectedSpans
from storage.facts.ids import PatientRow
from storage.people import consents, patients
from storage.pg.pool import Connection
from stream.deriving import patient_inputs
from stream.replay import apply
from stream.replay.apply import rehearse, replay
from stream.replay.context import ReplayScope
from tests.rooms import ROOT
from tests.rows import cells_of, values_of
from tests.storage.faults import (
    BODIES,
    FAULTS,
    ParserFault,
    faulty,
    read_with,
    wrong_names,
    wrong_revisions,
    wrong_times,
    wrong_values,
)
from tests.storage.inline import INLINE_NOW, Inline, open_inline, pain_answer, walk_body
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio
_WALK = ROOT / "tests/data/tcx/run_of_two_laps/body.tcx"
NEXT = formats.version_of("open_wearables") + 1


@pytest.fixture
async def world(dsn: str, conn: Connection, tmp_path: Path) -> AsyncIterator[Inline]:
    async with open_inline(dsn, conn, tmp_path) as inline:
        yield inline


def _use(monkeypatch: pytest.MonkeyPatch, parse: Callable[[bytes], Parsed], version: int) -> None:
    monkeypatch.setattr(formats, "FORMATS", read_with(parse, version))


def _raised(rows: Iterable[Format]) -> tuple[Format, ...]:
    """Return formats of the next version of their parsers."""
    return tuple(replace(row, version=row.version + 1) for row in rows)


@pytest.fixture(autouse=True)
def first_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give today's parsers version 1, whatever their real versions: the tests count from there."""
    monkeypatch.setattr(
        formats, "FORMATS", tuple(replace(row, version=1) for row in formats.FORMATS)
    )


async def _send(world: Inline, *bodies: bytes, first: int = 0) -> None:
    for n, body in enumerate(bodies, first):
        await world.receive("open_wearables", body, INLINE_NOW + n)


async def _fresh(world: Inline, *bodies: bytes) -> dict[str, str]:
    """Return the digest of a database that never had a fault, and empty it."""
    await _send(world, *bodies)
    wanted = await world.digest()
    await world.forget()
    return wanted


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("bytes_together", [1, 2**22])
async def test_a_fault_of_a_parser_is_put_right(
    world: Inline, monkeypatch: pytest.MonkeyPatch, fault: ParserFault, bytes_together: int
) -> None:
    monkeypatch.setattr(apply, "PORTION_BYTES", bytes_together)
    wanted = await _fresh(world, *BODIES)
    _use(monkeypatch, faulty(fault), 1)
    await _send(world, *BODIES)
    assert await world.digest() != wanted
    _use(monkeypatch, parse_open_wearables, NEXT)
    result = await replay(world.means, "p1", ReplayScope())
    assert await world.digest() == wanted
    assert (result.read, result.unreadable, result.left) == (6, 0, 0)
    assert await world.rows("select distinct parser from body") == [(NEXT,)]
    again = await replay(world.means, "p1", ReplayScope(again=True))
    assert (again.stored_anew, again.changes) == (0, ())


async def test_what_no_parser_changed_is_not_touched(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _send(world, *BODIES)
    before = await world.rows("select xmin::text, record from fact order by record")
    _use(monkeypatch, parse_open_wearables, NEXT)
    result = await replay(world.means, "p1", ReplayScope())
    assert (result.read, result.stored_anew, result.changes) == (6, 0, ())
    assert await world.rows("select xmin::text, record from fact order by record") == before
    assert await world.rows("select count(*) from audit") == [(0,)]


async def test_facts_of_the_older_reading_that_come_late_are_not_stored(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await _fresh(world, *BODIES)
    _use(monkeypatch, faulty(wrong_times), 1)
    await _send(world, *BODIES[:4])
    world.hold = True
    await _send(world, *BODIES[4:], first=4)
    _use(monkeypatch, parse_open_wearables, NEXT)
    await replay(world.means, "p1", ReplayScope())
    await world.deliver()
    assert await world.digest() == wanted


async def test_a_body_that_comes_again_is_read_anew_by_a_replay_alone(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, faulty(wrong_names), 1)
    await _send(world, *BODIES)
    before = await world.digest()
    _use(monkeypatch, parse_open_wearables, NEXT)
    await _send(world, *BODIES)
    assert await world.digest() == before


@pytest.mark.parametrize("late", [walk_body(minutes=35), walk_body(start=T0 + HOUR_MS, minutes=20)])
@pytest.mark.parametrize("turn", [1, 2])
async def test_a_body_kept_while_a_replay_runs_is_part_of_it(
    world: Inline, monkeypatch: pytest.MonkeyPatch, turn: int, late: bytes
) -> None:
    """A record that a revision outranked after the payloads were listed counts with them.

    It counts whether or not it was outranked rightly.
    """
    wanted = await _fresh(world, walk_body(minutes=30), late)
    _use(monkeypatch, faulty(wrong_revisions), 1)
    await _send(world, walk_body(minutes=30))
    _use(monkeypatch, parse_open_wearables, NEXT)
    turns, real = count(1), current_records.lock

    async def lock(conn: Connection, patient: str) -> PatientRow:
        if next(turns) == turn:
            await world.receive("open_wearables", late, INLINE_NOW + 1)  # as in the fresh one
        return await real(conn, patient)

    monkeypatch.setattr(current_records, "lock", lock)
    await replay(world.means, "p1", ReplayScope())
    assert await world.digest() == wanted


class Killed(BaseException):
    """Takes the part of the end of the process."""


@pytest.mark.parametrize("at", range(6))
async def test_killed_in_the_middle_and_run_again_it_ends_the_same(
    world: Inline, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(apply, "PORTION_BYTES", 1)
    wanted = await _fresh(world, *BODIES)
    _use(monkeypatch, faulty(wrong_times), 1)
    await _send(world, *BODIES)
    _use(monkeypatch, parse_open_wearables, NEXT)
    calls = iter(range(100))
    real = current_records.remove_records

    async def mortal(*args: Any) -> AffectedSpans:  # noqa: ANN401 - handed on as they come
        if next(calls) == at:
            raise Killed
        return await real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(current_records, "remove_records", mortal)
        try:
            await replay(world.means, "p1", ReplayScope())
        except Killed:
            assert at < 4
    await replay(world.means, "p1", ReplayScope())
    assert await world.digest() == wanted


async def test_a_source_a_span_and_a_patient_are_left_alone_unless_asked_for(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, faulty(wrong_values), 1)
    await _send(world, *BODIES)
    before = await world.digest()
    _use(monkeypatch, parse_open_wearables, NEXT)
    assert (await replay(world.means, "p2", ReplayScope())).read == 0
    assert (await replay(world.means, "p1", ReplayScope(sources=frozenset({"reports"})))).read == 0
    assert (await replay(world.means, "p1", ReplayScope(to_ms=INLINE_NOW))).read == 0
    assert await world.digest() == before
    result = await replay(
        world.means, "p1", ReplayScope(from_ms=INLINE_NOW + 2, to_ms=INLINE_NOW + 3)
    )
    assert (result.read, result.stored_anew) == (1, 1)
    values = "select value, count(*) from sample group by 1 order by 1"
    assert await world.rows(values) == [(45.0, 40), (60.0, 20), (120.0, 40)]


async def test_a_body_that_cannot_be_read_stands_with_those_that_belong_to_it(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, faulty(wrong_values), 1)
    await _send(world, *BODIES)

    def worse(body: bytes) -> Parsed:
        if body == BODIES[1]:
            raise BodyError("@0", "not read any more")
        return parse_open_wearables(body)

    _use(monkeypatch, worse, NEXT)
    result = await replay(world.means, "p1", ReplayScope())
    assert (result.read, result.stored_anew, result.unreadable, result.left) == (5, 1, 1, 1)
    values = "select value, count(*) from sample group by 1 order by 1"
    assert await world.rows(values) == [(45.0, 40), (60.0, 20), (120.0, 40)]
    assert await world.rows("select parser, count(*) from body group by 1 order by 1") == [
        (1, 2),
        (NEXT, 4),
    ]


async def test_consent_counts_at_the_receipt(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, faulty(wrong_values), 1)
    await _send(world, BODIES[0], BODIES[2])
    async with world.parts.pool.connection() as conn:
        await consents.withdraw_consent(conn, "p1", "open_wearables", from_ms=INLINE_NOW + 1)
    _use(monkeypatch, parse_open_wearables, NEXT)
    result = await replay(world.means, "p1", ReplayScope())
    assert (result.read, result.no_consent) == (1, 1)
    assert await world.rows("select value, count(*) from sample group by 1 order by 1") == [
        (60.0, 40),
        (120.0, 40),
    ]


async def test_a_rehearsal_changes_nothing_and_says_what_would(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _send(world, *BODIES[:4])
    before = await world.digest()
    _use(monkeypatch, faulty(wrong_values), NEXT)
    result = await rehearse(world.means, "p1", ReplayScope())
    assert await world.digest() == before
    assert values_of(result.differences, "what", "change") == [("session.revised", "differs")]
    columns = result.differences[0].columns
    assert columns["hr_mean"] == (pytest.approx(110.0), 55.0)
    assert await world.rows("select action, patient is not null from audit") == [
        ("replay.rehearse", True)
    ]
    assert await world.rows("select count(*) from outbox where key like 'replay/%%'") == [(0,)]


async def test_another_algorithm_alone_is_told_apart(world: Inline) -> None:
    await _send(world, *BODIES[:4])
    async with world.parts.pool.connection() as conn:
        await conn.execute("update session set algorithm = 'older'")
        await conn.execute("update day set algorithm = 'older', wear_min = 7")
    result = await rehearse(world.means, "p1", ReplayScope(derive_only=True))
    assert values_of(result.differences, "what", "algorithm_only") == [
        ("session.revised", True),
        ("day.revised", False),
    ]
    assert result.differences[1].columns.keys() == {"algorithm", "wear_min"}
    done = await replay(world.means, "p1", ReplayScope(derive_only=True))
    assert values_of(done.changes, "what") == ["session.revised", "day.revised"]
    assert (await rehearse(world.means, "p1", ReplayScope())).differences == ()


async def test_changes_go_out_with_their_reason_and_the_algorithm(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, faulty(wrong_names), 1)
    await _send(world, walk_body())
    _use(monkeypatch, parse_open_wearables, NEXT)
    result = await replay(world.means, "p1", ReplayScope())
    ((event,),) = await world.rows("select body from outbox where key like 'replay/%%'")
    assert isinstance(event, dict)
    assert event["patient"] == "p1"
    assert cells_of(event["changes"], "what") == ["session.created", "session.retracted"]
    assert set(cells_of(event["changes"], "algorithm")) == {result.changes[0].algorithm}
    ((action, detail),) = await world.rows(
        "select action, detail - 'origin' - 'categories' from audit"
    )
    assert (action, detail) == (
        "replay.read",
        {"bodies": 1, "session.created": 1, "session.retracted": 1},
    )


async def _prescribed(world: Inline) -> None:
    plan = Prescription(
        id="rx",
        version=1,
        valid_from=date(2026, 8, 3),
        valid_to=date(2026, 12, 27),
        sessions_per_week=3,
        minutes_per_session=30,
        intensity=Intensity(method="hrr", low=0.4, high=0.6),
    )
    async with world.parts.pool.connection() as conn:
        await patient_inputs.prescribe(conn, "p1", plan, INLINE_NOW - 30 * DAY_MS)


def answers_as(value: float) -> tuple[Format, ...]:
    """Return the table of parsers with a parser that takes every answer for the same value."""

    def parse(body: bytes) -> Parsed:
        good = reports.parse_reports(body)
        return replace(
            good,
            facts=tuple(
                replace(f, value=value) if isinstance(f, Report) else f for f in good.facts
            ),
        )

    return tuple(
        replace(row, read=single_part(parse)) if row.name == "reports" else row
        for row in formats.FORMATS
    )


_ALERTS = "select state, (select count(*) from alert) from alert order by raised_at"


async def test_a_replay_raises_no_alert_that_was_dealt_with(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _prescribed(world)
    await _send(world, *BODIES)
    await world.receive("reports", pain_answer())
    await world.judge()
    assert await world.rows(_ALERTS) == [("open", 1)]
    async with world.parts.pool.connection() as conn:
        await conn.execute("update alert set state = 'resolved', resolution = 'contacted'")
    rows = _raised(formats.FORMATS)
    monkeypatch.setattr(formats, "FORMATS", rows)
    for scope in (ReplayScope(), ReplayScope(again=True), ReplayScope(derive_only=True)):
        async with world.parts.pool.connection() as conn:
            await to_judge.mark_due(conn, "p1", INLINE_NOW, "test")
        await replay(world.means, "p1", scope)
        await world.judge()
    assert await world.rows(_ALERTS) == [("resolved", 1)]


async def test_a_file_that_its_name_shows_is_read_again_without_its_name(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided at its receipt is kept with it; the name is not."""
    (tcx,) = (row for row in formats.FORMATS if row.name == "tcx")
    named = replace(tcx, name="named", names=r"walk\.tcx")
    monkeypatch.setattr(formats, "FORMATS", (named, *formats.FORMATS))
    async with world.parts.pool.connection() as conn:
        await consents.give_consent(conn, "p1", "files", from_ms=0, now_ms=0)
    await world.receive("files", _WALK.read_bytes(), filename="Walk.tcx")
    digest = await world.digest()
    assert await world.rows("select format, parser from body") == [("named", 1)]
    monkeypatch.setattr(formats, "FORMATS", _raised(formats.FORMATS))
    report = await replay(world.means, "p1", ReplayScope())
    assert (report.read, report.unreadable) == (1, 0)
    assert await world.rows("select format, parser from body") == [("named", 2)]
    assert await world.digest() == digest


async def test_old_facts_found_by_a_replay_raise_nothing(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer of a month ago that an older parser misread as harmless raises no alert today."""
    await _prescribed(world)

    real = formats.FORMATS
    monkeypatch.setattr(formats, "FORMATS", answers_as(0))
    await world.receive("reports", pain_answer(at=T0 - 20 * DAY_MS))
    await world.judge()
    monkeypatch.setattr(formats, "FORMATS", _raised(real))
    await replay(world.means, "p1", ReplayScope())
    await world.judge()
    assert await world.rows("select payload ->> 'value' from fact") == [("9.0",)]
    assert await world.rows(_ALERTS) == []


async def test_a_correction_found_by_a_replay_retracts_with_its_reason(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _prescribed(world)

    real = formats.FORMATS
    monkeypatch.setattr(formats, "FORMATS", answers_as(9))
    await world.receive("reports", pain_answer(value=2))
    await world.judge()
    assert await world.rows(_ALERTS) == [("open", 1)]
    monkeypatch.setattr(formats, "FORMATS", _raised(real))
    await replay(world.means, "p1", ReplayScope())
    await world.judge()
    assert await world.rows(_ALERTS) == [("retracted", 1)]
    assert await world.rows("select to_state, reason from alert_move order by id desc limit 1") == [
        ("retracted", "corrected")
    ]


async def test_the_judge_waits_until_a_patient_is_done(world: Inline) -> None:
    pool = world.parts.pool
    async with pool.connection() as guard:
        number = await patients.patient_id(guard, "p1")
        async with to_judge.exclusive(guard, number):
            async with pool.connection() as conn:
                await to_judge.mark_all(conn, ["p1", "p2"], INLINE_NOW, "test")
            async with pool.connection() as conn:
                assert list(await to_judge.take_due(conn, INLINE_NOW, 5)) == ["p2"]
    async with pool.connection() as conn:
        assert list(await to_judge.take_due(conn, INLINE_NOW, 5)) == ["p1"]


async def test_two_replays_of_one_patient_follow_each_other(
    world: Inline, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await _fresh(world, *BODIES)
    _use(monkeypatch, faulty(wrong_names), 1)
    await _send(world, *BODIES)
    _use(monkeypatch, parse_open_wearables, NEXT)
    both = await asyncio.gather(
        replay(world.means, "p1", ReplayScope()), replay(world.means, "p1", ReplayScope())
    )
    assert sorted(values_of(both, "stored_anew")) == [0, 6]
    assert await world.digest() == wanted
