"""The mark "reviewed" on a patient, and a patient's tags and sites: for forms and API alike.

A mark says who looked through a patient and when. It changes no alert. It is taken back on the
patient's same local date, by the clinician who set it.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from clinic import reads
from clinic.request_scope import RequestScope
from model.calendar import local_date
from model.schemas.plain_text import text_problem
from storage import audit
from storage.audit_actions import AuditAction
from storage.notes import labels, reviews
from storage.notes.reviews import ReviewRow
from web.problems import RequestRefused

LabelKind: TypeAlias = Literal["tag", "site"]
LONGEST_LABEL = 40  # characters
MOST_LABELS = 20


async def mark_reviewed(scope: RequestScope, pseudonym: str) -> ReviewRow:
    """Mark a patient as reviewed now; 404 outside of the care unit.

    A second mark of the same clinician on the same date changes nothing.
    """
    brief = await reads.read_brief(scope, pseudonym)
    before = await latest_review(scope, pseudonym)
    if before is not None and _is_own_of_today(scope, before, brief.zone):
        return before
    subject = scope.clinician.subject
    await reviews.add_review(scope.conn, scope.unit, pseudonym, subject, scope.now_ms)
    await _audit(scope, AuditAction.PATIENT_REVIEW, pseudonym)
    after = await latest_review(scope, pseudonym)
    if after is None:
        raise RequestRefused(404, "This care unit has no such patient.")
    return after


async def take_review_back(scope: RequestScope, pseudonym: str) -> ReviewRow:
    """Take the clinician's own mark of today back and return it; 409 where there is none."""
    brief = await reads.read_brief(scope, pseudonym)
    before = await latest_review(scope, pseudonym)
    if before is None or not _is_own_of_today(scope, before, brief.zone):
        raise RequestRefused(409, "Only your own mark of today can be taken back.")
    if await reviews.undo_review(scope.conn, before.id, scope.now_ms):
        await _audit(scope, AuditAction.PATIENT_UNREVIEW, pseudonym)
    return before


async def latest_review(scope: RequestScope, pseudonym: str) -> ReviewRow | None:
    """Return the latest mark on a patient, None without one."""
    latest = await reviews.latest_reviews(scope.conn, scope.unit, pseudonym)
    return latest[0] if latest else None


async def write_labels(
    scope: RequestScope, pseudonym: str, kind: LabelKind, texts: Sequence[str]
) -> None:
    """Replace the tags or the sites of a patient; 404 outside of the care unit, 422 for a text."""
    await reads.read_brief(scope, pseudonym)
    plain = [text for text in map(str.strip, texts) if text]
    for text in plain:
        problem = text_problem(text, LONGEST_LABEL)
        if problem:
            raise RequestRefused(422, "A tag or site is 40 characters of plain text at most.")
    if len(plain) > MOST_LABELS:
        raise RequestRefused(422, "A patient has 20 tags and 20 sites at most.")
    await labels.replace_labels(scope.conn, scope.unit, pseudonym, kind, plain)
    await _audit(scope, AuditAction.PATIENT_LABEL, pseudonym)


def _is_own_of_today(scope: RequestScope, row: ReviewRow, zone: str) -> bool:
    is_own = row.reviewer == scope.clinician.subject
    return is_own and local_date(row.reviewed_ms, zone) == local_date(scope.now_ms, zone)


async def _audit(scope: RequestScope, action: AuditAction, pseudonym: str) -> None:
    entry = audit.AuditEntry(
        at_ms=scope.now_ms,
        actor=scope.actor,
        action=action,
        patient=pseudonym,
        object=f"patient:{pseudonym}",
    )
    await audit.write_entry(scope.conn, entry)
