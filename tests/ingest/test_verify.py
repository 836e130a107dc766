"""Signatures: every vendor's recorded vector, and everything that must not pass."""

import base64
import datetime as dt
import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from ingest.proving.schemes import ECDSA, SCHEMES, STANDARD_WEBHOOKS, SVIX, Scheme, base64_key
from ingest.proving.tink import tink_keys
from ingest.proving.verify import Check, Verdict, begin_check, verify
from ingest.sender import sign
from tests.rooms import ROOT
from tests.rows import cells_of, matching

_DATA = (
    Path(os.environ.get("KADENS_TEST_DATA", ROOT.parent / "shared" / "data"))
    / "vendors"
    / "synthetic"
)
_VECTORS = _DATA / "signature_vectors.json"
_NAMES = (
    "polar", "suunto", "oura", "whoop", "fitbit_legacy", "terra", "strava_disputed",
    "svix_standardwebhooks", "huawei", "google_health",
)  # fmt: skip
_SECRET = "whsec_" + base64.b64encode(b"a key of the tests, 32 bytes lng").decode()
_OTHER = "whsec_" + base64.b64encode(b"another key of the tests, longer").decode()
_NOW = 1_700_000_000_000
WINDOW = 300_000
_BODY = b'{"type":"workout.created","data":{}}'
AWAY = 10**15  # ms: a window that any recorded time is in


def vector(name: str) -> dict[str, Any]:
    if not _VECTORS.exists():
        pytest.skip("the recorded signature vectors are not on this machine")
    loads: dict[str, dict[str, Any]] = json.loads(_VECTORS.read_text(encoding="utf-8"))
    assert set(loads) == set(_NAMES)
    return loads[name]


def case(name: str) -> tuple[str, dict[str, str], bytes, str]:
    """Give the secret, the headers and the body of a recorded vector, and the scheme's name."""
    result = vector(name)
    scheme = {"svix_standardwebhooks": "svix"}.get(name, name)
    header = {"svix_standardwebhooks": "svix-signature"}.get(name, result["header"])
    secret = (
        result.get("secret") or result.get("secret_base64") or json.dumps(result["test_keyset"])
    )
    body = (
        result["body"].encode()
        if "body" in result
        else (_DATA / "huawei_notification.json").read_bytes()
    )
    return secret, {**result.get("headers", {}), header: result["value"]}, body, scheme


@pytest.mark.parametrize("name", _NAMES)
def test_recorded_vectors(name: str) -> None:
    secret, headers, body, scheme = case(name)
    rows = tuple(matching(SCHEMES, name=scheme))
    assert verify(rows, [secret], headers, body, now_ms=_NOW, window_ms=AWAY) is Verdict.OK
    shouted = {key.upper(): value for key, value in headers.items()}
    assert verify(rows, [secret], shouted, body, now_ms=_NOW, window_ms=AWAY) is Verdict.OK


@pytest.mark.parametrize("name", _NAMES)
def test_recorded_vectors_with_one_bit_changed(name: str) -> None:
    secret, headers, body, scheme = case(name)
    rows = tuple(matching(SCHEMES, name=scheme))
    at = (
        body.index(b"ACTIVITY") if scheme == "huawei" else len(body) // 2
    )  # huawei signs three fields only
    changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    assert verify(rows, [secret], headers, changed, now_ms=_NOW, window_ms=AWAY) is Verdict.FORGED


@pytest.mark.parametrize(
    "scheme", [row for row in SCHEMES if row.algorithm != ECDSA], ids=lambda row: row.name
)
def test_what_the_sender_signs_is_verified(scheme: Scheme) -> None:
    secret = _SECRET if scheme.key is base64_key else "a secret"
    body = b'{"openId":"o","eventType":"e","eventTime":1}'
    headers = sign(scheme, secret, body, "msg_1", _NOW)
    assert verify([scheme], [secret], headers, body, now_ms=_NOW, window_ms=WINDOW) is Verdict.OK
    wrong = _OTHER if scheme.key is base64_key else "another"
    assert verify([scheme], [wrong], headers, body, now_ms=_NOW, window_ms=WINDOW) is Verdict.FORGED
    assert (
        verify([scheme], [wrong, secret], headers, body, now_ms=_NOW, window_ms=WINDOW)
        is Verdict.OK
    )
    assert verify([scheme], [], headers, body, now_ms=_NOW, window_ms=WINDOW) is Verdict.FORGED
    assert verify([scheme], [secret], {}, body, now_ms=_NOW, window_ms=WINDOW) is Verdict.MISSING


def test_the_public_library_makes_the_same_signature() -> None:
    ours = sign(STANDARD_WEBHOOKS, _SECRET, _BODY, "msg_1", _NOW)
    theirs = Webhook(_SECRET)
    at = dt.datetime.fromtimestamp(_NOW / 1000, dt.UTC)
    assert ours["webhook-signature"] == theirs.sign("msg_1", at, _BODY.decode())


SIGNED = sign(SVIX, _SECRET, _BODY, "msg_1", _NOW)
SIGNATURE = SIGNED["svix-signature"]

_WRONG: list[tuple[str, dict[str, str], int, Verdict]] = [
    ("as sent", {}, _NOW, Verdict.OK),
    ("at the edge of the window", {}, _NOW + WINDOW, Verdict.OK),
    ("at its other edge", {}, _NOW - WINDOW, Verdict.OK),
    ("a millisecond too old", {}, _NOW + WINDOW + 1, Verdict.STALE),
    ("a millisecond too early", {}, _NOW - WINDOW - 1, Verdict.STALE),
    ("signatures of other keys and versions before ours",
     {"svix-signature": f"v2,x v1a,y v1,AAAA {SIGNATURE}"}, _NOW, Verdict.OK),
    ("a list with commas and blanks", {"svix-signature": f"v1,AAAA,  {SIGNATURE}"}, _NOW,
     Verdict.OK),
    ("only another version", {"svix-signature": SIGNATURE.replace("v1,", "v2,")}, _NOW,
     Verdict.FORGED),
    ("no comma", {"svix-signature": SIGNATURE.replace(",", "")}, _NOW, Verdict.FORGED),
    ("an empty signature", {"svix-signature": ""}, _NOW, Verdict.FORGED),
    ("a cut signature", {"svix-signature": SIGNATURE[:-8]}, _NOW, Verdict.FORGED),
    ("not base64", {"svix-signature": "v1,ÿÿ€"}, _NOW, Verdict.FORGED),
    ("another id", {"svix-id": "msg_2"}, _NOW, Verdict.FORGED),
    ("an id beyond ASCII", {"svix-id": "mßg_1"}, _NOW, Verdict.MISSING),
    ("an empty id", {"svix-id": ""}, _NOW, Verdict.MISSING),
    ("an empty time", {"svix-timestamp": ""}, _NOW, Verdict.MISSING),
    ("a time in words", {"svix-timestamp": "now"}, _NOW, Verdict.FORGED),
    ("a time with a fraction", {"svix-timestamp": "1700000000.5"}, _NOW, Verdict.FORGED),
    ("a negative time", {"svix-timestamp": "-1700000000"}, _NOW, Verdict.FORGED),
    ("a huge time", {"svix-timestamp": "9" * 4000}, _NOW, Verdict.FORGED),
    ("digits of another script", {"svix-timestamp": "\u0661\u0667"}, _NOW, Verdict.MISSING),
    ("another time in the window", {"svix-timestamp": "1700000001"}, _NOW, Verdict.FORGED),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "now", "verdict"), _WRONG, ids=cells_of(_WRONG, 0))
def test_standard_webhooks(what: str, changes: dict[str, str], now: int, verdict: Verdict) -> None:
    headers = {**SIGNED, **changes}
    assert verify([SVIX], [_SECRET], headers, _BODY, now_ms=now, window_ms=WINDOW) is verdict, what


def test_either_family_of_names_but_not_a_mixture() -> None:
    rows = (SVIX, STANDARD_WEBHOOKS)
    standard = sign(STANDARD_WEBHOOKS, _SECRET, _BODY, "msg_1", _NOW)
    assert verify(rows, [_SECRET], standard, _BODY, now_ms=_NOW, window_ms=WINDOW) is Verdict.OK
    mixed = {**standard, "svix-id": "msg_1"}
    del mixed["webhook-id"]
    assert verify(rows, [_SECRET], mixed, _BODY, now_ms=_NOW, window_ms=WINDOW) is Verdict.MISSING


def test_rotated_keys_are_all_tried() -> None:
    for keys in ([_OTHER, _SECRET], [_SECRET, _OTHER]):
        assert verify([SVIX], keys, SIGNED, _BODY, now_ms=_NOW, window_ms=WINDOW) is Verdict.OK
    assert verify([SVIX], [_OTHER], SIGNED, _BODY, now_ms=_NOW, window_ms=WINDOW) is Verdict.FORGED


def test_a_secret_that_is_no_key_is_an_error_of_the_deployer() -> None:
    for secret in ("whsec_", "whsec_?", ""):
        with pytest.raises(ValueError, match=r"base64|key|alphabet"):
            verify([SVIX], [secret], SIGNED, _BODY, now_ms=_NOW, window_ms=WINDOW)
    with pytest.raises(ValueError, match="keyset"):
        tink_keys('{"key":[{}]}')


def test_hex_in_either_case() -> None:
    polar = matching(SCHEMES, name="polar")[0]
    headers = sign(polar, "s", _BODY, "", _NOW)
    upper = {name: value.upper() for name, value in headers.items()}
    assert upper != headers
    assert verify([polar], ["s"], upper, _BODY, now_ms=_NOW, window_ms=WINDOW) is Verdict.OK


@pytest.mark.parametrize("scheme", matching(SCHEMES, encoding="base64"), ids=lambda row: row.name)
def test_base64_with_or_without_padding(scheme: Scheme) -> None:
    if scheme.algorithm == ECDSA:
        return
    body = b'{"openId":"o","eventType":"t","eventTime":1}'
    headers = sign(scheme, _SECRET, body, "msg_1", _NOW)
    for written in (headers[scheme.header], headers[scheme.header].rstrip("=")):
        shown = {**headers, scheme.header: written}
        verdict = verify([scheme], [_SECRET], shown, body, now_ms=_NOW, window_ms=WINDOW)
        assert verdict is Verdict.OK


def test_signatures_may_stand_apart_by_any_blank() -> None:
    headers = sign(SVIX, _SECRET, _BODY, "msg_1", _NOW)
    shown = {**headers, SVIX.header: f"v1,AAAA\t{headers[SVIX.header]}  v1a,x"}
    verdict = verify([SVIX], [_SECRET], shown, _BODY, now_ms=_NOW, window_ms=WINDOW)
    assert verdict is Verdict.OK


def test_a_long_body_is_never_read_for_its_fields() -> None:
    huawei = matching(SCHEMES, name="huawei")[0]
    body = b'{"openId":"o","eventType":"e","eventTime":1}' + b" " * 70_000
    headers = sign(huawei, _SECRET, body, "", _NOW)
    assert (
        verify([huawei], [_SECRET], headers, body, now_ms=_NOW, window_ms=WINDOW) is Verdict.FORGED
    )


def test_public_key_schemes_sign_nothing_here() -> None:
    with pytest.raises(ValueError, match="private key"):
        sign(matching(SCHEMES, algorithm=ECDSA)[0], "", _BODY, "", _NOW)


@given(body=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_chunks_do_not_matter(body: bytes, cuts: list[int]) -> None:
    headers = sign(SVIX, _SECRET, body, "msg_1", _NOW)
    check = begin_check([SVIX], [_SECRET], headers, now_ms=_NOW, window_ms=WINDOW)
    assert isinstance(check, Check)
    edges = [0, *sorted(cuts), len(body)]
    for start, end in pairwise(edges):
        check.update(body[start:end] if start <= end else b"")
    assert check.verdict() is Verdict.OK


@given(
    headers=st.dictionaries(
        st.sampled_from(
            [
                "svix-id",
                "svix-timestamp",
                "svix-signature",
                "terra-signature",
                "x-healthapi-signature",
            ]
        ),
        st.text(max_size=60),
    ),
    body=st.binary(max_size=60),
)
def test_nothing_invented_passes_and_nothing_raises(headers: dict[str, str], body: bytes) -> None:
    rows = [replace(row, key=str.encode) if row.algorithm != ECDSA else row for row in SCHEMES]
    keyset = json.dumps({"key": []})
    for row in rows:
        verdict = verify([row], [keyset], headers, body, now_ms=_NOW, window_ms=WINDOW)
        assert verdict in {Verdict.MISSING, Verdict.STALE, Verdict.FORGED}
