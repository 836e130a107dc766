"""Paths and queries that no page links to: each is a 4xx, none an error of ours."""

import http.client
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.clinic_world import Served

LONG = "x" * 5000
STATIC: tuple[str, ...] = (
    f"/static/{LONG}",
    f"/static/{LONG}.js",
    "/static/%00",
    "/static/clinic.css%00",
    "/static/%2e%2e",
    "/static/..%2fapp.py",
    "/static/%2e%2e%2fapp.py",
    "/static/%5c..%5capp.py",
    "/static/.hidden",
    "/static/%ff%fe",
    "/static/%ED%A0%80",
    "/static/%E2%80%AEcss",
    "/static/",
)
_OTHERS: tuple[str, ...] = (
    f"/{LONG}",
    "/%00",
    f"/patients/{LONG}",
    "/patients/%00",
    "/sessions/%00",
    "/alerts/%00",
    "/api/v1/patients/%00",
    "/api/v1/patients/%00/sessions",
    f"/api/v1/patients/{LONG}/days",
    "/api/v1/patients/%ED%A0%80/days",
    "/api/v1/alerts/%00",
    "/healthz/",
    "/docs/",
)


def _status(door: Served, path: str) -> int:
    """Return the status of a path that is sent as it is."""
    connection = http.client.HTTPConnection(urlsplit(door.url).netloc, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", STATIC, ids=lambda path: path[:40])
def test_a_file_that_is_not_there(door: Served, path: str) -> None:
    assert _status(door, path) == 404


@pytest.mark.parametrize("path", _OTHERS, ids=lambda path: path[:40])
def test_a_page_that_is_not_there(door: Served, path: str) -> None:
    assert _status(door, path) in {404, 422}


@pytest.mark.parametrize("subject", ["%00", LONG, "c-berg%00"], ids=lambda text: text[:10])
def test_nobody_odd_is_back_from_an_absence(door: Served, subject: str) -> None:
    answer = httpx2.delete(f"{door.url}/api/v1/absences/{subject}")
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("size", [3_000, 60_000, 3_000_000])
def test_a_body_that_nobody_reads_resets_no_connection(door: Served, size: int) -> None:
    # the answer comes before the body is read; a server that then closes the socket resets it
    for subject in ("c-berg", LONG):
        address = f"{door.url}/api/v1/absences/{subject}"
        answer = httpx2.request("DELETE", address, content=b"x" * size, timeout=30)
        # of what is wrong with both, address and length, the door tells what it noticed first
        assert answer.status_code in ({404, 413, 422} if size > 100_000 else {404, 422})


@pytest.mark.parametrize(
    "query", [f"metric={LONG * 10}", "metric=%00&from=%00", "from=%ED%A0%80", "&" * 5000]
)
def test_an_odd_query_is_no_error_of_ours(door: Served, query: str) -> None:
    patient = door.rows("select id from patient limit 1")[0][0]
    for what in ("timeline", "sessions", "days", "weeks"):
        assert _status(door, f"/api/v1/patients/{patient}/{what}?{query}") in {200, 404, 422}
    assert _status(door, f"/?{query}") in {200, 303, 307, 404, 422}
