"""Proof that this door served a form to this person, and that no other site sent it. Pure.

A form's token is an HMAC over the person's subject and the token's expiry. Nothing is stored.
"""

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

FORM_LIFE_MS = 12 * 3_600_000
FORM_STEP_MS = 3_600_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_FETCH_SITES = frozenset({"same-origin", "none"})
LONGEST_UNTIL = 20  # digits of any epoch ms, and a bound on what is parsed as a number
_DEFAULT_PORTS = {"http": 80, "https": 443}


def form_token(key: bytes, subject: str, now_ms: int) -> str:
    """Return a token that holds for 11 to 12 hours.

    The token stays the same within an hour, so that an unchanged page stays equal byte by byte.
    """
    until = now_ms // FORM_STEP_MS * FORM_STEP_MS + FORM_LIFE_MS
    return f"{until}.{_mac(key, subject, until)}"


def is_valid_form_token(key: bytes, subject: str, token: str, now_ms: int) -> bool:
    """Return whether `token` was made with `key` for this subject and has not run out."""
    until, _, mac = token.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) < LONGEST_UNTIL):
        return False
    # compared as bytes, because `compare_digest` raises for text that is not ASCII
    is_ours = hmac.compare_digest(mac.encode(), _mac(key, subject, int(until)).encode())
    return is_ours and now_ms < int(until)


def is_cross_site(method: str, origins: Sequence[str], fetch_site: str, own_origin: str) -> bool:
    """Return whether a write was started by another site.

    `origins` are the values of the Origin header and `fetch_site` that of Sec-Fetch-Site, "none"
    when it is absent. Clients other than browsers send neither header.
    """
    if method in SAFE_METHODS:
        return False
    foreign = [origin for origin in origins if origin != own_origin]
    return bool(foreign) or fetch_site not in OWN_FETCH_SITES


def origin_of(address: str) -> str:
    """Return the origin of an address as a browser sends it.

    It is in lower case, without a path and without the scheme's default port.
    """
    parts = urlsplit(address.lower())
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _mac(key: bytes, subject: str, until: int) -> str:
    return hmac.new(key, f"clinic-form\0{subject}\0{until}".encode(), hashlib.sha256).hexdigest()
