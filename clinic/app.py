"""The clinician door as an ASGI application: pages, API, event stream and health.

`create_app` builds it from what the deployer injects. The pool and the listener live from start-up
to shutdown.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial
from mimetypes import guess_type
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from alerts.prescribing import published_prescription
from clinic import problems
from clinic.api import annotation_routes as annotation_api
from clinic.api import (
    api_routes,
    data_routes,
    duty_routes,
    fhir_routes,
    prescription_routes,
    rule_routes,
    summary_routes,
)
from clinic.api.examples import add_examples
from clinic.api.known_query import refuse_unknown_query
from clinic.config import ClinicConfig, OpenDoor, open_door
from clinic.door_links import link_pages
from clinic.duty import duty_pages
from clinic.head_notes import note_heads
from clinic.language import language_routes
from clinic.live import Changes
from clinic.metrics import EVENT_STREAM, ClinicMetrics
from clinic.notes import note_pages
from clinic.pages import page_routes, rule_page_routes
from clinic.pages.templating import STATIC, clinic_languages, packed
from clinic.prescribing import form_routes, list_routes
from clinic.request_scope import open_scope
from clinic.rights import (
    account_pages,
    check_pages,
    correction_pages,
    request_pages,
    support_pages,
)
from clinic.sign_in import csrf_guard
from clinic.summary import summary_pages
from clinic.visiting import shared_pages
from clinic.worklist import review_api, worklist_routes
from model.schemas.documents import SCHEMAS, published
from model.schemas.from_types import JsonSchema
from storage.people import clinic_sessions
from storage.pg.health import database_answers
from storage.pg.pool import CLINIC_LIMITS, open_pool
from storage.pg.roles import CLINIC
from web.api_docs import install_docs
from web.audit_origin import AuditOrigin
from web.headers import SecurityHeaders
from web.heads import AnswerHeads
from web.languages import InLanguage
from web.problems import RequestRefused, add_problem_schema, documented
from web.request_metrics import METRICS_TYPE, RequestMetrics

_SUMMARY = (
    "Which patients need review today, why, and on what evidence. No intended medical purpose; "
    "for review by a clinician."
)
# A name of ours: no slash, and no dot in front.
FILE_NAME = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
LARGE = 100_000  # bytes; below that, packing saves less than it costs
PUBLISHED: dict[str, Callable[[], JsonSchema]] = {
    "prescription": published_prescription,
    **{name: partial(published, name) for name in SCHEMAS},
}
# The address of a file changes with its content (`templating.asset`).
FOREVER = "public, max-age=31536000, immutable"
# The order decides where two routes fit an address.
_ROUTERS: tuple[APIRouter, ...] = (
    api_routes.api_router,
    data_routes.data_router,
    fhir_routes.fhir_router,
    annotation_api.annotation_router,
    prescription_routes.prescription_router,
    rule_routes.rule_router,
    rule_page_routes.rule_pages,
    summary_routes.summary_router,
    worklist_routes.worklist_pages,
    shared_pages.shared_pages,
    review_api.review_router,
    duty_routes.duty_router,
    # Before the page of alerts, whose actions would otherwise be asked for "notes".
    duty_pages.duty_page_router,
    request_pages.request_page_router,
    correction_pages.correction_pages,
    account_pages.account_pages,
    support_pages.support_pages,
    check_pages.check_pages,
    page_routes.page_router,
    list_routes.prescription_pages,
    form_routes.prescribing_pages,
    note_pages.note_pages,
    link_pages,
    summary_pages.summary_pages,
    language_routes.language_router,
)


def create_app(clinic: ClinicConfig) -> FastAPI:
    """Return the application. Its start-up opens the pool and fails without a database.

    Serve it with a short graceful shutdown, because pages keep event streams open.
    """
    app = FastAPI(
        # a redirect would name the host that the sender claims, and vendors follow none
        redirect_slashes=False,
        title="Kadens clinician door",
        version="1",
        summary=_SUMMARY,
        # FastAPI's own page loads scripts from another host; `install_docs` adds ours.
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(csrf_guard.refuse_cross_site)],
    )
    _inject(app, clinic)
    install_docs(app, PUBLISHED)
    _complete_document(app)
    problems.install_problems(app)
    for router in _ROUTERS:
        # pages are asked for with what other sites add to a link, the API by programs
        checks = [Depends(refuse_unknown_query)] if router.prefix.startswith("/api/") else []
        app.include_router(router, dependencies=checks)
    _add_plain_routes(app)
    _wrap(app)
    return app


def _inject(app: FastAPI, clinic: ClinicConfig) -> None:
    """Put what routes and the server read beside the application."""
    metrics = ClinicMetrics()
    app.state.clinic = clinic
    app.state.metrics = metrics
    app.state.count = metrics.refused_by_server  # for the server, which refuses by itself
    app.state.registry = metrics.registry


def _wrap(app: FastAPI) -> None:
    """Add what every request goes through; what is added last is the outermost."""
    app.add_middleware(AnswerHeads)
    app.add_middleware(InLanguage, languages=clinic_languages(), programs="/api/")
    app.add_middleware(AuditOrigin, door="clinic")
    app.add_middleware(SecurityHeaders)
    # it measures everything within
    app.add_middleware(RequestMetrics, observer=app.state.metrics)


def _complete_document(app: FastAPI) -> None:
    """Add the schema of problems and an example of each response to the OpenAPI document."""
    generated = app.openapi

    def openapi() -> dict[str, Any]:
        return add_examples(add_problem_schema(generated()))

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend it


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    clinic: ClinicConfig = app.state.clinic
    metrics: ClinicMetrics = app.state.metrics
    changes = Changes(clinic.database, CLINIC, metrics.changes.inc)
    pool = await open_pool(
        clinic.database, clinic.pool_min, clinic.pool_max, CLINIC_LIMITS, role=CLINIC
    )
    # Counted when it is asked for: no stream can forget to count itself out.
    metrics.listeners.set_function(lambda: changes.followers)

    async def alive(sessions: Collection[str]) -> frozenset[str]:
        return await clinic_sessions.alive_now(pool, sessions, clinic.clock(), clinic.idle_ms)

    tasks = {asyncio.create_task(changes.listen()), asyncio.create_task(changes.watch(alive))}
    if clinic.note_head is not None:
        noting = note_heads(pool, clinic.note_head, metrics.unnoted_heads.inc)
        tasks.add(asyncio.create_task(noting))
    app.state.door = OpenDoor(clinic=clinic, pool=pool, changes=changes, metrics=metrics)
    try:
        yield
    finally:
        changes.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await pool.close()


def _add_plain_routes(app: FastAPI) -> None:
    app.add_api_route(EVENT_STREAM, events, include_in_schema=False)
    app.add_api_route("/static/{name}", static, include_in_schema=False)
    for path, endpoint, statuses in (
        ("/healthz", healthy, ()),
        ("/readyz", ready, (503,)),
        ("/metrics", prometheus_metrics, ()),
    ):
        app.add_api_route(
            path,
            endpoint,
            response_class=PlainTextResponse,
            responses=documented(*statuses),
            tags=["operation"],
        )


async def events(request: Request) -> Response:
    """Stream the `changed` events of the clinician's care unit while the session lasts."""
    # The scope closes before the stream begins: an open page must not occupy a connection.
    async with open_scope(request, used=False) as scope:
        who = scope.clinician
    # nginx would otherwise hold events back until its buffer is full.
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = open_door(request).changes.follow(who.care_unit, who.session)
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


async def static(request: Request, name: str) -> Response:
    """Serve a static file of the door. Large files are compressed."""
    path = STATIC / name
    # The pattern admits no slash and no dot in front, so no name leads out of the folder.
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        raise RequestRefused(404, "There is no such file.")
    kind = guess_type(name)[0] or "application/octet-stream"
    # One address has two forms, packed and plain, which a cache must keep apart.
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if path.stat().st_size < LARGE or not takes_gzip:
        return FileResponse(path, media_type=kind, headers=headers)
    # Packing takes long enough to hold up every other request.
    data = await asyncio.to_thread(packed, path)
    return Response(data, media_type=kind, headers={**headers, "content-encoding": "gzip"})


async def healthy() -> Response:
    """Return 200 as long as the process runs."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """Return 200 while the database answers, else 503."""
    if not await database_answers(open_door(request).pool):
        raise RequestRefused(503, "The database does not answer.")
    return PlainTextResponse("ready\n")


async def prometheus_metrics(request: Request) -> Response:
    """Return the counters in the Prometheus text format."""
    return Response(open_door(request).metrics.prometheus_text(), media_type=METRICS_TYPE)
