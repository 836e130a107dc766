"""Commands about what a patient restricts or objects to: facts that are kept and not used."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from kadens.commands.accounts import NOW
from kadens.commands.audited import audited, audited_read, person
from kadens.commands.console import settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    At,
    Data,
    Json,
    Patient,
    connector_if_any,
    instant,
    typed_words,
)
from kadens.output.console import list_table, print_table
from kadens.output.terminal import print_json, print_line, print_note
from model.calendar import rfc3339
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection
from storage.rights import restrictions
from storage.rights.restrictions import Restriction

_reason = typed_words(restrictions.MOST_WORDS)


From = Annotated[str, typer.Option("--from", help="RFC 3339 instant of measured time.")]
Until = Annotated[str, typer.Option("--until", help="RFC 3339 instant; by default without end.")]
RestrictedSource = Annotated[
    str,
    typer.Option(
        "--source", callback=connector_if_any, help="Only this connector; by default all."
    ),
]
Why = Annotated[str, typer.Option("--why", callback=_reason, help="What the patient asked.")]
How = Annotated[str, typer.Option("--how", callback=_reason, help="How notice was given.")]
ObjectionGround = Annotated[
    str, typer.Option("--ground", callback=_reason, help="The ground that overrides it.")
]
RestrictionNumber = Annotated[
    int, typer.Argument(min=1, help="Its number, as `restrict list` shows it.")
]


def add_restricted(
    *,
    patient: Patient,
    from_at: From,
    until: Until = "",
    source: RestrictedSource = "",
    why: Why,
    data: Data = DEFAULT_DATA,
) -> None:
    """Restrict what was measured in an interval."""
    start_ms = instant(from_at, 0, "--from")
    end_ms = instant(until, 0, "--until") if until else None

    async def work(conn: Connection, now_ms: int) -> int:
        return await restrictions.add_restriction(
            conn,
            patient,
            interval=(start_ms, end_ms),
            source=source,
            by=person().subject,
            why=why,
            now_ms=now_ms,
        )

    number = audited(settings_of(data), work, AuditAction.RESTRICTION_ADD, patient, source)
    print_line(str(number))
    print_note("it is left out of what is derived, judged and exported until it is lifted")


def list_all(*, patient: Patient, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List a patient's restrictions and objections."""

    async def read(conn: Connection) -> Sequence[Restriction]:
        return await restrictions.restrictions_of(conn, patient)

    kept = audited_read(settings_of(data), read, patient, "restrictions")
    if as_json:
        print_json([asdict(row) for row in kept])
        return
    table = list_table("number", "kind", "source", "from", "until", "notice", "ended")
    for row in kept:
        times = map(_instant, (row.from_ms, row.until_ms, row.noticed_ms, row.lifted_ms))
        table.add_row(str(row.id), row.kind, row.source or "all", *times)
    print_table(table)


def give_notice(number: RestrictionNumber, *, how: How, data: Data = DEFAULT_DATA) -> None:
    """Record that the patient was given notice of a lifting."""

    async def work(conn: Connection, now_ms: int) -> str:
        kept = await restrictions.restriction_at(conn, number)
        await restrictions.note_notice(conn, number, how=how, now_ms=now_ms)
        return kept.pseudonym

    audited(settings_of(data), work, AuditAction.RESTRICTION_NOTICE, str, str(number))
    print_note("recorded; the restriction may be lifted now")


def lift_restricted(number: RestrictionNumber, *, data: Data = DEFAULT_DATA) -> None:
    """Lift a restriction, after the patient was given notice of it."""

    async def work(conn: Connection, now_ms: int) -> str:
        kept = await restrictions.restriction_at(conn, number)
        await restrictions.lift_restriction(conn, number, by=person().subject, now_ms=now_ms)
        return kept.pseudonym

    audited(settings_of(data), work, AuditAction.RESTRICTION_LIFT, str, str(number))
    print_note("lifted; what it held back is used again")


def record_objected(*, patient: Patient, why: Why, at: At = "", data: Data = DEFAULT_DATA) -> None:
    """Record that a patient objects to processing, which pauses it.

    What is measured from that instant on is kept and not used, and nothing raises an alert.
    """
    at_ms = instant(at, NOW)

    async def work(conn: Connection, now_ms: int) -> int:
        from_ms = now_ms if at_ms == NOW else at_ms
        return await restrictions.record_objection(
            conn, patient, by=person().subject, why=why, now_ms=now_ms, from_ms=from_ms
        )

    number = audited(settings_of(data), work, AuditAction.OBJECTION_RECORD, patient)
    print_line(str(number))
    print_note("processing pauses until the ground that overrides it is recorded")


def answer_objected(
    number: RestrictionNumber, *, ground: ObjectionGround, data: Data = DEFAULT_DATA
) -> None:
    """Record the ground that overrides an objection: processing goes on."""

    async def work(conn: Connection, now_ms: int) -> str:
        kept = await restrictions.restriction_at(conn, number)
        by = person().subject
        await restrictions.answer_objection(conn, number, by=by, ground=ground, now_ms=now_ms)
        return kept.pseudonym

    audited(settings_of(data), work, AuditAction.OBJECTION_ANSWER, str, str(number))
    print_note("answered; what came meanwhile is used from now on")


def _instant(at_ms: int | None) -> str:
    return "" if at_ms is None else rfc3339(at_ms)
