"""How a simulated vendor calls the addresses that it was told: signed, again after a failure.

Also what it was told: subscriptions, which begin with a handshake where the vendor has one and may
end by themselves. The time is the vendor's own, so nothing here waits. It is written from what
vendors publish, never from our door.
"""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from random import Random
from urllib.parse import urlencode, urlsplit

from simulate.vendors.platform.exchanges import Reply, drawn

_WITHIN_S = 30.0
# Seconds after each failure; the vendor gives up behind the last.
USUAL_PAUSES_S = (10.0, 60.0, 600.0, 3_600.0, 14_400.0, 86_400.0)
_JSON = "application/json"


@dataclass(slots=True, kw_only=True)
class Webhook:
    """One call on its way: `due_s` is when it is tried, in the vendor's seconds."""

    body: bytes
    callback: str
    due_s: float
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    failures: int = 0
    status: int = 0  # of the last answer, 0 where none came
    reason: str = ""  # the word of its JSON, where the address says why it refused


Sign = Callable[[bytes, float], Mapping[str, str]]


def unsigned(_body: bytes, _now_s: float) -> Mapping[str, str]:
    """Return no header, as of a vendor that signs nothing."""
    return {}


def is_success(reply: Reply) -> bool:
    """Return whether an answer is of the class 2xx, as most vendors want it."""
    return HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(slots=True, kw_only=True)
class WebhookSender:
    """What a vendor sends to our door.

    `sign` gives the headers that prove a body, for the second in which it is sent: each attempt is
    signed anew. `is_received` says whether an answer means that the vendor need not send it again.
    `pauses_s` are the seconds after each failure; behind the last it is given up.
    """

    now_s: Callable[[], float]
    callback: str = ""
    sign: Sign = unsigned
    content_type: str = _JSON
    is_received: Callable[[Reply], bool] = is_success
    pauses_s: Sequence[float] = USUAL_PAUSES_S
    waiting: list[Webhook] = field(default_factory=list)
    received: list[Webhook] = field(default_factory=list)
    given_up: list[Webhook] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def push(
        self, body: bytes, callback: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        """Put a call into the queue: to `callback`, or to the vendor's only one."""
        call = Webhook(
            body=body,
            callback=callback or self.callback,
            due_s=self.now_s(),
            headers=headers or {},
        )
        with self._lock:
            self.waiting.append(call)

    def mix(self, random: Random) -> None:
        """Shuffle what waits, and double about a third of it, as networks do."""
        with self._lock:
            for call in list(self.waiting):
                if random.random() < 1 / 3:
                    again = Webhook(
                        body=call.body,
                        callback=call.callback,
                        due_s=call.due_s,
                        headers=call.headers,
                    )
                    self.waiting.append(again)
            random.shuffle(self.waiting)

    def send_due(self) -> int:
        """Try all that is due now, in the order of the queue; return how many were received."""
        with self._lock:
            now_s = self.now_s()
            due = [call for call in self.waiting if call.due_s <= now_s]
            # taken out meanwhile, so that a second thread sends none of them as well
            self.waiting = [call for call in self.waiting if call.due_s > now_s]
        return sum(map(self._sent, due))

    def _sent(self, call: Webhook) -> bool:
        now_s = self.now_s()
        headers = {
            "content-type": self.content_type,
            **call.headers,
            **self.sign(call.body, now_s),
        }
        reply = called(call.method, call.callback, call.body, headers)
        call.status, call.reason = reply.status, _reason(reply)
        if self.is_received(reply):
            self.received.append(call)
            return True
        # the first attempt is no repetition: one more attempt than there are pauses
        if call.failures >= len(self.pauses_s):
            self.given_up.append(call)
            return False
        call.due_s = now_s + self.pauses_s[call.failures]
        call.failures += 1
        with self._lock:
            self.waiting.append(call)
        return False


def _reason(reply: Reply) -> str:
    """Return the member `reason` of an answer in JSON, "" where there is none."""
    try:
        values = json.loads(reply.body)
    except ValueError:
        return ""
    return str(values.get("reason", "")) if isinstance(values, dict) else ""


@dataclass(slots=True, kw_only=True)
class Subscribed:
    """A subscription at the vendor; `ends_s` is 0 without an end."""

    id: str
    about: str
    callback: str
    account: str = ""
    ends_s: float = 0.0
    is_active: bool = True


def no_handshake(_callback: str) -> bool:
    """Return True: the vendor tries no address."""
    return True


@dataclass(slots=True, kw_only=True)
class SubscriptionBook:
    """What a vendor was told to call addresses for.

    `life_s` is how long a subscription holds, 0 for ever. `handshake` tries an address before it is
    taken. The account of what was asked is `log`, a word and an `about` for each.
    """

    now_s: Callable[[], float]
    life_s: float = 0.0
    handshake: Callable[[str], bool] = no_handshake
    rows: dict[str, Subscribed] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, about: str, callback: str, account: str = "") -> Subscribed | None:
        """Return a new subscription, None where the address fails the handshake.

        One that there is already is returned as it is.
        """
        with self._lock:
            self.log.append(("create", about))
            for row in self.rows.values():
                if (row.about, row.callback, row.account) == (about, callback, account):
                    return row
        # outside the lock: the address may ask this vendor in its turn
        if not self.handshake(callback):
            return None
        row = Subscribed(
            id=drawn(), about=about, callback=callback, account=account, ends_s=self._end()
        )
        with self._lock:
            self.rows[row.id] = row
        return row

    def renew(self, row_id: str) -> Subscribed | None:
        """Return a subscription that begins anew, None for one that there is not."""
        with self._lock:
            row = self.rows.get(row_id)
            if row is not None:
                self.log.append(("renew", row.about))
                row.ends_s, row.is_active = self._end(), True
            return row

    def delete(self, row_id: str) -> bool:
        """Remove a subscription; return whether there was one."""
        with self._lock:
            row = self.rows.pop(row_id, None)
            if row is not None:
                self.log.append(("delete", row.about))
            return row is not None

    def of(self, account: str = "") -> list[Subscribed]:
        """Return the subscriptions of an account, "" for those of the application, in order."""
        with self._lock:
            rows = [row for row in self.rows.values() if row.account == account]
        return sorted(rows, key=lambda row: (row.about, row.callback))

    def callbacks(self, about: str, account: str = "") -> list[str]:
        """Return the addresses that are called for something now."""
        now_s = self.now_s()
        addresses = []
        for row in self.of(account):
            holds = row.is_active and (not row.ends_s or row.ends_s > now_s)
            if holds and row.about == about:
                addresses.append(row.callback)
        return addresses

    def _end(self) -> float:
        return self.now_s() + self.life_s if self.life_s else 0.0


def called(
    method: str,
    address: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Reply:
    """Return the answer of an address on loopback, with status 0 where none came."""
    parts = urlsplit(address)
    own = urlencode(query or {})
    target = parts.path + ("?" if parts.query or own else "")
    target += "&".join(filter(None, (parts.query, own)))
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_WITHIN_S)
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        answer = connection.getresponse()
        kind = answer.getheader("content-type", "")
        return Reply(status=answer.status, body=answer.read(), kind=kind)
    except (OSError, HTTPException):
        return Reply(status=0)
    finally:
        connection.close()


def answers_head(callback: str) -> bool:
    """Try an address by HEAD, as Withings does."""
    return is_success(called("HEAD", callback))


def echoes_challenge(
    callback: str, query: Mapping[str, str], name: str = "challenge", answered: str = ""
) -> bool:
    """Try an address by GET with a challenge, which its JSON answer must repeat.

    `name` is the parameter of the challenge, and `answered` its name in the answer where that is
    another.
    """
    challenge = drawn()
    reply = called("GET", callback, query={**query, name: challenge})
    if reply.status != HTTPStatus.OK:
        return False
    try:
        values = json.loads(reply.body)
    except ValueError:
        return False
    return isinstance(values, dict) and values.get(answered or name) == challenge
