"""What can go wrong, as RFC 9457 problem details for the API and a plain page for a person. It names no patient."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clinic.answers.moments import QueryParamsError
from clinic.api.patient_queries import NotThereError
from clinic.pages.templating import render
from storage.pg.health import AWAY

MEDIA_TYPE = "application/problem+json"
RETRY_S = 5
log = logging.getLogger(__name__)


class Problem(BaseModel):
    """RFC 9457 problem details. `errors` lists what is wrong with a request, by place."""

    type: str = Field(default="about:blank", description="A URI that names the kind of problem")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str = ""
    errors: list[str] = Field(default_factory=list)


class Refused(HTTPException):
    """A request that is answered with a problem: `status_code` and a `detail` that holds no health value."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route: each status as a problem document."""
    shown = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {status: {"description": HTTPStatus(status).phrase, **shown} for status in statuses}


def install(app: FastAPI) -> None:
    """Answer refusals, unknown paths and malformed requests of `app` as problems."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(QueryParamsError, _unanswerable)
    app.add_exception_handler(NotThereError, _not_there)
    for kind in AWAY:
        app.add_exception_handler(kind, _away)
    plain = app.openapi

    def described() -> dict[str, Any]:
        """Return the document with the schema that `documented` points at."""
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        return document

    app.openapi = described  # type: ignore[method-assign]  # the documented way to extend it


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return answer(request, error.status_code, str(error.detail), headers=dict(error.headers or {}))


async def _malformed(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    places = [
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors()
    ]
    return answer(
        request, HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not as described.", errors=places
    )


async def _unanswerable(request: Request, error: Exception) -> Response:
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, str(error))


async def _away(request: Request, error: Exception) -> Response:
    # the kind alone: texts of the database may quote what it was given
    log.warning("the database is away: %s", type(error).__name__)
    detail = "The database did not answer in time. Try again."
    return answer(
        request, HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"retry-after": str(RETRY_S)}
    )


async def _not_there(request: Request, error: Exception) -> Response:
    return answer(request, HTTPStatus.NOT_FOUND, str(error))


def answer(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: list[str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem as JSON, or as a page where a browser asks for one."""
    title = HTTPStatus(status).phrase
    result = "" if detail == title else detail
    problem = Problem(title=title, status=status, detail=result, errors=errors or [])
    if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)
    return render(request, "problem.html", {"problem": problem}, status=status, headers=headers)
