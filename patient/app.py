"""The patient door as an ASGI application: the pages of a link, the way back from a vendor, health.

Thin: what a step does is in `linking`, what a page says in `pages`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)

from fetcher.client import VendorClient
from patient.binding import COOKIE_S, Binding, authorize_address, new_binding
from patient.blocking import BLOCK_PATH, lift_own_block, set_own_block, show_block
from patient.config import BACK_PATH, LINK_PATH, OpenPatientDoor, PatientConfig, patient_door_of
from patient.entry import ENTER_PATH, leave, show_door_link, take_door_link
from patient.history.data import show_data, show_readers
from patient.linking import (
    LinkOutcome,
    LinkStep,
    begin_linking,
    connect,
    look_at,
    take_answer,
    withdraw,
)
from patient.metrics import PatientMetrics
from patient.own_pages import YEAR_S, door_page
from patient.pages import (
    ASSETS,
    LINK_STATIC,
    STATIC_PATH,
    STATUS,
    PageView,
    page_of,
)
from patient.report.reporting import show_report, take_report
from patient.rights import RIGHTS_PATH, ask_for_right, fetch_right_file, show_rights
from patient.shown_text import shown_text
from patient.sign_in.provider_pages import (
    REFUSED_PATH,
    send_to_sign_in,
    show_refusal,
    take_sign_in,
)
from patient.sources import SOURCES_PATH, connect_source, show_sources, withdraw_source
from patient.today import show_today
from patient.visit import NotSignedInError, is_foreign, page_language, set_door_cookie
from runtime.log_lines import get_logger
from storage.people.invitations import Invitation
from storage.pg.health import AWAY, UNWRITABLE, database_answers
from storage.pg.pool import CLINIC_LIMITS, open_pool
from storage.pg.roles import PATIENT_DOOR
from storage.rights.consent_texts import ConsentText
from web.audit_origin import AuditOrigin
from web.headers import SecurityHeaders
from web.heads import AnswerHeads
from web.languages import LANGUAGE_COOKIE
from web.request_metrics import METRICS_TYPE, RequestMetrics
from web.sign_in.code_flow import CALLBACK_PATH, SIGN_IN_PATH

_FOREVER = "public, max-age=31536000, immutable"
_LONGEST_CODE = 4096
_POOL = 4
_RETRY_S = 5
# What a way through a vendor's page may come to.
_ENDS = frozenset(LinkOutcome) - {LinkOutcome.INVITED, LinkOutcome.ONWARD, LinkOutcome.UNKNOWN}

_log = get_logger(__name__)


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
    app.add_exception_handler(HTTPException, _plain_problem)
    app.add_exception_handler(NotSignedInError, _nobody)
    for kind in (*AWAY, *UNWRITABLE):
        app.add_exception_handler(kind, _away)
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


async def show_link(request: Request, link: str) -> Response:
    """Show what stands behind a link: what is asked of the patient, or why it holds no more."""
    return _page(request, await look_at(patient_door_of(request), link), link)


async def answer_link(request: Request, link: str) -> Response:
    """Take the patient's answer: note the consent and lead to the vendor's page, or do nothing."""
    door = patient_door_of(request)
    if is_foreign(request):
        return _page(request, LinkStep(outcome=LinkOutcome.FOREIGN), link)
    async with request.form() as form:
        agrees = form.get("answer") == "agree"
    if not agrees:
        step = await look_at(door, link)
        declined = step.outcome is LinkOutcome.INVITED
        outcome = LinkOutcome.DECLINED if declined else step.outcome
        return _page(request, LinkStep(outcome=outcome, invitation=step.invitation), link)
    binding = new_binding()
    step = await begin_linking(door, link, page_language(request), binding)
    if step.outcome is not LinkOutcome.ONWARD or step.invitation is None:
        return _page(request, step, link)
    connector = step.invitation.connector
    ours = door.config.vendors[connector].client
    if ours is None:
        return _page(request, LinkStep(outcome=LinkOutcome.CLOSED), link)
    onward = authorize_address(ours, door.config.callback(connector), binding)
    response = _page(request, step, link, onward)
    # Not a redirect: the content policy lets a form lead to this door only.
    response.headers["refresh"] = f"0; url={onward}"
    _set_cookie(door, response, binding.cookie, COOKIE_S)
    return response


async def answer_callback(request: Request, connector: str) -> Response:
    """Take a browser that comes back from a vendor's page, with a code or without."""
    door, query = patient_door_of(request), request.query_params
    cookie = request.cookies.get(_cookie_name(door), "")
    binding = Binding(state=query.get("state", ""), cookie=cookie)
    step = await take_answer(door, connector, binding)
    if step.outcome is LinkOutcome.INVITED and step.invitation is not None:
        code = query.get("code", "")
        if query.get("error") or not 0 < len(code) <= _LONGEST_CODE:
            outcome = LinkOutcome.DENIED
        else:
            shown = _shown(door, step.invitation)
            outcome = await connect(door, step.invitation, code, binding, shown)
        step = LinkStep(outcome=outcome, invitation=step.invitation)
    response = _ended(request, step, connector)
    if step.outcome is not LinkOutcome.BROWSER:
        _set_cookie(door, response, "", 0)
    return response


def _ended(request: Request, step: LinkStep, connector: str) -> Response:
    """Lead to the page of an outcome: it can be loaded again, and in another language."""
    door, invitation = patient_door_of(request), step.invitation
    if invitation is None:
        return _page(request, step)  # nothing was taken, so the address still answers the same
    language = page_language(request, invitation.language)
    _count(door, connector, step.outcome)
    # an address of its own, as the answer of the vendor works once
    path = f"{BACK_PATH}/{connector}/{step.outcome.value}?lang={language}"
    response = RedirectResponse(path, 303)
    set_door_cookie(door, response, LANGUAGE_COOKIE, language, YEAR_S)
    return response


async def show_outcome(request: Request, connector: str, outcome: str) -> Response:
    """Show what a way through a vendor's page came to; it holds words of ours and changes nothing.

    Only an outcome without a form has a page here, so that an address can make nobody send one.
    """
    titles = patient_door_of(request).config.titles
    if outcome not in _ENDS or connector not in titles:
        raise HTTPException(404)
    return _shown_page(request, LinkOutcome(outcome), titles[connector], page_language(request))


async def withdraw_link(request: Request, link: str) -> Response:
    """End the consent and the connection that a link gave."""
    if is_foreign(request):
        return _page(request, LinkStep(outcome=LinkOutcome.FOREIGN), link)
    return _page(request, await withdraw(patient_door_of(request), link), link)


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


def _page(request: Request, step: LinkStep, link: str = "", onward: str = "") -> Response:
    door, invitation = patient_door_of(request), step.invitation
    connector = invitation.connector if invitation is not None else ""
    _count(door, connector, step.outcome)
    return _shown_page(
        request,
        step.outcome,
        door.config.titles.get(connector, connector),
        page_language(request, invitation.language if invitation is not None else ""),
        link=f"{LINK_PATH}/{link}" if link and invitation is not None else "",
        onward=onward,
    )


def _shown_page(
    request: Request,
    outcome: LinkOutcome,
    source: str,
    language: str,
    *,
    link: str = "",
    onward: str = "",
) -> Response:
    view = PageView(
        outcome=outcome,
        language=language,
        clinic=patient_door_of(request).config.clinic,
        source=source,
        link=link,
        onward=onward,
        # the answer to a form is no address: another language begins at the link
        here=link,
    )
    status = STATUS.get(outcome, 200)
    return HTMLResponse(page_of(view), status, headers={"vary": "accept-language, cookie"})


def _count(door: OpenPatientDoor, connector: str, outcome: LinkOutcome) -> None:
    door.metrics.outcomes.labels(connector, outcome.value).inc()


def _shown(door: OpenPatientDoor, invitation: Invitation) -> ConsentText:
    title = door.config.titles.get(invitation.connector, invitation.connector)
    return shown_text(invitation.connector, title, invitation.language, door.now())


def _cookie_name(door: OpenPatientDoor) -> str:
    # `__Host-` keeps the domain's other hosts from setting it
    return "__Host-kadens-link" if door.config.is_secure else "kadens-link"


def _set_cookie(door: OpenPatientDoor, response: Response, value: str, seconds: int) -> None:
    set_door_cookie(door, response, _cookie_name(door), value, seconds)


async def _plain_problem(request: Request, error: Exception) -> Response:
    """Answer what no route takes with a page as plain as the others."""
    if isinstance(error, HTTPException) and error.status_code != STATUS[LinkOutcome.UNKNOWN]:
        return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)
    # what was meant as a link is told as a link, and anything else as a page
    if request.url.path.startswith(f"{LINK_PATH}/"):
        return _page(request, LinkStep(outcome=LinkOutcome.UNKNOWN))
    # a language of the same page, whatever its path is: that of a stranger becomes no link of ours
    return door_page(request, "nothing.html", status=404, here="")


async def _nobody(request: Request, error: Exception) -> Response:
    del error  # it says no more than its kind
    return door_page(request, "nobody.html", status=401)


async def _away(request: Request, error: Exception) -> Response:
    """Answer when the database is away or the audit log takes no row: then nothing is shown."""
    # Only the type is logged: the database quotes values in its error texts.
    _log.warning("the database is away", error=type(error).__name__)
    answer = door_page(request, "away.html", status=503)
    answer.headers["retry-after"] = str(_RETRY_S)
    return answer


# Path, endpoint and method of each route. Where a patient's data are shown, `open_visit` is first.
ROUTES: tuple[tuple[str, Callable[..., Awaitable[Response]], str], ...] = (
    ("/", show_today, "GET"),
    ("/report", show_report, "GET"),
    ("/report", take_report, "POST"),
    (SOURCES_PATH, show_sources, "GET"),
    (f"{SOURCES_PATH}/connect", connect_source, "POST"),
    (f"{SOURCES_PATH}/withdraw", withdraw_source, "POST"),
    ("/data", show_data, "GET"),
    ("/looked", show_readers, "GET"),
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
