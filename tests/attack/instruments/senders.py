"""Sends single payloads to the vendor door as apps and vendors do, and gives the answers."""

import hashlib
import http.client
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ingest.proving.schemes import STANDARD_WEBHOOKS, SVIX
from ingest.sender import sign
from model.calendar import rfc3339
from model.codec import dumps
from tests.attack.product import Person, Product, now_ms

SENDERS_HOST = "127.0.0.1"
TIMEOUT_S = 30.0
AGAIN = frozenset({429, 503})
_LONGEST_PAUSE_S = 2.0
_JSON, OCTETS = "application/json", "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of the door to a payload; status 0 is a connection that broke.

    `sha256` is the digest of what was sent, `seconds` the time it took.
    """

    status: int
    sha256: str
    seconds: float
    pause_s: float = 0.0

    @property
    def taken(self) -> bool:
        """Tell whether the body was acknowledged."""
        return 200 <= self.status < 300


def pain_report(account: str, record: str, *, value: int = 9, at_ms: int | None = None) -> bytes:
    """Return the report of a rating of pain after exercise; a 9 raises an alert by itself."""
    report = {
        "id": record,
        "instrument": "pain",
        "phase": "after",
        "value": value,
        "scale": "nrs-0-10",
        "answered_at": rfc3339((now_ms() if at_ms is None else at_ms) // 1000 * 1000),
    }
    return dumps({"type": "report.created", "patient": account, "report": report})


class Sender:
    """A client of the vendor door of a product; it opens a connection for each payload."""

    def __init__(self, on: Product) -> None:
        self._keys, self._port = on.keys, on.port("vendor door")

    def report(self, body: bytes) -> Answer:
        """Post a report as the app does."""
        return self.post(
            "/v1/reports",
            body,
            sign(STANDARD_WEBHOOKS, self._keys["reports"], body, _id(), now_ms()),
        )

    def hook(self, body: bytes) -> Answer:
        """Push a body as Open Wearables does."""
        signed = sign(SVIX, self._keys["open_wearables"], body, _id(), now_ms())
        return self.post("/v1/hooks/open_wearables", body, signed)

    def file(self, body: bytes, person: Person) -> Answer:
        """Post a file with a patient's link token."""
        return self.post("/v1/files", body, {"authorization": f"Bearer {person.token}"}, OCTETS)

    def by(self, connector: str, body: bytes, person: Person) -> Answer:
        """Send a body by the way of its connector."""
        ways: Mapping[str, Callable[[], Answer]] = {
            "files": lambda: self.file(body, person),
            "reports": lambda: self.report(body),
            "open_wearables": lambda: self.hook(body),
        }
        return ways[connector]()

    def surely(self, send: Callable[[], Answer], seconds: float = 60.0) -> Answer:
        """Send again while the door answers that it is busy, after the pause that it requests."""
        deadline = time.monotonic() + seconds
        while (answer := send()).status in AGAIN and time.monotonic() < deadline:
            time.sleep(min(answer.pause_s or 0.25, _LONGEST_PAUSE_S))
        return answer

    def post(self, path: str, body: bytes, headers: Mapping[str, str], kind: str = _JSON) -> Answer:
        """Post a payload over a connection of its own."""
        began = time.monotonic()
        connection = http.client.HTTPConnection(SENDERS_HOST, self._port, timeout=TIMEOUT_S)
        status, pause = 0, 0.0
        try:
            connection.request("POST", path, body, {"content-type": kind, **headers})
            answer = connection.getresponse()
            answer.read()
            status, pause = answer.status, _seconds(answer.getheader("retry-after"))
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            connection.close()
        sha256 = hashlib.sha256(body).hexdigest()
        return Answer(status=status, sha256=sha256, seconds=time.monotonic() - began, pause_s=pause)


@dataclass(slots=True)
class Sent:
    """What was sent so far, by name: when (monotonic seconds), and how it was answered.

    Threads write to it.
    """

    at: dict[str, float] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, at: float, answer: Answer) -> None:
        """Keep an answer."""
        with self._lock:
            self.at[name], self.answers[name] = at, answer

    def taken(self) -> dict[str, float]:
        """Return when each acknowledged body was sent."""
        with self._lock:
            return {name: self.at[name] for name, answer in self.answers.items() if answer.taken}


def _id() -> str:
    return f"msg_{secrets.token_hex(8)}"


def _seconds(text: str | None) -> float:
    return float(text) if text is not None and text.isdigit() else 0.0
