"""ID tokens: a good token, and each way in which a token must be refused."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey

from tests.rows import values_of
from web.sign_in.id_tokens import (
    LEEWAY_S,
    ClaimNames,
    Expected,
    NotAdmittedError,
    TokenError,
    checked_claims,
    email_of,
    identity_from_claims,
    key_set,
)
from web.sign_in.identity import Identity

NOW_S = 1_790_000_000
_EXPECTED = Expected(issuer="https://id.example.org/realm", client_id="kadens", nonce="n-1")
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example.org/realm",
    "aud": "kadens",
    "azp": "kadens",
    "sub": "u-1",
    "nonce": "n-1",
    "iat": NOW_S - 2,
    "exp": NOW_S + 60,
    "name": "Karin Lind",
    "email": "karin@example.org",
    "care_unit": "Physiotherapy North",
}
_RSA = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "rsa"})
EC = ECKey.generate_key("P-256", {"use": "sig", "kid": "ec"})
_STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
_KEYS = key_set({"keys": [_RSA.as_dict(private=False), EC.as_dict(private=False)]})


def _signed(
    claims: Mapping[str, Any], key: Key = _RSA, alg: str = "RS256", kid: str | None = "rsa"
) -> str:
    return jwt.encode({"alg": alg, **({"kid": kid} if kid else {})}, dict(claims), key, [alg])


def coded(data: bytes | Mapping[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _check(token: str, keys: KeySet = _KEYS) -> Mapping[str, Any]:
    return checked_claims(token, keys, _EXPECTED, NOW_S * 1000)


@pytest.mark.parametrize(("key", "alg", "kid"), [(_RSA, "RS256", "rsa"), (EC, "ES256", "ec")])
def test_a_good_token_is_read(key: Key, alg: str, kid: str) -> None:
    assert _check(_signed(CLAIMS, key, alg, kid)) == CLAIMS


def test_one_key_needs_no_name() -> None:
    assert (
        _check(_signed(CLAIMS, kid=None), key_set({"keys": [_RSA.as_dict(private=False)]}))
        == CLAIMS
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"nonce": "n-2"}, "InvalidClaimError nonce"),
        ({"nonce": None}, "MissingClaimError nonce"),
        ({"aud": "another"}, "InvalidClaimError aud"),
        ({"aud": ["another", "third"]}, "InvalidClaimError aud"),
        ({"aud": []}, "InvalidClaimError aud"),
        ({"aud": None}, "MissingClaimError aud"),
        ({"aud": ["kadens", "another"], "azp": "another"}, "another client"),
        ({"aud": ["kadens", "another"], "azp": None}, "another client"),
        ({"azp": "another"}, "another client"),
        ({"iss": "https://id.example.org/realm/"}, "InvalidClaimError iss"),
        ({"iss": None}, "MissingClaimError iss"),
        ({"exp": NOW_S - LEEWAY_S}, "ExpiredTokenError exp"),
        ({"exp": None}, "MissingClaimError exp"),
        ({"exp": "soon"}, "InvalidClaimError exp"),
        ({"iat": NOW_S + LEEWAY_S + 1}, "InvalidClaimError iat"),
        ({"iat": None}, "MissingClaimError iat"),
        ({"nbf": NOW_S + LEEWAY_S + 1}, "InvalidClaimError nbf"),
        ({"sub": None}, "MissingClaimError sub"),
        ({"sub": ["u-1"]}, "InvalidClaimError sub"),
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(change: dict[str, Any], why: str) -> None:
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}
    with pytest.raises(TokenError, match=why):
        _check(_signed(claims))


@pytest.mark.parametrize(
    "change",
    [
        {"aud": ["kadens", "another"]},
        {"aud": ["kadens"]},
        {"exp": NOW_S - LEEWAY_S + 1},
        {"iat": NOW_S + LEEWAY_S},
    ],
    ids=str,
)
def test_what_is_just_good_is_read(change: dict[str, Any]) -> None:
    assert _check(_signed({**CLAIMS, **change}))["sub"] == "u-1"


def test_another_key_under_the_same_name_is_refused() -> None:
    with pytest.raises(TokenError, match="BadSignatureError"):
        _check(_signed(CLAIMS, _STRANGER))


def test_a_changed_payload_is_refused() -> None:
    head, _, signature = _signed(CLAIMS).split(".")
    with pytest.raises(TokenError, match="BadSignatureError"):
        _check(f"{head}.{coded({**CLAIMS, 'care_unit': 'Another'})}.{signature}")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(alg: str) -> None:
    for signature in ("", _signed(CLAIMS).split(".")[2]):
        with pytest.raises(TokenError):
            _check(f"{coded({'alg': alg, 'kid': 'rsa'})}.{coded(CLAIMS)}.{signature}")


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
def test_the_public_key_as_a_shared_secret_is_refused(form: str) -> None:
    public = {
        "pem": _RSA.as_pem(private=False),
        "der": _RSA.as_der(private=False),
        "jwk": _KEYS.as_dict()["keys"][0],
    }
    secret = public[form] if isinstance(public[form], bytes) else json.dumps(public[form]).encode()
    assert isinstance(secret, bytes)
    body = f"{coded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{coded(CLAIMS)}"
    with pytest.raises(TokenError, match="Algorithm"):
        _check(f"{body}.{coded(hmac.digest(secret, body.encode(), hashlib.sha256))}")


def test_a_key_sent_along_is_not_used() -> None:
    header = {"alg": "RS256", "jwk": _STRANGER.as_dict(private=False)}
    with pytest.raises(TokenError):
        _check(jwt.encode(header, dict(CLAIMS), _STRANGER, ["RS256"]))


def test_a_key_of_another_algorithm_is_not_used() -> None:
    with pytest.raises(TokenError, match="InvalidKeyIdError"):
        _check(_signed(CLAIMS, _STRANGER, "RS512"))


@pytest.mark.parametrize(
    "document",
    [{}, {"keys": []}, {"keys": "all"}, {"keys": [1]}, {"keys": [{"kty": "oct", "k": "AA"}]}],
)
def test_a_key_set_without_public_keys_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(TokenError, match="no usable key"):
        key_set(document)


def test_keys_for_encryption_and_shared_keys_are_left_out() -> None:
    other = {**_STRANGER.as_dict(private=False), "use": "enc", "kid": "enc"}
    keys = key_set(
        {"keys": [other, _RSA.as_dict(private=False), {"kty": "oct", "k": "AAAA", "kid": "oct"}]}
    )
    assert values_of(keys, "kid") == ["rsa"]


@given(st.one_of(
    st.text(), st.binary().map(coded),
    st.tuples(st.binary(), st.binary(), st.binary()).map(
        lambda three: ".".join(map(coded, three))
    ),
))  # fmt: skip
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(TokenError):
        _check(text)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "zip"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()),
            st.just("RS256"), st.just("rsa"),
        ),
    ),
    st.binary(),
)  # fmt: skip
def test_any_other_header_is_refused(header: dict[str, Any], payload: bytes) -> None:
    with pytest.raises(TokenError):
        _check(f"{coded(header)}.{coded(payload)}.{coded(b'signature')}")


READING = ClaimNames(unit_claim="care_unit")


def test_claims_name_a_clinician() -> None:
    assert identity_from_claims(CLAIMS, READING) == Identity(
        subject="u-1", name="Karin Lind", care_unit="Physiotherapy North", role="clinician"
    )
    assert email_of(CLAIMS) == "karin@example.org"


@pytest.mark.parametrize(
    "unit", [None, "", "  ", [], ["A", "B"], 7, {"name": "A"}, "a\x00b", "a\nb", "x" * 256]
)
def test_no_unit_or_several_admit_nobody(unit: object) -> None:
    with pytest.raises(NotAdmittedError, match="care unit"):
        identity_from_claims({**CLAIMS, "care_unit": unit}, READING)


_INERA = ClaimNames(
    subject_claim="employeeHsaId",
    unit_claim="commissionHsaId",
    role_claim="healthcareProfessionalLicense",
    roles=("LK", "SG"),
    purpose="VårdOchBehandling",
    levels=("http://id.sambi.se/loa/loa3", "http://id.sambi.se/loa/loa4"),
)
_ASSIGNED = {
    "employeeHsaId": "SE2321000016-1001",
    "commissionHsaId": "SE2321000016-2002",
    "commissionPurpose": "VårdOchBehandling",
    "healthcareProfessionalLicense": ["SG"],
    "acr": "http://id.sambi.se/loa/loa3",
}


def test_an_assignment_for_care_admits_to_its_unit() -> None:
    identity = identity_from_claims({**CLAIMS, **_ASSIGNED}, _INERA)
    assert (identity.care_unit, identity.role) == ("SE2321000016-2002", "SG")
    assert identity.subject == "SE2321000016-1001"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"employeeHsaId": None}, "subject"),
        ({"employeeHsaId": ""}, "subject"),
        ({"employeeHsaId": ["SE2321000016-1001"]}, "subject"),
        ({"employeeHsaId": ["SE2321000016-1001", "SE2321000016-1002"]}, "subject"),
        ({"employeeHsaId": 1001}, "subject"),
        ({"employeeHsaId": " SE2321000016-1001"}, "subject"),
        ({"commissionHsaId": None}, "care unit"),
        ({"commissionHsaId": ["SE2321000016-2002", "SE2321000016-2003"]}, "care unit"),
        ({"commissionPurpose": None}, "not for care"),
        ({"commissionPurpose": "Forskning"}, "not for care"),
        ({"commissionPurpose": ["VårdOchBehandling", "Forskning"]}, "not for care"),
        ({"acr": None}, "not strong enough"),
        ({"acr": "http://id.sambi.se/loa/loa2"}, "not strong enough"),
        ({"healthcareProfessionalLicense": ["AP"]}, "no role"),
        ({"healthcareProfessionalLicense": []}, "no role"),
    ],
)
def test_any_other_assignment_admits_nobody(change: dict[str, object], why: str) -> None:
    with pytest.raises(NotAdmittedError, match=why):
        identity_from_claims({**CLAIMS, **_ASSIGNED, **change}, _INERA)


@pytest.mark.parametrize("subject", ["", " u-1", "u\x001", "u" * 256])
def test_a_subject_that_cannot_be_kept_admits_nobody(subject: str) -> None:
    with pytest.raises(NotAdmittedError, match="subject"):
        identity_from_claims({**CLAIMS, "sub": subject}, READING)


@pytest.mark.parametrize(
    ("claim", "claims", "unit"),
    [
        ("care_unit", {"care_unit": ["North"]}, "North"),
        ("org.unit", {"org": {"unit": "North"}}, "North"),
        ("https://example.org/unit", {"https://example.org/unit": "North"}, "North"),
        (
            "org.unit",
            {"org.unit": "Whole name first", "org": {"unit": "North"}},
            "Whole name first",
        ),
    ],
)
def test_a_claim_is_found_by_name_or_path(claim: str, claims: dict[str, Any], unit: str) -> None:
    assert (
        identity_from_claims({**CLAIMS, **claims}, ClaimNames(unit_claim=claim)).care_unit == unit
    )


@pytest.mark.parametrize(
    ("roles", "held", "role"),
    [
        (
            ("physiotherapist", "nurse"),
            ["offline_access", "nurse", "physiotherapist"],
            "physiotherapist",
        ),
        (("nurse",), "nurse", "nurse"),
        ((), "nurse", "nurse"),
        ((), ["nurse"], "nurse"),
    ],
)
def test_the_first_role_that_is_let_in_counts(
    roles: tuple[str, ...], held: object, role: str
) -> None:
    reading = ClaimNames(unit_claim="care_unit", role_claim="realm_access.roles", roles=roles)
    assert identity_from_claims({**CLAIMS, "realm_access": {"roles": held}}, reading).role == role


@pytest.mark.parametrize(
    ("roles", "held"), [(("nurse",), ["porter"]), (("nurse",), None), ((), ["a", "b"]), ((), None)]
)
def test_without_such_a_role_nobody_is_admitted(roles: tuple[str, ...], held: object) -> None:
    with pytest.raises(NotAdmittedError, match="role"):
        identity_from_claims(
            {**CLAIMS, "role": held},
            ClaimNames(unit_claim="care_unit", role_claim="role", roles=roles),
        )


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": ""}, "klind"),
        ({"name": None}, "klind"),
        ({"name": 3, "preferred_username": None}, "u-1"),
    ],
)
def test_a_name_to_show_is_always_found(claims: dict[str, Any], name: str) -> None:
    assert (
        identity_from_claims({**CLAIMS, "preferred_username": "klind", **claims}, READING).name
        == name
    )


@pytest.mark.parametrize("claim", [None, "", "nobody", 3])
def test_no_address_is_no_address(claim: object) -> None:
    assert email_of({"email": claim}) == ""
