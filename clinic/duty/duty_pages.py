"""The page of a care unit's duty, and the form for notes about alerts. Complete without scripts."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from clinic.duty import alert_notes, rosters
from clinic.pages.page_routes import common_context
from clinic.pages.templating import render
from clinic.prescribing.forms import NO_ERRORS, violations_by_field
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.calendar import FIRST_DATE, LAST_DATE, day_bounds, midnight
from model.messages.alert_move import Absence
from model.words.language import N_, _, translated
from web.problems import RequestRefused, Violation

duty_page_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_DONE: dict[str, str] = {
    "set": N_("Saved."),
    "away": N_("The absence is written."),
    "back": N_("The absence has ended."),
}
_SUBJECT, _DATE_TYPED = 255, 30
_IN_LINE = 3  # places of the line that the form has; more are kept as they are
_FIELDS = frozenset(
    {
        "zone",
        "weekdays",
        "opens",
        "closes",
        "country",
        "subdivision",
        "closed",
        "line",
        "on_call",
        "subject",
        "first",
        "last",
        "cover",
    }
)


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
    first: str = Field(default="", max_length=_DATE_TYPED)
    last: str = Field(default="", max_length=_DATE_TYPED)
    cover: str = Field(default="", max_length=_SUBJECT)


@duty_page_router.get("/duty")
async def show_duty_page(request: Request, done: str = "") -> HTMLResponse:
    """Show who is on duty in the care unit; `done` is the change that led here."""
    return await _page(request, {"done": translated(_DONE.get(done, ""))})


@duty_page_router.post("/duty")
async def take_duty_form(request: Request, form: Annotated[DutyForm, Form()]) -> Response:
    """Store working hours, line and on-call; what is refused is shown again as it was sent."""
    csrf_guard.check_form_token(request, form.token)
    fields = {"zone", "weekdays", "opens", "closes", "country", "subdivision"}
    hours = {**form.model_dump(include=fields), "closed": form.closed.split()}
    line = tuple(filter(None, form.line))
    try:
        async with open_scope(request) as scope:
            await rosters.set_duty(scope, hours, line, form.on_call)
    except RequestRefused as refused:
        typed = {"hours": hours, "line": form.line, "on_call": form.on_call}
        return await _refused(request, refused, {"typed": typed})
    csrf_guard.count_action(request, "set_duty")
    return RedirectResponse("/duty?done=set", 303)


@duty_page_router.post("/duty/absences")
async def take_absence_form(request: Request, form: Annotated[AbsenceForm, Form()]) -> Response:
    """Store an absence, from the first midnight to the last, in the zone of the care unit."""
    csrf_guard.check_form_token(request, form.token)
    try:
        first, last = _date("first", form.first), _date("last", form.last)
        async with open_scope(request) as scope:
            zone = str((await rosters.read_duty(scope)).hours["zone"])
            absence = Absence(
                subject=form.subject,
                from_ms=midnight(first, zone),
                until_ms=day_bounds(last, zone)[1],
                cover=form.cover,
            )
            await rosters.add_absence(scope, absence)
    except RequestRefused as refused:
        return await _refused(request, refused, {"away": form.model_dump()})
    csrf_guard.count_action(request, "add_absence")
    return RedirectResponse("/duty?done=away", 303)


async def _page(request: Request, shown: dict[str, Any], status: int = 200) -> HTMLResponse:
    """Show the page; `shown` has what a form was sent with, and what is wrong with it."""
    async with open_scope(request) as scope:
        stored = await rosters.read_duty(scope)
        context = common_context(scope)
    own = {
        "duty": stored,
        "typed": {"hours": stored.hours, "line": stored.line, "on_call": stored.on_call},
        "away": {"subject": scope.clinician.subject, "first": "", "last": "", "cover": ""},
        "errors": NO_ERRORS,
        "done": "",
        "longest_line": _IN_LINE,
    }
    return render(request, "duty.html", {**context, **own, **shown}, status=status)


async def _refused(
    request: Request, refused: RequestRefused, shown: dict[str, Any]
) -> HTMLResponse:
    """Show the form again as it was sent; a refusal of no field is raised."""
    if not refused.errors:
        raise refused
    errors = violations_by_field(refused.errors, _FIELDS)
    return await _page(request, {**shown, "errors": errors}, status=refused.status_code)


def _date(name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.min
    if not FIRST_DATE <= day <= LAST_DATE:
        detail = _("must be a date such as 2026-11-23")
        raise RequestRefused(422, detail, [Violation(where="body", name=name, detail=detail)])
    return day


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
