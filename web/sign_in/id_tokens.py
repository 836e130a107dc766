"""Checks of an ID token before anybody is admitted, and the person that it names.

Pure: keys, claims and time are arguments. It never fetches a key. It never trusts a token that is
unsigned or symmetrically signed: the keys come from the provider's published set, so only the
provider can have signed. The checks are those of OpenID Connect Core 1.0, section 3.1.3.7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from web.sign_in.identity import Identity

Claims: TypeAlias = Mapping[str, Any]

ID_TOKEN_ALGORITHMS = (
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
_PUBLIC_KINDS = frozenset({"RSA", "EC", "OKP"})
LEEWAY_S = 30  # how far two clocks may be apart
_PURPOSE_CLAIM, _LEVEL_CLAIM = "commissionPurpose", "acr"
_LONGEST_CLAIM = 255  # characters of a subject by OpenID Connect; names and units as well


class TokenError(ValueError):
    """An ID token that admits nobody; the text gives the reason and names no person."""


class NotAdmittedError(ValueError):
    """A person who is authenticated but has no access here; the text is for that person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The values that the token must hold: our provider, our client and this sign-in's nonce."""

    issuer: str
    client_id: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNames:
    """The claims that hold care unit and role, by name or else by path (`realm_access.roles`).

    `roles` are the admitted roles, the preferred role first; when empty, any role is admitted.
    `subject_claim` is what names the person for good (Inera: `employeeHsaId`): whoever signs in is
    known by it here and in the audit log. Without a `role_claim`, everybody is "clinician".
    `purpose` is what the assignment must be for (Inera: `VårdOchBehandling`) and `levels` are the
    values of `acr` that are strong enough; empty values are not checked.
    """

    unit_claim: str
    role_claim: str = ""
    roles: tuple[str, ...] = ()
    purpose: str = ""
    levels: tuple[str, ...] = ()
    subject_claim: str = "sub"


def key_set(values: Mapping[str, Any]) -> KeySet:
    """Return the public signing keys of a JWK set; raises `TokenError` when none can be used."""
    rows = values.get("keys")
    usable = [row for row in rows if _is_signing_key(row)] if isinstance(rows, list) else []
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenError("the provider's key set holds no usable key") from error


def checked_claims(token: str, keys: KeySet, expected: Expected, now_ms: int) -> Claims:
    """Return the claims of an ID token for this sign-in; raises `TokenError` for any other."""
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
        claims = jwt.decode(token, keys, algorithms=ID_TOKEN_ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise TokenError(f"ID token refused: {_reason(error)}") from error
    _require_for_us_alone(claims, expected.client_id)
    return claims


def identity_from_claims(claims: Claims, names: ClaimNames) -> Identity:
    """Return the person whom the claims name.

    Raises `NotAdmittedError` when the claims give no subject, no role, or not exactly one care
    unit. It does so too for another purpose, or a weaker sign-in, than the door requires.
    """
    # a subject that `_text` would change is refused: two subjects could become the same person
    stated = claim_value(claims, names.subject_claim)
    subject = _text(stated)
    if not subject or subject != stated:
        raise NotAdmittedError("The identity provider sent no usable subject.")
    unit = only_claim_text(claims, names.unit_claim)
    if unit is None:
        raise NotAdmittedError(
            "The identity provider names no care unit for you, or more than one."
        )
    _require_assignment(claims, names)
    name = _text(claims.get("name")) or _text(claims.get("preferred_username")) or subject
    return Identity(subject=subject, name=name, care_unit=unit, role=_role(claims, names))


def email_of(claims: Claims) -> str:
    """Return the address that notices go to, "" when there is none.

    An address that is not verified is used too: the administrators of accounts enter it, and a
    notice holds no health value.
    """
    email = _text(claims.get("email"))
    return email if "@" in email else ""


def claim_value(claims: Claims, name: str) -> Any:  # noqa: ANN401 - a claim may hold anything
    """Return a claim by its name, else by its path through nested claims; None when absent."""
    # the name as it is comes first: names of claims may be URLs, which hold dots themselves
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def only_claim_text(claims: Claims, name: str) -> str | None:
    """Return the text that a claim has, None where it has none or several."""
    texts = _texts(claim_value(claims, name))
    return texts[0] if len(texts) == 1 else None


def is_strong_enough(claims: Claims, levels: Sequence[str]) -> bool:
    """Return whether the sign-in has one of the levels, which are values of `acr`."""
    # levels are names without an order, so that "at least" is a list; an empty one is no demand
    return not levels or only_claim_text(claims, _LEVEL_CLAIM) in levels


def _require_assignment(claims: Claims, names: ClaimNames) -> None:
    # access follows the assignment: a person may have others, such as for research
    if names.purpose and only_claim_text(claims, _PURPOSE_CLAIM) != names.purpose:
        raise NotAdmittedError("Your assignment is not for care and treatment.")
    if not is_strong_enough(claims, names.levels):
        raise NotAdmittedError("Your sign-in is not strong enough for this service.")


def _role(claims: Claims, names: ClaimNames) -> str:
    if not names.role_claim:
        return "clinician"
    if names.roles:
        held = _texts(claim_value(claims, names.role_claim))
        # the order of `names.roles` decides where a person has several of them
        role = next((role for role in names.roles if role in held), None)
    else:
        role = only_claim_text(claims, names.role_claim)
    if role is None:
        raise NotAdmittedError("The identity provider gives you no role that is let in here.")
    return role


def _texts(value: object) -> Sequence[str]:
    values = value if isinstance(value, list) else [value]
    return [text for item in values if (text := _text(item))]


def _text(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() and len(text) <= _LONGEST_CLAIM else ""


def _require_for_us_alone(claims: Claims, client_id: str) -> None:
    # the authorised party must be us, and it must be named when there are other audiences
    others = isinstance(claims["aud"], list) and claims["aud"] != [client_id]
    if claims.get("azp", None if others else client_id) != client_id:
        raise TokenError("ID token refused: it was issued to another client")


def _is_signing_key(row: object) -> bool:
    return (
        isinstance(row, dict) and row.get("kty") in _PUBLIC_KINDS and row.get("use", "sig") == "sig"
    )


def _reason(error: Exception) -> str:
    claim = getattr(error, "claim", "")
    return f"{type(error).__name__} {claim}".strip()
