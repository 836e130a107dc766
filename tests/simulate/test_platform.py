"""The platform that vendors are played on keeps to OAuth, so that a mistake of ours shows."""

import base64
import json
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulate.vendors.garmin.server import GarminServer
from simulate.vendors.platform.exchanges import Arrived, Reply
from simulate.vendors.platform.played_pages import account_page, authorisation
from simulate.vendors.platform.server import TEN_MINUTES_S, PlatformServer

_BACK = "https://door.example/link/callback"
_VERIFIER = "made-up-verifier-of-at-least-forty-three-characters"
_BASIC = base64.b64encode(b"client-of-tests:no-real-secret").decode()


class _Clock:
    now_s = 0.0


def _vendor() -> tuple[PlatformServer, _Clock]:
    clock = _Clock()
    return PlatformServer(now_s=lambda: clock.now_s, redirects=frozenset({_BACK})), clock


def _wanted(**changes: str) -> dict[str, str]:
    digest = sha256(_VERIFIER.encode()).digest()
    return {
        "client_id": "client-of-tests",
        "response_type": "code",
        "redirect_uri": _BACK,
        "scope": "read",
        "state": "s1",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        **changes,
    }


def _decide(vendor: PlatformServer, decision: str, **changes: str) -> dict[str, list[str]]:
    """Return the parameters with which the browser comes back."""
    path = f"/oauth/authorize?{urlencode(_wanted(**changes))}"
    body = urlencode({"decision": decision, "account": "7"}).encode()
    reply = authorisation(vendor, Arrived(method="POST", path=path, body=body))
    assert reply.status == 303
    assert reply.headers["Location"].startswith(f"{_BACK}?")
    return parse_qs(urlsplit(reply.headers["Location"]).query)


def _exchange(vendor: PlatformServer, **form: str) -> Reply:
    body = urlencode({"redirect_uri": _BACK, "code_verifier": _VERIFIER, **form}).encode()
    headers = {"authorization": f"Basic {_BASIC}"}
    return vendor.exchanged(Arrived(method="POST", path="/oauth/token", headers=headers, body=body))


def _redeem(vendor: PlatformServer, code: str, **form: str) -> Reply:
    return _exchange(vendor, grant_type="authorization_code", code=code, **form)


def test_who_allows_gets_a_code_that_is_exchanged_once() -> None:
    vendor, _ = _vendor()
    back = _decide(vendor, "allow")
    assert back["state"] == ["s1"]
    answer = json.loads(_redeem(vendor, back["code"][0]).body)
    assert answer["user_id"] == "7"
    assert vendor.user_of(f"Bearer {answer['access_token']}") == "7"
    assert _redeem(vendor, back["code"][0]).status == 400
    # a code that comes again ends what was given for it
    assert (vendor.replayed, vendor.holds("7")) == (1, False)


def test_an_account_that_is_not_there_cannot_sign_in() -> None:
    vendor, _ = _vendor()
    vendor.accounts = frozenset({"475"})
    path = f"/oauth/authorize?{urlencode(_wanted())}"
    body = urlencode({"decision": "allow", "account": "some<body"}).encode()
    reply = authorisation(vendor, Arrived(method="POST", path=path, body=body))
    assert reply.status == 403
    assert "no account &#x27;some&lt;body&#x27; here. The invented user is 475." in str(reply.body)
    assert "code=" not in str(reply.headers)


def test_the_page_says_what_is_asked_for_even_without_a_scope() -> None:
    vendor, _ = _vendor()
    for scope, text in (("read", "asks to read read."), ("", "asks to read your data.")):
        path = f"/oauth/authorize?{urlencode(_wanted(scope=scope))}"
        assert text in str(authorisation(vendor, Arrived(path=path)).body)


def test_a_user_gives_our_client_up_on_the_page_of_the_account() -> None:
    vendor = GarminServer(now_s=lambda: 0.0)
    vendor.grant("user-1")
    assert "Give up Kadens" in str(account_page(vendor, Arrived(path="/account")).body)
    left = Arrived(method="POST", path="/account", body=b"account=user-1")
    assert "No account has agreed" in str(account_page(vendor, left).body)
    assert (vendor.holds("user-1"), vendor.withdrawn) == (False, [])
    assert list(map(json.loads, vendor.outbox)) == [{"deregistrations": [{"userId": "user-1"}]}]
    # pressed twice, it is said once
    account_page(vendor, left)
    assert len(vendor.outbox) == 1


def test_who_denies_gets_no_code() -> None:
    vendor, _ = _vendor()
    assert _decide(vendor, "deny") == {"state": ["s1"], "error": ["access_denied"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"response_type": "token"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"code_challenge": "short"},
        {"code_challenge_method": "plain"},
        {"state": ""},
    ],
)
def test_a_request_that_is_not_in_order_gets_no_page(changes: dict[str, str]) -> None:
    vendor, _ = _vendor()
    arrived = Arrived(path=f"/oauth/authorize?{urlencode(_wanted(**changes))}")
    assert authorisation(vendor, arrived).status == 400


def test_the_page_writes_what_it_was_given_as_text() -> None:
    vendor, _ = _vendor()
    arrived = Arrived(path=f"/oauth/authorize?{urlencode(_wanted(scope='<script>'))}")
    page = authorisation(vendor, arrived)
    assert (page.status, b"&lt;script&gt;" in page.body) == (200, True)


@pytest.mark.parametrize(
    "form", [{"code_verifier": "another"}, {"redirect_uri": "https://door.example/"}]
)
def test_a_code_is_bound_to_its_verifier_and_its_address(form: dict[str, str]) -> None:
    vendor, _ = _vendor()
    code = _decide(vendor, "allow")["code"][0]
    assert _redeem(vendor, code, **form).body == b'{"error": "invalid_grant"}'


def test_a_code_ends() -> None:
    vendor, clock = _vendor()
    code = _decide(vendor, "allow")["code"][0]
    clock.now_s = TEN_MINUTES_S
    assert _redeem(vendor, code).status == 400


def _refresh(vendor: PlatformServer, token: object) -> Reply:
    return _exchange(vendor, grant_type="refresh_token", refresh_token=str(token))


def test_a_strict_vendor_ends_everything_when_a_spent_token_comes_again() -> None:
    vendor, _ = _vendor()
    first = vendor.grant(7)
    assert _refresh(vendor, first["refresh_token"]).status == 200
    assert _refresh(vendor, first["refresh_token"]).status == 400
    assert (vendor.reused, vendor.holds(7)) == (1, False)


@pytest.mark.parametrize("strict", [True, False])
def test_a_spent_token_counts_when_the_new_one_was_used(strict: bool) -> None:  # noqa: FBT001
    vendor, _ = _vendor()
    vendor.strict = strict
    first = vendor.grant(7)["refresh_token"]
    fresh = json.loads(_refresh(vendor, first).body)
    assert vendor.user_of(f"Bearer {fresh['access_token']}") == "7"
    assert _refresh(vendor, first).status == 400
    # a vendor with grace refuses it, and does not take it for a thief's
    assert (vendor.reused, vendor.holds(7)) == (1, not strict)


def test_a_vendor_with_grace_takes_the_token_before_until_the_new_one_is_used() -> None:
    vendor, _ = _vendor()
    vendor.strict = False
    first = vendor.grant(7)
    assert _refresh(vendor, first["refresh_token"]).status == 200
    again = json.loads(_refresh(vendor, first["refresh_token"]).body)
    assert vendor.user_of(f"Bearer {again['access_token']}") == "7"
    assert _refresh(vendor, first["refresh_token"]).status == 400


@pytest.mark.parametrize("in_form", [True, False])
def test_an_unknown_client_gets_nothing(in_form: bool) -> None:  # noqa: FBT001 - a parameter
    vendor, _ = _vendor()
    vendor.form_client = in_form
    path = "/oauth/token"
    secret = {"client_id": "client-of-tests", "client_secret": "guess"}
    arrived = Arrived(method="POST", path=path, body=urlencode(secret).encode())
    assert vendor.exchanged(arrived).status == 401
