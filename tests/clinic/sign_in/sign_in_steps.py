"""The steps of a sign-in, as a browser makes them, and what a test reads from its answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path

import httpx2

from tests.clinic.sign_in.conftest import Open
from tests.clinic.sign_in.provider import SIGN_IN_NOW

KEPT_WORDS = [("u-1", "Karin Lind", "karin@example.org")]


def here_of(door: httpx2.Client) -> str:
    return str(door.base_url).rstrip("/")


def to_callback(door: httpx2.Client, page: str = "/") -> str:
    """Walk from a page to the provider and give where the provider sends the browser back to."""
    start = door.get(page)
    assert (start.status_code, start.headers["location"].split("?")[0]) == (303, "/sign-in")
    begun = door.get(start.headers["location"])
    assert begun.status_code == 303
    result = httpx2.get(begun.headers["location"])
    assert result.status_code == 302
    return result.headers["location"].removeprefix(here_of(door))


def sign_in(door: httpx2.Client, page: str = "/") -> httpx2.Response:
    return door.get(to_callback(door, page))


def problem_of(response: httpx2.Response) -> str:
    match = re.search(r"<h1>[^<]+</h1>\s*<p>([^<]+)</p>", response.text)
    assert match, response.text
    return match[1]


def cookies(response: httpx2.Response) -> SimpleCookie:
    return SimpleCookie("\r\n".join(response.headers.get_list("set-cookie")))


def moved_to(now: Path, minutes: float, ms: int = 0) -> None:
    now.write_text(str(SIGN_IN_NOW + int(minutes * 60_000) + ms), encoding="ascii")


def form_token(door: httpx2.Client) -> str:
    match = re.search(
        r'action="/sign-out"[^>]*><input type="hidden" name="token" value="([^"]+)"',
        door.get("/").text,
    )
    assert match
    return match[1]


@contextmanager
def signed_in_twice(opened: Open) -> Iterator[tuple[httpx2.Client, httpx2.Client, dict[str, str]]]:
    """Sign in at a door; give it, a second door on the same database, and a copy of the cookie."""
    with opened() as door:
        sign_in(door)
        with opened() as another:
            yield door, another, {"cookie": f"kadens-session={door.cookies['kadens-session']}"}
