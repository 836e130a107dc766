"""What who writes a prescription must know and may do: the patient, the drafts, the versions.

It raises `RequestRefused`: 403 for a role that may not do it, 404 for what the care unit does not
have, and 409 for what has changed since the clinician saw it.
"""

from collections.abc import Collection

from clinic import reads
from clinic.request_scope import RequestScope
from model.prescription import Prescription
from model.words.language import N_
from model.words.roles import CareRole
from storage.prescribing import drafts, stale, versions
from storage.prescribing.drafts import PrescriptionDraft
from storage.reads.shown_values import PatientBrief
from web.problems import RequestRefused

PRESCRIPTION_WRITERS = frozenset({CareRole.PRESCRIBER, CareRole.CLINICIAN})
PRESCRIBERS = frozenset({CareRole.PRESCRIBER})
CHANGED_MEANWHILE = N_(
    "Somebody has changed this meanwhile. Look at it as it is now, and write it again."
)


async def draft_of(scope: RequestScope, pseudonym: str, draft: str) -> PrescriptionDraft:
    """Return a draft of a patient; 404 without it."""
    named = await drafts.drafts_of(scope.conn, pseudonym, draft)
    if not named:
        raise RequestRefused(404, "This patient has no such draft.")
    return named[0]


async def newest_of(scope: RequestScope, pseudonym: str, prescription: str) -> Prescription:
    """Return the newest version of a prescription; 404 without it."""
    return (await _versions_of(scope, pseudonym, prescription))[-1]


async def _versions_of(
    scope: RequestScope, pseudonym: str, prescription: str
) -> tuple[Prescription, ...]:
    stored = await stored_versions(scope, pseudonym)
    own = tuple(row for row in stored if row.id == prescription)
    if not own:
        raise RequestRefused(404, "This patient has no such prescription.")
    return own


async def begin_writing(
    scope: RequestScope, pseudonym: str, allowed: Collection[CareRole]
) -> PatientBrief:
    """Return the patient, locked for this transaction; 404 and then 403 where that must not be."""
    who = await reads.read_brief(scope, pseudonym)
    if scope.role not in allowed:
        raise RequestRefused(403, _may_not(allowed))
    await stale.lock_patient(scope.conn, pseudonym)
    return who


def _may_not(allowed: Collection[CareRole]) -> str:
    if allowed == PRESCRIBERS:
        return N_("Only a licensed prescriber may do this. Your draft can be kept for one.")
    return N_("Your role may read prescriptions, and write none.")


async def stored_versions(scope: RequestScope, pseudonym: str) -> tuple[Prescription, ...]:
    """Return the versions of a patient's prescriptions, as they were written."""
    return (await versions.prescriptions_of(scope.conn, [pseudonym])).get(pseudonym, ())


async def known_version(
    scope: RequestScope, pseudonym: str, prescription: str, version: int
) -> Prescription:
    """Return the newest version of a prescription; 409 unless it is the one that is known."""
    return (await known_versions(scope, pseudonym, prescription, version))[-1]


async def known_versions(
    scope: RequestScope, pseudonym: str, prescription: str, version: int
) -> tuple[Prescription, ...]:
    """Return the versions of a prescription, oldest first; 409 unless the last one is known."""
    own = await _versions_of(scope, pseudonym, prescription)
    if own[-1].version != version:
        raise RequestRefused(409, CHANGED_MEANWHILE)
    return own


async def known_draft(
    scope: RequestScope, pseudonym: str, draft: str, revision: int
) -> PrescriptionDraft:
    """Return a draft; 409 unless it has the revision that is known."""
    kept = await draft_of(scope, pseudonym, draft)
    if kept.revision != revision:
        raise RequestRefused(409, CHANGED_MEANWHILE)
    return kept
