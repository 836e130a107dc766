"""The routes of sign-in by the identity provider at the patient door.

What the way to the provider and back must hold is checked in `web.sign_in`, for both doors alike. A
session of a patient is the same as that of a one-time link.
"""

from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from patient.config import OpenPatientDoor, PatientSignIn, patient_door_of
from patient.entry import begin_visit
from patient.own_pages import door_page
from patient.sign_in.by_number import number_of_claims, patient_of_number
from patient.sign_in.refusals import REFUSAL_PAGES, DoorRefusal, PatientRefusedError
from patient.visit import (
    LIFE_MS,
    new_session_secret,
    session_cookie,
    session_secret,
    set_door_cookie,
)
from runtime.log_lines import get_logger
from storage import audit
from storage.audit_actions import AuditAction
from storage.people.errors import AccountClosedError
from web.sign_in.code_flow import SIGN_IN_PATH, pending_cookie
from web.sign_in.cookies import PendingSignIn
from web.sign_in.id_tokens import Claims, TokenError
from web.sign_in.provider import CodeError, ProviderError
from web.sign_in.round_trip import answered_claims, pending_of, redirect_to_provider

REFUSED_PATH = f"{SIGN_IN_PATH}/refused"
# Whoever fails to sign in has proved no name.
NOBODY_AT_DOOR = audit.Actor(subject="nobody", role="unknown")

_log = get_logger(__name__)


async def send_to_sign_in(request: Request, page: str = "/") -> Response:
    """Send the browser to the provider, and bring it back to `page` afterwards."""
    sign_in = _sign_in_of(request)
    try:
        return await redirect_to_provider(sign_in, page)
    except ProviderError as error:
        _log.warning("sign-in impossible", reason=str(error))
        return _to_refusal(DoorRefusal.AWAY, page)


async def take_sign_in(
    request: Request, state: str = "", code: str = "", iss: str = "", error: str = ""
) -> Response:
    """Check the provider's answer, begin the patient's session, and show the requested page."""
    door, sign_in = patient_door_of(request), _sign_in_of(request)
    pending = pending_of(request, sign_in, state)
    page = pending.page if pending else "/"
    try:
        claims = await _claims_of(sign_in, pending, "" if error else code, iss)
        secret = await _signed_in(door, sign_in, claims, old=session_secret(request))
        response: Response = RedirectResponse(page, 303)
        set_door_cookie(door, response, session_cookie(door), secret, LIFE_MS // 1000)
    except PatientRefusedError as refused:
        await _write_refusal(door, refused)
        response = _to_refusal(refused.refusal, page)
    # An answer may be tried once only: the cookie goes away on success and on refusal.
    response.headers.append("set-cookie", sign_in.removed_cookie(pending_cookie(state)))
    return response


async def show_refusal(request: Request, why: str) -> Response:
    """Show why a sign-in ended without a session, and what the patient can do."""
    _sign_in_of(request)  # a door without a provider has no such page
    refusal = DoorRefusal.__members__.get(why.upper())
    if refusal is None:
        raise HTTPException(404)
    page = REFUSAL_PAGES[refusal]
    return door_page(request, "refused.html", status=page.status, page=page)


# An address of its own: the page can be read again, and in another language, without the answer of
# the provider, which works once.
def _to_refusal(refusal: DoorRefusal, page: str) -> Response:
    language = QueryParams(page.partition("?")[2]).get("lang", "")
    wanted = f"?{urlencode({'lang': language})}" if language else ""
    return RedirectResponse(f"{REFUSED_PATH}/{refusal.name.lower()}{wanted}", 303)


async def _claims_of(
    sign_in: PatientSignIn, pending: PendingSignIn | None, code: str, iss: str
) -> Claims:
    if pending is None:
        raise PatientRefusedError(DoorRefusal.LATE)
    # The provider's error text is not shown: anybody can put words into this address.
    if not code:
        raise PatientRefusedError(DoorRefusal.DECLINED)
    try:
        return await answered_claims(sign_in, pending, code, iss)
    except (CodeError, TokenError) as error:
        raise PatientRefusedError(DoorRefusal.NOT_ACCEPTED, str(error)) from error
    except ProviderError as error:
        raise PatientRefusedError(DoorRefusal.AWAY, str(error)) from error


async def _signed_in(
    door: OpenPatientDoor, sign_in: PatientSignIn, claims: Claims, *, old: str
) -> str:
    """Begin the session of the patient whom the claims name, and return its new secret."""
    number, secret = number_of_claims(sign_in, claims), new_session_secret()
    try:
        async with door.pool.connection() as conn:
            patient = await patient_of_number(conn, sign_in, number)
            await begin_visit(door, conn, patient, secret, old=old)
    except AccountClosedError as error:
        raise PatientRefusedError(DoorRefusal.CLOSED) from error
    return secret


async def _write_refusal(door: OpenPatientDoor, refused: PatientRefusedError) -> None:
    """Write a row of a failed sign-in; above the limit of a minute it is only counted."""
    now_ms = door.now()
    _log.warning("sign-in refused", reason=refused.detail or refused.refusal.value)
    unwritten = door.attempts.take(now_ms)
    if unwritten is None:
        return
    detail = {
        "door": "patient",
        "reason": refused.refusal.value,
        **({"unwritten": unwritten} if unwritten else {}),
    }
    entry = audit.AuditEntry(
        at_ms=now_ms, actor=NOBODY_AT_DOOR, action=AuditAction.SIGN_IN_REFUSED, detail=detail
    )
    async with door.pool.connection() as conn:
        await audit.write_entry(conn, entry)


def _sign_in_of(request: Request) -> PatientSignIn:
    sign_in = patient_door_of(request).config.sign_in
    if sign_in is None:
        raise HTTPException(404)  # this door is entered by links alone
    return sign_in
