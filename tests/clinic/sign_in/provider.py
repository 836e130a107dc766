"""A tiny OpenID Connect provider on loopback for the tests.

It signs everybody in as the same person and returns false answers on request. It holds clients to
the protocol: registered address, PKCE, client secret, and a code that is valid once.
"""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from web.server import Serving, server

CLIENT, SECRET = "kadens door", "s3cret:&+%"  # as awkward as RFC 6749 allows
SIGN_IN_NOW = 1_790_000_000_000
RSA = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "one"})
CLAIMED_PERSON = {
    "sub": "u-1",
    "name": "Karin Lind",
    "email": "karin@example.org",
    "care_unit": "Physiotherapy North",
    "roles": ["offline_access", "physiotherapist"],
}


def sign(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSA, ["RS256"])


@dataclass(slots=True)
class Provider:
    """The provider's state; tests change `person`, `sign`, `claims` and `description`."""

    url: str
    redirect: str = ""
    clock: Callable[[], int] = lambda: SIGN_IN_NOW
    person: dict[str, Any] = field(default_factory=lambda: dict(CLAIMED_PERSON))
    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] = sign
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def honest(self) -> None:
        self.person, self.claims, self.description, self.sign = dict(CLAIMED_PERSON), {}, {}, sign
        self.requests.clear()
        self.clock = lambda: SIGN_IN_NOW

    def discovery(self) -> dict[str, Any]:
        where = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?theme=plain",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "authorization_response_iss_parameter_supported": True,
        }
        return {**where, **self.description}

    def authorized(self, values: dict[str, str]) -> Response:
        assert values["theme"] == "plain"
        assert (values["response_type"], values["client_id"], values["redirect_uri"]) == (
            "code",
            CLIENT,
            self.redirect,
        )
        assert values["code_challenge_method"] == "S256"
        assert "openid" in values["scope"].split()
        assert min(len(values["state"]), len(values["nonce"]), len(values["code_challenge"])) >= 43
        code = secrets.token_urlsafe(8)
        self.codes[code] = values
        answer = httpx2.QueryParams({"code": code, "state": values["state"], "iss": self.url})
        return RedirectResponse(f"{self.redirect}?{answer}", 302)

    def redeemed(self, form: dict[str, str], account: str) -> Response:
        if account != f"{CLIENT}:{SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        begun = self.codes.pop(form["code"], None)
        verifier = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            begun is None
            or challenge != begun["code_challenge"]
            or form["redirect_uri"] != self.redirect
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = self.clock() // 1000
        own = {"iss": self.url, "aud": CLIENT, "nonce": begun["nonce"], "iat": now, "exp": now + 60}
        token = self.sign({**self.person, **own, **self.claims})
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": token})


def app(provider: Provider) -> Starlette:
    async def discovery(_: Request) -> Response:
        provider.requests.append("discovery")
        return JSONResponse(provider.discovery())

    async def authorize(request: Request) -> Response:
        return provider.authorized(dict(request.query_params))

    async def token(request: Request) -> Response:
        provider.requests.append("token")
        kind, _, result = request.headers.get("authorization", "").partition(" ")
        form = {name: str(value) for name, value in (await request.form()).items()}
        if kind == "Basic":
            account = ":".join(map(unquote_plus, base64.b64decode(result).decode().split(":")))
        else:
            account = f"{form.get('client_id')}:{form.get('client_secret')}"
        return provider.redeemed(form, account)

    async def keys(_: Request) -> Response:
        provider.requests.append("keys")
        return JSONResponse({"keys": [RSA.as_dict(private=False)]})

    async def end(request: Request) -> Response:
        provider.requests.append("end")
        assert set(request.query_params) == {"client_id", "post_logout_redirect_uri"}
        return PlainTextResponse("The session has ended.")

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/keys", keys),
            Route("/end", end),
        ]
    )


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run a provider on a free loopback port."""
    with listening() as (door, url), served_provider(app(provider := Provider(url=url)), door):
        yield provider


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    """Bind a free loopback port, and give its address."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        yield door, f"http://127.0.0.1:{door.getsockname()[1]}"


@contextmanager
def served_provider(application: ASGIApp, door: socket.socket) -> Iterator[None]:
    """Serve an application in a thread, from its start-up to its shutdown."""
    made = server(application, Serving(host="127.0.0.1", port=0, graceful_s=1))
    thread = threading.Thread(target=made.run, args=([door],))
    thread.start()
    deadline = time.monotonic() + 20
    try:
        while not made.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            thread.join(0.01)
        yield
    finally:
        made.should_exit = True
        thread.join(20)
