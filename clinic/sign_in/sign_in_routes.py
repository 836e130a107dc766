"""Routes of sign-in at the clinician door, by an OpenID Connect provider.

`install` adds them to the door. They never create a care unit: a clinician from an unknown care
unit is refused. A session is stored by its id, so that ending it ends every copy of its cookie.
"""

from dataclasses import replace
from typing import Annotated
from uuid import uuid4

import httpx2
from fastapi import APIRouter, FastAPI, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clinic import problems
from clinic.config import open_door
from clinic.pages.templating import render
from clinic.request_scope import REFRESH
from clinic.sign_in import admission, csrf_guard
from clinic.sign_in.admission import OTHER_ACCOUNT, SignInRefused, refused_for
from runtime.log_lines import get_logger
from web.problems import RequestRefused, problem_details
from web.sign_in.attempts import Attempts
from web.sign_in.code_flow import (
    CALLBACK_PATH,
    SESSION_COOKIE,
    SIGN_IN_PATH,
    SignIn,
    pending_cookie,
    requested_page,
)
from web.sign_in.cookies import PendingSignIn, seal_identity
from web.sign_in.id_tokens import (
    NotAdmittedError,
    TokenError,
    email_of,
    identity_from_claims,
)
from web.sign_in.identity import Identity
from web.sign_in.provider import CodeError, ProviderError
from web.sign_in.round_trip import (
    answered_claims,
    pending_of,
    redirect_to_provider,
    sign_out_address,
)

TOO_LATE = (
    "This sign-in was begun too long ago, or in another browser. Open the worklist to begin again."
)

_log = get_logger(__name__)
_router = APIRouter(include_in_schema=False)


def install_sign_in(app: FastAPI, sign_in: SignIn) -> None:
    """Add sign-in and sign-out to `app`, and send who opens a page signed out to the sign-in."""
    app.state.sign_in = sign_in
    app.state.attempts = Attempts()
    app.include_router(_router)
    app.add_exception_handler(401, _nobody)


@_router.get(SIGN_IN_PATH)
async def send_to_provider(request: Request, page: str = "/") -> Response:
    """Send the browser to the provider, and store in a cookie what its answer must match."""
    sign_in = _sign_in(request)
    try:
        return await redirect_to_provider(sign_in, page)
    except ProviderError as error:
        raise _provider_away(error) from error


@_router.get(CALLBACK_PATH)
async def take_provider_answer(
    request: Request, state: str = "", code: str = "", iss: str = "", error: str = ""
) -> Response:
    """Check the provider's answer, admit the clinician and show the requested page."""
    sign_in = _sign_in(request)
    pending = pending_of(request, sign_in, state)
    # An answer may be tried once only: the cookie goes away on success and on refusal.
    removed = sign_in.removed_cookie(pending_cookie(state))
    try:
        if pending is None:
            raise refused_for("the answer belongs to no sign-in of this browser", TOO_LATE)
        clinician = await _admitted(request, pending, code=code, iss=iss, error=error)
    except RequestRefused as refused:
        if isinstance(refused, SignInRefused):
            await admission.write_sign_in_refusal(request, refused, sign_in.clock())
        # The answer is made elsewhere, by the handler of refusals: its headers carry the cookie.
        refused.headers = {**(refused.headers or {}), "set-cookie": removed}
        raise
    response = RedirectResponse(pending.page, 303)
    until_ms = sign_in.clock() + sign_in.life_ms
    sealed = seal_identity(sign_in.keys(), sign_in.issuer, clinician, until_ms)
    sign_in.set_cookie(response, SESSION_COOKIE, sealed, sign_in.life_ms)
    response.headers.append("set-cookie", removed)
    return response


@_router.post("/sign-out")
async def sign_out(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """End the session, and show a link to sign out at the provider as well."""
    sign_in = _sign_in(request)
    clinician = open_door(request).clinic.identify(request)
    if clinician is not None:
        csrf_guard.check_form_token(request, token)
        await admission.end_clinic_session(request, clinician, sign_in.clock())
        csrf_guard.count_action(request, "sign_out")
    # The provider's own session lives on: without this link the next sign-in may ask for no
    # password.
    context = {"elsewhere": await sign_out_address(sign_in)}
    response = render(request, "signed_out.html", context)
    response.headers.append("set-cookie", sign_in.removed_cookie(SESSION_COOKIE))
    return response


async def _admitted(
    request: Request, pending: PendingSignIn, *, code: str, iss: str, error: str
) -> Identity:
    """Return the clinician whom the provider's answer names, with a session that has begun.

    Raises `SignInRefused` when the answer admits nobody, and `RequestRefused` (503) when the
    provider does not answer.
    """
    sign_in = _sign_in(request)
    # The provider's error text is not shown: anybody can put words into this address.
    if error or not code:
        why = "the provider sent an error instead of a code"
        raise refused_for(why, "The identity provider did not sign you in.")
    try:
        claims = await answered_claims(sign_in, pending, code, iss)
        identity = identity_from_claims(claims, sign_in.claim_names)
    except (CodeError, TokenError) as refusal:
        text = "The identity provider's answer was not accepted."
        raise refused_for(str(refusal), text) from refusal
    except ProviderError as away:
        raise _provider_away(away) from away
    except NotAdmittedError as refusal:
        raise refused_for("unit or role is missing", f"{refusal} {OTHER_ACCOUNT}") from refusal
    begins_ms = sign_in.clock()
    session = admission.Admitted(
        # A new id at every sign-in, so that nobody can choose it beforehand.
        clinician=replace(identity, session=str(uuid4())),
        email=email_of(claims),
        now_ms=begins_ms,
        until_ms=begins_ms + sign_in.life_ms,
    )
    await admission.welcome(request, session)
    return session.clinician


async def _nobody(request: Request, error: Exception) -> Response:
    """Answer a request without sign-in.

    A page that a person opens leads to the sign-in; every other request gets a problem (401).
    """
    if _opens_page(request):
        params = httpx2.QueryParams({"page": requested_page(request)})
        return RedirectResponse(f"{SIGN_IN_PATH}?{params}", 303)
    problem = problem_details(401, str(getattr(error, "detail", "")))
    return await problems.problem_response(request, problem)


def _opens_page(request: Request) -> bool:
    headers = request.headers
    is_page = "text/html" in headers.get("accept", "") and not request.url.path.startswith("/api/")
    # A page that refreshes itself must get the 401: it then reloads and hides all patient data.
    return is_page and request.method in {"GET", "HEAD"} and REFRESH not in headers


def _sign_in(request: Request) -> SignIn:
    sign_in: SignIn = request.app.state.sign_in
    return sign_in


def _provider_away(error: ProviderError) -> RequestRefused:
    _log.warning("sign-in impossible", reason=str(error))
    return RequestRefused(
        503, "The identity provider cannot be reached, or is not set up as expected."
    )
