"""The vendor door over HTTP: hooks, files and reports in, 202 out once the log has them. FastAPI, values injected.

Must never decode a body, hold a database or say anything of a patient. Every error is an RFC 9457 problem.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from ingest.clock_watch import Agreement
from ingest.metrics import Metrics
from ingest.openapi import HOOK, HOOK_WITH_LINK, REPORT, UPLOAD, described, problems
from ingest.problems import Problem, Refused, problem_response, refused
from ingest.receive import Door, Incoming, find, receive
from ingest.vendors.files import FILES
from ingest.vendors.reports import REPORTS

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def vendor_app(door: Door) -> FastAPI:
    """Return the ASGI application of the vendor door; ValueError when a connector's secret is no key."""
    check_secrets(door)
    metrics = Metrics()
    app = FastAPI(
        title="Kadens vendor door",
        version="1",
        summary="Takes what watches and apps push.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(door),
    )
    _errors(app)
    _intake(app, door, metrics)
    _service(app, door, metrics)
    app.state.count = (
        metrics.ended
    )  # for the server, which refuses some requests before the application sees them
    app.state.registry = metrics.registry
    app.openapi = described(app)  # type: ignore[method-assign]  # FastAPI's own way to complete it
    return app


def check_secrets(door: Door) -> None:
    """Raise ValueError, which names the connector and not the secret, where a secret is no key at all."""
    for connector in door.connectors:
        for scheme in connector.schemes:
            try:
                for secret in door.secrets.get(connector.name, ()):
                    scheme.key(secret)
            except ValueError as error:
                raise ValueError(
                    f"a secret of the connector {connector.name} is no key of {scheme.name}"
                ) from error


def _lifespan(door: Door) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await door.publisher.start()
        if door.watch is not None:
            await door.watch.start()
        await door.links.revoked.start()
        yield
        await door.links.revoked.stop()
        if door.watch is not None:
            await door.watch.stop()
        await door.publisher.stop()

    return lifespan


def _intake(app: FastAPI, door: Door, metrics: Metrics) -> None:
    take = _taker(door, metrics)

    @app.post("/v1/hooks/{connector}", **HOOK)
    async def hook(connector: str, request: Request) -> Response:
        """Take one signed body of a connector."""
        return await take(connector, "", request)

    @app.post("/v1/hooks/{connector}/{token}", **HOOK_WITH_LINK)
    async def hook_with_link(connector: str, token: str, request: Request) -> Response:
        """Take one body of a connector for the patient of the link token; signed where the connector signs."""
        return await take(connector, token, request)

    @app.post("/v1/files", **UPLOAD)
    async def files(request: Request) -> Response:
        """Take one file, as it is, for the patient of the bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return await take(FILES.name, token.strip() if scheme.lower() == "bearer" else "", request)

    @app.post("/v1/reports", **REPORT)
    async def reports(request: Request) -> Response:
        """Take what a patient reported in an app; signed with the app's secret."""
        return await take(REPORTS.name, "", request)


def _taker(door: Door, metrics: Metrics) -> Callable[[str, str, Request], Awaitable[Response]]:
    async def take(name: str, token: str, request: Request) -> Response:
        started = time.perf_counter()
        known = "unknown"
        try:
            connector = find(door, name)
            known = connector.name
            incoming = Incoming(headers=dict(request.headers), stream=request.stream(), token=token)
            sha256, size = await receive(door, connector, incoming)
        except Refused as error:
            metrics.refused(known, error.problem.reason)
            return problem_response(error.problem)
        metrics.received(known, size, time.perf_counter() - started)
        return Response(
            orjson.dumps({"received": sha256}), HTTPStatus.ACCEPTED, media_type="application/json"
        )

    return take


def _service(app: FastAPI, door: Door, metrics: Metrics) -> None:
    @app.get("/healthz", tags=["service"], responses={200: {"description": "The process runs."}})
    async def healthz() -> dict[str, str]:
        """Say that the process runs."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["service"], responses=problems("not_ready", "clock"))
    async def readyz() -> dict[str, str]:
        """Say whether the log answers, this door's clock agrees with the log's, and revoked links are known here."""
        if not (door.links.revoked.fresh() and await door.publisher.ready()):
            raise refused("not_ready")
        agreement = door.watch.agreement if door.watch is not None else Agreement.NOT_MEASURED
        if agreement is Agreement.DIFFERS:
            raise refused("clock")
        return {"status": "ready", "clock": agreement}

    @app.get(
        "/metrics",
        tags=["service"],
        response_class=Response,
        responses={
            200: {
                "description": "Prometheus text",
                "content": {"text/plain": {"schema": {"type": "string"}}},
            }
        },
    )
    async def metrics_() -> Response:
        """Give the door's counters to Prometheus."""
        return Response(metrics.text(), headers={"content-type": METRICS_TYPE})


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refusal(_request: Request, error: Refused) -> Response:
        return problem_response(error.problem)

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        headers = tuple((error.headers or {}).items())
        reason = phrase.lower().replace(" ", "_")
        return problem_response(
            Problem(reason=reason, status=error.status_code, detail=f"{phrase}.", headers=headers)
        )

    @app.exception_handler(Exception)
    async def bug(_request: Request, _error: Exception) -> Response:
        return problem_response(
            Problem(reason="bug", status=500, detail="An error of ours; it was logged.")
        )
