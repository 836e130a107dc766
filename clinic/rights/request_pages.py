"""The page of patients' requests: list, take, answer, refuse, more time, and the file that answers.

Complete without scripts. What is wrong with a form is said beside its field, and nothing is written
then.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.responses import Response

from clinic.duty.rosters import unit_zone
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights.form_answer import answer_form
from clinic.rights.handling import (
    file_to_hand,
    files_of_unit,
    requests_of_unit,
    take_step,
)
from clinic.rights.request_words import KIND_WORDS, STATE_NAMES, STEP_DONE
from clinic.sign_in import csrf_guard
from model.calendar import DAY_MS
from model.privacy.requests import FILE_KEPT_MS, LONGEST_ANSWER, LONGEST_IDENTIFIED
from model.schemas.plain_text import typed_text
from model.words.language import N_, translated

request_page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

REQUESTS_PATH = "/requests"
# No request has the number 0.
_NOTHING_WRONG: dict[str, Any] = {
    "number": 0, "text": "", "identified": "", "checked": "", "given_text": "",
    "given_identified": "",
}  # fmt: skip
_UNCHECKED = N_("Check who receives the file before you fetch it.")


class StepForm(BaseModel):
    """The form of a step: what is answered or the ground, and how the requester was identified."""

    token: str = ""
    text: str = ""
    identified: str = ""


@request_page_router.get(REQUESTS_PATH)
async def show_requests_page(request: Request, done: str = "", closed: str = "") -> HTMLResponse:
    """Show the requests of the unit's patients, by their due date; `closed` adds those closed."""
    async with open_scope(request) as scope:
        shown = await _shown(scope, closed=closed == "yes")
    shown["done"] = translated(STEP_DONE.get(done, ""))
    return render(request, "requests.html", shown)


# Before the steps, whose names would otherwise be asked for "file".
@request_page_router.post(f"{REQUESTS_PATH}/{{number}}/file")
async def hand_over_file(
    request: Request,
    number: int,
    token: Annotated[str, Form()] = "",
    checked: Annotated[Literal["", "yes"], Form()] = "",
) -> Response:
    """Send the file that answers a request to whoever hands it over: once."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        if checked != "yes":
            shown = await _shown(scope, wrong={"number": number, "checked": _UNCHECKED})
            return render(request, "requests.html", shown, status=422)
        content = await file_to_hand(scope, number)
    csrf_guard.count_action(request, "rights_file")
    # the name has the request's number alone: a file's name stays in a list of downloads
    headers = {
        "content-disposition": f'attachment; filename="kadens-{number}.zip"',
        # a shared computer must not keep it
        "cache-control": "no-store",
    }
    return Response(content, media_type="application/zip", headers=headers)


@request_page_router.post(f"{REQUESTS_PATH}/{{number}}/{{step}}")
async def take_step_form(
    request: Request,
    number: int,
    step: Literal["take", "answer", "refuse", "extend"],
    form: Annotated[StepForm, Form()],
) -> Response:
    """Take a step of a request, then show the list again; what is wrong is said by its field."""
    csrf_guard.check_form_token(request, form.token)
    text, identified = typed_text(form.text), form.identified.strip()
    async with open_scope(request) as scope:
        wrong = await take_step(scope, number, step, text, identified)
        if wrong:
            kept = {"number": number, "given_text": text, "given_identified": identified}
            shown = await _shown(scope, wrong={**wrong, **kept})
    refused = shown if wrong else None
    return answer_form(
        request,
        "requests.html",
        refused,
        action=f"rights_{step}",
        to=f"{REQUESTS_PATH}?done={step}",
    )


async def _shown(
    scope: RequestScope, *, closed: bool = False, wrong: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the page shows; `wrong` is a form that was not taken, with its mistakes."""
    listed = await requests_of_unit(scope, closed=closed)
    return {
        **common_context(scope),
        "zone": await unit_zone(scope),
        "requests": listed,
        "files": await files_of_unit(scope),
        "overdue": sum(item.is_overdue for item in listed),
        "closed": closed,
        "done": "",
        "wrong": {**_NOTHING_WRONG, **(wrong or {})},
        "kinds": KIND_WORDS,
        "states": STATE_NAMES,
        "longest": LONGEST_ANSWER,
        "longest_identified": LONGEST_IDENTIFIED,
        "kept_days": FILE_KEPT_MS // DAY_MS,
    }
