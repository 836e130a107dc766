"""What an answer means, and how long it wants us to wait."""

import pytest

from fetcher.answers import Judged, Meaning, VendorResponse, meaning_of
from fetcher.rate_waits import slower_ms, wait_ms
from ingest.vendors.polar import polar_rate_wait
from model.vendors.requests import ApiRequest

_NOW_MS = 1_795_000_000_000  # 2026-11-18T11:06:40Z
_OBJECT, _LIST = ApiRequest(path="/v3/x/1"), ApiRequest(path="/v3/x", is_collection=True)
_PUSHED = ApiRequest(path="/backfill/x", is_pushed=True, too_early=b"before min")
# a head that states 20 bytes of data, the data, the sum at the end
_FIT = b"\x0e\x10\x00\x08\x14\x00\x00\x00.FIT\x00\x00" + bytes(20) + b"\x00\x00"
_EARLY = b'{"errorMessage":"start 2026-10-19 before min start time of 2026-10-20"}'
_CASES = [
    (202, b"", _PUSHED, Meaning.NOTHING),
    (409, b'{"errorMessage":"duplicate backfill"}', _PUSHED, Meaning.NOTHING),
    (400, _EARLY, _PUSHED, Meaning.FAILED),
    (400, _EARLY, _OBJECT, Meaning.REFUSED),
    (400, b"wrong range", _PUSHED, Meaning.REFUSED),
    (403, b"", _PUSHED, Meaning.FORBIDDEN),
    (200, b"<html>back soon", _PUSHED, Meaning.FAILED),
    (429, b"", _PUSHED, Meaning.SLOWER),
    (202, b"", _OBJECT, Meaning.NOTHING),
    (409, b"", _OBJECT, Meaning.FAILED),
    (200, b"\x0e\x10.FIT", _OBJECT, Meaning.HERE),
    (200, _FIT, _OBJECT, Meaning.HERE),
    (200, _FIT[:-1], _OBJECT, Meaning.PARTIAL),
    (200, _FIT[:12], _OBJECT, Meaning.PARTIAL),
    (200, _FIT[:11], _OBJECT, Meaning.HERE),
    (200, _FIT + _FIT, _OBJECT, Meaning.HERE),  # two files in a chain
    (200, _FIT[:4] + b"\xff" * 4 + _FIT[8:], _OBJECT, Meaning.HERE),  # states no length
    (200, b'{"data": [{"id": 1}, {"id"', _OBJECT, Meaning.FAILED),
    (200, b'[{"id": 1},', _LIST, Meaning.FAILED),
    (200, b"{", _LIST, Meaning.FAILED),
    (200, b' [{"id": 1}] \r\n', _LIST, Meaning.HERE),
    (200, b'{"data": []}', _OBJECT, Meaning.HERE),
    (200, b"", _OBJECT, Meaning.FAILED),
    (200, b"  <!DOCTYPE html>", _OBJECT, Meaning.FAILED),
    (200, b"\n<HTML lang=en>", _OBJECT, Meaning.FAILED),
    (200, b"\xef\xbb\xbf<!doctype HTML>", _OBJECT, Meaning.FAILED),
    (200, b"<head><title>back soon", _OBJECT, Meaning.FAILED),
    (204, b"", _OBJECT, Meaning.NOTHING),
    (301, b"", _OBJECT, Meaning.FAILED),
    (302, b"", _OBJECT, Meaning.FAILED),
    (400, b"", _OBJECT, Meaning.REFUSED),
    (401, b"", _OBJECT, Meaning.UNAUTHORISED),
    (403, b"", _OBJECT, Meaning.FORBIDDEN),
    (404, b"", _OBJECT, Meaning.GONE),
    (404, b"", _LIST, Meaning.FAILED),
    (408, b"", _OBJECT, Meaning.FAILED),
    (410, b"", _OBJECT, Meaning.GONE),
    (422, b"", _OBJECT, Meaning.REFUSED),
    (429, b"", _OBJECT, Meaning.SLOWER),
    (500, b"", _OBJECT, Meaning.FAILED),
    (503, b"", _OBJECT, Meaning.FAILED),
    (599, b"", _OBJECT, Meaning.FAILED),
]


@pytest.mark.parametrize(("status", "body", "request_", "meaning"), _CASES)
def test_each_status_has_one_meaning(
    status: int, body: bytes, request_: ApiRequest, meaning: Meaning
) -> None:
    response = VendorResponse(status=status, headers={}, body=body)
    judged = meaning_of(response, request_)
    assert judged.meaning is meaning
    assert bool(judged.why) is (meaning is not Meaning.HERE)


def test_a_page_is_known_by_its_type_as_well() -> None:
    headers = {"content-type": " Text/HTML; charset=utf-8"}
    response = VendorResponse(status=200, headers=headers, body=b"back soon")
    assert meaning_of(response, _OBJECT).why == "a page of HTML with status 200"


def test_a_fault_on_the_way_counts_before_the_status() -> None:
    response = VendorResponse(status=200, headers={}, body=b"half", fault="it breaks off")
    assert meaning_of(response, _OBJECT) == Judged(meaning=Meaning.FAILED, why="it breaks off")


_WAITS = [
    ("", 0),
    ("0", 0),
    ("120", 120_000),
    ("999999999999", 86_400_000),
    ("9" * 5_000, 86_400_000),
    ("-5", 60_000),
    ("soon", 60_000),
    ("Wed, 18 Nov 2026 11:07:40 GMT", 60_000),
    ("Wed, 18 Nov 2026 11:05:00 GMT", 0),
    ("Fri, 18 Nov 2050 05:47:40 GMT", 86_400_000),
]


@pytest.mark.parametrize(("text", "wait"), _WAITS, ids=lambda value: str(value)[:30])
def test_retry_after_is_seconds_or_a_date(text: str, wait: int) -> None:
    assert wait_ms({"retry-after": text} if text else {}, _NOW_MS) == wait


def test_a_429_without_a_time_waits_a_minute() -> None:
    assert slower_ms({}, 0, _NOW_MS) == 60_000
    assert slower_ms({"retry-after": "5"}, 90, _NOW_MS) == 90_000


_RATES = [
    ({}, 0),
    ({"ratelimit-usage": "2999, 99999"}, 0),
    ({"ratelimit-usage": "3000, 5"}, 900),
    ({"ratelimit-usage": "5, 100000"}, 86_400),
    ({"ratelimit-usage": "20, 5", "ratelimit-limit": "20, 100", "ratelimit-reset": "7, 80"}, 7),
    ({"ratelimit-usage": "20, 100", "ratelimit-limit": "20, 100", "ratelimit-reset": "7, 80"}, 80),
    ({"ratelimit-usage": "20", "ratelimit-limit": "20", "ratelimit-reset": "999999"}, 900),
    ({"ratelimit-usage": "many", "ratelimit-limit": "20"}, 0),
    ({"ratelimit-usage": "9" * 40}, 0),
    ({"ratelimit-usage": "1, 2, 3, 4, 5"}, 0),
]


@pytest.mark.parametrize(("headers", "seconds"), _RATES)
def test_polars_rates_are_read(headers: dict[str, str], seconds: int) -> None:
    assert polar_rate_wait(headers) == seconds


def test_a_status_may_mean_to_one_vendor_what_it_means_to_no_other() -> None:
    own = ApiRequest(path="/backfill", noted=(409,))
    usual = ApiRequest(path="/backfill")
    known = [
        (202, usual, Meaning.NOTHING),
        (409, own, Meaning.NOTHING),
        (409, usual, Meaning.FAILED),
        (400, usual, Meaning.REFUSED),
    ]
    for status, request, meaning in known:
        response = VendorResponse(status=status, headers={}, body=b"{}")
        assert meaning_of(response, request).meaning is meaning
