"""Writes annotations and the pinned note, for forms and API alike, with their audit rows.

Everything runs in the transaction of the request. A patient of another care unit gives 404.
"""

from dataclasses import dataclass
from datetime import date

from clinic import reads
from clinic.request_scope import RequestScope
from model.notes.annotation import (
    LONGEST_NOTE,
    Annotation,
    AnnotationKind,
    PinnedNote,
    annotation_problems,
)
from model.schemas.plain_text import text_problem, typed_text
from model.storable import MOST_JSON_INT
from model.words.language import _
from storage import audit
from storage.alerts import outbox, to_judge
from storage.audit_actions import AuditAction
from storage.notes import annotations, pinned
from web.problems import RequestRefused

FIRST_NUMBER, LAST_NUMBER = 1, MOST_JSON_INT  # of an annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationWish:
    """An annotation as a clinician asks for it; without `last` it is about the date `first`."""

    kind: AnnotationKind
    first: date
    last: date | None
    text: str
    pauses: bool


async def annotate(scope: RequestScope, pseudonym: str, wish: AnnotationWish) -> Annotation:
    """Store an annotation and return it.

    Raises `RequestRefused`: 404 for a patient of another unit, 422 for what may not be stored.
    """
    await reads.read_brief(scope, pseudonym)
    annotation = Annotation(
        kind=wish.kind,
        first=wish.first,
        last=wish.last or wish.first,
        text=wish.text.strip(),
        pauses=wish.pauses,
        author=scope.clinician.name,
        written_ms=scope.now_ms,
    )
    problems = list(annotation_problems(annotation))
    if problems:
        raise RequestRefused(422, " ".join(problems))
    stored = await annotations.add_annotation(scope.conn, scope.unit, pseudonym, annotation)
    await _written(scope, pseudonym, AuditAction.ANNOTATION_ADD, stored)
    return stored


async def take_back(scope: RequestScope, pseudonym: str, number: int) -> Annotation:
    """Take an annotation back and return it; 404 when the patient has no such annotation."""
    await reads.read_brief(scope, pseudonym)
    removed = await annotations.remove_annotation(
        scope.conn, scope.unit, pseudonym, number, scope.clinician.name, scope.now_ms
    )
    if removed is None:
        raise RequestRefused(404, "This patient has no such annotation.")
    await _written(scope, pseudonym, AuditAction.ANNOTATION_REMOVE, removed)
    return removed


async def pin_note(scope: RequestScope, pseudonym: str, text: str, after: int) -> PinnedNote:
    """Store a new version of the note and return it; `after` is the version that was read.

    Raises `RequestRefused`: 404 for a patient of another unit, 409 when another version was written
    meanwhile, 422 for a text that may not be stored.
    """
    await reads.read_brief(scope, pseudonym)
    # A form sends its line breaks as two characters.
    plain = typed_text(text)
    problem = text_problem(plain, LONGEST_NOTE, allowed="\n")
    if problem:
        raise RequestRefused(422, _("The note %(problem)s.", problem=problem))
    note = PinnedNote(
        version=after + 1, text=plain, author=scope.clinician.name, written_ms=scope.now_ms
    )
    if not await pinned.write_note(scope.conn, scope.unit, pseudonym, note):
        raise RequestRefused(
            409, "The note was changed meanwhile. Read the newer text, then write yours again."
        )
    await _audit(scope, pseudonym, AuditAction.NOTE_WRITE, f"note:{note.version}")
    await outbox.notify(scope.conn, [pseudonym])
    return note


async def _written(
    scope: RequestScope, pseudonym: str, action: AuditAction, annotation: Annotation
) -> None:
    await _audit(scope, pseudonym, action, f"annotation:{annotation.id}")
    if annotation.pauses:
        # A pause changes what was due, and so what the rules find.
        await to_judge.mark_due(scope.conn, pseudonym, scope.now_ms, "annotation")
    await outbox.notify(scope.conn, [pseudonym])


async def _audit(scope: RequestScope, pseudonym: str, action: AuditAction, what: str) -> None:
    entry = audit.AuditEntry(
        at_ms=scope.now_ms, actor=scope.actor, action=action, patient=pseudonym, object=what
    )
    await audit.write_entry(scope.conn, entry)
