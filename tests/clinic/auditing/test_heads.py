"""HEAD is answered wherever the clinician door answers GET: by the same checks, with the same rows.

The routes are those of docs/access.md. An answer to HEAD has no body.
"""

import asyncio
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.clinic.test_matrix import MATRIX, SITE, begin, client, path_of
from tests.clinic_world import Served
from tests.web.odd_requests import OddDoor

__all__ = ["client"]

READ_ROUTES = [route for method, route in MATRIX if method == "GET"]
_SAME = ("content-type", "cache-control", "content-security-policy", "location", "allow", "vary")


def _answer(
    client: httpx2.Client, door: Served, method: str, path: str, who: str
) -> tuple[object, ...]:
    """Return the status, the headers that a HEAD must repeat, and how many rows it left."""
    asyncio.run(begin(door.dsn))
    before = door.rows("select count(*) from audit")[0][0]
    headers = {"x-who": who, "accept": "application/json", "origin": SITE}
    # an answer without an end is left after its head
    with client.stream(method, path, headers=headers) as answer:
        kept = {name: answer.headers.get(name) for name in _SAME}
        status = answer.status_code
    return status, kept, door.rows("select count(*) from audit")[0][0] - before


@pytest.mark.parametrize("route", READ_ROUTES)
def test_a_head_is_judged_and_noted_as_a_get(
    client: httpx2.Client, door: Served, route: str
) -> None:
    path = path_of(route, door)
    for who in ("own", "other", "nobody", "ended"):
        got = _answer(client, door, "GET", path, who)
        assert _answer(client, door, "HEAD", path, who) == got, who


@pytest.mark.parametrize("route", READ_ROUTES)
def test_a_head_has_no_body_and_its_connection_is_used_again(
    client: httpx2.Client, door: Served, route: str
) -> None:
    asyncio.run(begin(door.dsn))
    port = urlsplit(str(client.base_url)).port
    assert port is not None
    odd = OddDoor(port=port, headers=[b"x-who: own", f"Origin: {SITE}".encode()])
    answer = odd.ask("HEAD", path_of(route, door))
    assert (answer.body, answer.status > 0) == (b"", True)


def test_what_is_only_written_takes_no_head(client: httpx2.Client, door: Served) -> None:
    asyncio.run(begin(door.dsn))
    before = door.rows("select count(*) from audit")[0][0]
    answer = client.head("/language", headers={"x-who": "own"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    refused = client.request("PATCH", "/rules", headers={"x-who": "own", "origin": SITE})
    assert refused.headers["allow"] == "GET, HEAD"
    assert door.rows("select count(*) from audit")[0][0] == before
