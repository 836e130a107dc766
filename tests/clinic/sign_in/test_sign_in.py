"""Signing in and out at the clinician door, with an honest provider and with a dishonest one."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.clinic.sign_in.conftest import SIGN_IN_UNIT, Kept, Open
from tests.clinic.sign_in.provider import CLAIMED_PERSON, RSA, SIGN_IN_NOW, Provider
from tests.rows import cells_of
from web.sign_in.attempts import Attempts
from web.sign_in.code_flow import local_page

_KEPT = [("u-1", "Karin Lind", "karin@example.org")]


def _here(door: httpx2.Client) -> str:
    return str(door.base_url).rstrip("/")


def to_callback(door: httpx2.Client, page: str = "/") -> str:
    """Walk from a page to the provider and give where the provider sends the browser back to."""
    start = door.get(page)
    assert (start.status_code, start.headers["location"].split("?")[0]) == (303, "/sign-in")
    begun = door.get(start.headers["location"])
    assert begun.status_code == 303
    result = httpx2.get(begun.headers["location"])
    assert result.status_code == 302
    return result.headers["location"].removeprefix(_here(door))


def sign_in(door: httpx2.Client, page: str = "/") -> httpx2.Response:
    return door.get(to_callback(door, page))


def _problem(response: httpx2.Response) -> str:
    matches = re.search(r"<h1>[^<]+</h1>\s*<p>([^<]+)</p>", response.text)
    assert matches, response.text
    return matches[1]


def cookies(response: httpx2.Response) -> SimpleCookie:
    return SimpleCookie("\r\n".join(response.headers.get_list("set-cookie")))


def test_a_clinician_is_let_in_and_sees_the_page_asked_for(
    door: httpx2.Client, clinicians: Kept, dsn: str
) -> None:
    done = sign_in(door, "/?page=1")
    assert (done.status_code, done.headers["location"]) == (303, "/?page=1")
    page = door.get("/?page=1")
    assert page.status_code == 200
    assert "Karin Lind" in page.text
    assert SIGN_IN_UNIT in page.text
    assert "Demonstration" not in page.text
    assert clinicians() == _KEPT
    with psycopg.connect(dsn) as conn:
        reported = conn.execute(
            "select actor, role, action from audit order by id desc limit 1"
        ).fetchall()
    assert reported == [("u-1", "clinician", "access.signin")]


def test_the_session_is_a_strict_cookie_and_nothing_waits_any_more(door: httpx2.Client) -> None:
    set_cookies = cookies(sign_in(door))
    session = set_cookies["kadens-session"]
    assert (session["httponly"], session["samesite"], session["path"]) == (True, "lax", "/")
    assert (session["max-age"], session["secure"], session["domain"]) == ("28800", "", "")
    assert [name for name in door.cookies if "begun" in name] == []
    assert "karin@example.org" not in session.value


def test_behind_https_cookies_are_secure_and_of_this_host(opened: Open, provider: Provider) -> None:
    with opened(KADENS_CLINIC_URL="https://care.example.org/") as door:
        provider.redirect = "https://care.example.org/sign-in/callback"
        begun = door.get("/sign-in")
        back = (
            httpx2.get(begun.headers["location"])
            .headers["location"]
            .removeprefix("https://care.example.org")
        )
        name, waiting = next(iter(cookies(begun).items()))
        door.cookies.clear()
        done = door.get(back, headers={"cookie": f"{name}={waiting.value}"})
        session = cookies(done)["__Host-kadens-session"]
        door.cookies.clear()
        assert (
            door.get("/", headers={"cookie": f"__Host-kadens-session={session.value}"}).status_code
            == 200
        )
        assert (
            door.get("/", headers={"cookie": f"kadens-session={session.value}"}).status_code == 303
        )
    assert name.startswith("__Host-kadens-begun-")
    for cookie in (waiting, session):
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (
            True,
            True,
            "lax",
            "/",
        )


def _at(now: Path, minutes: float, ms: int = 0) -> None:
    now.write_text(str(SIGN_IN_NOW + int(minutes * 60_000) + ms), encoding="ascii")


def test_a_session_in_use_ends_after_eight_hours(door: httpx2.Client, now: Path) -> None:
    sign_in(door)
    for minutes in range(50, 480, 50):
        _at(now, minutes)
        assert door.get("/").status_code == 200
    _at(now, 480, -1)
    assert door.get("/").status_code == 200
    _at(now, 480)
    assert door.get("/").status_code == 303


def test_a_session_that_is_not_used_ends_after_an_hour_and_a_page_alone_does_not_use_it(
    door: httpx2.Client, now: Path
) -> None:
    sign_in(door)
    _at(now, 59)
    assert door.get("/", headers={"x-kadens-refresh": "1"}).status_code == 200
    _at(now, 60, -1)
    assert door.get("/api/v1/worklist", headers={"x-kadens-refresh": "1"}).status_code == 200
    _at(now, 60)
    assert door.get("/api/v1/worklist").status_code == 401


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
@pytest.mark.parametrize("path", ["/api/v1/worklist", "/api/v1/patients/p"])
def test_the_api_answers_401(door: httpx2.Client, path: str, accept: str) -> None:
    result = door.get(path, headers={"accept": accept})
    assert (result.status_code, result.headers["content-type"]) == (401, "application/problem+json")
    assert result.json()["status"] == 401


def test_only_pages_that_a_person_opens_lead_to_the_sign_in(door: httpx2.Client) -> None:
    assert door.get("/", headers={"x-kadens-refresh": "1"}).status_code == 401
    assert door.get("/", headers={"accept": "application/json"}).status_code == 401
    assert door.get("/events", headers={"accept": "text/event-stream"}).status_code == 401
    posted = door.post("/alerts/a/acknowledge", data={"token": "x"})
    assert (posted.status_code, "location" in posted.headers) == (401, False)
    assert door.get("/healthz").status_code == 200


def test_every_answer_keeps_the_strict_policy(door: httpx2.Client) -> None:
    for path in ("/", "/sign-in", "/sign-in/callback", to_callback(door)):
        result = door.get(path)
        assert "default-src 'none'" in result.headers["content-security-policy"], path
        assert result.headers["cache-control"] == "no-store"


def test_a_clinicians_row_follows_the_provider(
    door: httpx2.Client, provider: Provider, clinicians: Kept
) -> None:
    sign_in(door)
    provider.person |= {"name": "Karin Berg", "email": "berg@example.org"}
    sign_in_again = door.get("/sign-in")
    door.get(
        httpx2.get(sign_in_again.headers["location"]).headers["location"].removeprefix(_here(door))
    )
    assert clinicians() == [("u-1", "Karin Berg", "berg@example.org")]


def test_an_unknown_care_unit_is_refused_and_not_made(
    door: httpx2.Client, provider: Provider, clinicians: Kept, dsn: str
) -> None:
    provider.person["care_unit"] = "Another"
    sign = sign_in(door)
    assert sign.status_code == 403
    assert _problem(sign).startswith("Your care unit is not set up here.")
    assert door.get("/").status_code == 303
    assert clinicians() == []
    with psycopg.connect(dsn) as conn:
        named = conn.execute("select name from care_unit where name = 'Another'").fetchall()
        assert named == []


def test_without_a_unit_nobody_is_let_in(
    door: httpx2.Client, provider: Provider, clinicians: Kept
) -> None:
    del provider.person["care_unit"]
    sign = sign_in(door)
    assert sign.status_code == 403
    assert "names no care unit for you" in _problem(sign).replace("&#39;", "'")
    assert (door.get("/").status_code, clinicians()) == (303, [])


@pytest.mark.parametrize(("roles", "status"), [("nurse, physiotherapist", 303), ("nurse", 403)])
def test_only_the_named_roles_are_let_in(opened: Open, roles: str, status: int) -> None:
    with opened(KADENS_OIDC_ROLE_CLAIM="roles", KADENS_OIDC_ROLES=roles) as door:
        assert sign_in(door).status_code == status


@pytest.mark.parametrize(
    ("purpose", "acr", "status", "action"),
    [
        ("VårdOchBehandling", "loa3", 303, "access.signin"),
        ("Forskning", "loa3", 403, "access.refused"),
        ("VårdOchBehandling", "loa2", 403, "access.refused"),
    ],
)
def test_access_follows_the_assignment(
    opened: Open,
    provider: Provider,
    dsn: str,
    purpose: str,
    acr: str,
    status: int,
    action: str,
) -> None:
    provider.person |= {"commissionPurpose": purpose, "acr": acr}
    wanted = {"KADENS_OIDC_PURPOSE": "VårdOchBehandling", "KADENS_OIDC_ACR": "loa3, loa4"}
    with opened(**wanted) as door:
        assert sign_in(door).status_code == status
    with psycopg.connect(dsn) as conn:
        latest = conn.execute("select action from audit order by id desc limit 1").fetchall()
    assert latest == [(action,)]


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
    assert _problem(sign) == "The identity provider&#39;s answer was not accepted."
    assert "kadens-session" not in sign.headers.get("set-cookie", "")
    assert (door.get("/").status_code, clinicians()) == (303, [])


def test_an_answer_with_another_state_is_refused(door: httpx2.Client, provider: Provider) -> None:
    callback = httpx2.URL(to_callback(door))
    state = callback.params["state"]
    for other in ("", "a;b\r\n=c", "x" * 43, state[:-1] + ("A" if state[-1] != "A" else "B")):
        result = door.get(str(callback.copy_set_param("state", other)))
        assert result.status_code == 403
        assert _problem(result).startswith(
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
    assert (result.status_code, _problem(result)) == (
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
        assert _problem(result).startswith("The identity provider cannot be reached")
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


def form_token(door: httpx2.Client) -> str:
    matches = re.search(
        r'action="/sign-out"[^>]*><input type="hidden" name="token" value="([^"]+)"',
        door.get("/").text,
    )
    assert matches
    return matches[1]


def test_signing_out_forgets_the_session(door: httpx2.Client, provider: Provider) -> None:
    sign_in(door)
    result = door.post("/sign-out", data={"token": form_token(door)})
    assert result.status_code == 200
    assert "kadens-session" not in door.cookies
    elsewhere = re.search(r'<a href="([^"]+)">sign out there', result.text)
    assert elsewhere
    there = httpx2.URL(elsewhere[1].replace("&amp;", "&"))
    assert str(there).startswith(f"{provider.url}/end?")
    assert dict(there.params) == {
        "client_id": "kadens door",
        "post_logout_redirect_uri": f"{_here(door)}/",
    }
    assert door.get("/").status_code == 303


@contextmanager
def signed_in_twice(opened: Open) -> Iterator[tuple[httpx2.Client, httpx2.Client, dict[str, str]]]:
    """Sign in at a door; give it, a second door on the same database, and a copy of the cookie."""
    with opened() as door:
        sign_in(door)
        with opened() as another:
            yield door, another, {"cookie": f"kadens-session={door.cookies['kadens-session']}"}


def test_a_copied_cookie_is_worth_nothing_after_signing_out_at_any_door(
    opened: Open, dsn: str, now: Path
) -> None:
    with signed_in_twice(opened) as (door, another, copied):
        assert another.get("/api/v1/worklist", headers=copied).status_code == 200
        token = form_token(door)
        door.post("/sign-out", data={"token": token})
        for there in (door, another):
            assert there.get("/api/v1/worklist", headers=copied).status_code == 401
            assert (
                there.get("/events", headers={**copied, "accept": "text/event-stream"}).status_code
                == 401
            )
            assert there.get("/", headers=copied).status_code == 303
        _at(now, 1)
        assert door.post("/sign-out", data={"token": token}, headers=copied).status_code == 200
    with psycopg.connect(dsn) as conn:
        reported = conn.execute(
            "select actor, action from audit order by id desc limit 2"
        ).fetchall()
    assert reported == [("u-1", "access.signout"), ("u-1", "access.signin")]


def test_an_open_stream_ends_when_its_session_is_ended_elsewhere(opened: Open) -> None:
    with (
        signed_in_twice(opened) as (door, another, copied),
        another.stream("GET", "/events", headers=copied, timeout=5) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        door.post("/sign-out", data={"token": form_token(door)})
        began = time.monotonic()
        assert [line for line in lines if line and not line.startswith(("event", "data"))] == []
        assert time.monotonic() - began < 3


def test_an_open_stream_ends_when_its_session_runs_out(door: httpx2.Client, now: Path) -> None:
    sign_in(door)
    with door.stream("GET", "/events", timeout=5) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 2000"
        _at(now, 60)
        assert [line for line in lines if line and not line.startswith(("event", "data"))] == []


def test_a_failed_sign_in_leaves_a_line_that_names_nobody(
    door: httpx2.Client, provider: Provider, dsn: str
) -> None:
    provider.person["care_unit"] = "Elsewhere"
    assert sign_in(door).status_code == 403
    provider.claims = {"aud": "another client"}
    assert sign_in(door).status_code == 403
    assert door.get("/sign-in/callback?state=made-up&code=x").status_code == 403
    with psycopg.connect(dsn) as conn:
        reported = conn.execute(
            "select actor, detail ->> 'reason' from audit where action = 'access.refused' "
            "order by id desc limit 3"
        ).fetchall()
    assert cells_of(reported, 0) == ["nobody", "nobody", "u-1"]
    assert cells_of(reported, 1)[::2] == [
        "the answer belongs to no sign-in of this browser",
        "the care unit is not set up",
    ]


def test_failed_sign_ins_cannot_fill_the_log() -> None:
    attempts = Attempts(2)
    assert list(map(attempts.take, (0, 1, 2, 59_999))) == [0, 0, None, None]
    assert list(map(attempts.take, (60_000, 60_001, 60_002))) == [2, 0, None]


def test_a_subject_that_differs_only_by_case_is_not_let_in(
    door: httpx2.Client, provider: Provider, clinicians: Kept
) -> None:
    sign_in(door)
    provider.person["sub"] = "U-1"
    door.cookies.clear()
    assert "cannot be told from another" in _problem(sign_in(door))
    assert clinicians() == _KEPT


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1"},
    ],
)
def test_another_site_cannot_sign_anybody_out(door: httpx2.Client, headers: dict[str, str]) -> None:
    sign_in(door)
    token = form_token(door) if headers else "made-up"
    assert door.post("/sign-out", data={"token": token}, headers=headers).status_code == 403
    assert door.get("/").status_code == 200


def test_signing_out_works_without_a_session_and_without_the_provider(
    opened: Open,
) -> None:
    with opened(KADENS_OIDC_ISSUER="http://127.0.0.1:1") as door:
        result = door.post("/sign-out")
        assert result.status_code == 200
        assert "Close the browser on a shared computer" in result.text


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("/", "/"),
        ("/patients/p%C3%A5?x=1", "/patients/p%C3%A5?x=1"),
        ("//example.org", "/"),
        ("https://example.org", "/"),
        ("/\\example.org", "/"),
        ("/a\r\nset-cookie: x", "/"),
        ("/å", "/"),
        ("", "/"),
        ("/sign-in", "/"),
        ("/" + "a" * 1_000, "/"),
    ],
)
def test_the_way_back_stays_here(page: str, shown: str) -> None:
    assert local_page(page) == shown


def test_the_sign_in_asked_with_a_foreign_page_leads_home(door: httpx2.Client) -> None:
    begun = door.get("/sign-in?page=https://example.org/")
    back = httpx2.get(begun.headers["location"]).headers["location"].removeprefix(_here(door))
    assert door.get(back).headers["location"] == "/"


def test_no_log_line_names_anybody(
    door: httpx2.Client, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(door)
    provider.person["care_unit"] = "Another"
    door.cookies.clear()
    sign_in(door)
    result = [record.getMessage() for record in caplog.records if record.name.startswith("clinic")]
    assert result == ['sign-in refused reason="the care unit is not set up"']
    for value in CLAIMED_PERSON.values():
        assert str(value) not in "\n".join(result)
