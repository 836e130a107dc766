"""Nothing that we ask a vendor for may change anything there: a walk over every connector.

What is asked for is walked by the recorded cases (every fetch that a reader found) and by the
fetches of a backfill. A connector that could write fails here, and its fetches are refused as well.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fetcher.parts import FetchedVendor
from fetcher.questions import request_of
from ingest.connector import Connector
from ingest.vendors import CONNECTORS
from ingest.vendors.polar import POLAR
from model.calendar import DAY_MS
from model.received import Fetch
from model.vendors.requests import ApiRequest
from model.vendors.vendor_api import Api
from tests.rooms import ROOT

_DATA = ROOT / "tests" / "data"
_GOOGLE = re.compile(r"https://www\.googleapis\.com/auth/")
_BEGAN_MS = 1_795_000_000_000


def _readable() -> Iterator[tuple[Connector, Api]]:
    for row in CONNECTORS:
        # a vendor that is gone is asked for nothing
        if row.api is not None and row.api.request is not None and not row.api.gone:
            yield row, row.api


_READABLE = list(_readable())
_EVERY = pytest.mark.parametrize(("row", "api"), _READABLE, ids=[row.name for row, _ in _READABLE])


def _recorded(row: Connector) -> Iterator[Fetch]:
    """Give every fetch that the recorded cases of a connector found."""
    for case in sorted(_DATA.glob("*/*/request.json")):
        if json.loads(case.read_text())["connector"] != row.name:
            continue
        expected = case.with_name("expected.json")
        for line in json.loads(expected.read_text()) if expected.exists() else ():
            if isinstance(line, dict) and "fetch" in line:
                values = line["fetch"]
                query = tuple(map(tuple, values.pop("query")))
                yield Fetch(**values, query=query)


def _fetches(row: Connector, api: Api) -> list[Fetch]:
    fetches = list(_recorded(row))
    if api.backfill is not None:
        step_ms = api.backfill.step_days * DAY_MS
        fetches += api.backfill.fetches("475", _BEGAN_MS, _BEGAN_MS + step_ms)
    # nobody announces what this version cannot read
    return [fetch for fetch in fetches if fetch.format]


@pytest.mark.promise(21)
@_EVERY
def test_every_fetch_is_a_request_that_reads(row: Connector, api: Api) -> None:
    fetches = _fetches(row, api)
    assert fetches, "no recorded case announces anything"
    vendor = FetchedVendor(name=row.name, api=api)
    for fetch in fetches:
        request = request_of(vendor, replace(fetch, host=""))
        assert request.method == "GET" or api.reads_by_post


@pytest.mark.promise(21)
@_EVERY
def test_every_scope_only_reads(row: Connector, api: Api) -> None:
    for scope in api.auth.scopes if api.auth is not None else ():
        assert not re.search(r"write|update|delete|modify|manage|upload|post", scope, re.IGNORECASE)
        # a plain name of Google's means writing as well
        assert not _GOOGLE.match(scope) or scope.endswith(".readonly"), row.name


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_connector_that_writes_is_found(method: str) -> None:
    assert POLAR.api is not None

    def writes(fetch: Fetch) -> ApiRequest:
        return ApiRequest(path=fetch.path, method=method)

    api = replace(POLAR.api, request=writes)
    with pytest.raises(ValueError, match="may change something"):
        test_every_fetch_is_a_request_that_reads(POLAR, api)
