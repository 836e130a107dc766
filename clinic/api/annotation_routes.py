"""The JSON API for what clinicians write beside a patient's data: annotations, the pinned note.

What is wrong with a text or a date is refused with 422, and nothing is changed.
"""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from clinic.answers.json_types import JsonBool, JsonInteger
from clinic.answers.moments import DateParam
from clinic.api.api_routes import Pseudonym
from clinic.api.strict_json import StrictJsonRoute
from clinic.notes import annotating
from clinic.notes.annotating import FIRST_NUMBER, LAST_NUMBER, AnnotationWish
from clinic.notes.noted import read_annotations, read_note
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.notes.annotation import (
    LONGEST_ANNOTATION,
    LONGEST_NOTE,
    Annotation,
    AnnotationKind,
    PinnedNote,
)
from web.problems import documented

AnnotationNumber = Annotated[
    int, Path(ge=FIRST_NUMBER, le=LAST_NUMBER, description="The annotation's number")
]

annotation_router = APIRouter(
    route_class=StrictJsonRoute,
    prefix="/api/v1/patients/{pseudonym}",
    tags=["annotations"],
    responses=documented(401, 404, 422),
)


class NewAnnotation(BaseModel, extra="forbid"):
    """What happened on some dates; without `last` it is about the date `first`."""

    kind: Literal["illness", "new_drug", "new_watch", "other"]
    first: DateParam
    last: DateParam | None = None
    text: str = Field(default="", max_length=LONGEST_ANNOTATION)
    pauses: JsonBool = Field(default=False, description="Whether nothing is due on these dates")

    def wish(self) -> AnnotationWish:
        """Return it as the use case takes it."""
        # `DateParam` is None only where a field has that default.
        first = self.first or date.min
        return AnnotationWish(
            kind=AnnotationKind(self.kind),
            first=first,
            last=self.last,
            text=self.text,
            pauses=self.pauses,
        )


class NewNote(BaseModel, extra="forbid"):
    """The text of the pinned note, and the number of the version that it follows, 0 for none."""

    text: str = Field(max_length=LONGEST_NOTE)
    after: JsonInteger = Field(ge=0, lt=2**31 - 1)


@annotation_router.get("/annotations", name="annotations")
async def answer_annotations(request: Request, pseudonym: Pseudonym) -> tuple[Annotation, ...]:
    """Return the annotations of a patient by their first date, without those taken back."""
    async with open_scope(request) as scope:
        return await read_annotations(scope, pseudonym)


@annotation_router.post(
    "/annotations", name="annotate", responses=documented(400, 401, 403, 404, 422)
)
async def answer_annotate(
    request: Request, pseudonym: Pseudonym, detail: NewAnnotation
) -> Annotation:
    """Write an annotation; with `pauses` nothing that is prescribed is due on its dates."""
    async with open_scope(request) as scope:
        stored = await annotating.annotate(scope, pseudonym, detail.wish())
    csrf_guard.count_action(request, "annotate")
    return stored


@annotation_router.delete(
    "/annotations/{annotation}", name="take_back", responses=documented(401, 403, 404, 422)
)
async def answer_take_back(
    request: Request, pseudonym: Pseudonym, annotation: AnnotationNumber
) -> Annotation:
    """Take an annotation back. It is no longer shown, and no longer pauses anything."""
    async with open_scope(request) as scope:
        removed = await annotating.take_back(scope, pseudonym, annotation)
    csrf_guard.count_action(request, "take_back")
    return removed


@annotation_router.get("/note", name="note")
async def answer_note(request: Request, pseudonym: Pseudonym) -> tuple[PinnedNote, ...]:
    """Return the latest versions of the pinned note, newest first."""
    async with open_scope(request) as scope:
        return await read_note(scope, pseudonym)


@annotation_router.put("/note", name="pin_note", responses=documented(400, 401, 403, 404, 409, 422))
async def answer_pin_note(request: Request, pseudonym: Pseudonym, detail: NewNote) -> PinnedNote:
    """Write the note anew. 409 when somebody else has written a version after `after`."""
    async with open_scope(request) as scope:
        note = await annotating.pin_note(scope, pseudonym, detail.text, detail.after)
    csrf_guard.count_action(request, "pin_note")
    return note
