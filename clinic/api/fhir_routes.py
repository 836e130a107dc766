"""A patient's data as FHIR R4, for systems that read it so.

Limited to the clinician's care unit and audited like every other read. It writes nothing.
"""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from clinic import reads
from clinic.answers.fhir import FhirRows, fhir_bundle
from clinic.api.api_routes import Pseudonym
from clinic.request_scope import RequestScope, open_scope
from model import codec
from model.calendar import local_date, monday
from storage.reads import clinic_queries, evidence
from web.problems import documented

FHIR_JSON = "application/fhir+json"
_USUAL = timedelta(weeks=12)
_MOST_SESSIONS = 1_000

fhir_router = APIRouter(
    prefix="/api/v1/patients/{pseudonym}", tags=["FHIR"], responses=documented(401, 404, 422)
)
Since = Annotated[
    date | None, Query(description="The first local date; without it the last twelve weeks")
]


@fhir_router.get(
    "/fhir",
    name="fhir",
    response_class=Response,
    responses={200: {"content": {FHIR_JSON: {"schema": {"type": "object"}}}}},
)
async def answer_fhir(request: Request, pseudonym: Pseudonym, since: Since = None) -> Response:
    """Return sessions, weeks, pain and alerts as a bundle of FHIR R4.

    The patient is there by pseudonym only. Alerts are all that were ever raised.
    """
    async with open_scope(request) as scope:
        who = await reads.read_brief(scope, pseudonym)
        await scope.read("fhir", pseudonym)
        first = since or local_date(scope.now_ms, who.zone) - _USUAL
        rows = await _rows(scope, pseudonym, monday(first))
    content = codec.dumps(fhir_bundle(rows, scope.now_ms))
    return Response(content, media_type=FHIR_JSON, headers={"cache-control": "no-store"})


async def _rows(scope: RequestScope, pseudonym: str, first: date) -> FhirRows:
    conn, unit = scope.conn, scope.unit
    sessions = await clinic_queries.sessions_of(conn, unit, pseudonym, limit=_MOST_SESSIONS)
    alerts = await clinic_queries.alerts_of(conn, unit, pseudonym)
    pages = [await evidence.alert_page(conn, unit, alert.id) for alert in alerts]
    return FhirRows(
        pseudonym=pseudonym,
        sessions=[session for session in sessions if session.local_date >= first],
        weeks=await clinic_queries.weeks_since(conn, unit, pseudonym, first),
        reports=await clinic_queries.pain_since(conn, unit, pseudonym, first),
        alerts=list(filter(None, pages)),
        prescriptions=await clinic_queries.written_versions(conn, unit, pseudonym),
    )
