"""The HTTP client of commands that post to the vendor door. It is small, and quick to import.

It must never log or show what it posts.
"""

import http.client
from urllib.parse import urlsplit

from kadens.output.terminal import fail
from kadens.settings import Settings
from runtime.retries import attempts

LATER = frozenset({http.client.TOO_MANY_REQUESTS, http.client.SERVICE_UNAVAILABLE})
TRIES = 6
LONGEST_WAIT_S = 60
AWAY_S = 5.0  # until a door that does not answer is asked again
_Headers = dict[str, str]


class _BusyError(Exception):
    """The door asks to come again in `wait_s` seconds."""

    def __init__(self, status: int, answer: bytes, wait_s: float) -> None:
        self.status, self.answer, self.wait_s = status, answer, wait_s


class NoAnswerError(Exception):
    """The door does not answer; the text names its address and the reason."""


def door_of(settings: Settings, url: str) -> str:
    """Return the address of the vendor door: `url` unless it is empty, else that of the settings.

    Leaves with code 2 for a text that is no http address.
    """
    address = url.rstrip("/") or f"http://{settings.vendor_host}:{settings.vendor_port}"
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in {"http", "https"} and parts.port != 0 and bool(parts.hostname)
    except ValueError:
        is_usable = False
    if not is_usable:
        fail("--url must be an address such as http://127.0.0.1:8801", code=2)
    return address


def post_patiently(url: str, body: bytes, headers: _Headers) -> tuple[int, bytes]:
    """Post a body as `post`; wait and try again, up to `TRIES` times, while the door is busy.

    A door that does not answer may be starting again, and is waited for in the same way; raises
    NoAnswerError for one that stays away.
    """
    # The pause is the one that the door asks for, see `_wait_of`.
    try:
        for attempt in attempts(_wait_of, pause_s=0.0, tries=TRIES):
            with attempt:
                result = _posted_unless_busy(url, body, headers)
    except _BusyError as busy:
        return busy.status, busy.answer
    return result


def post(url: str, body: bytes, headers: _Headers) -> tuple[int, bytes]:
    """Post a body and return status and answer; leaves with code 1 when there is no answer."""
    try:
        status, answer, _ = _posted(url, body, headers)
    except NoAnswerError as error:
        fail(str(error))
    return status, answer


def seconds_of(retry_after: str) -> float:
    """Return the wait that Retry-After names in seconds, from 1 to 60; 1 for a date or nothing."""
    wait_s = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 1
    return float(min(max(wait_s, 1), LONGEST_WAIT_S))


def _posted_unless_busy(url: str, body: bytes, headers: _Headers) -> tuple[int, bytes]:
    status, answer, wait_s = _posted(url, body, headers)
    if status in LATER:
        raise _BusyError(status, answer, wait_s)
    return status, answer


def _wait_of(error: Exception) -> bool | float:
    """Return the seconds to wait for a door that is busy or away; False for any other error."""
    if isinstance(error, NoAnswerError):
        return AWAY_S
    return error.wait_s if isinstance(error, _BusyError) else False


def _posted(url: str, body: bytes, headers: _Headers) -> tuple[int, bytes, float]:
    return requested_answer("POST", url, body, headers)


def requested_answer(
    method: str, url: str, body: bytes, headers: _Headers
) -> tuple[int, bytes, float]:
    """Return status, answer and the seconds to wait of a request; raises NoAnswerError."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=60)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), seconds_of(answer.headers.get("retry-after", ""))
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", "") or type(error).__name__
        raise NoAnswerError(f"{urlsplit(url).netloc} does not answer: {reason}") from error
    finally:
        connection.close()
