"""Who is signed in, and which sign-ins have begun: kept in signed cookies and nowhere else.

Pure: keys and time are arguments. The active key signs, and names itself in the header; any usable one verifies. A
cookie is signed, not secret: it never holds a token of the provider. It names a session of the database
(`storage.clinic_sessions`), which must be alive as well; retiring its key ends every session that it signed.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from clinic.sign_in.identity import Clinician
from model.keyring import Key, KeyRing

ALGORITHM = "HS256"
SIGNED_IN, BEGUN = "kadens-session", "kadens-begun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in on its way: what the provider must send back, the verifier of its code, and the page asked for."""

    state: str
    nonce: str
    verifier: str
    page: str


def derived(key: bytes, what: str) -> bytes:
    """Return a key of its own for one use, so that what is signed for one never passes for another."""
    return hmac.new(key, f"kadens\0{what}".encode(), hashlib.sha256).digest()


def seal_clinician(keys: KeyRing, issuer: str, clinician: Clinician, until_ms: int) -> str:
    """Return the session cookie's value."""
    result = {
        "sub": clinician.subject,
        "name": clinician.name,
        "unit": clinician.care_unit,
        "role": clinician.role,
    }
    result["sid"] = clinician.session
    return _seal(keys, SIGNED_IN, {**result, "iss": issuer}, until_ms)


def opened_clinician(keys: KeyRing, issuer: str, cookie: str, now_ms: int) -> Clinician | None:
    """Return who is signed in; None when the cookie was not signed here, for this provider, or has run out.

    Whether the session was ended before that, the database knows.
    """
    result = _opened(keys, SIGNED_IN, cookie, now_ms)
    if result is None or result.get("iss") != issuer or not result.get("sid"):
        return None
    return Clinician(
        subject=result["sub"],
        name=result["name"],
        care_unit=result["unit"],
        role=result["role"],
        session=result["sid"],
    )


def seal_begun(keys: KeyRing, begun: Begun, until_ms: int) -> str:
    """Return the value of the cookie that waits for the provider's answer."""
    result = {
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "page": begun.page,
    }
    return _seal(keys, BEGUN, result, until_ms)


def opened_begun(keys: KeyRing, cookie: str, state: str, now_ms: int) -> Begun | None:
    """Return the sign-in that an answer with `state` belongs to; None when this browser began none such in time."""
    result = _opened(keys, BEGUN, cookie, now_ms)
    if result is None or not hmac.compare_digest(result["state"].encode(), state.encode()):
        return None
    return Begun(
        state=result["state"],
        nonce=result["nonce"],
        verifier=result["verifier"],
        page=result["page"],
    )


def _seal(keys: KeyRing, kind: str, values: Mapping[str, Any], until_ms: int) -> str:
    claims, key = {**values, "exp": until_ms // 1000}, keys.active
    return jwt.encode({"alg": ALGORITHM, "kid": key.id}, claims, _signing(key, kind), [ALGORITHM])


def _opened(keys: KeyRing, kind: str, cookie: str, now_ms: int) -> dict[str, Any] | None:
    opened = (_verified(key, kind, cookie, now_ms) for key in keys.keys)
    return next((claims for claims in opened if claims is not None), None)


def _verified(key: Key, kind: str, cookie: str, now_ms: int) -> dict[str, Any] | None:
    try:
        token = jwt.decode(cookie, _signing(key, kind), [ALGORITHM])
        jwt.JWTClaimsRegistry(now=now_ms // 1000, exp={"essential": True}).validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return token.claims


def _signing(key: Key, kind: str) -> OctKey:
    return OctKey.import_key(derived(key.secret, kind))
