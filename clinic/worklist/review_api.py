"""The JSON API for the mark "reviewed" on a patient."""

from fastapi import APIRouter, Request

from clinic.api.api_routes import Pseudonym
from clinic.request_scope import open_scope
from clinic.sign_in import csrf_guard
from clinic.worklist import reviewing
from storage.notes.reviews import ReviewRow
from web.problems import documented

review_router = APIRouter(prefix="/api/v1/patients/{pseudonym}", tags=["clinician door"])


@review_router.post("/review", name="review", responses=documented(401, 403, 404, 422))
async def answer_review(request: Request, pseudonym: Pseudonym) -> ReviewRow:
    """Mark a patient as reviewed now. A second mark on the same date changes nothing."""
    async with open_scope(request) as scope:
        row = await reviewing.mark_reviewed(scope, pseudonym)
    csrf_guard.count_action(request, "review")
    return row


@review_router.delete("/review", name="unreview", responses=documented(401, 403, 404, 409, 422))
async def answer_unreview(request: Request, pseudonym: Pseudonym) -> ReviewRow:
    """Take back the clinician's own mark of today and return it; 409 where there is none."""
    async with open_scope(request) as scope:
        row = await reviewing.take_review_back(scope, pseudonym)
    csrf_guard.count_action(request, "unreview")
    return row
