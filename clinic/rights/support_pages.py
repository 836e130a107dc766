"""The page of support cases: list, open one, let somebody look, end that, close.

Complete without scripts. What is wrong with a form is said beside its field, and nothing is written
then.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from starlette.responses import Response

from clinic.api.api_routes import Pseudonym
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.rights import supporting
from clinic.rights.form_answer import answer_form
from clinic.rights.supporting import AccessWish
from clinic.sign_in import csrf_guard
from model.privacy.support import MOST_SUPPORT_WORDS
from model.schemas.plain_text import typed_text
from model.words.language import N_, translated
from storage.alerts import duty

support_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_SUPPORT = "/support"
_DONE: dict[str, str] = {
    "opened": N_("The case is open."),
    "access": N_("The access is given, and the patient can read why."),
    "ended": N_("The access has ended."),
    "closed": N_("The case is closed, and every access because of it has ended."),
}
_FIELDS = ("about", "staff", "reason", "hours", "answer")


class CaseForm(BaseModel):
    """The forms of a case: what it is about, who may look, why and how long, what became of it."""

    token: str = ""
    about: str = ""
    staff: str = ""
    reason: str = ""
    hours: str = "1"
    answer: str = ""

    def given(self) -> dict[str, str]:
        """Return the fields as they are kept, with the line breaks of a form as one character."""
        return {name: typed_text(getattr(self, name)) for name in _FIELDS}

    def wish(self) -> AccessWish:
        """Return who shall look, why, and for how long."""
        given = self.given()
        return AccessWish(staff=given["staff"], reason=given["reason"], hours=given["hours"])


@support_pages.get(_SUPPORT)
async def show_support_page(request: Request, done: str = "") -> HTMLResponse:
    """Show the cases of the unit's patients: those that are open first."""
    async with open_scope(request) as scope:
        shown = await _page(scope)
    shown["done"] = translated(_DONE.get(done, ""))
    return render(request, "support.html", shown)


@support_pages.get("/patients/{pseudonym}/support")
async def show_patient_support(request: Request, pseudonym: Pseudonym) -> HTMLResponse:
    """Show a patient's cases, and the form that opens another."""
    async with open_scope(request) as scope:
        name = await supporting.case_patient(scope, pseudonym)
        shown = await _page(scope, pseudonym, name)
    return render(request, "support.html", shown)


@support_pages.post("/patients/{pseudonym}/support")
async def take_case_form(
    request: Request, pseudonym: Pseudonym, form: Annotated[CaseForm, Form()]
) -> Response:
    """Open a case about a patient, with an access where somebody is named."""
    csrf_guard.check_form_token(request, form.token)
    given, wish = form.given(), form.wish()
    async with open_scope(request) as scope:
        name = await supporting.case_patient(scope, pseudonym)
        wrong = supporting.case_mistakes(given["about"])
        # without a person there is no access yet, and no reason is asked for
        if wish.staff or wish.reason:
            wrong |= supporting.access_mistakes(wish, await supporting.support_people(scope))
        if wrong:
            shown = await _page(scope, pseudonym, name, wrong=wrong, given=given)
        else:
            wanted = wish if wish.staff else None
            await supporting.open_unit_case(scope, pseudonym, given["about"], wanted)
    refused = shown if wrong else None
    return answer_form(
        request, "support.html", refused, action="support_open", to=f"{_SUPPORT}?done=opened"
    )


@support_pages.post(f"{_SUPPORT}/{{number}}/access")
async def take_access_form(
    request: Request, number: int, form: Annotated[CaseForm, Form()]
) -> Response:
    """Let somebody look because of a case."""
    csrf_guard.check_form_token(request, form.token)
    wish = form.wish()
    async with open_scope(request) as scope:
        # before the form is judged: of another unit's case nothing may be learned
        case = await supporting.held_case(scope, number)
        wrong = supporting.access_mistakes(wish, await supporting.support_people(scope))
        wrong = wrong or await supporting.let_look(scope, case, wish)
        if wrong:
            shown = await _page(scope, number=number, wrong=wrong, given=form.given())
    refused = shown if wrong else None
    return answer_form(
        request, "support.html", refused, action="support_access", to=f"{_SUPPORT}?done=access"
    )


@support_pages.post(f"{_SUPPORT}/{{number}}/end")
async def take_end_form(
    request: Request, number: int, token: Annotated[str, Form()] = ""
) -> Response:
    """End every access because of a case before its time."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        await supporting.end_look(scope, await supporting.held_case(scope, number))
    csrf_guard.count_action(request, "support_end")
    return RedirectResponse(f"{_SUPPORT}?done=ended", 303)


@support_pages.post(f"{_SUPPORT}/{{number}}/close")
async def take_close_form(
    request: Request, number: int, form: Annotated[CaseForm, Form()]
) -> Response:
    """Close a case."""
    csrf_guard.check_form_token(request, form.token)
    given = form.given()
    async with open_scope(request) as scope:
        case = await supporting.held_case(scope, number)
        wrong = supporting.answer_mistakes(given["answer"])
        if wrong:
            shown = await _page(scope, number=number, wrong=wrong, given=given)
        else:
            await supporting.close_unit_case(scope, case, given["answer"])
    refused = shown if wrong else None
    return answer_form(
        request, "support.html", refused, action="support_close", to=f"{_SUPPORT}?done=closed"
    )


async def _page(
    scope: RequestScope,
    pseudonym: str = "",
    name: str = "",
    *,
    number: int = 0,
    wrong: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return what the page shows; the form of case `number`, or of a new one, was not taken."""
    # strict templates want every field, also of forms that were not sent
    empty = {**dict.fromkeys(_FIELDS, ""), "hours": "1"}
    return {
        **common_context(scope),
        "cases": await supporting.cases_of_unit(scope, pseudonym),
        "people": await supporting.support_people(scope),
        "staff": await duty.colleagues(scope.conn, scope.unit),
        "choices": supporting.ACCESS_HOURS,
        "longest": MOST_SUPPORT_WORDS,
        "pseudonym": pseudonym,
        "patient_name": name,
        "number": number,
        "wrong": {**empty, "hours": "", **(wrong or {})},
        "refused": bool(wrong),
        "given": {**empty, **(given or {})},
        "done": "",
    }
