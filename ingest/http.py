"""The vendor door over HTTP: hooks, files and reports, answered once the log has them.

Must never decode a body, hold a database or name a patient. Every error is an RFC 9457 problem.
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
from ingest.door import Door, Incoming, Taken
from ingest.metrics import Metrics
from ingest.openapi import HOOK, REPORT, REPORT_SCHEMA, UPLOAD, described, problems
from ingest.problems import Problem, Refused, problem_answer, refused
from ingest.receive import admit, connector_of
from ingest.uploads.page import install_page
from ingest.uploads.routes import install_uploads
from ingest.vendors.files import FILES
from ingest.vendors.reports import REPORTS
from web.api_docs import install_docs

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def vendor_app(door: Door) -> FastAPI:
    """Return the ASGI application of the vendor door.

    Raises ValueError when a connector's secret is no key.
    """
    check_secrets(door)
    metrics = Metrics()
    app = FastAPI(
        # a redirect would name the host that the sender claims, and vendors follow none
        redirect_slashes=False,
        title="Kadens vendor door",
        version="1",
        summary="Takes what watches and apps push.",
        # FastAPI's own page loads scripts from another host; `install_docs` adds ours.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(door),
    )
    _errors(app)
    _intake(app, door, metrics)
    _service(app, door, metrics)
    if door.shelf is not None:
        install_uploads(app, door, door.shelf, metrics)
        install_page(app, door.clinic)
    # for the server around the application, which refuses some requests before they come here
    app.state.count = metrics.ended
    app.state.registry = metrics.registry
    install_docs(app, REPORT_SCHEMA)
    app.openapi = described(app)  # type: ignore[method-assign]  # FastAPI's own way to complete it
    return app


def check_secrets(door: Door) -> None:
    """Raise ValueError where a secret is no key; the text names the connector, not the secret."""
    for connector in door.connectors:
        for secret in door.secrets.get(connector.name, ()):
            try:
                connector.proof.check_key(secret)
            except ValueError as error:
                where = f"a secret of the connector {connector.name}"
                raise ValueError(f"{where} is no key of it: {error}") from error


def _lifespan(door: Door) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # each of these returns after a bounded time, so the door also starts without a broker and
        # answers 503 until there is a log
        await door.publisher.start()
        if door.watch is not None:
            await door.watch.start()
        await door.key_sets.start()
        await door.links.revoked.start()
        yield
        await door.links.revoked.stop()
        await door.key_sets.stop()
        if door.watch is not None:
            await door.watch.stop()
        await door.publisher.stop()

    return lifespan


def _intake(app: FastAPI, door: Door, metrics: Metrics) -> None:
    answer = _answerer(door, metrics)

    @app.post("/v1/hooks/{connector}", **HOOK)
    async def hook(connector: str, request: Request) -> Response:
        """Take one body of a connector; its vendor's handshakes are answered too."""
        return await answer(connector, "", request)

    @app.post("/v1/hooks/{connector}/{segment}", **HOOK)
    async def hook_with_segment(connector: str, segment: str, request: Request) -> Response:
        """Take one body of a connector whose path ends in a link token or a secret."""
        return await answer(connector, segment, request)

    @app.api_route("/v1/hooks/{connector}", methods=["GET", "HEAD"], include_in_schema=False)
    async def probe(connector: str, request: Request) -> Response:
        """Answer the request with which a vendor tries an address."""
        return await answer(connector, "", request)

    @app.api_route(
        "/v1/hooks/{connector}/{segment}", methods=["GET", "HEAD"], include_in_schema=False
    )
    async def probe_with_segment(connector: str, segment: str, request: Request) -> Response:
        """Answer the request with which a vendor tries an address that has a segment."""
        return await answer(connector, segment, request)

    @app.post("/v1/files", **UPLOAD)
    async def files(request: Request) -> Response:
        """Take one file, as it is, for the patient of the bearer token."""
        return await answer(FILES.name, "", request)

    @app.post("/v1/reports", **REPORT)
    async def reports(request: Request) -> Response:
        """Take what a patient reported in an app; signed with the app's secret."""
        return await answer(REPORTS.name, "", request)


def _answerer(door: Door, metrics: Metrics) -> Callable[[str, str, Request], Awaitable[Response]]:
    async def answer(name: str, segment: str, request: Request) -> Response:
        started = time.perf_counter()
        # a name from the path becomes a label only once a connector has it: otherwise a client
        # could add labels to the metrics without end
        known = "unknown"
        try:
            connector = connector_of(door, name)
            known = connector.name
            taken = await admit(door, connector, _incoming(segment, request))
        except Refused as error:
            metrics.refused(known, error.problem.reason)
            return problem_answer(error.problem)
        if taken.sha256:
            metrics.received(known, taken.size, time.perf_counter() - started)
            metrics.compacted(known, taken.by_compact)
        else:
            metrics.shaken(known)
        return _response(taken)

    return answer


def _incoming(segment: str, request: Request) -> Incoming:
    # from the end, so that of a repeated header the first one counts
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in reversed(request.headers.raw)
    }
    return Incoming(
        method=request.method,
        headers=headers,
        query=dict(request.query_params) if request.scope["query_string"] else {},
        stream=request.stream(),
        segment=segment,
    )


def _response(taken: Taken) -> Response:
    """Return the answer that the vendor expects, or by default 202 with the payload's digest."""
    if taken.answer is None:
        receipt = orjson.dumps({"received": taken.sha256, **taken.shown})
        return Response(receipt, HTTPStatus.ACCEPTED, media_type="application/json")
    # an answer without a body states no type of it
    media_type = taken.answer.media_type if taken.answer.body else None
    return Response(taken.answer.body, taken.answer.status, media_type=media_type)


def _service(app: FastAPI, door: Door, metrics: Metrics) -> None:
    @app.get("/healthz", tags=["service"], responses={200: {"description": "The process runs."}})
    async def healthz() -> dict[str, str]:
        """Tell that the process runs."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["service"], responses=problems("not_ready", "clock"))
    async def readyz() -> dict[str, str]:
        """Tell whether the log answers, the clocks agree and revoked links are known here."""
        # a door that cannot tell which links are revoked must get no traffic: it would take bodies
        # with a token that was revoked meanwhile
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
        return Response(metrics.text(), headers={"content-type": _METRICS_TYPE})


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refusal(_request: Request, error: Refused) -> Response:
        return problem_answer(error.problem)

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        headers = tuple((error.headers or {}).items())
        reason = phrase.lower().replace(" ", "_")
        return problem_answer(
            Problem(reason=reason, status=error.status_code, detail=f"{phrase}.", headers=headers)
        )

    @app.exception_handler(Exception)
    async def bug(_request: Request, _error: Exception) -> Response:
        return problem_answer(
            Problem(reason="bug", status=500, detail="An error of ours; it was logged.")
        )
