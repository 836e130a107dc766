"""The client of the identity provider: its description, its keys and its tokens.

Only this module of the folder uses the network. `id_tokens` decides who is admitted. The provider's
description is kept for five minutes. Nothing else is kept: keys are fetched at every sign-in, so
that a change of the provider's keys works at once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote_plus, urlsplit

import httpx2
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from web.sign_in.id_tokens import TokenError, key_set
from web.sign_in.identity import is_loopback

_DISCOVERY_PATH = "/.well-known/openid-configuration"
_KEPT_MS = 300_000
_TIMEOUT_S = 10.0
M = TypeVar("M", bound=BaseModel)


class ProviderError(RuntimeError):
    """The provider does not answer as OpenID Connect requires; the text is for the deployer."""


class CodeError(ProviderError):
    """The provider refuses the code: it was used, has expired, or belongs to another sign-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The deployer's registration of this door as a client of the provider.

    `redirect_uri` is this door's callback, exactly as registered.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


class Description(BaseModel):
    """The parts of the discovery document that are used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    def addresses(self) -> tuple[str, ...]:
        """Return all addresses that the description names."""
        named = (
            self.authorization_endpoint,
            self.token_endpoint,
            self.jwks_uri,
            self.end_session_endpoint,
        )
        return tuple(address for address in named if address)


class _Tokens(BaseModel):
    id_token: str


class _KeyRows(BaseModel):
    keys: list[dict[str, object]]


class Provider:
    """An identity provider; `clock` gives epoch ms."""

    def __init__(self, registration: Registration, clock: Callable[[], int]) -> None:
        self.registration, self._clock = registration, clock
        self._kept: tuple[int, Description] | None = None

    async def description(self) -> Description:
        """Return the provider's description, at most five minutes old; raises `ProviderError`."""
        now = self._clock()
        # below 0 where the clock was set back: the description would be kept for too long
        if self._kept is None or not 0 <= now - self._kept[0] < _KEPT_MS:
            self._kept = now, await self._discovered()
        return self._kept[1]

    async def redeemed(self, code: str, verifier: str) -> str:
        """Return the ID token for a code, which works once.

        Raises `CodeError` for a refused code, and `ProviderError` where the provider fails.
        """
        description = await self.description()
        basic = "client_secret_basic" in description.token_endpoint_auth_methods_supported
        ours = self.registration
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        form["redirect_uri"] = ours.redirect_uri
        if not basic:
            form |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
        # RFC 6749, section 2.3.1: id and secret are form-encoded before Basic encodes them
        account = (
            httpx2.BasicAuth(quote_plus(ours.client_id), quote_plus(ours.client_secret))
            if basic
            else None
        )
        answer = await _request("POST", description.token_endpoint, form, account)
        # RFC 6749, section 5.2: a code that was used, expired or issued to another client gives 400
        if answer.status_code == httpx2.codes.BAD_REQUEST:
            raise CodeError("the token endpoint does not take the code (400)")
        return _read(answer, _Tokens).id_token

    async def keys(self) -> KeySet:
        """Return the keys that the provider signs with now; raises `ProviderError`."""
        answer = await _request("GET", (await self.description()).jwks_uri)
        try:
            return key_set(_read(answer, _KeyRows).model_dump())
        except TokenError as error:
            raise ProviderError(str(error)) from error

    async def _discovered(self) -> Description:
        issuer = self.registration.issuer
        description = _read(
            await _request("GET", issuer.rstrip("/") + _DISCOVERY_PATH), Description
        )
        # OpenID Connect Discovery 1.0, section 4.3: the two must be identical
        if description.issuer != issuer:
            raise ProviderError(
                "discovery names another issuer than the setting does (a final slash counts)"
            )
        if not all(is_safe(address) for address in description.addresses()):
            raise ProviderError("discovery names an address that is neither https nor on loopback")
        return description


def is_safe(address: str) -> bool:
    """Return whether an address may carry a secret: it is https, or http on loopback."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


async def _request(
    method: str,
    address: str,
    form: dict[str, str] | None = None,
    account: httpx2.BasicAuth | None = None,
) -> httpx2.Response:
    headers = {"accept": "application/json"}
    try:
        # httpx2 bounds each read only: a provider that sends byte by byte could hold a sign-in for
        # ever. A redirect is not followed, because it could carry a secret to another host.
        async with (
            asyncio.timeout(_TIMEOUT_S),
            httpx2.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client,
        ):
            return await client.request(method, address, data=form, auth=account, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        raise ProviderError(
            f"{urlsplit(address).netloc} does not answer ({type(error).__name__})"
        ) from error


def _read(answer: httpx2.Response, model: type[M]) -> M:
    where = answer.request.url.path
    if answer.status_code != httpx2.codes.OK:
        raise ProviderError(f"{where} answers {answer.status_code}")
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise ProviderError(f"{where} answers something else than expected") from error
