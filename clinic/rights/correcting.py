"""Corrections at the clinic: what may be corrected, making one, and taking it back. Audited.

A correction is laid over what was stated, which stays. The worker derives anew what rests on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clinic import reads
from clinic.reads import name_of
from clinic.request_scope import RequestScope
from clinic.rights.correction_form import CheckedCorrection, CorrectionForm, checked_correction
from model.facts import Report, Workout
from model.privacy.rectification import RightValues
from storage.audit_actions import AuditAction
from storage.people.errors import UnknownNameError
from storage.reads.shown_values import PatientBrief
from storage.rights import corrections
from storage.rights.corrections import CorrectedRecord, Correction
from storage.rights.stated import StatedRecord, stated_record, stated_records
from web.problems import RequestRefused

_MOST_LISTED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectableView:
    """A patient's newest records that may be corrected, and all corrections, newest first."""

    patient: PatientBrief
    name: str
    records: tuple[StatedRecord, ...]
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecord:
    """A record that is about to be corrected, with whose it is."""

    patient: PatientBrief
    name: str
    kept: StatedRecord


async def read_correctable(scope: RequestScope, pseudonym: str) -> CorrectableView:
    """Return what may be corrected of a patient; 404 for another unit's patient."""
    who = await reads.read_brief(scope, pseudonym)
    await scope.read("corrections", pseudonym)
    records = await stated_records(scope.conn, pseudonym, scope.unit, _MOST_LISTED)
    made = await corrections.corrections_of(scope.conn, pseudonym)
    return CorrectableView(
        patient=who,
        name=await name_of(scope, pseudonym),
        records=tuple(records),
        corrections=tuple(reversed(made)),
    )


async def open_record(scope: RequestScope, pseudonym: str, record: str, vendor: str) -> OpenRecord:
    """Return a record of a patient; 404 for one that the unit's patient does not have."""
    who = await reads.read_brief(scope, pseudonym)
    try:
        kept = await stated_record(scope.conn, pseudonym, scope.unit, record, vendor)
    except UnknownNameError:
        raise RequestRefused(404, "There is no such report or session.") from None
    await scope.read("corrections", pseudonym)
    return OpenRecord(patient=who, name=await name_of(scope, pseudonym), kept=kept)


def checked_form(opened: OpenRecord, form: CorrectionForm) -> CheckedCorrection:
    """Return the right values of a form about a record, or its mistakes."""
    kept = opened.kept
    # of what does not hold any more the values are those that were stated
    return checked_correction(kept.stated, shown_fact(kept), form, opened.patient.zone)


def shown_fact(kept: StatedRecord) -> Workout | Report:
    """Return a record as it is read now, and as it was stated where it does not hold."""
    return kept.stated if kept.now is None else kept.now


async def make_correction(
    scope: RequestScope, opened: OpenRecord, right: RightValues, why: str
) -> None:
    """Write a correction with its audit row, which names the record and never the value."""
    kept, patient = opened.kept, opened.patient.pseudonym
    meant = CorrectedRecord(record=kept.record, vendor=kept.vendor)
    by, now_ms = scope.actor.subject, scope.now_ms
    await corrections.correct_record(
        scope.conn, patient, meant, right, by=by, why=why, now_ms=now_ms
    )
    await scope.wrote(AuditAction.RECTIFICATION_MAKE, patient, f"report:{kept.record}")


async def take_correction_back(scope: RequestScope, pseudonym: str, number: int, why: str) -> None:
    """Take a correction back with its audit row; 404 for another patient's, 409 for an ended."""
    await reads.read_brief(scope, pseudonym)
    known = {row.number: row for row in await corrections.corrections_of(scope.conn, pseudonym)}
    if number not in known:
        raise RequestRefused(404, "This patient has no such correction.")
    if known[number].ended_ms is not None:
        raise RequestRefused(409, "That correction has ended already.")
    by, now_ms = scope.actor.subject, scope.now_ms
    await corrections.withdraw_correction(scope.conn, number, by=by, why=why, now_ms=now_ms)
    await scope.wrote(AuditAction.RECTIFICATION_WITHDRAW, pseudonym, str(number))


async def corrections_that_hold(
    scope: RequestScope, pseudonym: str
) -> Mapping[tuple[str, str], Correction]:
    """Return the corrections of a patient that hold, by vendor and record."""
    made = await corrections.corrections_of(scope.conn, pseudonym)
    return {(row.vendor, row.record): row for row in made if row.ended_ms is None}
