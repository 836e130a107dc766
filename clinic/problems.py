"""Error answers of the clinician door: problem details for programs, a page for browsers.

An answer never names a patient, and to a program it never repeats what was sent. A page gives what
somebody wrote in a form back to them, so that it is not lost.
"""

from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clinic.answers.moments import QueryParamsError
from clinic.api.patient_queries import NotThereError
from clinic.pages.templating import render
from clinic.sign_in import csrf_guard
from clinic.unsent import unsent_form, way_back
from runtime.log_lines import get_logger
from storage.pg.health import AWAY, UNWRITABLE
from web.problems import (
    PROBLEM_TYPE,
    ProblemDetails,
    RequestRefused,
    problem_details,
    violation_of,
)

RETRY_S = 5
MALFORMED = "The request is not as described."
DATABASE_AWAY = "The database did not answer in time. Try again."

_log = get_logger(__name__)


def install_problems(app: FastAPI) -> None:
    """Make `app` answer errors as problems.

    These are refusals, unknown paths, malformed requests and a database that is away.
    """
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(QueryParamsError, _unanswerable)
    app.add_exception_handler(NotThereError, _not_there)
    for kind in (*AWAY, *UNWRITABLE):
        app.add_exception_handler(kind, _database_away)


async def problem_response(
    request: Request, problem: ProblemDetails, headers: dict[str, str] | None = None
) -> Response:
    """Return a problem as JSON, or as a page when a browser requests a page."""
    # The API answers JSON even to a browser, whose Accept header names HTML.
    for_program = request.url.path.startswith("/api/")
    if for_program or "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(problem.model_dump(), problem.status, headers, PROBLEM_TYPE)
    # what another site has sent is not shown as if it were the reader's
    is_own = not csrf_guard.is_from_another_site(request)
    unsent = await unsent_form(request) if is_own else None
    context = {"problem": problem, "unsent": unsent, "back": way_back(request.url.path)}
    return render(request, "problem.html", context, status=problem.status, headers=headers)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    errors = error.errors if isinstance(error, RequestRefused) else ()
    problem = problem_details(error.status_code, str(error.detail), errors)
    return await problem_response(request, problem, dict(error.headers or {}))


async def _malformed(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    violations = [violation_of(row) for row in error.errors()]
    problem = problem_details(HTTPStatus.UNPROCESSABLE_ENTITY, MALFORMED, violations)
    return await problem_response(request, problem)


async def _unanswerable(request: Request, error: Exception) -> Response:
    problem = problem_details(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    return await problem_response(request, problem)


async def _not_there(request: Request, error: Exception) -> Response:
    return await problem_response(request, problem_details(HTTPStatus.NOT_FOUND, str(error)))


async def _database_away(request: Request, error: Exception) -> Response:
    # Only the type is logged: the database quotes values, such as names, in its error texts.
    _log.warning("the database is away", error=type(error).__name__)
    problem = problem_details(HTTPStatus.SERVICE_UNAVAILABLE, DATABASE_AWAY)
    return await problem_response(request, problem, {"retry-after": str(RETRY_S)})
