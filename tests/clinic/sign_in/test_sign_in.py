"""Signing in and out at the clinician door, with an honest provider and with a dishonest one."""

import httpx2
import psycopg
import pytest

from tests.clinic.sign_in.conftest import SIGN_IN_UNIT, Kept, Open
from tests.clinic.sign_in.provider import CLAIMED_PERSON, Provider
from tests.clinic.sign_in.sign_in_steps import (
    KEPT_WORDS,
    cookies,
    here_of,
    problem_of,
    sign_in,
    to_callback,
)
from tests.rows import cells_of
from web.sign_in.attempts import Attempts
from web.sign_in.code_flow import local_page


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
    assert clinicians() == KEPT_WORDS
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
        httpx2.get(sign_in_again.headers["location"])
        .headers["location"]
        .removeprefix(here_of(door))
    )
    assert clinicians() == [("u-1", "Karin Berg", "berg@example.org")]


def test_an_unknown_care_unit_is_refused_and_not_made(
    door: httpx2.Client, provider: Provider, clinicians: Kept, dsn: str
) -> None:
    provider.person["care_unit"] = "Another"
    sign = sign_in(door)
    assert sign.status_code == 403
    assert problem_of(sign).startswith("Your care unit is not set up here.")
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
    assert "names no care unit for you" in problem_of(sign).replace("&#39;", "'")
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
    assert "cannot be told from another" in problem_of(sign_in(door))
    assert clinicians() == KEPT_WORDS


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
    back = httpx2.get(begun.headers["location"]).headers["location"].removeprefix(here_of(door))
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
