"""Who is signed in, and which sign-ins have begun: kept in signed cookies and nowhere else.

Pure: key and time are arguments. A cookie is signed, not secret: it never holds a token of the provider. It names a
session of the database (`storage.clinic_sessions`), which must be alive as well; a new key ends every session at once.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from .identity import Clinician

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


def seal_clinician(key: bytes, issuer: str, clinician: Clinician, until_ms: int) -> str:
    """Return the session cookie's value."""
    said = {"sub": clinician.subject, "name": clinician.name, "unit": clinician.care_unit, "role": clinician.role}
    said["sid"] = clinician.session
    return _seal(key, SIGNED_IN, {**said, "iss": issuer}, until_ms)


def opened_clinician(key: bytes, issuer: str, cookie: str, now_ms: int) -> Clinician | None:
    """Return who is signed in; None when the cookie was not signed here, for this provider, or has run out.

    Whether the session was ended before that, the database knows.
    """
    said = _opened(key, SIGNED_IN, cookie, now_ms)
    if said is None or said.get("iss") != issuer or not said.get("sid"):
        return None
    return Clinician(
        subject=said["sub"], name=said["name"], care_unit=said["unit"], role=said["role"], session=said["sid"]
    )


def seal_begun(key: bytes, begun: Begun, until_ms: int) -> str:
    """Return the value of the cookie that waits for the provider's answer."""
    said = {"state": begun.state, "nonce": begun.nonce, "verifier": begun.verifier, "page": begun.page}
    return _seal(key, BEGUN, said, until_ms)


def opened_begun(key: bytes, cookie: str, state: str, now_ms: int) -> Begun | None:
    """Return the sign-in that an answer with `state` belongs to; None when this browser began none such in time."""
    said = _opened(key, BEGUN, cookie, now_ms)
    if said is None or not hmac.compare_digest(said["state"].encode(), state.encode()):
        return None
    return Begun(state=said["state"], nonce=said["nonce"], verifier=said["verifier"], page=said["page"])


def _seal(key: bytes, kind: str, said: Mapping[str, Any], until_ms: int) -> str:
    claims = {**said, "exp": until_ms // 1000}
    return jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(derived(key, kind)), [ALGORITHM])


def _opened(key: bytes, kind: str, cookie: str, now_ms: int) -> dict[str, Any] | None:
    try:
        claims = jwt.decode(cookie, OctKey.import_key(derived(key, kind)), [ALGORITHM]).claims
        jwt.JWTClaimsRegistry(now=now_ms // 1000, exp={"essential": True}).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return claims
