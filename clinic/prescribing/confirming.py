"""What a prescriber confirms before a version is written: overlaps, weeks that are over, odd doses.

Forms and API say the same notes. Submitting is refused until each of them is confirmed by its key,
so that nobody confirms what was never shown.
"""

from collections.abc import Collection, Sequence

from clinic import reads
from clinic.answers.shape import Shape
from clinic.request_scope import RequestScope
from model.calendar import local_date
from model.prescribing.notes import PrescriptionNote, prescription_notes
from model.prescription import Prescription
from model.words.language import N_
from storage.prescribing import versions
from web.problems import RequestRefused, Violation

UNCONFIRMED = N_("This must be confirmed before it is submitted.")


class NoteShape(Shape):
    """Something that a prescriber should know before a draft is submitted."""

    key: str
    """What `confirm` of the submission names."""
    text: str


class UnconfirmedError(RequestRefused):
    """A submission whose notes are not all confirmed; its errors name those that are not."""

    def __init__(self, notes: Sequence[PrescriptionNote], confirmed: Collection[str]) -> None:
        errors = [
            Violation(where="query", name="confirm", detail=_detail(note))
            for note in notes
            if note.key not in confirmed
        ]
        super().__init__(422, UNCONFIRMED, errors)
        self.notes = tuple(notes)


def _detail(note: PrescriptionNote) -> str:
    return f"must name {note.key}. {note.text.removesuffix('.')}"


async def notes_of(
    scope: RequestScope, pseudonym: str, prescription: Prescription
) -> tuple[PrescriptionNote, ...]:
    """Return what a prescriber should know before a version of a patient is written."""
    who = await reads.read_brief(scope, pseudonym)
    stored = (await versions.prescriptions_of(scope.conn, [pseudonym])).get(pseudonym, ())
    return prescription_notes(prescription, stored, local_date(scope.now_ms, who.zone))


async def check_confirmed(
    scope: RequestScope, pseudonym: str, prescription: Prescription, confirmed: Collection[str]
) -> None:
    """Raise `UnconfirmedError` unless `confirmed` has the key of each note."""
    need_confirmed(await notes_of(scope, pseudonym, prescription), confirmed)


def need_confirmed(notes: Sequence[PrescriptionNote], confirmed: Collection[str]) -> None:
    """Raise `UnconfirmedError` unless `confirmed` has the key of each note."""
    if any(note.key not in confirmed for note in notes):
        raise UnconfirmedError(notes, confirmed)
