"""Sessions end after their time, by signing out at any door, and with them what is open."""

import re
import time
from pathlib import Path

import httpx2
import psycopg
import pytest

from tests.clinic.sign_in.conftest import Open
from tests.clinic.sign_in.provider import Provider
from tests.clinic.sign_in.sign_in_steps import (
    form_token,
    here_of,
    moved_to,
    sign_in,
    signed_in_twice,
)


def test_a_session_in_use_ends_after_eight_hours(door: httpx2.Client, now: Path) -> None:
    sign_in(door)
    for minutes in range(50, 480, 50):
        moved_to(now, minutes)
        assert door.get("/").status_code == 200
    moved_to(now, 480, -1)
    assert door.get("/").status_code == 200
    moved_to(now, 480)
    assert door.get("/").status_code == 303


def test_a_session_that_is_not_used_ends_after_an_hour_and_a_page_alone_does_not_use_it(
    door: httpx2.Client, now: Path
) -> None:
    sign_in(door)
    moved_to(now, 59)
    assert door.get("/", headers={"x-kadens-refresh": "1"}).status_code == 200
    moved_to(now, 60, -1)
    assert door.get("/api/v1/worklist", headers={"x-kadens-refresh": "1"}).status_code == 200
    moved_to(now, 60)
    assert door.get("/api/v1/worklist").status_code == 401


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
        "post_logout_redirect_uri": f"{here_of(door)}/",
    }
    assert door.get("/").status_code == 303


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
        moved_to(now, 1)
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
        moved_to(now, 60)
        assert [line for line in lines if line and not line.startswith(("event", "data"))] == []


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
