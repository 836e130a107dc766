"""How a simulated vendor calls: signed anew, again after a failure, to what it was told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import parse_qsl, urlsplit

import pytest

from simulate.vendors.webhooks import (
    SubscriptionBook,
    WebhookSender,
    answers_head,
    called,
    echoes_challenge,
)


@dataclass
class _Door:
    """An address that is called; it answers with the statuses that it was given, then 200."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str | None] = field(default_factory=list)


@contextmanager
def _door(door: _Door) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base
            """Write nothing."""

        def do_POST(self) -> None:
            door.bodies.append(self.rfile.read(int(self.headers["content-length"] or 0)))
            door.signatures.append(self.headers["signature"])
            self._end(b"")

        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            self._end(json.dumps({"hub.challenge": query.get("hub.challenge")}).encode())

        def do_HEAD(self) -> None:
            self._end(b"")

        def _end(self, body: bytes) -> None:
            self.send_response(door.statuses.pop(0) if door.statuses else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{http.server_address[1]}/hook?t=1"
        http.shutdown()


def test_what_is_not_received_is_sent_again_signed_anew_and_given_up_at_last() -> None:
    now_s = 0.0
    door = _Door(statuses=[503, 503, 200])
    with _door(door) as address:
        sender = WebhookSender(
            now_s=lambda: now_s,
            callback=address,
            sign=lambda body, at_s: {"signature": f"{len(body)}@{at_s:g}"},
            pauses_s=(10.0, 60.0),
        )
        sender.push(b"one")
        assert sender.send_due() == 0
        assert sender.send_due() == 0  # not yet
        now_s = 10.0
        sender.send_due()
        now_s = 70.0
        assert sender.send_due() == 1
        assert door.signatures == ["3@0", "3@10", "3@70"]
        door.statuses = [503] * 3
        sender.push(b"two")
        for _ in range(3):
            sender.send_due()
            now_s += 60
    assert [call.body for call in sender.given_up] == [b"two"]
    assert [call.body for call in sender.received] == [b"one"]
    assert sender.waiting == []


def test_nobody_at_the_address_is_a_failure() -> None:
    sender = WebhookSender(now_s=lambda: 0.0, callback="http://127.0.0.1:9/hook")
    sender.push(b"one")
    assert sender.send_due() == 0
    assert [(call.status, call.failures) for call in sender.waiting] == [(0, 1)]


def test_what_waits_is_shuffled_and_doubled_and_nothing_is_lost() -> None:
    sender = WebhookSender(now_s=lambda: 0.0, callback="http://127.0.0.1:9/hook")
    bodies = [b"%d" % number for number in range(30)]
    for body in bodies:
        sender.push(body)
    sender.mix(Random(3))  # noqa: S311 - no secret
    mixed = [call.body for call in sender.waiting]
    assert mixed[:30] != bodies
    assert len(mixed) > 30
    assert set(mixed) == set(bodies)


def test_a_subscription_begins_with_a_handshake_ends_and_begins_anew() -> None:
    now_s = 0.0
    with _door(_Door()) as address:
        tried: list[str] = []

        def handshake(callback: str) -> bool:
            tried.append(callback)
            return echoes_challenge(callback, {"hub.mode": "subscribe"}, "hub.challenge")

        book = SubscriptionBook(now_s=lambda: now_s, life_s=100.0, handshake=handshake)
        row = book.create("workout", address)
        assert row is not None
        assert book.create("workout", address) is row
        assert tried == [address]
        assert book.callbacks("workout") == [address]
        now_s = 100.0
        assert book.callbacks("workout") == []
        assert book.renew(row.id) is row
        assert book.callbacks("workout") == [address]
        assert book.callbacks("workout", "another") == []
        assert (book.delete(row.id), book.delete(row.id)) == (True, False)
    assert book.of() == []
    assert book.log == [("create", "workout")] * 2 + [("renew", "workout"), ("delete", "workout")]


def test_an_address_that_fails_the_handshake_is_not_taken() -> None:
    with _door(_Door(statuses=[404])) as address:
        book = SubscriptionBook(now_s=lambda: 0.0, handshake=answers_head)
        assert book.create("weight", address, "u") is None
        assert book.create("weight", address, "u") is not None
        assert not echoes_challenge(address, {})


@pytest.mark.parametrize("query", [{}, {"a": "b c"}])
def test_an_address_keeps_its_own_query(query: dict[str, str]) -> None:
    with _door(_Door()) as address:
        assert called("GET", address, query=query).status == 200
