"""Commands that take health values from a file: a heart profile, a prescription.

Both files are checked completely before anything is written. No value is printed.
"""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from alerts.prescribing import prescribing_problems
from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Patient
from kadens.json_files import JsonFileError, read_json_file, refusal
from kadens.output.terminal import fail, print_note
from model.calendar import local_date
from model.intensity import HeartProfile, profile_problems
from model.prescription import Prescription
from model.schemas.prescription_check import prescription_notes
from storage.audit_actions import AuditAction
from storage.people.patients import zone_of
from storage.people.prescriptions import prescriptions_of
from storage.pg.pool import Connection
from stream.compute.intensity.thresholds import zone_thresholds
from stream.deriving import settings

_T = TypeVar("_T")


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
        await settings.change_profile(conn, patient, value, now_ms)

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
    data: Data = DEFAULT_DATA,
) -> None:
    """Write a version of a prescription.

    It replaces the version before it from its own valid_from on; earlier versions are kept. What it
    overlaps with, and weeks that are over, are named before it is written.
    """
    value = _value_of(path, Prescription)
    _refuse(path, list(prescribing_problems(value)))

    async def work(conn: Connection, now_ms: int) -> None:
        stored = await prescriptions_of(conn, [patient])
        today = local_date(now_ms, await zone_of(conn, patient))
        # said before it is written, so that Ctrl-C still helps
        for note in prescription_notes(value, stored.get(patient, ()), today):
            print_note(f"note: {note}")
        await settings.prescribe(conn, patient, value, now_ms)

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
