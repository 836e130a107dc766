"""The JSON API under /api/v1: worklist, alerts and patient as the pages show them, and the actions.

Errors are RFC 9457 problem documents. Instants are epoch milliseconds in UTC (`_ms`), dates are
local to the patient. Every read is audited in the same way as that of a page. Questions about a
patient's data are in `data_routes`.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from clinic import reads
from clinic.actions import LONGEST_SNOOZE, AlertRequest, Resolution, SnoozeReason, act
from clinic.answers.json_types import IS_INTEGER, JsonBool, JsonInteger
from clinic.answers.query_params import ID_PATTERN
from clinic.api.strict_json import StrictJsonRoute
from clinic.page_views import AlertView, PatientView
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from clinic.worklist.lines import Line
from model.storable import MOST_JSON_INT
from storage.reads.shown_values import AlertBrief
from web.problems import documented

Pseudonym = Annotated[
    str,
    Path(min_length=1, max_length=64, pattern=ID_PATTERN, description="The patient's pseudonym"),
]

api_router = APIRouter(route_class=StrictJsonRoute, prefix="/api/v1", tags=["clinician door"])


# Each action has a body of its own and takes no other field: `days` with `resolve` is a mistake
# of the client, and ignoring it would hide that.
class _Seen(BaseModel, extra="forbid"):
    seen: Annotated[int, Field(ge=0, le=MOST_JSON_INT), IS_INTEGER] | None = Field(
        default=None,
        description="`last_move` of the alert as it was read: with it, an action is refused (409) "
        "when somebody else has acted meanwhile",
    )


class Plain(_Seen):
    """Acknowledge or claim an alert, begin to work on it, or open one again that was resolved."""

    action: Literal["acknowledge", "claim", "start", "reopen"]


class HandOver(_Seen):
    """Hand an alert over to a colleague, who must acknowledge it."""

    action: Literal["hand_over"]
    to: str = Field(min_length=1, max_length=255, description="the subject of the colleague")


class Snooze(_Seen):
    """Snooze an alert for some days."""

    action: Literal["snooze"]
    days: JsonInteger = Field(ge=1, le=LONGEST_SNOOZE)
    reason: SnoozeReason


class Resolve(_Seen):
    """Close an alert, and state its outcome and whether it was useful."""

    action: Literal["resolve"]
    reason: Resolution
    useful: JsonBool | None = None


Move = Annotated[Plain | HandOver | Snooze | Resolve, Field(discriminator="action")]


# The names of routes are part of the contract: clients may be generated from operation ids.
@api_router.get("/worklist", name="worklist", responses=documented(401))
async def answer_worklist(request: Request) -> tuple[Line, ...]:
    """Return the worklist of the care unit, in order of need."""
    async with open_scope(request) as scope:
        return await reads.read_worklist(scope)


@api_router.get("/alerts", name="alerts", responses=documented(401))
async def answer_alerts(request: Request) -> tuple[AlertBrief, ...]:
    """Return the live alerts of the care unit, by tier and then oldest first."""
    async with open_scope(request) as scope:
        return await reads.read_alerts(scope)


@api_router.get("/alerts/{alert}", name="alert", responses=documented(401, 404, 422))
async def answer_alert(request: Request, alert: UUID) -> AlertView:
    """Return an alert with its frozen evidence and its history."""
    async with open_scope(request) as scope:
        return await reads.read_alert_view(scope, str(alert))


@api_router.post(
    "/alerts/{alert}/moves", name="move", responses=documented(400, 401, 403, 404, 409, 422)
)
async def answer_move(request: Request, alert: UUID, detail: Move) -> AlertBrief:
    """Acknowledge, claim, hand over, start, snooze, resolve or reopen an alert.

    409 when its state does not allow that, when somebody else has acted since `seen`, or when
    another alert of its kind is open. The detail says who did what.
    """
    wish = AlertRequest(**detail.model_dump())
    async with open_scope(request) as scope:
        moved = await act(scope, str(alert), wish)
    # Counted after the scope has closed: an action that is rolled back is not counted.
    csrf_guard.count_action(request, detail.action)
    return moved


@api_router.get("/patients/{pseudonym}", name="patient", responses=documented(401, 404, 422))
async def answer_patient(request: Request, pseudonym: Pseudonym) -> PatientView:
    """Return a patient: prescriptions, alerts, weeks, pain, latest sessions, sources and audit."""
    async with open_scope(request) as scope:
        return await reads.read_patient_view(scope, pseudonym)
