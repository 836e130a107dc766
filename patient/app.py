"""The patient door as an ASGI application: what it opens, which routes it has, what surrounds them.

It must never show a page itself: the routes do.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from fetcher.client import VendorClient
from patient.config import OpenPatientDoor, PatientConfig
from patient.failures import away_page, nobody_page, plain_problem
from patient.metrics import PatientMetrics
from patient.routes import ROUTES
from patient.visit import NotSignedInError
from storage.pg.health import AWAY, UNWRITABLE
from storage.pg.pool import CLINIC_LIMITS, open_pool
from storage.pg.roles import PATIENT_DOOR
from web.audit_origin import AuditOrigin
from web.headers import SecurityHeaders
from web.heads import AnswerHeads
from web.request_metrics import RequestMetrics

_POOL = 4


def patient_app(config: PatientConfig) -> FastAPI:
    """Return the application. Its start-up opens the pool and fails without a database."""
    app = FastAPI(
        # a redirect would name the host that the sender claims, and vendors follow none
        redirect_slashes=False,
        title="Kadens patient door",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=partial(_lifespan, config),
    )
    metrics = PatientMetrics()
    app.state.metrics = metrics
    app.state.count = metrics.refused_by_server  # for the server, which refuses by itself
    app.state.registry = metrics.registry
    for path, endpoint, method in ROUTES:
        app.add_api_route(path, endpoint, methods=[method], response_model=None)
    app.add_exception_handler(HTTPException, plain_problem)
    app.add_exception_handler(NotSignedInError, nobody_page)
    for kind in (*AWAY, *UNWRITABLE):
        app.add_exception_handler(kind, away_page)
    # The middleware added last is the outermost: it measures everything within.
    app.add_middleware(AnswerHeads)
    app.add_middleware(AuditOrigin, door="patient")
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestMetrics, observer=metrics)
    return app


@asynccontextmanager
async def _lifespan(config: PatientConfig, app: FastAPI) -> AsyncIterator[None]:
    pool = await open_pool(config.database, 1, _POOL, CLINIC_LIMITS, role=PATIENT_DOOR)
    client = VendorClient()
    await config.log.start()
    app.state.door = OpenPatientDoor(
        config=config, pool=pool, client=client, metrics=app.state.metrics
    )
    try:
        yield
    finally:
        await client.close()
        await config.log.stop()
        await pool.close()
