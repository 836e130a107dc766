"""How a message goes to each receiver that is configured: as a signed webhook, a text or FHIR.

An address is pinned by configuration: no payload and no person's entry chooses where anything is
sent, except a phone number that the pinned gateway gets. Requests leave through the client of the
fetcher, which follows no redirect and asks no private address unless the file allows it.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from alerts.delivery.channel import Channel, Send
from fetcher.addresses import ApiHost
from fetcher.answers import VendorResponse
from fetcher.client import Question, VendorClient
from fetcher.rate_waits import wait_ms
from fhir_r4.alerts import alert_resources
from fhir_r4.elements import FhirResource, bundle, transaction
from model import codec
from model.calendar import rfc3339
from model.messages.alert_event import read_snapshot
from model.messages.outgoing import AttemptResult, Receiver, ReceiverKind
from storage.alerts.outbox import Waiting

# Within this an answer must be complete. It must be below the time after which the database ends an
# idle transaction.
WITHIN_S = 30.0
_MOST = 64 * 1024  # bytes of an answer, of which nothing is kept
_HTTPS_PORT, _HTTP_PORT = 443, 80
# The receiver looked at the message itself, and would do so again.
_REFUSED = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A row of the table: how a message is written for a receiver."""

    content: Callable[[Waiting], bytes]
    content_type: str = "application/json"


def _as_text(row: Waiting) -> bytes:
    """Return a text message for a gateway: the number and the text."""
    return codec.dumps({"to": row.recipient, "text": row.body["text"]})


def _as_event(row: Waiting) -> bytes:
    """Return an event: its type, when it happened, and its data."""
    data = {name: value for name, value in row.body.items() if name != "type"}
    return codec.dumps(
        {"type": row.body["type"], "timestamp": rfc3339(row.created_ms), "data": data}
    )


def _as_bundle(row: Waiting) -> bytes:
    """Return an alert after a change, as resources to be read."""
    return codec.dumps(bundle("collection", _resources(row), row.created_ms))


def _as_transaction(row: Waiting) -> bytes:
    """Return an alert after a change, as what brings a FHIR server up to date."""
    return codec.dumps(transaction(_resources(row)))


def _resources(row: Waiting) -> list[FhirResource]:
    return alert_resources(read_snapshot(row.body["alert"]))


_FHIR_JSON = "application/fhir+json"
_FORMS: Mapping[tuple[ReceiverKind, str], _Form] = {
    (ReceiverKind.SMS, "json"): _Form(content=_as_text),
    (ReceiverKind.NUDGE, "json"): _Form(content=_as_event),
    (ReceiverKind.WEBHOOK, "json"): _Form(content=_as_event),
    (ReceiverKind.WEBHOOK, "fhir"): _Form(content=_as_bundle, content_type=_FHIR_JSON),
    (ReceiverKind.FHIR, "json"): _Form(content=_as_transaction, content_type=_FHIR_JSON),
    (ReceiverKind.FHIR, "fhir"): _Form(content=_as_transaction, content_type=_FHIR_JSON),
}


def channel_of(receiver: Receiver, client: VendorClient) -> Channel:
    """Return the channel of a receiver."""
    return Channel(
        name=receiver.name, send=_sender(receiver, client), give_up_ms=receiver.give_up_ms
    )


def _sender(receiver: Receiver, client: VendorClient) -> Send:
    """Return the function that posts a message to a receiver."""

    async def send(row: Waiting, now_ms: int) -> AttemptResult:
        try:
            question = post_of(receiver, row, now_ms)
        # A message that cannot be written must not end the process again and again.
        except (KeyError, TypeError, ValueError) as error:
            return AttemptResult(why=f"not written: {type(error).__name__}", refused=True)
        return result_of(await client.ask(question), now_ms)

    return send


def post_of(receiver: Receiver, row: Waiting, now_ms: int) -> Question:
    """Return the request for a message; everything but time and signature is always the same."""
    form = _FORMS[receiver.kind, receiver.form]
    body = form.content(row)
    id_ = message_id(row.key)
    headers = {"content-type": form.content_type, "idempotency-key": id_}
    if receiver.token:
        headers["authorization"] = f"Bearer {receiver.token}"
    if receiver.keys:
        headers |= signature_headers(receiver.keys, id_, now_ms // 1000, body)
    return Question(
        host=host_of(receiver),
        target=_target(receiver),
        headers=headers,
        most=_MOST,
        within_s=WITHIN_S,
        method="POST",
        json=body.decode(),
    )


def message_id(key: str) -> str:
    """Return the id under which a receiver knows a message; it shows nothing of the key."""
    return f"msg_{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def signature_headers(keys: tuple[str, ...], id_: str, at_s: int, body: bytes) -> Mapping[str, str]:
    """Return the three headers of Standard Webhooks: id, time and a signature with each key.

    A key is base64, with or without the prefix `whsec_`.
    """
    content = f"{id_}.{at_s}.".encode() + body
    signatures: list[str] = []
    for key in keys:
        secret = base64.b64decode(key.removeprefix("whsec_"))
        digest = hmac.digest(secret, content, hashlib.sha256)
        signatures.append(f"v1,{base64.b64encode(digest).decode()}")
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(signatures),
    }


def host_of(receiver: Receiver) -> ApiHost:
    """Return the pinned host; plain http is only for a loopback address (`kadens.delivering`)."""
    parts = urlsplit(receiver.url)
    is_plain = parts.scheme == "http"
    return ApiHost(
        scheme=parts.scheme,
        name=parts.hostname or "",
        port=parts.port or (_HTTP_PORT if is_plain else _HTTPS_PORT),
        is_loopback=is_plain,
        is_internal=receiver.is_internal,
    )


def _target(receiver: Receiver) -> str:
    parts = urlsplit(receiver.url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def result_of(response: VendorResponse, now_ms: int) -> AttemptResult:
    """Return what an answer means: 2xx and complete headers mean that the message was taken."""
    wish_ms = wait_ms(response.headers, now_ms)
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        return AttemptResult()
    if response.status:
        return AttemptResult(
            why=f"status {response.status}",
            wait_ms=wish_ms,
            refused=response.status in _REFUSED,
        )
    # the client names what failed in words about vendors
    return AttemptResult(why=response.fault.replace("vendor", "receiver"), wait_ms=wish_ms)
