"""Reads annotations and the pinned note, with the audit rows of their reading."""

from clinic import reads
from clinic.request_scope import RequestScope
from model.notes.annotation import Annotation, PinnedNote
from storage.notes import annotations, pinned


async def read_annotations(scope: RequestScope, pseudonym: str) -> tuple[Annotation, ...]:
    """Return the annotations of a patient by their first date; 404 outside of the care unit."""
    await reads.read_brief(scope, pseudonym)
    await scope.read("annotations", pseudonym)
    return await annotations.annotations_of(scope.conn, scope.unit, pseudonym)


async def read_note(scope: RequestScope, pseudonym: str) -> tuple[PinnedNote, ...]:
    """Return the versions of a patient's note, newest first; 404 outside of the care unit."""
    await reads.read_brief(scope, pseudonym)
    await scope.read("note", pseudonym)
    return await pinned.note_versions(scope.conn, scope.unit, pseudonym)
