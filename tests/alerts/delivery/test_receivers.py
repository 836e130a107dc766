"""What a receiver gets: the same body under the same id with every attempt, signed anew."""

import asyncio
from dataclasses import replace

import pytest
from standardwebhooks.webhooks import Webhook

from alerts.delivery.receivers import host_of, message_id, post_of, result_of
from fetcher.addresses import RefusedAddressError, addresses_of
from fetcher.answers import VendorResponse
from model.calendar import utc
from model.messages.outgoing import AttemptResult, Receiver, ReceiverKind
from storage.alerts.outbox import Waiting

_KEY, _OLD_KEY = (
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
    "whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4v",
)
_NOW = 1_795_000_000_000
_ROW = Waiting(
    id=1,
    key="alert/7/ehr",
    recipient="ehr",
    body={"type": "alert.raised", "alert": "a1"},
    created_ms=1_794_000_000_000,
    tried_ms=None,
    attempts=0,
)
_EHR = Receiver(
    name="ehr",
    kind=ReceiverKind.WEBHOOK,
    url="https://ehr.example/in/kadens?unit=7",
    keys=(_KEY, _OLD_KEY),
    token="t0",  # noqa: S106 - invented
)


def test_a_request_is_what_the_page_for_receivers_says() -> None:
    question = post_of(_EHR, _ROW, _NOW)
    assert (question.method, question.host.authority, question.target) == (
        "POST",
        "ehr.example",
        "/in/kadens?unit=7",
    )
    assert question.body == (
        b'{"data":{"alert":"a1"},"timestamp":"2026-11-06T21:20:00Z","type":"alert.raised"}'
    )
    id_ = message_id("alert/7/ehr")
    assert question.headers["idempotency-key"] == question.headers["webhook-id"] == id_
    assert question.headers["authorization"] == "Bearer t0"
    assert "alert/7" not in id_


@pytest.mark.parametrize("key", [_KEY, _OLD_KEY])
def test_a_signature_is_taken_by_the_library_of_standard_webhooks(key: str) -> None:
    question = post_of(_EHR, _ROW, _NOW)
    signed = Webhook(key).sign(
        msg_id=question.headers["webhook-id"], timestamp=utc(_NOW), data=question.body.decode()
    )
    assert question.headers["webhook-timestamp"] == str(_NOW // 1000)
    assert signed in question.headers["webhook-signature"].split(" ")


def test_a_later_attempt_differs_in_time_and_signature_only() -> None:
    first, again = post_of(_EHR, _ROW, _NOW), post_of(_EHR, _ROW, _NOW + 60_000)
    assert first.body == again.body
    differing = {name for name, text in first.headers.items() if again.headers[name] != text}
    assert differing == {"webhook-timestamp", "webhook-signature"}


@pytest.mark.promise(24)
def test_a_gateway_gets_the_number_and_the_text() -> None:
    gateway = replace(_EHR, name="sms", kind=ReceiverKind.SMS)
    row = replace(_ROW, recipient="+46700000000", body={"subject": "s", "text": "Open the app"})
    assert post_of(gateway, row, _NOW).body == b'{"text":"Open the app","to":"+46700000000"}'


@pytest.mark.parametrize(
    ("response", "result"),
    [
        (VendorResponse(status=200, headers={}), AttemptResult()),
        (VendorResponse(status=204, headers={"retry-after": "9"}), AttemptResult()),
        # the message arrived, whatever was wrong with the rest of the answer
        (VendorResponse(status=200, headers={}, fault="more than 65536 bytes"), AttemptResult()),
        (VendorResponse(status=500, headers={}), AttemptResult(why="status 500")),
        (
            VendorResponse(status=503, headers={"retry-after": "120"}),
            AttemptResult(why="status 503", wait_ms=120_000),
        ),
        (
            VendorResponse(status=429, headers={"retry-after": "Sat, 07 Nov 2026 01:06:40 GMT"}),
            AttemptResult(why="status 429", wait_ms=0),
        ),
        (VendorResponse(status=302, headers={}), AttemptResult(why="status 302")),
        (VendorResponse(status=401, headers={}), AttemptResult(why="status 401")),
        (VendorResponse(status=422, headers={}), AttemptResult(why="status 422", refused=True)),
        (
            VendorResponse(headers={}, fault="the vendor does not answer"),
            AttemptResult(why="the receiver does not answer"),
        ),
    ],
)
def test_an_answer_is_taken_or_says_what_failed(
    response: VendorResponse, result: AttemptResult
) -> None:
    assert result_of(response, _NOW) == result


@pytest.mark.parametrize(
    ("url", "internal", "expected"),
    [
        ("https://a.example/x", False, ("https", "a.example", 443, False, False)),
        ("https://a.example:8443", True, ("https", "a.example", 8443, False, True)),
        ("http://127.0.0.1:80/", False, ("http", "127.0.0.1", 80, True, False)),
    ],
)
def test_the_host_is_the_pinned_one(
    url: str, internal: object, expected: tuple[str, str, int, bool, bool]
) -> None:
    host = host_of(replace(_EHR, url=url, is_internal=bool(internal)))
    assert (host.scheme, host.name, host.port, host.is_loopback, host.is_internal) == expected


def test_a_name_that_leads_inside_is_asked_only_where_the_file_allows_it() -> None:
    receiver = replace(_EHR, url="https://localhost/in")
    with pytest.raises(RefusedAddressError, match="private address"):
        asyncio.run(addresses_of(host_of(receiver)))
    allowed = asyncio.run(addresses_of(host_of(replace(receiver, is_internal=True))))
    assert set(allowed) <= {"127.0.0.1", "::1"}
    assert allowed != []
