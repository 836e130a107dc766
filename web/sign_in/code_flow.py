"""The browser's side of the authorization code flow with PKCE: addresses and cookies.

Pure but for random values. It keeps no password and no token of the provider.
"""

import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

import httpx2
from starlette.requests import Request
from starlette.responses import Response

from model.keyring import Keys
from web.sign_in.cookies import PendingSignIn, opened_identity
from web.sign_in.id_tokens import ClaimNames
from web.sign_in.identity import Identify, Identity
from web.sign_in.provider import Description, Provider

SIGN_IN_PATH, CALLBACK_PATH = "/sign-in", "/sign-in/callback"
SESSION_COOKIE = "session"
SCOPES = "openid profile email"
_STATE = re.compile(r"[A-Za-z0-9_-]*")
LONGEST_PAGE = 1_000  # characters of the address to return to, which travels in a cookie


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFlow:
    """What the flow needs at each door: the provider, and the keys of the cookies.

    `clock` gives epoch ms. With `asks_again` the provider must ask who is there, even in a browser
    that it knows. `secure` is True where browsers reach the door by https: the cookies are
    then never sent over plain http.
    """

    provider: Provider
    keys: Keys = field(repr=False)
    secure: bool
    asks_again: bool = False
    clock: Callable[[], int]

    @property
    def issuer(self) -> str:
        """Return the provider's name for itself."""
        return self.provider.registration.issuer

    def cookie(self, name: str) -> str:
        """Return a cookie's full name; `__Host-` keeps the domain's other hosts from setting it."""
        return f"__Host-kadens-{name}" if self.secure else f"kadens-{name}"

    def set_cookie(self, response: Response, name: str, value: str, life_ms: int) -> None:
        """Set a cookie that no script can read and no other site's form sends along."""
        response.set_cookie(
            self.cookie(name),
            value,
            max_age=life_ms // 1000,
            secure=self.secure,
            httponly=True,
            # not "strict": the provider's redirect back to us comes from another site and needs it
            samesite="lax",
        )

    def removed_cookie(self, name: str) -> str:
        """Return the value of the Set-Cookie header that removes a cookie."""
        # with all attributes: browsers ignore a `__Host-` cookie that is not `secure`
        response = Response()
        self.set_cookie(response, name, "", 0)
        return response.headers["set-cookie"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(CodeFlow):
    """How clinicians sign in: also the claims to read, and the length of a session in ms."""

    claim_names: ClaimNames
    life_ms: int


def identify_by_cookie(sign_in: SignIn) -> Identify:
    """Return the function by which a door identifies a person: by the session cookie alone."""

    def identify(request: Request) -> Identity | None:
        cookie = request.cookies.get(sign_in.cookie(SESSION_COOKIE), "")
        if not cookie:
            return None
        return opened_identity(sign_in.keys(), sign_in.issuer, cookie, sign_in.clock())

    return identify


def begin_sign_in(page: str) -> PendingSignIn:
    """Return a new sign-in with random state, nonce and verifier, which leads to `page`."""
    return PendingSignIn(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(32),
        page=local_page(page),
    )


def pending_cookie(state: str) -> str:
    """Return the cookie's name for the pending sign-in of this `state`.

    Several tabs may be signing in at the same time, so each sign-in has a cookie of its own.
    """
    # anybody can put any text into the answer's address, and a cookie's name may not hold any text
    start = state[:12]
    return f"begun-{start if _STATE.fullmatch(start) else 'none'}"


def local_page(page: str) -> str:
    """Return `page` when it is an address of this door, else "/": nothing leads to another site."""
    # browsers read "\" as "/", and "//host" as an address on another host
    is_plain = (
        page.isascii() and page.isprintable() and "\\" not in page and len(page) <= LONGEST_PAGE
    )
    is_local = page.startswith("/") and not page.startswith(("//", SIGN_IN_PATH))
    return page if is_plain and is_local else "/"


def requested_page(request: Request) -> str:
    """Return the address of a request, as a page to return to after sign-in."""
    path: bytes = request.scope.get("raw_path") or b"/"
    query: bytes = request.scope["query_string"]
    address = path + (b"?" + query if query else b"")
    return local_page(address.decode("ascii", "replace"))


def authorization_url(sign_in: CodeFlow, description: Description, pending: PendingSignIn) -> str:
    """Return the address at the provider to which the browser is redirected."""
    digest = sha256(pending.verifier.encode()).digest()
    # PKCE: the provider gets the digest now and the verifier with the code, so that a stolen code
    # alone opens nothing
    params = {
        "response_type": "code",
        "client_id": sign_in.provider.registration.client_id,
        "redirect_uri": sign_in.provider.registration.redirect_uri,
        "scope": SCOPES,
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if sign_in.asks_again:
        params["prompt"] = "login"
    return str(httpx2.URL(description.authorization_endpoint).copy_merge_params(params))


def end_session_url(sign_in: CodeFlow, description: Description) -> str:
    """Return the address at which the provider ends its own session, "" when it names none."""
    if not description.end_session_endpoint:
        return ""
    ours = sign_in.provider.registration
    params = {
        "client_id": ours.client_id,
        "post_logout_redirect_uri": ours.redirect_uri.removesuffix(CALLBACK_PATH) + "/",
    }
    return str(httpx2.URL(description.end_session_endpoint).copy_merge_params(params))
