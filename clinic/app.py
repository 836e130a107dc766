"""The clinician door as an ASGI application: pages, API, event stream, health. It reaches the database only.

`create_app` builds it from what the deployer injects; the pool and the listener live from start-up to shutdown.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from mimetypes import guess_type

from fastapi import Depends, FastAPI, Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from clinic import problems
from clinic.api import api_routes, data_routes
from clinic.doors import Clinic, Door, door
from clinic.guard import Guard
from clinic.live import Changes
from clinic.metrics import Numbers
from clinic.pages import page_routes
from clinic.pages.templating import STATIC, packed, plotly
from clinic.problems import Refused
from clinic.request_scope import visiting
from clinic.sign_in import csrf_guard
from storage.people import clinic_sessions
from storage.pg.health import answers
from storage.pg.pool import CLINIC_LIMITS, open_pool
from storage.pg.roles import CLINIC

SUMMARY = "Who needs a look today, why, and on what evidence. No intended medical purpose; for review by a clinician."
FILE_NAME = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
LARGE = 100_000  # bytes
FOREVER = "public, max-age=31536000, immutable"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def create_app(clinic: Clinic) -> FastAPI:
    """Return the application. Its lifespan opens the pool and listens for changes; a database that is away fails it.

    Serve it with a short graceful shutdown: pages hold event streams open.
    """
    app = FastAPI(
        title="Kadens clinician door",
        version="1",
        summary=SUMMARY,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(csrf_guard.own_site)],
    )
    app.state.clinic = clinic
    app.state.numbers = Numbers()
    app.state.count = app.state.numbers.ended
    app.state.registry = app.state.numbers.registry
    problems.install(app)
    app.include_router(api_routes.router)
    app.include_router(data_routes.router)
    app.include_router(page_routes.router)
    _plain_routes(app)
    app.add_middleware(Guard, numbers=app.state.numbers)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    clinic: Clinic = app.state.clinic
    numbers: Numbers = app.state.numbers
    changes = Changes(clinic.database, CLINIC, numbers.changes.inc)
    pool = await open_pool(
        clinic.database, clinic.pool_min, clinic.pool_max, CLINIC_LIMITS, role=CLINIC
    )
    numbers.listeners.set_function(lambda: changes.followers)

    async def alive(sessions: Collection[str]) -> frozenset[str]:
        return await clinic_sessions.alive_now(pool, sessions, clinic.clock(), clinic.idle_ms)

    tasks = {asyncio.create_task(changes.listen()), asyncio.create_task(changes.watch(alive))}
    app.state.door = Door(clinic=clinic, pool=pool, changes=changes, numbers=numbers)
    try:
        yield
    finally:
        changes.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await pool.close()


def _plain_routes(app: FastAPI) -> None:
    app.add_api_route("/events", events, include_in_schema=False)
    app.add_api_route("/static/{name}", static, include_in_schema=False)
    for path, answer, more in (
        ("/healthz", healthy, ()),
        ("/readyz", ready, (503,)),
        ("/metrics", metrics, ()),
    ):
        app.add_api_route(
            path,
            answer,
            response_class=PlainTextResponse,
            responses=problems.documented(*more),
            tags=["operation"],
        )


async def events(request: Request) -> Response:
    """Stream `changed` events of the clinician's care unit to one page, for as long as the session is alive."""
    async with visiting(request, used=False) as visit:
        who = visit.clinician
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = door(request).changes.follow(who.care_unit, who.session)
    return StreamingResponse(stream, headers=headers, media_type="text/event-stream")


async def static(request: Request, name: str) -> Response:
    """Serve one of our own files, or plotly.js from its wheel, a large one packed; nothing else is there."""
    path = plotly() if name == "plotly.min.js" else STATIC / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        raise Refused(404, "There is no such file.")
    kind = guess_type(name)[0] or "application/octet-stream"
    headers = {"cache-control": FOREVER, "vary": "accept-encoding"}
    if path.stat().st_size < LARGE or "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path, media_type=kind, headers=headers)
    data = await asyncio.to_thread(packed, path)
    return Response(data, media_type=kind, headers={**headers, "content-encoding": "gzip"})


async def healthy() -> Response:
    """Answer as long as the process runs."""
    return PlainTextResponse("ok\n")


async def ready(request: Request) -> Response:
    """Answer 200 when the database does, else 503."""
    if not await answers(door(request).pool):
        raise Refused(503, "The database does not answer.")
    return PlainTextResponse("ready\n")


async def metrics(request: Request) -> Response:
    """Return the counters in the Prometheus text format."""
    return Response(door(request).numbers.text(), media_type=CONTENT_TYPE)
