"""Posts deliveries to a vendor door as vendors and apps would: signed, and again after a 503.

It has its own code for signing, by the published scheme (Standard Webhooks, which Svix uses too),
so that a fault in the door's code cannot hide itself. It is for simulated patients only. It must
never log a body, a token or a key.
"""

import base64
import hashlib
import hmac
import http.client
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runtime.retries import attempts
from simulate.delivery import TO_FILES, TO_OPEN_WEARABLES, TO_REPORTS, Delivery

_TIMEOUT_S = 30.0
_TRIES = 60
PAUSE_S = 0.25
# What a vendor repeats: overload and faults of the server, but no refusal.
_AGAIN = frozenset({429, 500, 502, 503, 504})


class _BusyError(Exception):
    """The door may take the delivery later; the text is the status."""


class DoorRefused(RuntimeError):  # noqa: N818 - reads as what happened
    """The door refused a delivery for good.

    The text holds the delivery's key and the status, but none of its content.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorKeys:
    """What is needed to send: the secrets of two connectors (`whsec_…`), and link tokens.

    `token` returns the link token of a patient at an instant (epoch ms).
    """

    open_wearables: str
    reports: str
    token: Callable[[str, int], str]

    def __repr__(self) -> str:
        return "Keys(…)"


class VendorDoor:
    """A client of a vendor door; each thread keeps a connection of its own.

    `now` is the sender's clock in epoch ms.
    """

    def __init__(self, host: str, port: int, keys: DoorKeys, now: Callable[[], int]) -> None:
        self._host, self._port, self._keys, self._now = host, port, keys, now
        self._mine = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def post(self, delivery: Delivery) -> int:
        """Deliver a body, and return its size in bytes once the door has acknowledged it.

        Raises `Refused` when the door refuses it for good, or after too many tries.
        """
        body = delivery.make()
        try:
            for attempt in attempts(_BusyError, pause_s=PAUSE_S, tries=_TRIES):
                with attempt:
                    self._once(delivery, body)
        except _BusyError as busy:
            raise DoorRefused(f"{delivery.key}: {busy} after {_TRIES} tries") from None
        return len(body)

    def close(self) -> None:
        """Close the connections of all threads; a later post opens its own again."""
        for connection in self._opened:
            connection.close()

    def _once(self, delivery: Delivery, body: bytes) -> None:
        status = self._status(delivery, body)
        if status in _AGAIN:
            raise _BusyError(status)
        if status >= http.client.MULTIPLE_CHOICES:
            raise DoorRefused(f"{delivery.key}: {status}")

    def _status(self, delivery: Delivery, body: bytes) -> int:
        path, headers = request(delivery, body, self._keys, self._now())
        connection = self._connection()
        try:
            connection.request(
                "POST", path, body, {"content-type": delivery.content_type, **headers}
            )
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            # A lost connection counts as a 503 and is tried again. The door may already have the
            # body, which does no harm: readers of the log recognise it by its digest.
            connection.close()
            return http.client.SERVICE_UNAVAILABLE
        return answer.status

    def _connection(self) -> http.client.HTTPConnection:
        # http.client connections are not safe for threads, so each thread has its own
        if not hasattr(self._mine, "connection"):
            self._mine.connection = http.client.HTTPConnection(
                self._host, self._port, timeout=_TIMEOUT_S
            )
            self._opened.append(self._mine.connection)
        connection: http.client.HTTPConnection = self._mine.connection
        return connection


def request(
    delivery: Delivery, body: bytes, keys: DoorKeys, at_ms: int
) -> tuple[str, Mapping[str, str]]:
    """Return the path and the headers of a delivery that is sent at `at_ms` (epoch ms)."""
    return _REQUESTS[delivery.connector](delivery, body, keys, at_ms)


def _hook(
    delivery: Delivery, body: bytes, keys: DoorKeys, at_ms: int
) -> tuple[str, Mapping[str, str]]:
    return "/v1/hooks/open_wearables", _signed("svix", keys.open_wearables, delivery, body, at_ms)


def _report(
    delivery: Delivery, body: bytes, keys: DoorKeys, at_ms: int
) -> tuple[str, Mapping[str, str]]:
    return "/v1/reports", _signed("webhook", keys.reports, delivery, body, at_ms)


def _file(
    delivery: Delivery, _body: bytes, keys: DoorKeys, at_ms: int
) -> tuple[str, Mapping[str, str]]:
    token = keys.token(delivery.patient, at_ms)
    return "/v1/files", {"authorization": f"Bearer {token}"}


def _signed(
    prefix: str, secret: str, delivery: Delivery, body: bytes, at_ms: int
) -> Mapping[str, str]:
    """Return the headers of Standard Webhooks: base64 of an HMAC over `id.timestamp.body`."""
    # The same delivery keeps its id, as a vendor's repetition does.
    message_id, seconds = _id(delivery), str(at_ms // 1000)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    return {
        f"{prefix}-id": message_id,
        f"{prefix}-timestamp": seconds,
        f"{prefix}-signature": f"v1,{signature}",
    }


def _id(delivery: Delivery) -> str:
    # the same at every try, as vendors repeat a message under its id
    return "msg_" + delivery.key.replace("/", "_")


_REQUESTS: Mapping[
    str, Callable[[Delivery, bytes, DoorKeys, int], tuple[str, Mapping[str, str]]]
] = {
    TO_OPEN_WEARABLES: _hook,
    TO_FILES: _file,
    TO_REPORTS: _report,
}
