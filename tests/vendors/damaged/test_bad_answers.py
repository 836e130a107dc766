"""Answers about accounts, tokens and subscriptions that are none: ValueError, and nothing else.

They come from outside, and whoever asked goes on with the next account or subscription.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ingest.connector import Connector
from ingest.vendors import CONNECTORS

_ODD = [
    b"", b"null", b"5", b'"x"', b"\xff", b"[" * 5_000, b"[]", b"[5]", b"[null]", b"[{}]", b"{}",
    b'{"id":[]}', b'{"user_id":{}}', b'{"userId":5}', b'{"healthUserId":[]}', b'{"data":null}',
    b'{"data":[{"events":5}]}', b'{"body":[]}', b'{"status":0,"body":{"profiles":5}}',
    b'{"status":0,"body":{"profiles":[{"appli":[],"callbackurl":5,"expires":{}}]}}',
    b'{"status":0,"body":{"access_token":5}}', b'{"status":503,"error":{}}', b'{"status":true}',
    b'{"access_token":"a.b.c"}', b'{"access_token":"a..c"}', b'{"access_token":"a.NQ.c"}',
    b'{"access_token":"x","athlete":[]}', b'{"access_token":"x","athlete":{"id":{}}}',
    b'{"access_token":"x","refresh_token":[]}', b'{"error":{}}', b'{"error":[]}',
    b'[{"event_type":5,"data_type":[],"callback_url":{},"expiration_time":[]}]',
    b'[{"id":{},"callback_url":[],"expiration_time":"9999-99-99"}]',
]  # fmt: skip
_WITH_API = [row for row in CONNECTORS if row.api is not None]
_HEADERS: list[dict[str, str]] = [
    {"ratelimit-usage": "x"},
    {"ratelimit-usage": "1,2", "ratelimit-limit": "", "ratelimit-reset": "-5," + "9" * 5_000},
    {"ratelimit-usage": "9,9", "ratelimit-limit": "1,1", "ratelimit-reset": "9" * 20},
    {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "NaN"},
    {"x-ratelimit-usage": "1," * 500, "x-ratelimit-limit": "9" * 5_000},
    {"x-readratelimit-usage": "100,2000", "x-readratelimit-limit": "100,1000"},
]


def _readers(row: Connector) -> list[Callable[[bytes], Any]]:
    """Return what reads the answers of a vendor that hold no measurements."""
    assert row.api is not None
    auth, kept = row.api.auth, row.api.subscriptions
    listed = [] if kept is None else [kept.read]
    if auth is None:
        return [*listed]
    return [*listed, auth.read, *filter(None, [auth.account_of])]


@pytest.mark.parametrize("row", _WITH_API, ids=lambda row: row.name)
@pytest.mark.parametrize("body", _ODD, ids=lambda body: repr(body[:40]))
def test_an_answer_that_is_none_is_an_error_of_its_own_kind(row: Connector, body: bytes) -> None:
    for read in _readers(row):
        try:
            read(body)
        except ValueError:
            continue
    assert row.api is not None
    assert 100 <= row.api.status_of(200, body) < 600


@pytest.mark.parametrize("row", _WITH_API, ids=lambda row: row.name)
def test_odd_rates_close_no_vendor_for_longer_than_a_day(row: Connector) -> None:
    assert row.api is not None
    for headers in _HEADERS:
        assert 0 <= row.api.rate_wait(headers) <= 86_400
