"""Makes a link with which a patient signs in at the patient door, and shows it once.

Whoever has lost the connection of a watch gets back to their own pages by it. Only its digest is
stored. It must never be sent from here: a clinician gives it to the patient.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from clinic import reads
from clinic.api.api_routes import Pseudonym
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.calendar import DAY_MS
from model.words.language import N_
from storage.audit_actions import AuditAction
from storage.people.door_links import put_door_link
from web.problems import RequestRefused

link_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LINK_HOLDS_MS = DAY_MS  # long enough for a letter by mail or text, which is read in the evening

_NO_DOOR = N_(
    "No link can be made, because this installation has no address for patients. "
    "Ask those who run it to set one."
)


@link_pages.post("/patients/{pseudonym}/door-link")
async def take_link_form(
    request: Request, pseudonym: Pseudonym, token: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Make a link for a patient, whose earlier one ends, and show it this once."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        brief = await reads.read_brief(scope, pseudonym)
        if scope.clinic.new_link is None:
            raise RequestRefused(409, _NO_DOOR)
        address, digest = scope.clinic.new_link()
        until_ms = scope.now_ms + LINK_HOLDS_MS
        by = scope.actor.subject
        await put_door_link(
            scope.conn, pseudonym, digest, by=by, now_ms=scope.now_ms, until_ms=until_ms
        )
        await scope.wrote(AuditAction.PATIENT_DOOR, pseudonym, f"patient:{pseudonym}")
        name = await reads.name_of(scope, pseudonym)
        context = common_context(scope)
    csrf_guard.count_action(request, "door_link")
    shown = {"patient": brief, "name": name, "address": address, "until_ms": until_ms}
    return render(request, "door_link.html", {**context, **shown})
