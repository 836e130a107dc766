"""Who is signed in, and which sign-ins have begun, as signed cookies. Pure: keys and time are given.

The active key signs and names itself in the header; any usable key verifies. A cookie is signed,
not secret: it never holds a token of the provider. It names a session of the door's own store, which
must be alive as well. Retiring a key ends every session that it signed.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from model.keyring import Key, KeyRing
from web.sign_in.identity import Identity

COOKIE_ALGORITHM = "HS256"
SESSION_KIND, PENDING_KIND = "kadens-session", "kadens-begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """A sign-in under way: what the provider must send back, its code's verifier, the page to open."""

    state: str
    nonce: str
    verifier: str
    page: str


def derived_key(key: bytes, what: str) -> bytes:
    """Return a key of its own for one use: what is signed for one use never passes for another."""
    return hmac.new(key, f"kadens\0{what}".encode(), hashlib.sha256).digest()


def seal_identity(keys: KeyRing, issuer: str, identity: Identity, until_ms: int) -> str:
    """Return the session cookie's value."""
    claims = {
        "sub": identity.subject,
        "name": identity.name,
        "unit": identity.care_unit,
        "role": identity.role,
        "sid": identity.session,
        "iss": issuer,
    }
    return _seal(keys, SESSION_KIND, claims, until_ms)


def opened_identity(keys: KeyRing, issuer: str, cookie: str, now_ms: int) -> Identity | None:
    """Return who is signed in; None unless it was signed here, for this provider, and still holds.

    Only the door's store knows whether the session was ended earlier.
    """
    claims = _opened(keys, SESSION_KIND, cookie, now_ms)
    if claims is None or claims.get("iss") != issuer or not claims.get("sid"):
        return None
    return Identity(
        subject=claims["sub"],
        name=claims["name"],
        care_unit=claims["unit"],
        role=claims["role"],
        session=claims["sid"],
    )


def seal_pending(keys: KeyRing, begun: PendingSignIn, until_ms: int) -> str:
    """Return the value of the cookie that waits for the provider's answer."""
    claims = {
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "page": begun.page,
    }
    return _seal(keys, PENDING_KIND, claims, until_ms)


def opened_pending(keys: KeyRing, cookie: str, state: str, now_ms: int) -> PendingSignIn | None:
    """Return the sign-in that `state` belongs to; None when this browser began none such in time."""
    claims = _opened(keys, PENDING_KIND, cookie, now_ms)
    if claims is None or not hmac.compare_digest(claims["state"].encode(), state.encode()):
        return None
    return PendingSignIn(
        state=claims["state"],
        nonce=claims["nonce"],
        verifier=claims["verifier"],
        page=claims["page"],
    )


def _seal(keys: KeyRing, kind: str, values: Mapping[str, Any], until_ms: int) -> str:
    claims, key = {**values, "exp": until_ms // 1000}, keys.active
    return jwt.encode(
        {"alg": COOKIE_ALGORITHM, "kid": key.id}, claims, _signing(key, kind), [COOKIE_ALGORITHM]
    )


def _opened(keys: KeyRing, kind: str, cookie: str, now_ms: int) -> dict[str, Any] | None:
    opened = (_verified(key, kind, cookie, now_ms) for key in keys.keys)
    return next((claims for claims in opened if claims is not None), None)


def _verified(key: Key, kind: str, cookie: str, now_ms: int) -> dict[str, Any] | None:
    try:
        token = jwt.decode(cookie, _signing(key, kind), [COOKIE_ALGORITHM])
        jwt.JWTClaimsRegistry(now=now_ms // 1000, exp={"essential": True}).validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return token.claims


def _signing(key: Key, kind: str) -> OctKey:
    return OctKey.import_key(derived_key(key.secret, kind))
