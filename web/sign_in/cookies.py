"""Signed cookies that name the person signed in, or a sign-in that has begun.

Pure: keys and time are arguments. The active key signs, and its id is in the cookie's header; any
usable key verifies. A cookie is signed but not encrypted, so it never holds a token of the
provider. It names a session in the door's own store, which must be alive as well. A door checks
that for each request, the clinician door in `clinic/request_scope.py`. Retiring a key ends every
session that it signed.
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
    """A sign-in that has begun and waits for the provider's answer.

    The provider must send back `state` and `nonce`. `verifier` proves that the code was issued to
    this sign-in (PKCE), and `page` is opened afterwards.
    """

    state: str
    nonce: str
    verifier: str
    page: str


def derived_key(key: bytes, what: str) -> bytes:
    """Return the key for a single use `what`; signatures for other uses do not verify with it."""
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
    """Return the person signed in; None unless we signed the cookie and it has not expired.

    The cookie must also be for this `issuer`. Only the door's store knows whether the session was
    ended earlier.
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
    """Return the pending sign-in of `state`; None when the cookie is another's or has expired."""
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
    # every key is tried, whatever key id the header names: the header is not verified at this point
    opened = (_verified(key, kind, cookie, now_ms) for key in keys.keys)
    return next((claims for claims in opened if claims is not None), None)


def _verified(key: Key, kind: str, cookie: str, now_ms: int) -> dict[str, Any] | None:
    try:
        # the algorithm is fixed, and never taken from the cookie's header; `exp` is essential,
        # because a cookie without it would never expire
        token = jwt.decode(cookie, _signing(key, kind), [COOKIE_ALGORITHM])
        jwt.JWTClaimsRegistry(now=now_ms // 1000, exp={"essential": True}).validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return token.claims


def _signing(key: Key, kind: str) -> OctKey:
    return OctKey.import_key(derived_key(key.secret, kind))
