"""Commands for prescriptions: list, show, renew, pause, export and import.

What is written is checked completely before it is written, and audited. Overlaps, weeks that are
over and the like are said first: a person at a terminal is asked, a program must confirm each. An
operator writes for a prescriber, whose name is in the file or in the version before.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from json import JSONDecodeError
from pathlib import Path
from typing import Annotated

import typer

from alerts.prescribing import prescribing_problems
from fhir_r4.care_plan import bundled_prescriptions, prescription_bundle
from fhir_r4.extensions import FhirInputError
from kadens.commands.audited import audited
from kadens.commands.console import settings_of
from kadens.commands.options import DEFAULT_DATA, Data, Json, Patient
from kadens.output.console import list_table, print_table
from kadens.output.terminal import fail, print_json, print_line, print_note
from kadens.prescribing.confirmed import ConfirmedKeys, Others, others_of, say_notes
from model import codec
from model.calendar import local_date
from model.prescribing.changes import pause_problems, paused_versions, renewal_problems, renewed
from model.prescribing.notes import PrescriptionNote, pause_notes, prescription_notes
from model.prescribing.renewal import current_versions
from model.prescription import Pause, Prescription, in_force
from model.schemas.strict_json import strict_json
from storage.audit_actions import AuditAction
from storage.people.patients import zone_of
from storage.pg.pool import Connection
from storage.prescribing.versions import prescriptions_of
from stream.deriving import patient_inputs

_LONGEST = 1024 * 1024  # bytes of a bundle
_OF_PATIENT = "patient:"  # in front of a pseudonym that a bundle may name, in what is confirmed
PrescriptionArgument = Annotated[
    str, typer.Argument(help="The prescription's id, as `list` shows it.")
]
_First = Annotated[str, typer.Option("--from", help="First date, such as 2026-11-23.")]
_Last = Annotated[str, typer.Option("--to", help="Last date, inclusive.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVersions:
    """Versions that are to follow: why they cannot be, and what is said before they are."""

    prescriptions: tuple[Prescription, ...]
    problems: tuple[str, ...]
    notes: tuple[PrescriptionNote, ...]


class PauseWhy(StrEnum):
    """Why a prescription is paused."""

    ILLNESS = "illness"
    HOLIDAY = "holiday"
    CLINICIAN = "clinician"


def list_prescriptions(
    *, patient: Patient, as_json: Json = False, data: Data = DEFAULT_DATA
) -> None:
    """List a patient's prescriptions, in force or not.

    Each is shown by the version that holds today, and by one that is to come.
    """
    stored, today = _stored(patient, data)
    held = {(row.id, row.version) for row in in_force(stored, today)}
    shown = current_versions(stored, today)
    if as_json:
        print_json(list(map(codec.plain, shown)))
        return
    table = list_table("prescription", "version", "from", "to", "state", "activity", "hash")
    for row in shown:
        ended = "ended" if row.valid_to < today else "to come"
        state = "in force" if (row.id, row.version) in held else ended
        dates = (row.valid_from.isoformat(), row.valid_to.isoformat())
        table.add_row(row.id, str(row.version), *dates, state, row.activity, row.sha256[:12])
    print_table(table)


def show_prescription(
    key: PrescriptionArgument, *, patient: Patient, data: Data = DEFAULT_DATA
) -> None:
    """Show every version of a prescription as JSON, oldest first."""
    stored, _ = _stored(patient, data)
    own = [codec.plain(row) for row in stored if row.id == key]
    if not own:
        fail("this patient has no such prescription")
    print_json(own)


def renew_prescription(
    key: PrescriptionArgument,
    *,
    patient: Patient,
    first: _First,
    last: _Last,
    confirm: ConfirmedKeys = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Renew a prescription with what it had reached.

    Its next version is written, on new dates. The renewal names the version that it renews. Pauses
    and progression stay with that one.
    """
    begins, ends = _date(first, "--from"), _date(last, "--to")

    def following(own: Sequence[Prescription], others: Others) -> NextVersions:
        newest = own[-1]
        result = renewed(newest, begins, ends)
        return NextVersions(
            prescriptions=(result,),
            problems=renewal_problems(newest, begins),
            notes=prescription_notes(result, others.stored, others.today),
        )

    _write_next(patient, key, data, following, confirm or ())


def pause_prescription(
    key: PrescriptionArgument,
    *,
    patient: Patient,
    first: _First,
    last: _Last,
    why: Annotated[PauseWhy, typer.Option(help="Why nothing is due on these dates.")],
    confirm: ConfirmedKeys = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Pause a prescription: nothing is due on some dates.

    Its next version is written. The dates may be past: then a day that was missed is missed no
    more, and older versions that held on them are written again with the pause.
    """
    stop = Pause(first=_date(first, "--from"), last=_date(last, "--to"), why=why.value)
    if stop.first > stop.last:
        fail("--from must not be after --to", code=2)

    def following(own: Sequence[Prescription], others: Others) -> NextVersions:
        problems = pause_problems(own, stop)
        return NextVersions(
            prescriptions=() if problems else paused_versions(own, stop, others.today),
            problems=problems,
            notes=pause_notes(stop.first, others.today),
        )

    _write_next(patient, key, data, following, confirm or ())


def export_prescriptions(
    *,
    patient: Patient,
    as_fhir: Annotated[
        bool, typer.Option("--fhir", help="As a FHIR R4 bundle of CarePlan and ServiceRequest.")
    ] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print what holds or is to come of each prescription as JSON."""
    stored, today = _stored(patient, data)
    shown = current_versions(stored, today)
    if as_fhir:
        print_json(prescription_bundle(shown, patient, today))
    else:
        print_json(list(map(codec.plain, shown)))


def import_prescriptions(
    path: Annotated[
        Path, typer.Argument(help="A FHIR R4 bundle, or a ServiceRequest alone, as JSON.")
    ],
    *,
    patient: Patient,
    confirm: ConfirmedKeys = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write the prescriptions of a FHIR R4 bundle; all of them, or none.

    What is not understood completely is refused with its path. A version that is stored already is
    left as it is. A bundle that names its patient by another pseudonym, such as that of another
    installation, needs `--confirm patient:PSEUDONYM`.
    """
    named = (key.removeprefix(_OF_PATIENT) for key in confirm or () if key.startswith(_OF_PATIENT))
    rows = _read_bundle(path, {patient, *named})
    for row in rows:
        problems = prescribing_problems(row)
        if problems:
            fail("\n  ".join([f"{path} cannot be used:", *problems]), code=2)

    async def work(conn: Connection, now_ms: int) -> None:
        others = await others_of(conn, patient, now_ms)
        say_notes(_notes_of_all(rows, others), confirm or ())
        for row in rows:
            await patient_inputs.prescribe(conn, patient, row, now_ms)

    names = ", ".join(f"{row.id}/{row.version}" for row in rows)
    audited(settings_of(data), work, AuditAction.PRESCRIPTION_WRITE, patient, names)
    print_note(f"written: {names}")


def _notes_of_all(rows: Sequence[Prescription], others: Others) -> Iterator[PrescriptionNote]:
    """Yield the notes of what is imported, also about what comes in the same bundle."""
    for number, row in enumerate(rows):
        # what is stored already is left as it is, and need not be confirmed again
        if (row.id, row.version) not in others.known:
            yield from prescription_notes(row, (*others.stored, *rows[:number]), others.today)


def _read_bundle(path: Path, patients: Collection[str]) -> tuple[Prescription, ...]:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            fail(f"{path} is longer than {_LONGEST:,} bytes", code=2)
        return bundled_prescriptions(strict_json(content), patients)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code=2)
    # Both name what is wrong, and repeat no value.
    except FhirInputError as error:
        fail(f"{path}: {error}", code=2)
    except UnicodeDecodeError:
        fail(f"{path} is no JSON that can be read: it is not text in UTF-8", code=2)
    except ValueError as error:
        fail(f"{path} is no JSON that can be read: {_reason(error)}", code=2)


def _reason(error: ValueError) -> str:
    if isinstance(error, JSONDecodeError):
        return f"{error.msg} (line {error.lineno}, column {error.colno})"
    return str(error).partition(":")[0]


def _stored(patient: str, data: Path | None) -> tuple[tuple[Prescription, ...], date]:
    """Return the versions of a patient in order, and the patient's local date; audited as read."""

    async def work(conn: Connection, now_ms: int) -> tuple[tuple[Prescription, ...], date]:
        today = local_date(now_ms, await zone_of(conn, patient))
        return (await prescriptions_of(conn, [patient])).get(patient, ()), today

    return audited(settings_of(data), work, AuditAction.DATA_READ, patient, "prescriptions")


def _write_next(
    patient: str,
    key: str,
    data: Path | None,
    next_of: Callable[[Sequence[Prescription], Others], NextVersions],
    confirmed: Collection[str],
) -> None:
    """Write the versions that follow the newest one of a prescription."""

    async def work(conn: Connection, now_ms: int) -> Prescription:
        others = await others_of(conn, patient, now_ms)
        own = [row for row in others.stored if row.id == key]
        if not own:
            fail("this patient has no such prescription")
        following = next_of(own, others)
        problems = list(following.problems)
        if not problems:
            for row in following.prescriptions:
                problems += prescribing_problems(row)
        if problems:
            fail("\n  ".join(["this cannot be prescribed:", *problems]), code=2)
        say_notes(following.notes, confirmed)
        for row in following.prescriptions:
            await patient_inputs.prescribe(conn, patient, row, now_ms)
        return following.prescriptions[-1]

    result = audited(settings_of(data), work, AuditAction.PRESCRIPTION_WRITE, patient, key)
    print_line(f"{result.id}/{result.version}")
    print_note(f"it holds from {result.valid_from} to {result.valid_to}")


def _date(text: str, option: str) -> date:
    try:
        # Python alone reads 20261123 and 2026-W48-1 as well
        return date.fromisoformat(text if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "")
    except ValueError:
        raise typer.BadParameter("must be a date such as 2026-11-23", param_hint=option) from None
