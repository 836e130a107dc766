"""The JSON API under /api/v1: all that the pages show, and the actions. Errors are RFC 9457 problem documents.

Instants are epoch milliseconds in UTC (`_ms`), dates are local to the patient. Every read is audited like a page.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from ...model.derived import Session
from ...storage.views import AlertBrief
from . import csrf_guard, reads
from .actions import LONGEST_SNOOZE, Resolution, SnoozeReason, Wish, act
from .problems import documented
from .reads import AlertView, PatientView, SessionView
from .visit import visiting
from .weeks import WeekView
from .worklist import Line

TEXT = r"^[^\x00-\x1f\x7f/]+$"  # a control character is in no identifier, and the database takes no NUL
LATEST_MS = 253_402_300_799_999

Pseudonym = Annotated[str, Path(min_length=1, max_length=64, pattern=TEXT, description="The patient's pseudonym")]
SessionKey = Annotated[str, Path(min_length=1, max_length=128, pattern=TEXT, description="The session's id")]
Points = Annotated[int, Query(ge=100, le=20_000, description="Above this the curve is thinned to its extremes")]
Limit = Annotated[int, Query(ge=1, le=500)]
Before = Annotated[int | None, Query(ge=0, le=LATEST_MS, description="Only sessions that began before this instant")]
Count = Annotated[int, Query(ge=1, le=520, description="How many weeks, the running one included")]

router = APIRouter(prefix="/api/v1", tags=["clinician door"])


class Plain(BaseModel, extra="forbid"):
    """Take notice of an alert, or begin to work on it."""

    action: Literal["acknowledge", "start"]


class Snooze(BaseModel, extra="forbid"):
    """Put an alert off for some days."""

    action: Literal["snooze"]
    days: int = Field(ge=1, le=LONGEST_SNOOZE)
    reason: SnoozeReason


class Resolve(BaseModel, extra="forbid"):
    """Close an alert, and say what came of it."""

    action: Literal["resolve"]
    reason: Resolution


Move = Annotated[Plain | Snooze | Resolve, Field(discriminator="action")]


@router.get("/worklist", responses=documented(401))
async def worklist(request: Request) -> tuple[Line, ...]:
    """Return the worklist of the care unit, in order of need."""
    async with visiting(request) as visit:
        return await reads.lines(visit)


@router.get("/alerts", responses=documented(401))
async def alerts(request: Request) -> tuple[AlertBrief, ...]:
    """Return the live alerts of the care unit: tier, then oldest first."""
    async with visiting(request) as visit:
        return await reads.alerts(visit)


@router.get("/alerts/{alert}", responses=documented(401, 404, 422))
async def alert(request: Request, alert: UUID) -> AlertView:
    """Return one alert with its frozen evidence and its history."""
    async with visiting(request) as visit:
        return await reads.alert(visit, str(alert))


@router.post("/alerts/{alert}/moves", responses=documented(400, 401, 403, 404, 409, 422))
async def move(request: Request, alert: UUID, said: Move) -> AlertBrief:
    """Acknowledge, start, snooze or resolve an alert. 409 when its state does not allow that."""
    csrf_guard.same_site(request)
    wish = Wish(**said.model_dump())
    async with visiting(request) as visit:
        moved = await act(visit, str(alert), wish)
    csrf_guard.counted(request, said.action)
    return moved


@router.get("/patients/{pseudonym}", responses=documented(401, 404, 422))
async def patient(request: Request, pseudonym: Pseudonym) -> PatientView:
    """Return one patient: prescription, alerts, weeks, pain, latest sessions, sources and audit."""
    async with visiting(request) as visit:
        return await reads.patient(visit, pseudonym)


@router.get("/patients/{pseudonym}/weeks", responses=documented(401, 404, 422))
async def weeks(request: Request, pseudonym: Pseudonym, count: Count = reads.WEEKS_SHOWN) -> tuple[WeekView, ...]:
    """Return the latest weeks beside the prescription, oldest first."""
    async with visiting(request) as visit:
        return await reads.patient_weeks(visit, pseudonym, count)


@router.get("/patients/{pseudonym}/sessions", responses=documented(401, 404, 422))
async def sessions(
    request: Request, pseudonym: Pseudonym, limit: Limit = 60, before_ms: Before = None
) -> tuple[Session, ...]:
    """Return sessions, newest first; ask on with the last one's `start_ms` as `before_ms`."""
    async with visiting(request) as visit:
        return await reads.sessions(visit, pseudonym, limit, before_ms)


@router.get("/patients/{pseudonym}/sessions/{session}", responses=documented(401, 404, 422))
async def session(
    request: Request, pseudonym: Pseudonym, session: SessionKey, max_points: Points = 2_000
) -> SessionView:
    """Return one session with its heart-rate curve, zones, limits, facts and reports."""
    async with visiting(request) as visit:
        return await reads.session(visit, pseudonym, session, max_points)
