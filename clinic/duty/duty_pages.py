"""The page of a care unit's duty, and the form for notes about alerts. Complete without scripts."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from clinic.answers.moments import DateParam
from clinic.duty import alert_notes, rosters
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.calendar import DAY_MS, day_bounds, midnight
from model.messages.alert_move import Absence
from model.words.language import N_, translated

duty_page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_DONE: dict[str, str] = {
    "set": N_("Saved."),
    "away": N_("The absence is written."),
    "back": N_("The absence has ended."),
}
_SUBJECT = 255


class NoteForm(BaseModel):
    """The form for a note about an alert."""

    token: str = ""
    text: str = ""
    is_shared: bool = False


class DutyForm(BaseModel):
    """The form of working hours, line and on-call."""

    token: str = ""
    zone: str = Field(default="", max_length=64)
    weekdays: list[int] = []
    opens: str = Field(default="", max_length=5)
    closes: str = Field(default="", max_length=5)
    country: str = Field(default="", max_length=2)
    subdivision: str = Field(default="", max_length=8)
    closed: str = Field(default="", max_length=4_096)
    line: list[str] = []
    on_call: str = Field(default="", max_length=_SUBJECT)


class AbsenceForm(BaseModel):
    """The form of an absence: local dates, both within it."""

    token: str = ""
    subject: str = Field(default="", max_length=_SUBJECT)
    first: DateParam
    last: DateParam
    cover: str = Field(default="", max_length=_SUBJECT)


@duty_page_router.get("/duty")
async def show_duty_page(request: Request, done: str = "") -> HTMLResponse:
    """Show who is on duty in the care unit; `done` is the change that led here."""
    async with open_scope(request) as scope:
        shown = await rosters.read_duty(scope)
        context = common_context(scope)
    text = translated(_DONE.get(done, ""))
    return render(request, "duty.html", {**context, "duty": shown, "done": text, "day_ms": DAY_MS})


@duty_page_router.post("/duty")
async def take_duty_form(request: Request, form: Annotated[DutyForm, Form()]) -> RedirectResponse:
    """Store working hours, line and on-call."""
    csrf_guard.check_form_token(request, form.token)
    fields = {"zone", "weekdays", "opens", "closes", "country", "subdivision"}
    hours = {**form.model_dump(include=fields), "closed": form.closed.split()}
    async with open_scope(request) as scope:
        line = tuple(filter(None, form.line))
        await rosters.set_duty(scope, hours, line, form.on_call)
    csrf_guard.count_action(request, "set_duty")
    return RedirectResponse("/duty?done=set", 303)


@duty_page_router.post("/duty/absences")
async def take_absence_form(
    request: Request, form: Annotated[AbsenceForm, Form()]
) -> RedirectResponse:
    """Store an absence, from the first midnight to the last, in the zone of the care unit."""
    csrf_guard.check_form_token(request, form.token)
    # `DateParam` is None only where a field has that default.
    first, last = form.first or date.min, form.last or date.min
    async with open_scope(request) as scope:
        zone = str((await rosters.read_duty(scope)).hours["zone"])
        absence = Absence(
            subject=form.subject,
            from_ms=midnight(first, zone),
            until_ms=day_bounds(last, zone)[1],
            cover=form.cover,
        )
        await rosters.add_absence(scope, absence)
    csrf_guard.count_action(request, "add_absence")
    return RedirectResponse("/duty?done=away", 303)


@duty_page_router.post("/duty/returns")
async def take_return_form(
    request: Request,
    subject: Annotated[str, Form(max_length=_SUBJECT)],
    token: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """End the absence of a clinician who is back."""
    csrf_guard.check_form_token(request, token)
    async with open_scope(request) as scope:
        await rosters.end_absence(scope, subject)
    csrf_guard.count_action(request, "end_absence")
    return RedirectResponse("/duty?done=back", 303)


@duty_page_router.post("/alerts/{alert}/notes")
async def take_note_form(
    request: Request, alert: str, form: Annotated[NoteForm, Form()]
) -> RedirectResponse:
    """Write a note about an alert, then show the alert again."""
    csrf_guard.check_form_token(request, form.token)
    async with open_scope(request) as scope:
        await alert_notes.note_alert(scope, alert, form.text, is_shared=form.is_shared)
    csrf_guard.count_action(request, "note_alert")
    return RedirectResponse(f"/alerts/{alert}?done=note", 303)
