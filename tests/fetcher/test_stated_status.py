"""Withings states its errors within answers of status 200; the fetcher judges by those."""

import json

import pytest

from fetcher.answers import Meaning, VendorResponse, meaning_of
from ingest.vendors.withings import WITHINGS
from model.received import Fetch
from model.vendors.requests import ApiRequest

_FETCH = Fetch(account="12345", resource="getmeas", key="1", path="/measure")


def request_() -> ApiRequest:
    assert WITHINGS.api is not None
    assert WITHINGS.api.request is not None
    return WITHINGS.api.request(_FETCH)


def meaning(body: bytes, status: int = 200) -> Meaning:
    assert WITHINGS.api is not None
    stated = WITHINGS.api.status_of(status, body)
    return meaning_of(VendorResponse(status=stated, headers={}, body=body), request_()).meaning


@pytest.mark.parametrize(
    ("stated", "wanted"),
    [
        (0, Meaning.HERE),
        (100, Meaning.UNAUTHORISED),
        (401, Meaning.UNAUTHORISED),
        (277, Meaning.FORBIDDEN),
        (293, Meaning.REFUSED),
        (503, Meaning.REFUSED),
        (201, Meaning.REFUSED),
        (601, Meaning.SLOWER),
        (2554, Meaning.FAILED),
        (2555, Meaning.FAILED),
        (999_999, Meaning.FAILED),
    ],
)
def test_the_status_within_an_answer_counts(stated: int, wanted: Meaning) -> None:
    assert meaning(json.dumps({"status": stated, "body": {}}).encode()) is wanted


@pytest.mark.parametrize(
    "body", [b"", b"<html>back soon</html>", b"[]", b'{"body":{}}', b'{"status":"0"}', b'{"status']
)
def test_what_states_no_status_is_tried_again(body: bytes) -> None:
    assert meaning(body) is Meaning.FAILED


def test_a_status_of_http_that_is_an_error_counts_as_it_is() -> None:
    assert meaning(b'{"status":0}', 503) is Meaning.FAILED
    assert meaning(b'{"status":0}', 401) is Meaning.UNAUTHORISED


def test_a_list_is_asked_by_a_form_with_what_is_wanted_of_it() -> None:
    request = request_()
    assert (request.method, request.path, request.query) == ("POST", "/measure", ())
    assert request.form == (("category", "1"), ("meastypes", "1,9,10,11,12,54,71,123"))
