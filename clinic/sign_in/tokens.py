"""What an ID token must say before anybody is let in, and whom it names. Pure: keys, claims and time are arguments.

It never fetches a key and never trusts an unsigned or a symmetrically signed token: the keys come from the provider's
published set, so that only the provider can have signed. Checks as in OpenID Connect Core 1.0, section 3.1.3.7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from clinic.sign_in.identity import Clinician

Claims: TypeAlias = Mapping[str, Any]

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
PUBLIC_KINDS = frozenset({"RSA", "EC", "OKP"})
LEEWAY_S = 30  # how far two clocks may be apart
LONGEST = 255  # characters of a subject, as OpenID Connect says; of names and units as well


class TokenError(ValueError):
    """An ID token that lets nobody in; the text says why and names nobody."""


class NotAdmittedError(ValueError):
    """A person the provider vouches for, whose claims open nothing here; the text is for that person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the token must have been made for: our provider, our client, this very sign-in."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which claims hold unit and role. A name is taken as it is, else as a path (`realm_access.roles`).

    `roles`: those that are let in, by preference; empty lets any in. No `role_claim`: everybody is "clinician".
    """

    unit_claim: str
    role_claim: str = ""
    roles: tuple[str, ...] = ()


def key_set(values: Mapping[str, Any]) -> KeySet:
    """Return the public signing keys of a JWK set; raises `TokenError` when it holds none that can be used."""
    rows = values.get("keys")
    wanted = [row for row in rows if _signs(row)] if isinstance(rows, list) else []
    try:
        return KeySet.import_key_set({"keys": wanted})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenError("the provider's key set holds no usable key") from error


def checked(token: str, keys: KeySet, expected: Expected, now_ms: int) -> Claims:
    """Return the claims of an ID token that is the answer to this sign-in; raises `TokenError`."""
    rules = jwt.JWTClaimsRegistry(
        now=now_ms // 1000,
        leeway=LEEWAY_S,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenError(f"ID token refused: {_reason(error)}") from error
    _for_us_alone(claims, expected.client_id)
    return claims


def clinician_of(claims: Claims, reading: Reading) -> Clinician:
    """Return whom the claims name; raises `NotAdmittedError` where unit or role is missing or ambiguous."""
    subject = _text(claims.get("sub"))
    if not subject or subject != claims["sub"]:
        raise NotAdmittedError("The identity provider sent no usable subject.")
    unit = _one(claims, reading.unit_claim)
    if unit is None:
        raise NotAdmittedError(
            "The identity provider names no care unit for you, or more than one."
        )
    name = _text(claims.get("name")) or _text(claims.get("preferred_username")) or subject
    return Clinician(subject=subject, name=name, care_unit=unit, role=_role(claims, reading))


def email_of(claims: Claims) -> str:
    """Return the address that notices go to, "" when there is none.

    It counts whether verified or not: who looks after accounts writes it, and a notice holds no health value.
    """
    result = _text(claims.get("email"))
    return result if "@" in result else ""


def found(claims: Claims, name: str) -> Any:  # noqa: ANN401 - a claim may hold anything
    """Return a claim by its name, else by its path through nested claims; None where there is none."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _role(claims: Claims, reading: Reading) -> str:
    if not reading.role_claim:
        return "clinician"
    if reading.roles:
        held = _texts(found(claims, reading.role_claim))
        role = next((role for role in reading.roles if role in held), None)
    else:
        role = _one(claims, reading.role_claim)
    if role is None:
        raise NotAdmittedError("The identity provider gives you no role that is let in here.")
    return role


def _one(claims: Claims, name: str) -> str | None:
    texts = _texts(found(claims, name))
    return texts[0] if len(texts) == 1 else None


def _texts(value: object) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [text for item in values if (text := _text(item))]


def _text(value: object) -> str:
    result = value.strip() if isinstance(value, str) else ""
    return result if result.isprintable() and len(result) <= LONGEST else ""


def _for_us_alone(claims: Claims, client_id: str) -> None:
    others = isinstance(claims["aud"], list) and claims["aud"] != [client_id]
    if claims.get("azp", None if others else client_id) != client_id:
        raise TokenError("ID token refused: it was issued to another client")


def _signs(row: object) -> bool:
    return (
        isinstance(row, dict) and row.get("kty") in PUBLIC_KINDS and row.get("use", "sig") == "sig"
    )


def _reason(error: Exception) -> str:
    claim = getattr(error, "claim", "")
    return f"{type(error).__name__} {claim}".strip()
