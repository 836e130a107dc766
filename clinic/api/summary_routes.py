"""The JSON API for the follow-up summary: the figures that its page, text and PDF show."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from clinic.api.api_routes import Pseudonym
from clinic.request_scope import open_scope
from clinic.summary.figures import FollowUp
from clinic.summary.summarising import LEAST_PERIOD, LONGEST_PERIOD, USUAL_WEEKS, summarise
from web.problems import documented

PeriodWeeks = Annotated[
    int,
    Query(ge=LEAST_PERIOD, le=LONGEST_PERIOD, description="Weeks, the running week with them"),
]

summary_router = APIRouter(
    prefix="/api/v1/patients/{pseudonym}",
    tags=["follow-up summary"],
    responses=documented(401, 404, 422),
)


@summary_router.get("/summary", name="summary")
async def answer_summary(
    request: Request, pseudonym: Pseudonym, weeks: PeriodWeeks = USUAL_WEEKS
) -> FollowUp:
    """Return the figures of a follow-up; 422 below the minimum of data, with what is missing."""
    async with open_scope(request) as scope:
        return await summarise(scope, pseudonym, weeks)
