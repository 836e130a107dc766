"""The JSON API of the care unit's duty, and of notes about alerts.

Who is on duty decides to whom an alert goes, and when. All of it belongs to the clinician's own
care unit.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from clinic.answers.json_types import IS_INTEGER, JsonBool, JsonInteger
from clinic.api.strict_json import StrictJsonRoute
from clinic.duty import alert_notes, rosters
from clinic.duty.alert_notes import LONGEST_ALERT_NOTE
from clinic.duty.rosters import MOST_IN_LINE, UnitDuty
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from model.messages.alert_move import Absence
from storage.reads.shown_values import AlertNote
from web.problems import documented

_LONGEST_SUBJECT = 255
_LAST_MS = 1 << 43  # beyond the year 2200
Subject = Annotated[str, Field(min_length=1, max_length=_LONGEST_SUBJECT)]
EpochMs = Annotated[int, Field(ge=0, le=_LAST_MS, description="epoch milliseconds"), IS_INTEGER]

duty_router = APIRouter(route_class=StrictJsonRoute, prefix="/api/v1", tags=["clinician door"])


class HoursBody(BaseModel, extra="forbid"):
    """Working hours in the local time of a zone; weekdays are ISO numbers, Monday is 1."""

    zone: str = Field(max_length=64)
    weekdays: list[JsonInteger] = Field(min_length=1, max_length=7)
    opens: str = Field(max_length=5, description="such as 08:00")
    closes: str = Field(max_length=5, description="at most 24:00")
    country: str = Field(default="", max_length=2, description="of public holidays, ISO 3166-1")
    subdivision: str = Field(default="", max_length=8, description="ISO 3166-2")
    closed: list[str] = Field(default=[], max_length=366, description="further closed dates")


class DutyBody(BaseModel, extra="forbid"):
    """Working hours, the line that gets unseen alerts, and who is on call out of hours."""

    hours: HoursBody
    line: list[Subject] = Field(default=[], max_length=MOST_IN_LINE)
    on_call: str = Field(default="", max_length=_LONGEST_SUBJECT)


class AbsenceBody(BaseModel, extra="forbid"):
    """A clinician is away; `cover` acts instead, "" for nobody."""

    subject: Subject
    from_ms: EpochMs
    until_ms: EpochMs
    cover: str = Field(default="", max_length=_LONGEST_SUBJECT)


class NoteBody(BaseModel, extra="forbid"):
    """A note about an alert: private to the care unit, or shared with the patient."""

    text: str = Field(min_length=1, max_length=LONGEST_ALERT_NOTE)
    is_shared: JsonBool = False


@duty_router.get("/duty", name="duty", responses=documented(401))
async def answer_duty(request: Request) -> UnitDuty:
    """Return who is on duty in the care unit, and its clinicians by subject."""
    async with open_scope(request) as scope:
        return await rosters.read_duty(scope)


@duty_router.put("/duty", name="set_duty", responses=documented(400, 401, 403, 422))
async def take_duty(request: Request, detail: DutyBody) -> UnitDuty:
    """Set working hours, line and on-call of the care unit."""
    async with open_scope(request) as scope:
        result = await rosters.set_duty(
            scope, detail.hours.model_dump(), tuple(detail.line), detail.on_call
        )
    csrf_guard.count_action(request, "set_duty")
    return result


@duty_router.post("/absences", name="add_absence", responses=documented(400, 401, 403, 422))
async def take_absence(request: Request, detail: AbsenceBody) -> UnitDuty:
    """Store that a clinician of the care unit is away, and who covers."""
    async with open_scope(request) as scope:
        result = await rosters.add_absence(scope, Absence(**detail.model_dump()))
    csrf_guard.count_action(request, "add_absence")
    return result


@duty_router.delete(
    "/absences/{subject}", name="end_absence", responses=documented(401, 403, 404, 422)
)
async def take_return(
    request: Request, subject: Annotated[str, Path(min_length=1, max_length=_LONGEST_SUBJECT)]
) -> UnitDuty:
    """End the absence of a clinician who is back."""
    async with open_scope(request) as scope:
        result = await rosters.end_absence(scope, subject)
    csrf_guard.count_action(request, "end_absence")
    return result


@duty_router.post(
    "/alerts/{alert}/notes", name="note_alert", responses=documented(400, 401, 403, 404, 422)
)
async def take_alert_note(request: Request, alert: UUID, detail: NoteBody) -> AlertNote:
    """Write a note about an alert. It changes no state and stops no timer."""
    async with open_scope(request) as scope:
        note = await alert_notes.note_alert(
            scope, str(alert), detail.text, is_shared=detail.is_shared
        )
    csrf_guard.count_action(request, "note_alert")
    return note
