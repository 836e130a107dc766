"""What binds the way through a vendor's page to one link and one browser. Pure but for randomness.

A link, a state and a cookie are random texts of which only digests are stored. The PKCE verifier
(RFC 7636) is made of the cookie and the state, so it is stored nowhere: who has the code of another
browser's authorisation cannot exchange it here.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from urllib.parse import urlencode

from fetcher.addresses import api_host
from fetcher.tokens import OAuthClient

COOKIE_S = 3600
_SECRET_BYTES = 24
_LONGEST = 64  # characters of a secret that is looked at
_PURPOSE = b"kadens pkce v1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The random state and cookie of one way through a vendor's page."""

    state: str = field(repr=False)
    cookie: str = field(repr=False)

    @property
    def verifier(self) -> str:
        """Return the PKCE verifier: 43 characters that only both together give."""
        key = self.cookie.encode(errors="replace")
        mac = hmac.digest(key, _PURPOSE + self.state.encode(errors="replace"), hashlib.sha256)
        return _text(mac)

    @property
    def challenge(self) -> str:
        """Return the PKCE challenge S256 of the verifier."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())


def new_binding() -> Binding:
    """Return a new random state and cookie."""
    return Binding(state=random_text(), cookie=random_text())


def random_text() -> str:
    """Return 32 random characters that need no quoting in an address or a cookie."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def secret_digest(secret: str) -> str:
    """Return the SHA-256 of a link, a state or a cookie, as hex; of "" for what is too long."""
    text = secret if len(secret) <= _LONGEST else ""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def authorize_address(ours: OAuthClient, callback: str, binding: Binding) -> str:
    """Return the address of the vendor's page, where the patient allows or denies."""
    oauth = ours.oauth
    host = api_host(oauth.authorize_host, ours.api)
    values = {
        **dict(oauth.authorize_params),
        "response_type": "code",
        "client_id": ours.client_id,
        "redirect_uri": callback,
        "state": binding.state,
    }
    if oauth.scopes:
        values["scope"] = oauth.separator.join(oauth.scopes)
    if oauth.pkce:
        values |= {"code_challenge": binding.challenge, "code_challenge_method": "S256"}
    return f"{host.scheme}://{host.authority}{oauth.authorize_path}?{urlencode(values)}"


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
