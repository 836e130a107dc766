"""Commands that query one patient's data, as the clinician door's API does.

Each is an audited read in a single transaction.
"""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import typer
from pydantic import ValidationError

from clinic.answers.flat import Answer
from clinic.answers.moments import QueryParamsError
from clinic.answers.query_params import (
    MOST_POINTS,
    MOST_SESSIONS,
    USUAL_POINTS,
    USUAL_SESSIONS,
    DatesParams,
    QueryParams,
    SessionsParams,
    TimelineParams,
)
from clinic.api import patient_queries
from kadens.clock import clock
from kadens.commands.audited import entry_of
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Patient, checked
from kadens.names import PRESCRIPTION_ID
from kadens.output.answer_files import csv_of, json_of, parquet_of
from kadens.output.answer_tables import table_of
from kadens.output.console import out
from kadens.output.terminal import fail
from kadens.output.visible import visible
from kadens.privacy.new_file import new_file
from storage import audit
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from storage.reads import api_queries, clinic_queries
from storage.reads.shown_values import PatientBrief
from web.mistakes import mistakes_in

Q = TypeVar("Q", bound=QueryParams)
_Work: TypeAlias = Callable[[Connection, PatientBrief, int], Awaitable[Answer]]


class AnswerFormat(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


_TABLE = AnswerFormat.TABLE


class _Shape(StrEnum):
    """Bands of minimum, mean and maximum, or a line that keeps the shape of the curve."""

    BAND = "band"
    LINE = "line"


PrescriptionId = Annotated[
    str,
    typer.Option(
        "--prescription",
        callback=checked(PRESCRIPTION_ID),
        help="A prescription's id: by default from its first date to its last.",
    ),
]
_From = Annotated[
    str,
    typer.Option(
        "--from",
        help="First date (2026-11-01, in the patient's zone) or instant (2026-11-01T08:00:00Z).",
    ),
]
_To = Annotated[
    str, typer.Option("--to", help="Last date, inclusive, or the instant at which the answer ends.")
]
First = Annotated[
    str, typer.Option("--from", help="First date, such as 2026-11-01; 12 weeks ago by default.")
]
Last = Annotated[str, typer.Option("--to", help="Last date, inclusive; today by default.")]
As = Annotated[
    AnswerFormat,
    typer.Option("--format", help="table is for reading; csv, parquet and json hold every column."),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Write to this new file; by default to stdout.")
]
WRITERS: dict[AnswerFormat, Callable[[Answer], bytes]] = {
    AnswerFormat.CSV: csv_of,
    AnswerFormat.PARQUET: parquet_of,
    AnswerFormat.JSON: json_of,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How an answer is written, to which file (None: stdout), and from which instance."""

    form: AnswerFormat
    to_file: Path | None
    data: Path | None


def query_timeline(  # noqa: PLR0913 - one parameter per option
    *,
    patient: Patient,
    metric: Annotated[
        str, typer.Option(help="heart_rate, steps, power, …; any other text lists them all.")
    ],
    prescription: PrescriptionId = "",
    first: _From = "",
    last: _To = "",
    points: Annotated[
        int, typer.Option(min=1, max=MOST_POINTS, help="At most this many points.")
    ] = USUAL_POINTS,
    kind: Annotated[
        _Shape,
        typer.Option("--as", help="band: minimum, mean and maximum of equal spans; line: samples."),
    ] = _Shape.BAND,
    form: As = AnswerFormat.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show one metric over time; the last four weeks by default."""
    more = {"metric": metric, "points": points, "as": kind.value}
    ask = _params(TimelineParams, prescription, first, last, more)
    how = _How(form=form, to_file=to_file, data=data)
    _show(
        patient,
        f"timeline:{metric}",
        lambda conn, who, now: patient_queries.patient_timeline(conn, who, now, ask),
        how,
    )


def query_sessions(  # noqa: PLR0913 - one parameter per option
    *,
    patient: Patient,
    prescription: PrescriptionId = "",
    first: _From = "",
    last: _To = "",
    kind: Annotated[
        str, typer.Option("--type", help="walking, running, …; any other text lists them all.")
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_SESSIONS, help="At most this many sessions.")
    ] = USUAL_SESSIONS,
    before: Annotated[
        str, typer.Option(help="Continue after the last answer: the value that it gives as `next`.")
    ] = "",
    form: As = AnswerFormat.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List sessions, newest first; all of them by default."""
    ask = _params(
        SessionsParams, prescription, first, last, {"type": kind, "limit": limit, "before": before}
    )
    how = _How(form=form, to_file=to_file, data=data)
    _show(
        patient,
        "sessions",
        lambda conn, who, _now: patient_queries.patient_sessions(conn, who, ask),
        how,
    )


def query_days(
    *,
    patient: Patient,
    prescription: PrescriptionId = "",
    first: First = "",
    last: Last = "",
    form: As = AnswerFormat.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List dates, each with its state.

    States are active, rest, no activity, not worn, no data, paused and blocked.
    """
    ask = _params(DatesParams, prescription, first, last, {})
    how = _How(form=form, to_file=to_file, data=data)
    _show(
        patient,
        "days",
        lambda conn, who, now: patient_queries.patient_days(conn, who, now, ask),
        how,
    )


def query_weeks(
    *,
    patient: Patient,
    prescription: PrescriptionId = "",
    first: First = "",
    last: Last = "",
    form: As = AnswerFormat.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List weeks with their adherence (done over due).

    With --prescription, only that prescription and its averages.
    """
    ask = _params(DatesParams, "", first, last, {})
    how = _How(form=form, to_file=to_file, data=data)
    if prescription:
        what = f"prescription:{prescription}"
        _show(
            patient,
            what,
            lambda c, who, now: patient_queries.patient_prescription_weeks(
                c, who, now, prescription, ask
            ),
            how,
        )
    else:
        _show(
            patient,
            "weeks",
            lambda conn, who, now: patient_queries.patient_weeks(conn, who, now, ask),
            how,
        )


def _params(cls: type[Q], prescription: str, first: str, last: str, more: dict[str, Any]) -> Q:
    """Return a query's parameters; leaves with code 2 and one line when an option is wrong."""
    result = {"prescription": prescription, "from": first, "to": last, **more}
    try:
        return cls(**{name: value for name, value in result.items() if value != ""})
    except ValidationError as error:
        fail("; ".join(f"--{name} {text}" for name, text in mistakes_in(error)), code=2)


def _show(patient: str, what: str, work: _Work, how: _How) -> None:
    if how.form is AnswerFormat.PARQUET and how.to_file is None:
        fail("--format parquet needs --out FILE", code=2)
    if how.to_file is None:
        _print(_answer(patient, what, work, how.data), how.form)
        return
    # before the read: nothing is read for a file that cannot be written
    with _target(how.to_file) as path:
        answer = _answer(patient, what, work, how.data)
        path.write_bytes(_table_bytes(answer) if how.form is _TABLE else WRITERS[how.form](answer))


def _answer(patient: str, what: str, work: _Work, data: Path | None) -> Answer:
    settings = settings_of(data)
    now_ms = clock(settings.clock)()

    async def read() -> Answer:
        async with (
            await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
            pool.connection() as conn,
        ):
            # Queries are limited to a care unit. An operator may read any, so it is the patient's
            # own.
            unit = await api_queries.unit_of(conn, patient)
            who = await clinic_queries.patient_brief(conn, unit, patient) if unit else None
            if who is None:
                raise patient_queries.NotThereError("there is no such patient")
            # The row precedes the read in the same transaction, so nothing is read without a row.
            await audit.write_entry(conn, entry_of(AuditAction.DATA_READ, now_ms, patient, what))
            return await work(conn, who, now_ms)

    try:
        return run(read())
    except patient_queries.NotThereError as error:
        fail(str(error))
    except QueryParamsError as error:
        fail(str(error).replace("`from`", "--from").replace("`to`", "--to"), code=2)


def _print(answer: Answer, form: AnswerFormat) -> None:
    if form is _TABLE:
        _print_table(answer)
        return
    # On a terminal control characters are replaced. A pipe gets the exact bytes.
    text = WRITERS[form](answer).decode()
    typer.echo(visible(text) if sys.stdout.isatty() else text, nl=False)


def _print_table(answer: Answer) -> None:
    table, below = table_of(answer)
    out.print(table, soft_wrap=False)
    out.print(below)


def _table_bytes(answer: Answer) -> bytes:
    with out.capture() as text:
        _print_table(answer)
    return text.get().encode()


@contextmanager
def _target(path: Path) -> Iterator[Path]:
    """Give the path to write to: a new file, or a device or pipe such as /dev/stdout."""
    # there is no content that could be lost, and no other file may take its name
    if path.exists() and not (path.is_file() or path.is_dir()):
        yield path
        return
    with new_file(path) as beside:
        yield beside
