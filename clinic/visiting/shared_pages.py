"""The page of patients of other units whom this unit shares, and the form that opens a block.

A patient who has blocked is on the list without anything else: that something is blocked may show,
never what.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from clinic.answers.query_params import ID_PATTERN
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import RequestScope, open_scope
from clinic.sign_in import csrf_guard
from model.privacy.blocks import LONGEST_REASON, Ground, check_reason, open_until_ms
from model.words.language import N_, translated
from storage import audit
from storage.audit_actions import AuditAction
from storage.rights.unit_blocks import open_blocked, shared_with
from web.problems import RequestRefused

shared_pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
SHARED_PATH = "/shared"
_NOT_THERE = N_("There is nothing of this patient to open.")
_NO_REASON = N_("Give a reason of 1 to 500 characters.")
_DONE = {
    "opened": N_("It is open to you for a time. The patient sees that you opened it, and why.")
}


@shared_pages.get(SHARED_PATH)
async def show_shared(request: Request, done: str = "") -> HTMLResponse:
    """Show whom this unit shares; `done` is the form that led here."""
    async with open_scope(request) as scope:
        subject = scope.clinician.subject
        listed = await shared_with(scope.conn, scope.clinician.care_unit, subject, scope.now_ms)
        # each patient sees in their log that they were on the list, blocked or not
        for row in listed:
            await _note(scope, AuditAction.LIST_READ, row.pseudonym, {})
        context = common_context(scope)
    shown = {"rows": listed, "longest": LONGEST_REASON, "done": translated(_DONE.get(done, ""))}
    return render(request, "shared.html", {**context, **shown})


@shared_pages.post("/shared/openings")
async def take_opening(
    request: Request,
    patient: Annotated[str, Form(max_length=64, pattern=ID_PATTERN)],
    ground: Annotated[Ground, Form()],
    token: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Open a patient's block for who is signed in, for a time, and lead to the list."""
    csrf_guard.check_form_token(request, token)
    try:
        why = check_reason(reason)
    except ValueError as error:
        raise RequestRefused(422, _NO_REASON) from error
    async with open_scope(request) as scope:
        until_ms = open_until_ms(ground, scope.now_ms)
        opened = await open_blocked(
            scope.conn,
            patient,
            unit=scope.clinician.care_unit,
            who=scope.clinician.subject,
            ground=ground,
            reason=why,
            now_ms=scope.now_ms,
            until_ms=until_ms,
        )
        # the same for a patient who is not there, not shared, or has blocked nothing
        if not opened:
            raise RequestRefused(404, _NOT_THERE)
        await _note(scope, AuditAction.BLOCK_OPEN, patient, {"ground": ground, "reason": why})
    csrf_guard.count_action(request, "open_block")
    return RedirectResponse(f"{SHARED_PATH}?done=opened", 303)


# The door sees no such patient, so the row is written as that of a refused request is.
async def _note(
    scope: RequestScope, action: AuditAction, patient: str, detail: dict[str, str]
) -> None:
    entry = audit.AuditEntry(
        at_ms=scope.now_ms,
        actor=scope.actor,
        action=action,
        patient=patient,
        object="shared",
        detail=detail,
    )
    await audit.write_refused_entry(scope.conn, entry)
