"""Sign-in at the clinician door by an OpenID Connect provider: authorization code with PKCE, a session in a cookie.

`install` adds it to the door. It keeps no password and no token of the provider, and it makes no care unit: who comes
from an unknown one stays outside. What it writes down of a session is its id, so that ending it ends every copy.
"""

import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Annotated
from uuid import uuid4

import httpx
from fastapi import APIRouter, FastAPI, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from clinic import problems
from clinic.doors import door
from clinic.pages.templating import render
from clinic.problems import Refused
from clinic.request_scope import REFRESH
from clinic.sign_in import admission, csrf_guard
from clinic.sign_in.admission import ELSEWHERE, Attempts, SignInRefused, refused_for
from clinic.sign_in.identity import Clinician, Identify
from clinic.sign_in.provider import CodeError, Description, Provider, ProviderError
from clinic.sign_in.session import Begun, opened_begun, opened_clinician, seal_begun, seal_clinician
from clinic.sign_in.tokens import (
    Expected,
    NotAdmittedError,
    Reading,
    TokenError,
    checked,
    clinician_of,
    email_of,
)
from model.keyring import Keys

SIGN_IN, CALLBACK = "/sign-in", "/sign-in/callback"
SCOPE = "openid profile email"
BEGUN_MS = 600_000
LONGEST_PAGE = 1_000

TOO_LATE = (
    "This sign-in was begun too long ago, or in another browser. Open the worklist to begin again."
)

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How clinicians sign in: the provider, the claims to read, the keys of the cookies and how long a session lasts.

    `secure` is True where browsers reach the door by https: then the cookies never travel without.
    """

    provider: Provider
    reading: Reading
    keys: Keys = field(repr=False)
    life_ms: int
    secure: bool
    clock: Callable[[], int]

    @property
    def issuer(self) -> str:
        """Return the provider's name for itself."""
        return self.provider.registration.issuer

    def cookie(self, name: str) -> str:
        """Return a cookie's name; `__Host-` keeps other hosts of the domain from setting it."""
        return f"__Host-kadens-{name}" if self.secure else f"kadens-{name}"


def identify(sign_in: SignIn) -> Identify:
    """Return how the door tells who is there: by the session cookie alone."""

    def by_cookie(request: Request) -> Clinician | None:
        result = request.cookies.get(sign_in.cookie("session"), "")
        return (
            opened_clinician(sign_in.keys(), sign_in.issuer, result, sign_in.clock())
            if result
            else None
        )

    return by_cookie


def install(app: FastAPI, sign_in: SignIn) -> None:
    """Add sign-in and sign-out to the door, and send a person who opens a page signed out to the sign-in."""
    app.state.sign_in = sign_in
    app.state.attempts = Attempts()
    app.include_router(router)
    app.add_exception_handler(401, _unknown)


@router.get(SIGN_IN)
async def begin(request: Request, page: str = "/") -> Response:
    """Send the browser to the provider, and remember in a cookie what must come back."""
    sign_in = _held(request)
    begun = Begun(state=_random(), nonce=_random(), verifier=_random(), page=inside(page))
    try:
        result = await sign_in.provider.description()
    except ProviderError as error:
        raise _away(error) from error
    response = RedirectResponse(_authorization(sign_in, result, begun), 303)
    until = sign_in.clock() + BEGUN_MS
    _set(
        response,
        sign_in,
        _begun_name(begun.state),
        seal_begun(sign_in.keys(), begun, until),
        BEGUN_MS,
    )
    return response


@router.get(CALLBACK)
async def finish(
    request: Request, state: str = "", code: str = "", iss: str = "", error: str = ""
) -> Response:
    """Take the provider's answer, let the clinician in, and show the page that was asked for."""
    sign_in = _held(request)
    waiting = request.cookies.get(sign_in.cookie(_begun_name(state)), "")
    begun = opened_begun(sign_in.keys(), waiting, state, sign_in.clock())
    try:
        if begun is None:
            raise refused_for("the answer belongs to no sign-in of this browser", TOO_LATE)
        clinician = await _let_in(request, begun, code=code, iss=iss, error=error)
    except Refused as refused:
        if isinstance(refused, SignInRefused):
            await admission.write_refusal(request, refused, sign_in.clock())
        refused.headers = {
            **(refused.headers or {}),
            "set-cookie": _forgotten(sign_in, _begun_name(state)),
        }
        raise
    response = RedirectResponse(begun.page, 303)
    sealed = seal_clinician(
        sign_in.keys(), sign_in.issuer, clinician, sign_in.clock() + sign_in.life_ms
    )
    _set(response, sign_in, "session", sealed, sign_in.life_ms)
    response.headers.append("set-cookie", _forgotten(sign_in, _begun_name(state)))
    return response


@router.post("/sign-out")
async def leave(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """End the session, and show the way to sign out at the provider as well."""
    sign_in = _held(request)
    clinician = door(request).clinic.identify(request)
    if clinician is not None:
        csrf_guard.signed(request, token)
        await admission.end(request, clinician, sign_in.clock())
        csrf_guard.counted(request, "sign_out")
    response = render(request, "signed_out.html", {"elsewhere": await _end_of_session(sign_in)})
    response.headers.append("set-cookie", _forgotten(sign_in, "session"))
    return response


async def _let_in(request: Request, begun: Begun, *, code: str, iss: str, error: str) -> Clinician:
    sign_in = _held(request)
    if error or not code:
        raise refused_for(
            "the provider sent an error instead of a code",
            "The identity provider did not sign you in.",
        )
    try:
        claims = await _claims(sign_in, begun, code, iss)
        clinician = clinician_of(claims, sign_in.reading)
    except (CodeError, TokenError) as refusal:
        raise refused_for(
            str(refusal), "The identity provider's answer was not accepted."
        ) from refusal
    except ProviderError as away:
        raise _away(away) from away
    except NotAdmittedError as refusal:
        raise refused_for("unit or role is missing", f"{refusal} {ELSEWHERE}") from refusal
    begins_ms = sign_in.clock()
    session = admission.Admitted(
        clinician=replace(clinician, session=str(uuid4())),
        email=email_of(claims),
        now_ms=begins_ms,
        until_ms=begins_ms + sign_in.life_ms,
    )
    await admission.welcome(request, session)
    return session.clinician


async def _claims(sign_in: SignIn, begun: Begun, code: str, iss: str) -> dict[str, object]:
    ours, provider = sign_in.provider.registration, sign_in.provider
    result = await provider.description()
    if (iss or result.authorization_response_iss_parameter_supported) and iss != ours.issuer:
        raise TokenError("the answer names another issuer")
    token = await provider.redeemed(code, begun.verifier)
    expected = Expected(issuer=ours.issuer, client_id=ours.client_id, nonce=begun.nonce)
    return dict(checked(token, await provider.keys(), expected, sign_in.clock()))


async def _unknown(request: Request, error: Exception) -> Response:
    """Answer who is nobody: the sign-in for a page that a person opens, a problem for all else."""
    if _opens_a_page(request):
        query_params = httpx.QueryParams({"page": _asked_for(request)})
        return RedirectResponse(f"{SIGN_IN}?{query_params}", 303)
    return problems.answer(request, 401, str(getattr(error, "detail", "")))


def _opens_a_page(request: Request) -> bool:
    result = request.headers
    page = "text/html" in result.get("accept", "") and not request.url.path.startswith("/api/")
    return page and request.method in {"GET", "HEAD"} and REFRESH not in result


def _asked_for(request: Request) -> str:
    path: bytes = request.scope.get("raw_path") or b"/"
    query: bytes = request.scope["query_string"]
    return inside((path + (b"?" + query if query else b"")).decode("ascii", "replace"))


def inside(page: str) -> str:
    """Return a page of this door as it was asked for, else "/": nothing here ever leads to another site."""
    plain = page.isascii() and page.isprintable() and "\\" not in page and len(page) <= LONGEST_PAGE
    ours = page.startswith("/") and not page.startswith(("//", SIGN_IN))
    return page if plain and ours else "/"


def _authorization(sign_in: SignIn, description: Description, begun: Begun) -> str:
    challenge = urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
    requested = {
        "response_type": "code",
        "client_id": sign_in.provider.registration.client_id,
        "redirect_uri": sign_in.provider.registration.redirect_uri,
        "scope": SCOPE,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return str(httpx.URL(description.authorization_endpoint).copy_merge_params(requested))


async def _end_of_session(sign_in: SignIn) -> str:
    """Return where the provider ends its own session, "" when it tells no such place or does not answer."""
    try:
        result = await sign_in.provider.description()
    except ProviderError:
        return ""
    ours = sign_in.provider.registration
    requested = {
        "client_id": ours.client_id,
        "post_logout_redirect_uri": ours.redirect_uri.removesuffix(CALLBACK) + "/",
    }
    end = result.end_session_endpoint
    return str(httpx.URL(end).copy_merge_params(requested)) if end else ""


def _held(request: Request) -> SignIn:
    sign_in: SignIn = request.app.state.sign_in
    return sign_in


def _random() -> str:
    return secrets.token_urlsafe(32)


def _begun_name(state: str) -> str:
    """Return a name for each sign-in on its way: several tabs may begin one at once."""
    return f"begun-{state[:12]}"


def _set(response: Response, sign_in: SignIn, name: str, value: str, life_ms: int) -> None:
    response.set_cookie(
        sign_in.cookie(name),
        value,
        max_age=life_ms // 1000,
        secure=sign_in.secure,
        httponly=True,
        samesite="lax",
    )


def _forgotten(sign_in: SignIn, name: str) -> str:
    response = Response()
    _set(response, sign_in, name, "", 0)
    return response.headers["set-cookie"]


def _away(error: ProviderError) -> Refused:
    log.warning("sign-in impossible: %s", error)
    return Refused(503, "The identity provider cannot be reached, or is not set up as expected.")
