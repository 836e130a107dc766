"""Commands by which a clinician's word is written: a heart profile, a prescription, a mark.

What comes from a file is checked completely before anything is written. No value is printed.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from alerts.prescribing import prescribing_problems
from clinic.marking import MarkReceipt, MarkRequest, mark_session
from kadens.clock import clock
from kadens.commands.audited import audited, person
from kadens.commands.console import run, settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Patient
from kadens.json_files import JsonFileError, read_json_file, refusal
from kadens.lazy_commands import running_command
from kadens.output.terminal import fail, print_note
from kadens.prescribing.confirmed import ConfirmedKeys, others_of, say_notes
from kadens.settings import Settings
from model.facts import Instrument
from model.intensity import HeartProfile, profile_problems
from model.marks import REASONS
from model.prescribing.notes import prescription_notes
from model.prescription import Prescription
from storage.audit_actions import AuditAction
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from storage.reads import api_queries
from stream.compute.intensity.thresholds import zone_thresholds
from stream.deriving import patient_inputs
from web.problems import RequestRefused

_T = TypeVar("_T")


class _Statement(StrEnum):
    """What is said of the session."""

    NOT_EXERCISE = "not_exercise"
    EXERCISE = "exercise"


def set_heart_profile(
    path: Annotated[
        Path,
        typer.Argument(
            help="JSON with valid_from and any of birth_year, sex, hr_rest, hr_max, "
            "beta_blocker, threshold_hr, ftp_w, …"
        ),
    ],
    *,
    patient: Patient,
    data: Data = DEFAULT_DATA,
) -> None:
    """Set what a patient's heart rate zones are computed from.

    The profile holds from its local date valid_from until that of the next; what was derived since
    then is derived again.
    """
    value = _value_of(path, HeartProfile)
    _refuse(path, list(profile_problems(value)))
    thresholds = zone_thresholds(value, value.valid_from)

    async def work(conn: Connection, now_ms: int) -> None:
        await patient_inputs.change_profile(conn, patient, value, now_ms)

    audited(settings_of(data), work, AuditAction.PATIENT_PROFILE, patient)
    print_note(f"the profile holds from {value.valid_from} on")
    if not thresholds.valid:
        print_note(f"note: it gives no heart rate zones (method {thresholds.method})")


def write_prescription(
    path: Annotated[
        Path,
        typer.Argument(
            help="JSON with id, version, valid_from, valid_to, sessions_per_week, "
            "minutes_per_session, intensity, …"
        ),
    ],
    *,
    patient: Patient,
    confirm: ConfirmedKeys = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write a version of a prescription.

    It replaces the version before it from its own valid_from on; earlier versions are kept. What it
    overlaps with, weeks that are over and a dose that its sessions cannot give are said before it
    is written.
    """
    value = _value_of(path, Prescription)
    _refuse(path, list(prescribing_problems(value)))

    async def work(conn: Connection, now_ms: int) -> None:
        others = await others_of(conn, patient, now_ms)
        say_notes(prescription_notes(value, others.stored, others.today), confirm or ())
        await patient_inputs.prescribe(conn, patient, value, now_ms)

    audited(settings_of(data), work, AuditAction.PRESCRIPTION_WRITE, patient, value.id)
    print_note(
        f"prescription {value.id} version {value.version} holds "
        f"from {value.valid_from} to {value.valid_to}"
    )


def _value_of(path: Path, cls: type[_T]) -> _T:
    try:
        return read_json_file(path, cls)
    except JsonFileError as error:
        fail(str(error), code=2)


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        fail(str(refusal(path, problems)), code=2)


def _listed_reasons() -> str:
    lists = [f"{name.value}: {', '.join(REASONS[name])}" for name in REASONS]
    return "; ".join(lists)


def mark_by_command(
    session: Annotated[str, typer.Argument(help="The session's id, as `kadens query` shows it.")],
    *,
    patient: Patient,
    reason: Annotated[str, typer.Option(help=f"Why. {_listed_reasons()}.")],
    statement: Annotated[
        _Statement, typer.Option("--as", help="`exercise` takes back a mark as not exercise.")
    ] = _Statement.NOT_EXERCISE,
    data: Data = DEFAULT_DATA,
) -> None:
    """Mark a session as not exercise, or as exercise after all.

    It stays listed and is in no figure of its day or week, whatever data come later. The mark is
    the clinician's, and stands before the patient's own. A running worker derives the figures.
    """
    reasons = REASONS[Instrument(statement.value)]
    if reason not in reasons:
        raise typer.BadParameter(f"must be one of: {', '.join(reasons)}", param_hint="--reason")
    receipt = run(_mark(settings_of(data), patient, session, statement, reason))
    if receipt is None:
        fail("there is no such session")
    print_note(f"marked as {receipt.statement.replace('_', ' ')}; the worker derives the figures")


async def _mark(
    settings: Settings, patient: str, session: str, statement: _Statement, reason: str
) -> MarkReceipt | None:
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        # An operator may mark for any care unit, so it is the patient's own.
        wish = MarkRequest(
            unit=await api_queries.unit_of(conn, patient) or "",
            pseudonym=patient,
            session=session,
            statement=statement.value,
            reason=reason,
        )
        try:
            now_ms = clock(settings.clock)()
            return await mark_session(conn, wish, person(), now_ms, running_command())
        except RequestRefused:
            return None
