"""Commands that correct what was reported or recorded: who, why, and what had been stated stays."""

from dataclasses import asdict
from typing import Annotated

import typer

from kadens.commands.audited import audited, audited_read, person
from kadens.commands.console import settings_of
from kadens.commands.options import (
    DEFAULT_DATA,
    Data,
    Json,
    Patient,
    connector_if_any,
    finite,
    instant,
    typed_words,
)
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from model.calendar import rfc3339
from model.privacy.rectification import RectificationError, RightValues
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection
from storage.rights import corrections
from storage.rights.corrections import CorrectedRecord, Correction

_reason_of_correction = typed_words(corrections.MOST_WORDS_OF_WHY)


WhyCorrected = Annotated[
    str,
    typer.Option(
        "--why", callback=_reason_of_correction, help="What was wrong, and how that is known."
    ),
]
_Report = Annotated[str, typer.Option("--report", help="The report's id, as its app states it.")]
_Session = Annotated[
    str, typer.Option("--session", help="The session's id, as `query sessions` shows it.")
]
_Source = Annotated[
    str,
    typer.Option(
        "--source",
        callback=connector_if_any,
        help="The connector, where two connectors have this id.",
    ),
]
_Value = Annotated[
    float | None,
    typer.Option("--value", callback=finite, help="The right value, on the report's scale."),
]
_Activity = Annotated[str, typer.Option("--type", help="The right type of the session.")]
_Start = Annotated[str, typer.Option("--start", help="RFC 3339 instant of its beginning.")]
_End = Annotated[str, typer.Option("--end", help="RFC 3339 instant of its end.")]
_Exertion = Annotated[
    float | None,
    typer.Option("--exertion", callback=finite, help="The right exertion of a workout, CR10."),
]
_Void = Annotated[
    bool, typer.Option("--void", help="The record is wrong as such: no value takes its place.")
]


def add_corrected(  # noqa: PLR0913 - one parameter per option
    *,
    patient: Patient,
    report: _Report = "",
    session: _Session = "",
    source: _Source = "",
    value: _Value = None,
    activity: _Activity = "",
    start: _Start = "",
    end: _End = "",
    exertion: _Exertion = None,
    void: _Void = False,
    why: WhyCorrected,
    data: Data = DEFAULT_DATA,
) -> None:
    """Correct a report or a session; the old value stays on record.

    What is derived from it is derived again, and alerts that rested on it are retracted. Samples of
    a device are not corrected; `kadens restrict` keeps wrong ones out of use.
    """
    if bool(report) == bool(session):
        fail("name either --report or --session", code=2)
    right = RightValues(
        value=value,
        type=activity or None,
        start_ms=instant(start, 0, "--start") if start else None,
        end_ms=instant(end, 0, "--end") if end else None,
        exertion=exertion,
        void=void,
    )

    async def work(conn: Connection, now_ms: int) -> int:
        meant = CorrectedRecord(record=report, vendor=source)
        # a session's id is ours and changes with its record, so the record is looked up now
        if session:
            meant = await corrections.record_of_session(conn, patient, session)
        return await corrections.correct_record(
            conn, patient, meant, right, by=person().subject, why=why, now_ms=now_ms
        )

    # the log names what was corrected and never the value
    what = f"session:{session}" if session else f"report:{report}"
    try:
        number = audited(settings_of(data), work, AuditAction.RECTIFICATION_MAKE, patient, what)
    except RectificationError as error:
        fail(str(error))
    print_line(str(number))
    print_note("the worker derives it again, and alerts that rested on it are retracted")


def list_corrected(*, patient: Patient, as_json: Json = False, data: Data = DEFAULT_DATA) -> None:
    """List a patient's corrections, with what had been stated."""

    async def read(conn: Connection) -> list[Correction]:
        return await corrections.corrections_of(conn, patient)

    kept = audited_read(settings_of(data), read, patient, "corrections")
    if as_json:
        print_json([asdict(row) for row in kept])
        return
    table = list_table("number", "record", "was", "is", "by", "set", "ended")
    for row in kept:
        # an ended one stays on the list: it explains what was derived meanwhile
        ended = "" if row.ended_ms is None else rfc3339(row.ended_ms)
        was = _words(dict(row.was))
        table.add_row(
            str(row.number), row.record, was, _is(row), row.set_by, rfc3339(row.set_ms), ended
        )
    print_table(table)


def withdraw_corrected(
    number: Annotated[int, typer.Argument(min=1, help="Its number, as `rectify list` shows it.")],
    *,
    why: WhyCorrected,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take a correction back: what was stated counts again."""

    async def work(conn: Connection, now_ms: int) -> str:
        kept = await corrections.correction_at(conn, number)
        by = person().subject
        await corrections.withdraw_correction(conn, number, by=by, why=why, now_ms=now_ms)
        return kept.pseudonym

    try:
        audited(settings_of(data), work, AuditAction.RECTIFICATION_WITHDRAW, str, str(number))
    except RectificationError as error:
        fail(str(error))
    print_note("taken back; what was stated counts again")


def _is(row: Correction) -> str:
    # a voided report has no right value to show
    if row.is_void:
        return "void"
    shown = {
        name: value for name, value in row.fields.items() if name not in {"pauses", "moving_ms"}
    }
    if row.start_ms is not None and row.end_ms is not None:
        shown |= {"start": rfc3339(row.start_ms), "end": rfc3339(row.end_ms)}
    return _words(shown)


def _words(values: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
