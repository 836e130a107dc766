"""What a provider answers at the end of a sign-in: lies, refusals and strangers let nobody in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.clinic.sign_in.conftest import Kept, Open
from tests.clinic.sign_in.provider import RSA, SIGN_IN_NOW, Provider
from tests.clinic.sign_in.sign_in_steps import problem_of, sign_in, to_callback

Signing = Callable[[dict[str, Any]], str]
_STRANGER = RSAKey.generate_key(2048, {"kid": "one"})
ISSUED = SIGN_IN_NOW // 1000
LIES: dict[str, tuple[dict[str, Any], Signing | None]] = {
    "wrong nonce": ({"nonce": "n" * 43}, None),
    "wrong audience": ({"aud": "another"}, None),
    "for another client as well": ({"aud": ["kadens door", "another"], "azp": "another"}, None),
    "wrong issuer": ({"iss": "http://127.0.0.1:1"}, None),
    "expired": ({"iat": ISSUED - 600, "exp": ISSUED - 300}, None),
    "another key": (
        {},
        lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, _STRANGER, ["RS256"]),
    ),
    "unsigned": ({}, lambda claims: jwt.encode({"alg": "none"}, claims, RSA, ["none"])),
    "no token": ({}, lambda _: "not.a.token"),
}


@pytest.mark.filterwarnings(
    "ignore::joserfc.errors.SecurityWarning"
)  # the lies are insecure, that is their point
@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_lies_lets_nobody_in(
    door: httpx2.Client, provider: Provider, clinicians: Kept, lie: str
) -> None:
    provider.claims, signing = LIES[lie]
    provider.sign = signing or provider.sign
    sign = sign_in(door)
    assert sign.status_code == 403
    assert problem_of(sign) == "The identity provider&#39;s answer was not accepted."
    assert "kadens-session" not in sign.headers.get("set-cookie", "")
    assert (door.get("/").status_code, clinicians()) == (303, [])


def test_an_answer_with_another_state_is_refused(door: httpx2.Client, provider: Provider) -> None:
    callback = httpx2.URL(to_callback(door))
    state = callback.params["state"]
    for other in ("", "a;b\r\n=c", "x" * 43, state[:-1] + ("A" if state[-1] != "A" else "B")):
        result = door.get(str(callback.copy_set_param("state", other)))
        assert result.status_code == 403
        assert problem_of(result).startswith(
            "This sign-in was begun too long ago, or in another browser."
        )
    assert "token" not in provider.requests


def test_an_answer_in_another_browser_is_refused(door: httpx2.Client) -> None:
    callback = to_callback(door)
    door.cookies.clear()
    assert door.get(callback).status_code == 403


def test_an_answer_that_comes_too_late_is_refused(door: httpx2.Client, now: Path) -> None:
    callback = to_callback(door)
    now.write_text(str(SIGN_IN_NOW + 600_000), encoding="ascii")
    assert door.get(callback).status_code == 403


def test_a_code_is_worth_something_once(door: httpx2.Client, provider: Provider) -> None:
    callback = to_callback(door)
    before = dict(door.cookies)
    assert door.get(callback).status_code == 303
    assert door.get(callback).status_code == 403  # the browser has forgotten it
    assert provider.requests.count("token") == 1
    door.cookies.clear()
    door.cookies.update(before)  # and a browser that has not is told by the provider
    assert door.get(callback).status_code == 403
    assert provider.requests.count("token") == 2
    assert "kadens-session" not in door.cookies


def test_a_code_of_another_sign_in_is_refused(door: httpx2.Client) -> None:
    first, second = httpx2.URL(to_callback(door)), httpx2.URL(to_callback(door))
    assert door.get(str(first.copy_set_param("code", second.params["code"]))).status_code == 403
    assert door.get("/").status_code == 303


def test_two_tabs_may_sign_in_at_once(door: httpx2.Client) -> None:
    first, second = to_callback(door, "/?tab=1"), to_callback(door, "/?tab=2")
    assert [door.get(first).headers["location"], door.get(second).headers["location"]] == [
        "/?tab=1",
        "/?tab=2",
    ]


@pytest.mark.parametrize("iss", [None, "http://127.0.0.1:1"])
def test_an_answer_in_another_providers_name_is_refused(
    door: httpx2.Client, iss: str | None
) -> None:
    callback = httpx2.URL(to_callback(door))
    changed = callback.copy_set_param("iss", iss) if iss else callback.copy_remove_param("iss")
    assert door.get(str(changed)).status_code == 403


def test_a_refusal_by_the_provider_is_told_without_its_words(door: httpx2.Client) -> None:
    state = httpx2.URL(to_callback(door)).params["state"]
    result = door.get(
        f"/sign-in/callback?state={state}&error=access_denied&error_description=%3Cb%3Ecall+me"
    )
    assert (result.status_code, problem_of(result)) == (
        403,
        "The identity provider did not sign you in.",
    )
    assert "call" not in result.text


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"token_endpoint": "http://id.example.org/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_a_provider_that_describes_itself_wrongly_is_told(
    opened: Open, provider: Provider, description: dict[str, object]
) -> None:
    provider.description = description
    with opened() as door:
        assert door.get("/sign-in").status_code == 503


def test_a_provider_that_is_away_is_told_and_asked_again(opened: Open, provider: Provider) -> None:
    with opened(KADENS_OIDC_ISSUER="http://127.0.0.1:1") as door:
        result = door.get("/sign-in", headers={"accept": "text/html"})
        assert result.status_code == 503
        assert problem_of(result).startswith("The identity provider cannot be reached")
        assert door.get("/readyz").status_code == 200
    assert provider.requests == []


def test_the_description_is_kept_and_keys_are_not(
    door: httpx2.Client, provider: Provider, now: Path
) -> None:
    door.get("/sign-in")
    sign_in(door)
    assert provider.requests == ["discovery", "token", "keys"]
    now.write_text(str(SIGN_IN_NOW + 300_000), encoding="ascii")
    door.get("/sign-in")
    assert provider.requests.count("discovery") == 2


def test_the_secret_may_go_in_the_form(opened: Open, provider: Provider) -> None:
    provider.description = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with opened() as door:
        assert sign_in(door).status_code == 303
