"""The pages on which a value is corrected: choose it, write what is right, look at what follows.

Nothing is written before the preview was shown. Complete without scripts.
"""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from clinic.api.api_routes import Pseudonym
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights import correcting
from clinic.rights.correcting import OpenRecord
from clinic.rights.correction_form import (
    LONGEST_CORRECTION_WHY,
    CorrectionForm,
    present_values,
)
from clinic.rights.correction_preview import CorrectionPreview, preview_correction
from clinic.rights.correction_words import correction_lines, record_words, right_words
from clinic.rights.form_answer import answer_form
from clinic.sign_in import csrf_guard
from model.schemas.plain_text import text_problem, typed_text
from model.words.activities import TYPES
from model.words.language import N_, translated

correction_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_DONE: dict[str, str] = {
    "made": N_("The correction is written. What rests on it is worked out again in a moment."),
    "back": N_("The correction was taken back: what was stated counts again."),
}
_NO_WHY = N_("Write why, in at most 500 characters.")
CorrectionNumber = Annotated[int, Path(ge=1, lt=2**31)]


@correction_pages.get("/patients/{pseudonym}/corrections")
async def show_corrections_page(
    request: Request, pseudonym: Pseudonym, done: str = ""
) -> HTMLResponse:
    """Show what may be corrected of a patient, and the corrections that were made."""
    async with open_scope(request) as scope:
        shown = await _list_page(scope, pseudonym)
    shown["done"] = translated(_DONE.get(done, ""))
    return render(request, "corrections.html", shown)


@correction_pages.get("/patients/{pseudonym}/corrections/write")
async def show_correction_form(
    request: Request, pseudonym: Pseudonym, record: str = "", source: str = ""
) -> HTMLResponse:
    """Show the form in which a value of a record is corrected."""
    async with open_scope(request) as scope:
        opened = await correcting.open_record(scope, pseudonym, record, source)
        context = _form_page(scope, opened)
    return render(request, "correct.html", context)


@correction_pages.post("/patients/{pseudonym}/corrections/write")
async def take_correction_form(
    request: Request, pseudonym: Pseudonym, form: Annotated[CorrectionForm, Form()]
) -> Response:
    """Show what a correction would change; write it when that was shown and confirmed."""
    csrf_guard.check_form_token(request, form.token)
    async with open_scope(request) as scope:
        opened = await correcting.open_record(scope, pseudonym, form.record, form.source)
        checked = correcting.checked_form(opened, form)
        context = _form_page(scope, opened, form)
        context["wrong"] = dict(checked.wrong)
        if checked.wrong:
            return render(request, "correct.html", context, status=422)
        if form.step != "write":
            ahead = await preview_correction(
                scope, pseudonym, opened.kept, checked.right, checked.why
            )
            context["preview"] = ahead
            context["right"] = right_words(opened.kept, checked.right, opened.patient.zone)
            return render(request, "correct.html", context)
        await correcting.make_correction(scope, opened, checked.right, checked.why)
    csrf_guard.count_action(request, "correct")
    return RedirectResponse(f"/patients/{quote(pseudonym)}/corrections?done=made", 303)


@correction_pages.post("/patients/{pseudonym}/corrections/{correction}/withdraw")
async def take_correction_back_form(
    request: Request,
    pseudonym: Pseudonym,
    correction: CorrectionNumber,
    token: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    """Take a correction back, with a reason."""
    csrf_guard.check_form_token(request, token)
    plain = typed_text(why)
    is_bad = not plain or text_problem(plain, LONGEST_CORRECTION_WHY, allowed="\n")
    async with open_scope(request) as scope:
        if not is_bad:
            await correcting.take_correction_back(scope, pseudonym, correction, plain)
        else:
            shown = await _list_page(scope, pseudonym)
            shown |= {"wrong_number": correction, "wrong_why": _NO_WHY}
    refused = shown if is_bad else None
    return answer_form(
        request,
        "corrections.html",
        refused,
        action="uncorrect",
        to=f"/patients/{quote(pseudonym)}/corrections?done=back",
    )


async def _list_page(scope: RequestScope, pseudonym: str) -> dict[str, Any]:
    view = await correcting.read_correctable(scope, pseudonym)
    return {
        **common_context(scope),
        "view": view,
        "zone": view.patient.zone,
        "records": [(kept, record_words(correcting.shown_fact(kept))) for kept in view.records],
        "lines": correction_lines(view.corrections, view.patient.zone),
        "longest": LONGEST_CORRECTION_WHY,
        "done": "",
        "wrong_number": 0,
        "wrong_why": "",
    }


def _form_page(
    scope: RequestScope, opened: OpenRecord, form: CorrectionForm | None = None
) -> dict[str, Any]:
    present = present_values(correcting.shown_fact(opened.kept), opened.patient.zone)
    nothing: CorrectionPreview | None = None
    return {
        **common_context(scope),
        "opened": opened,
        "zone": opened.patient.zone,
        "about": record_words(correcting.shown_fact(opened.kept)),
        "present": present,
        # what was typed stays in the form, also when it was wrong
        "typed": present if form is None else form.model_dump(include=set(present)),
        "why": "" if form is None else form.why,
        "is_void": form is not None and form.void == "yes",
        "types": tuple(TYPES),
        "longest": LONGEST_CORRECTION_WHY,
        "wrong": {},
        "preview": nothing,
        "right": (),
    }
