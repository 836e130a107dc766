"""Proof that a form was served by this door to this clinician: an HMAC over who and until when. It stores nothing."""

import hashlib
import hmac
from urllib.parse import urlsplit

LIFE_MS = 12 * 3_600_000
STEP_MS = 3_600_000
PORTS = {"http": 80, "https": 443}


def token(key: bytes, subject: str, now_ms: int) -> str:
    """Return a token that `holds` for about twelve hours; the same one within an hour, so that pages stay equal."""
    until = now_ms // STEP_MS * STEP_MS + LIFE_MS
    return f"{until}.{_mac(key, subject, until)}"


def holds(key: bytes, subject: str, said: str, now_ms: int) -> bool:
    """Tell whether `said` is a token of this subject that has not run out."""
    until, _, mac = said.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) < 20):  # noqa: PLR2004 - digits of any epoch ms
        return False
    return hmac.compare_digest(
        mac.encode(), _mac(key, subject, int(until)).encode()
    ) and now_ms < int(until)


def origin(address: str) -> str:
    """Return the origin of an address as a browser sends it: no default port, no path, lower case."""
    parts = urlsplit(address.lower())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in {None, PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _mac(key: bytes, subject: str, until: int) -> str:
    return hmac.new(key, f"clinic-form\0{subject}\0{until}".encode(), hashlib.sha256).hexdigest()
