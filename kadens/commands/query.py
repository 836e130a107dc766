"""`kadens query`: questions about one patient's data, answered as the clinician door's API answers them.

Each is one audited read in one transaction. A mistake is told in one line, with exit code 2.
"""

import sys
from collections.abc import Awaitable, Callable
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
from kadens.commands.answered import as_csv, as_json, as_parquet
from kadens.commands.console import DEFAULT_DATA, Data, fail, out, run, settings_of
from kadens.commands.people import Patient, entry_of
from kadens.commands.tabled import table
from kadens.commands.visible import visible
from kadens.commands.wrong import wrong
from storage import audit
from storage.audit_actions import Action
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from storage.reads import api_queries, clinic_queries
from storage.reads.views import PatientBrief

Q = TypeVar("Q", bound=QueryParams)
Work: TypeAlias = Callable[[Connection, PatientBrief, int], Awaitable[Answer]]


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


class Kind(StrEnum):
    """Bands of minimum, mean and maximum, or a line that keeps the shape of the curve."""

    BAND = "band"
    LINE = "line"


Prescription = Annotated[
    str,
    typer.Option(
        "--prescription", help="A prescription's id: from its first date to its last, unless said."
    ),
]
From = Annotated[
    str,
    typer.Option(
        "--from",
        help="First date (2026-11-01, in the patient's zone) or instant (2026-11-01T08:00:00Z).",
    ),
]
To = Annotated[
    str, typer.Option("--to", help="Last date, itself included, or the instant at which it ends.")
]
First = Annotated[
    str, typer.Option("--from", help="First date, such as 2026-11-01; 12 weeks ago when left out.")
]
Last = Annotated[str, typer.Option("--to", help="Last date, itself included; today when left out.")]
As = Annotated[
    Format,
    typer.Option("--format", help="table for reading; csv, parquet and json hold every column."),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="Write to this file; stdout when left out.")
]
WRITERS: dict[Format, Callable[[Answer], bytes]] = {
    Format.CSV: as_csv,
    Format.PARQUET: as_parquet,
    Format.JSON: as_json,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How an answer is written, where to (None: stdout), and whose instance is asked."""

    form: Format
    to_file: Path | None
    data: Path | None


def timeline(  # noqa: PLR0913 - each names one option
    *,
    patient: Patient,
    metric: Annotated[
        str, typer.Option(help="heart_rate, steps, power, speed, … (a wrong one lists all).")
    ],
    prescription: Prescription = "",
    first: From = "",
    last: To = "",
    points: Annotated[
        int, typer.Option(min=1, max=MOST_POINTS, help="Never more points than this.")
    ] = USUAL_POINTS,
    kind: Annotated[
        Kind, typer.Option("--as", help="band: min, mean, max of equal spans; line: samples.")
    ] = Kind.BAND,
    form: As = Format.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show one metric over time; the last four weeks unless said."""
    more = {"metric": metric, "points": points, "as": kind.value}
    ask = _asked(TimelineParams, prescription, first, last, more)
    how = _How(form=form, to_file=to_file, data=data)
    _show(
        patient,
        f"timeline:{metric}",
        lambda conn, who, now: patient_queries.timeline(conn, who, now, ask),
        how,
    )


def sessions(  # noqa: PLR0913 - each names one option
    *,
    patient: Patient,
    prescription: Prescription = "",
    first: From = "",
    last: To = "",
    kind: Annotated[
        str, typer.Option("--type", help="walking, running, … (a wrong one lists all).")
    ] = "",
    limit: Annotated[
        int, typer.Option(min=1, max=MOST_SESSIONS, help="At most so many.")
    ] = USUAL_SESSIONS,
    before: Annotated[
        str, typer.Option(help="Go on where the last answer ended: what it said as next.")
    ] = "",
    form: As = Format.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List sessions, newest first; all of them unless bounded."""
    ask = _asked(
        SessionsParams, prescription, first, last, {"type": kind, "limit": limit, "before": before}
    )
    how = _How(form=form, to_file=to_file, data=data)
    _show(
        patient, "sessions", lambda conn, who, _now: patient_queries.sessions(conn, who, ask), how
    )


def days(
    *,
    patient: Patient,
    prescription: Prescription = "",
    first: First = "",
    last: Last = "",
    form: As = Format.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List every date with its state: active, rest, no activity, not worn, no data, paused, blocked."""
    ask = _asked(DatesParams, prescription, first, last, {})
    how = _How(form=form, to_file=to_file, data=data)
    _show(patient, "days", lambda conn, who, now: patient_queries.days(conn, who, now, ask), how)


def weeks(
    *,
    patient: Patient,
    prescription: Prescription = "",
    first: First = "",
    last: Last = "",
    form: As = Format.TABLE,
    to_file: Out = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """List weeks with their adherence (done over due); with --prescription that one alone, and its averages."""
    ask = _asked(DatesParams, "", first, last, {})
    how = _How(form=form, to_file=to_file, data=data)
    if prescription:
        what = f"prescription:{prescription}"
        _show(
            patient,
            what,
            lambda c, who, now: patient_queries.prescription_weeks(c, who, now, prescription, ask),
            how,
        )
    else:
        _show(
            patient, "weeks", lambda conn, who, now: patient_queries.weeks(conn, who, now, ask), how
        )


def _asked(cls: type[Q], prescription: str, first: str, last: str, more: dict[str, Any]) -> Q:
    """Return a question from its options; leaves with code 2 and one line when one is wrong."""
    result = {"prescription": prescription, "from": first, "to": last, **more}
    try:
        return cls(**{name: value for name, value in result.items() if value != ""})
    except ValidationError as error:
        fail("; ".join(f"--{position}: {wanted}" for position, wanted in wrong(error)), code=2)


def _show(patient: str, what: str, work: Work, how: _How) -> None:
    if how.form is Format.PARQUET and how.to_file is None:
        fail("--format parquet: --out FILE is wanted", code=2)
    answer = _answer(patient, what, work, how.data)
    if how.form is Format.TABLE:
        _print(answer, how.to_file)
        return
    written = WRITERS[how.form](answer)
    if how.to_file is None:
        text = written.decode()
        typer.echo(visible(text) if sys.stdout.isatty() else text, nl=False)
    else:
        _write(how.to_file, written)


def _answer(patient: str, what: str, work: Work, data: Path | None) -> Answer:
    settings = settings_of(data)
    now_ms = clock(settings.clock)()

    async def whole() -> Answer:
        async with (
            await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
            pool.connection() as conn,
        ):
            unit = await api_queries.unit_of(conn, patient)
            who = await clinic_queries.patient(conn, unit, patient) if unit else None
            if who is None:
                raise patient_queries.NotThereError("there is no such patient")
            await audit.write(conn, entry_of(Action.DATA_READ, now_ms, patient, what))
            return await work(conn, who, now_ms)

    try:
        return run(whole())
    except patient_queries.NotThereError as error:
        fail(str(error))
    except QueryParamsError as error:
        fail(str(error).replace("`from`", "--from").replace("`to`", "--to"), code=2)


def _print(answer: Answer, to_file: Path | None) -> None:
    matches, below = table(answer)
    if to_file is None:
        out.print(matches, soft_wrap=False)
        out.print(below, markup=False)
        return
    with out.capture() as text:
        out.print(matches, soft_wrap=False)
        out.print(below, markup=False)
    _write(to_file, text.get().encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path}: {error.strerror}")
