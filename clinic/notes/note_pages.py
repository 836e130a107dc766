"""The forms of a patient's page: annotations and the pinned note."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from clinic.api.annotation_routes import AnnotationNumber
from clinic.api.api_routes import Pseudonym
from clinic.notes import annotating
from clinic.notes.annotating import AnnotationWish
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.notes.annotation import AnnotationKind
from model.words.language import N_
from web.problems import RequestRefused

note_pages = APIRouter(include_in_schema=False)

_NO_DATE = N_("A date is written as year, month and day, such as 2026-11-23.")


@note_pages.post("/patients/{pseudonym}/annotations")
async def take_annotation(  # noqa: PLR0913, PLR0917 - a parameter for each field of the form
    request: Request,
    pseudonym: Pseudonym,
    kind: Annotated[AnnotationKind, Form()],
    first: Annotated[str, Form()],
    last: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    pauses: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Take the annotation of a form, then show the patient again."""
    csrf_guard.check_form_token(request, token)
    wish = AnnotationWish(
        kind=kind,
        first=_typed_date(first),
        last=_typed_date(last) if last else None,
        text=text,
        pauses=pauses == "yes",
    )
    async with open_scope(request) as scope:
        await annotating.annotate(scope, pseudonym, wish)
    csrf_guard.count_action(request, "annotate")
    return RedirectResponse(f"/patients/{pseudonym}?done=annotate#annotations", 303)


@note_pages.post("/patients/{pseudonym}/annotations/{annotation}/remove")
async def take_removal(
    request: Request,
    pseudonym: Pseudonym,
    annotation: AnnotationNumber,
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Take an annotation back, then show the patient again."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        await annotating.take_back(scope, pseudonym, annotation)
    csrf_guard.count_action(request, "take_back")
    return RedirectResponse(f"/patients/{pseudonym}?done=take_back#annotations", 303)


@note_pages.post("/patients/{pseudonym}/note")
async def take_note(
    request: Request,
    pseudonym: Pseudonym,
    after: Annotated[int, Form(ge=0, lt=2**31 - 1)],
    text: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Take the note of a form, then show the patient again."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        await annotating.pin_note(scope, pseudonym, text, after)
    csrf_guard.count_action(request, "pin_note")
    return RedirectResponse(f"/patients/{pseudonym}?done=pin_note", 303)


def _typed_date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise RequestRefused(422, _NO_DATE) from error
