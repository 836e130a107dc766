"""The JSON API for a patient's data: timeline, sessions, days, weeks and prescriptions.

`kadens query` gives the same answers. Instants are RFC 3339 in UTC, lengths are integers in ms
(`_ms`), dates are local to the patient. Every read is limited to the clinician's care unit and is
audited. A question that cannot be answered gives 422 with a plain reason.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from clinic import reads
from clinic.answers import sessions as session_answers
from clinic.answers.days import DaysAnswer
from clinic.answers.query_params import ID_PATTERN, DatesParams, SessionsParams, TimelineParams
from clinic.answers.sessions import SessionAnswer, SessionsAnswer
from clinic.answers.timelines import TimelineAnswer
from clinic.answers.weeks import PrescriptionShape, PrescriptionWeeksAnswer, WeeksAnswer
from clinic.api import patient_queries
from clinic.api.api_routes import Pseudonym
from clinic.api.strict_json import StrictJsonRoute
from clinic.marking import MarkReceipt, MarkRequest, WhyAfterAll, WhyNot, mark_session
from clinic.request_scope import RequestScope, open_scope
from clinic.sign_in import csrf_guard
from storage.reads.shown_values import PatientBrief
from web.problems import documented

SessionKey = Annotated[
    str, Path(min_length=1, max_length=128, pattern=ID_PATTERN, description="The session's id")
]
PrescriptionKey = Annotated[
    str, Path(min_length=1, max_length=128, pattern=ID_PATTERN, description="The prescription's id")
]
CurvePoints = Annotated[
    int, Query(ge=100, le=20_000, description="Above this the curve is thinned to its extremes")
]


class AsNotExercise(BaseModel, extra="forbid"):
    """Say that a session was not exercise, and why."""

    statement: Literal["not_exercise"]
    reason: WhyNot


class AsExercise(BaseModel, extra="forbid"):
    """Say that a session was exercise after all, and why."""

    statement: Literal["exercise"]
    reason: WhyAfterAll


Mark = Annotated[AsNotExercise | AsExercise, Field(discriminator="statement")]

data_router = APIRouter(
    route_class=StrictJsonRoute,
    prefix="/api/v1/patients/{pseudonym}",
    tags=["patient data"],
    responses=documented(401, 404, 422),
)


@asynccontextmanager
async def _reading(
    request: Request, pseudonym: str, what: str
) -> AsyncIterator[tuple[RequestScope, PatientBrief]]:
    """Open a scope and audit that it reads `what` of a patient in the clinician's care unit."""
    async with open_scope(request) as scope:
        # First: a patient of another care unit gets 404, and nothing is audited as read.
        who = await reads.read_brief(scope, pseudonym)
        await scope.read(what, pseudonym)
        yield scope, who


@data_router.get("/timeline", name="timeline")
async def answer_timeline(
    request: Request, pseudonym: Pseudonym, ask: Annotated[TimelineParams, Query()]
) -> TimelineAnswer:
    """Return a metric over time, as bands of minimum, mean and maximum or as a line.

    The answer never has more points than the question allows.
    """
    async with _reading(request, pseudonym, f"timeline:{ask.metric}") as (scope, who):
        return await patient_queries.patient_timeline(scope.conn, who, scope.now_ms, ask)


@data_router.get("/sessions", name="sessions")
async def answer_sessions(
    request: Request, pseudonym: Pseudonym, ask: Annotated[SessionsParams, Query()]
) -> SessionsAnswer:
    """Return a page of sessions, newest first; its `next` is the `before` of the following page."""
    async with _reading(request, pseudonym, "sessions") as (scope, who):
        return await patient_queries.patient_sessions(scope.conn, who, ask)


@data_router.get("/sessions/{session}", name="session")
async def answer_session(
    request: Request, pseudonym: Pseudonym, session: SessionKey, max_points: CurvePoints = 2_000
) -> SessionAnswer:
    """Return a session with all its evidence.

    This is its zones and their thresholds, loads, quality flags, source selections, heart-rate
    curve, facts and reports.
    """
    async with open_scope(request) as scope:
        view = await reads.read_session_view(scope, pseudonym, session, max_points)
    # Made after the scope has closed, so that it holds no connection meanwhile.
    return session_answers.session_answer(
        view.session,
        selections=view.selections,
        facts=view.facts,
        fact_count=view.fact_count,
        reports=view.reports,
        curve=view.curve,
    )


@data_router.post(
    "/sessions/{session}/marks", name="mark", responses=documented(400, 401, 403, 404, 422)
)
async def answer_mark(
    request: Request, pseudonym: Pseudonym, session: SessionKey, detail: Mark
) -> MarkReceipt:
    """Mark a session as not exercise, or as exercise after all.

    It stays listed and does not count. The mark holds under late data, until another one is set.
    The figures follow a moment later.
    """
    async with open_scope(request) as scope:
        wish = MarkRequest(
            unit=scope.unit,
            pseudonym=pseudonym,
            session=session,
            statement=detail.statement,
            reason=detail.reason,
        )
        receipt = await mark_session(scope.conn, wish, scope.actor, scope.now_ms)
    csrf_guard.count_action(request, detail.statement)
    return receipt


@data_router.get("/days", name="days")
async def answer_days(
    request: Request, pseudonym: Pseudonym, ask: Annotated[DatesParams, Query()]
) -> DaysAnswer:
    """Return every date of a range with its state; without a range, of the last twelve weeks."""
    async with _reading(request, pseudonym, "days") as (scope, who):
        return await patient_queries.patient_days(scope.conn, who, scope.now_ms, ask)


@data_router.get("/weeks", name="weeks")
async def answer_weeks(
    request: Request, pseudonym: Pseudonym, ask: Annotated[DatesParams, Query()]
) -> WeeksAnswer:
    """Return every week that a range touches, against each prescription.

    Without a range these are the last twelve weeks.
    """
    async with _reading(request, pseudonym, "weeks") as (scope, who):
        return await patient_queries.patient_weeks(scope.conn, who, scope.now_ms, ask)


@data_router.get("/prescriptions", name="prescriptions")
async def answer_prescriptions(
    request: Request, pseudonym: Pseudonym
) -> tuple[PrescriptionShape, ...]:
    """Return each prescription with its versions."""
    async with _reading(request, pseudonym, "prescriptions") as (scope, who):
        return await patient_queries.patient_prescriptions(scope.conn, who, scope.now_ms)


@data_router.get("/prescriptions/{prescription}/weeks", name="prescription_weeks")
async def answer_prescription_weeks(
    request: Request,
    pseudonym: Pseudonym,
    prescription: PrescriptionKey,
    ask: Annotated[DatesParams, Query()],
) -> PrescriptionWeeksAnswer:
    """Return the weeks of a prescription up to now, and adherence over them."""
    async with _reading(request, pseudonym, f"prescription:{prescription}") as (scope, who):
        return await patient_queries.patient_prescription_weeks(
            scope.conn, who, scope.now_ms, prescription, ask
        )
