"""The page of patients' requests: list, take, answer, refuse. Complete without scripts.

Closing a request changes no data: what was decided is carried out by its own command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.sign_in import csrf_guard
from model.privacy.requests import (
    LONGEST_ANSWER,
    LONGEST_IDENTIFIED,
    RIGHTS_MOVES,
    RightKind,
    RightsMoveError,
    RightsRequest,
    RightsState,
    check_rights_move,
    is_overdue,
)
from model.schemas.plain_text import text_problem
from model.words.language import N_, translated
from storage.audit_actions import AuditAction
from storage.people import patients
from storage.people.errors import UnknownNameError
from storage.rights import rights_requests
from web.problems import RequestRefused

request_page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

REQUESTS_PATH = "/requests"
_MOST_LISTED = 500
_MOST_NUMBER = 2**62  # beyond it the database has no number
# Of each right its name, and how what was decided is carried out.
KIND_WORDS: Mapping[RightKind, tuple[str, str]] = {
    RightKind.ACCESS: (
        N_("Access to all data"),
        N_("Whoever runs the system makes the file: kadens rights access, kadens rights answer."),
    ),
    RightKind.PORTABILITY: (
        N_("Data to take along"),
        N_("Whoever runs the system makes the file: kadens rights portability, rights answer."),
    ),
    RightKind.RECTIFICATION: (
        N_("Correction"),
        N_("A correction is made with kadens rectify, and can be taken back."),
    ),
    RightKind.RESTRICTION: (
        N_("Restriction of use"),
        N_("A restriction is set with kadens restrict, and lifted after notice to the patient."),
    ),
    RightKind.OBJECTION: (
        N_("Objection"),
        N_("An objection is recorded with kadens objection; a ground that overrides it ends it."),
    ),
    RightKind.ERASURE: (N_("Erasure"), N_("The patient is erased with kadens erase, for good.")),
    RightKind.CLOSING: (N_("Closing of the account"), ""),
}
STATE_NAMES: Mapping[RightsState, str] = {
    RightsState.RECEIVED: N_("Received"),
    RightsState.TAKEN: N_("Taken"),
    RightsState.ANSWERED: N_("Answered"),
    RightsState.REFUSED: N_("Refused"),
}
_DONE: Mapping[str, str] = {
    "take": N_("The request is yours now."),
    "answer": N_("The answer is written down, and the patient sees it."),
    "refuse": N_("The refusal is written down, and the patient sees its ground."),
}
_STEPS: Mapping[str, tuple[RightsState, AuditAction]] = {
    "take": (RightsState.TAKEN, AuditAction.RIGHTS_TAKE),
    "answer": (RightsState.ANSWERED, AuditAction.RIGHTS_ANSWER),
    "refuse": (RightsState.REFUSED, AuditAction.RIGHTS_REFUSE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRequest:
    """A request on the page, with the patient's name and zone, and whether it is overdue."""

    row: RightsRequest
    name: str
    zone: str
    is_open: bool
    is_overdue: bool


class StepForm(BaseModel):
    """The form of a step: what is answered or the ground, and how the requester was identified."""

    token: str = ""
    text: str = ""
    identified: str = ""


@request_page_router.get(REQUESTS_PATH)
async def show_requests_page(request: Request, done: str = "", closed: str = "") -> HTMLResponse:
    """Show the requests of the unit's patients, by their due date; `closed` adds those closed."""
    async with open_scope(request) as scope:
        listed = await _listed(scope, closed=closed == "yes")
        context = common_context(scope)
    shown = {
        "requests": listed,
        "overdue": sum(item.is_overdue for item in listed),
        "closed": closed == "yes",
        "done": translated(_DONE.get(done, "")),
        "kinds": KIND_WORDS,
        "states": STATE_NAMES,
        "longest": LONGEST_ANSWER,
        "longest_identified": LONGEST_IDENTIFIED,
    }
    return render(request, "requests.html", {**context, **shown})


@request_page_router.post(f"{REQUESTS_PATH}/{{number}}/{{step}}")
async def take_step_form(
    request: Request,
    number: int,
    step: Literal["take", "answer", "refuse"],
    form: Annotated[StepForm, Form()],
) -> RedirectResponse:
    """Take, answer or refuse a request, then show the list again."""
    csrf_guard.check_form_token(request, form.token)
    text = _checked(form.text, LONGEST_ANSWER, "The text")
    identified = _checked(form.identified, LONGEST_IDENTIFIED, "The note")
    async with open_scope(request) as scope:
        await _move(scope, number, step, text, identified)
    csrf_guard.count_action(request, f"rights_{step}")
    return RedirectResponse(f"{REQUESTS_PATH}?done={step}", 303)


async def _listed(scope: RequestScope, *, closed: bool) -> list[ListedRequest]:
    requests = await rights_requests.list_requests(
        scope.conn, unit=scope.unit, closed=closed, most=_MOST_LISTED
    )
    pseudonyms = sorted({row.patient for row in requests})
    await scope.listed("requests", pseudonyms)
    names = await scope.names(pseudonyms)
    zones = await patients.zones_of(scope.conn, pseudonyms)
    listed: list[ListedRequest] = []
    for row in requests:
        zone = zones[row.patient]
        shown = ListedRequest(
            row=row,
            name=names.get(row.patient, row.patient),
            zone=zone,
            is_open=bool(RIGHTS_MOVES[row.state]),
            is_overdue=is_overdue(row, scope.now_ms, zone),
        )
        listed.append(shown)
    return listed


async def _move(scope: RequestScope, number: int, step: str, text: str, identified: str) -> None:
    """Carry out a step with its audit row; 404 for a request of another care unit."""
    to, action = _STEPS[step]
    try:
        # the row is locked until the move is written, so two people cannot answer one request
        before = await rights_requests.rights_request(
            scope.conn, min(number, _MOST_NUMBER), scope.unit
        )
        check_rights_move(before, to, identified=identified, answer=text)
    except UnknownNameError:
        raise RequestRefused(404, "This care unit has no such request.") from None
    except RightsMoveError:
        if not RIGHTS_MOVES[before.state]:
            raise RequestRefused(409, "This request is closed already.") from None
        raise RequestRefused(
            422, "Write a text, and note how the requester was identified before you answer."
        ) from None
    moved = replace(
        before,
        state=to,
        handled_by=scope.actor.subject,
        answer=text,
        identified=identified or before.identified,
        closed_ms=None if to is RightsState.TAKEN else scope.now_ms,
    )
    await rights_requests.put_rights_move(scope.conn, moved)
    await scope.wrote(action, before.patient, f"rights_request:{number}")


def _checked(text: str, longest: int, name: str) -> str:
    # a form sends its line breaks as two characters
    plain = text.replace("\r\n", "\n").strip()
    if problem := text_problem(plain, longest, allowed="\n"):
        raise RequestRefused(422, f"{name} {problem}.")
    return plain
