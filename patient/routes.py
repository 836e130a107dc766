"""The routes of the patient door, and the few that show no page: files, health, counters.

Every route is listed here, so that a test can ask who may call it.
"""

from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response

from patient.blocking import BLOCK_PATH, lift_own_block, set_own_block, show_block
from patient.config import BACK_PATH, LINK_PATH, patient_door_of
from patient.entry import ENTER_PATH, leave, show_door_link, take_door_link
from patient.history.data import show_accesses, show_data
from patient.linking.pages import ASSETS, LINK_STATIC, STATIC_PATH
from patient.linking.routes import (
    answer_callback,
    answer_link,
    show_link,
    show_outcome,
    withdraw_link,
)
from patient.report.reporting import show_report, take_report
from patient.rights import RIGHTS_PATH, ask_for_right, fetch_right_file, show_rights
from patient.sign_in.provider_pages import REFUSED_PATH, send_to_sign_in, show_refusal, take_sign_in
from patient.sources import SOURCES_PATH, connect_source, show_sources, withdraw_source
from patient.today import show_today
from storage.pg.health import database_answers
from web.request_metrics import METRICS_TYPE
from web.sign_in.code_flow import CALLBACK_PATH, SIGN_IN_PATH

_FOREVER = "public, max-age=31536000, immutable"


async def static_file(name: str) -> Response:
    """Serve a file of the pages."""
    if name not in ASSETS:
        raise HTTPException(404)
    headers = {"cache-control": _FOREVER}
    return FileResponse(LINK_STATIC / name, media_type=ASSETS[name], headers=headers)


async def health() -> Response:
    """Return 200 as long as the process runs."""
    return PlainTextResponse("ok\n")


async def readiness(request: Request) -> Response:
    """Return 200 while the database answers, else 503."""
    if not await database_answers(patient_door_of(request).pool):
        return PlainTextResponse("the database does not answer\n", 503)
    return PlainTextResponse("ready\n")


async def own_metrics(request: Request) -> Response:
    """Return the counters in the Prometheus text format."""
    return Response(patient_door_of(request).metrics.prometheus_text(), media_type=METRICS_TYPE)


# Path, endpoint and method of each route. Where a patient's data are shown, `open_visit` is first.
ROUTES: tuple[tuple[str, Callable[..., Awaitable[Response]], str], ...] = (
    ("/", show_today, "GET"),
    ("/report", show_report, "GET"),
    ("/report", take_report, "POST"),
    (SOURCES_PATH, show_sources, "GET"),
    (f"{SOURCES_PATH}/connect", connect_source, "POST"),
    (f"{SOURCES_PATH}/withdraw", withdraw_source, "POST"),
    ("/data", show_data, "GET"),
    ("/looked", show_accesses, "GET"),
    (RIGHTS_PATH, show_rights, "GET"),
    (RIGHTS_PATH, ask_for_right, "POST"),
    (f"{RIGHTS_PATH}/files/{{number}}", fetch_right_file, "GET"),
    (BLOCK_PATH, show_block, "GET"),
    (BLOCK_PATH, set_own_block, "POST"),
    (f"{BLOCK_PATH}/lift", lift_own_block, "POST"),
    (f"{ENTER_PATH}/{{link}}", show_door_link, "GET"),
    (f"{ENTER_PATH}/{{link}}", take_door_link, "POST"),
    ("/leave", leave, "POST"),
    (SIGN_IN_PATH, send_to_sign_in, "GET"),
    (CALLBACK_PATH, take_sign_in, "GET"),
    (f"{REFUSED_PATH}/{{why}}", show_refusal, "GET"),
    (f"{LINK_PATH}/{{link}}", show_link, "GET"),
    (f"{LINK_PATH}/{{link}}", answer_link, "POST"),
    (f"{LINK_PATH}/{{link}}/withdraw", withdraw_link, "POST"),
    (f"{BACK_PATH}/{{connector}}", answer_callback, "GET"),
    (f"{BACK_PATH}/{{connector}}/{{outcome}}", show_outcome, "GET"),
    (f"{STATIC_PATH}/{{name}}", static_file, "GET"),
    ("/healthz", health, "GET"),
    ("/readyz", readiness, "GET"),
    ("/metrics", own_metrics, "GET"),
)
