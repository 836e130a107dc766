"""Lists in pages: each is asked for once, and tokens that lead in a circle come to an end."""

from typing import Any

import orjson
import pytest

from kadens.payload_formats import items_of
from model.facts import Reject
from model.received import Context, Fetch
from parsers.vendors.paging import MOST_HUB_PAGES

_RECEIVED = 1_800_000_000_000


def _answer(connector: str, token: str) -> dict[str, Any]:
    """Return a page without records that leads to another one."""
    pages: dict[str, dict[str, Any]] = {
        "oura": {"data": [], "next_token": token},
        "whoop": {"records": [], "next_token": token},
        "junction": {"groups": {}, "next_cursor": token},
    }
    return pages[connector]


def _read(request: Fetch, answer: object) -> tuple[list[Fetch], list[Reject]]:
    context = Context(connector=request.format, requested=request, received_ms=_RECEIVED)
    items = list(items_of(orjson.dumps(answer), context))
    fetches = [item for item in items if isinstance(item, Fetch)]
    return fetches, [item for item in items if isinstance(item, Reject)]


def _first(connector: str, resource: str) -> Fetch:
    key = "2026-11-01/2026-11-20/oura" if connector == "junction" else "past 2026-11-01"
    return Fetch(account="a", resource=resource, key=key, path="/v2/x", format=connector)


_LISTS = pytest.mark.parametrize(
    ("connector", "resource"),
    [("oura", "workout"), ("whoop", "workout"), ("junction", "heartrate")],
)


@_LISTS
def test_a_page_that_leads_to_itself_is_told(connector: str, resource: str) -> None:
    (second,), none = _read(_first(connector, resource), _answer(connector, "a"))
    fetches, (refused,) = _read(second, _answer(connector, "a"))
    assert (none, fetches, refused.why) == ([], [], "the same page once more")


@_LISTS
def test_pages_in_a_circle_come_to_an_end(connector: str, resource: str) -> None:
    request, keys = _first(connector, resource), set()
    for number in range(MOST_HUB_PAGES - 1):
        (request,), none = _read(request, _answer(connector, "ab"[number % 2]))
        assert none == []
        keys.add(request.key)
    fetches, (refused,) = _read(request, _answer(connector, "x"))
    assert (len(keys), fetches) == (MOST_HUB_PAGES - 1, [])
    assert refused.why == "more pages than are asked for"


@pytest.mark.parametrize(("offset", "is_wanted"), [(300, True), (200, False), (100, False)])
def test_a_page_of_withings_begins_behind_the_one_before_it(
    offset: int, *, is_wanted: bool
) -> None:
    request = Fetch(
        account="1",
        resource="getactivity",
        key="1#200",
        path="/v2/measure",
        query=(("action", "getactivity"), ("offset", "200")),
        format="withings",
    )
    body = {"activities": [], "more": True, "offset": offset}
    fetches, refused = _read(request, {"status": 0, "body": body})
    assert [fetch.key for fetch in fetches] == [f"1#{offset}"] * is_wanted
    assert [reject.where for reject in refused] == ["body.offset"] * (not is_wanted)
