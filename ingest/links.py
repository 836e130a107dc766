"""Link tokens: a patient's pseudonym with its own MAC, so that the door needs no look-up to know whose link it is.

A token never expires by itself: whoever's consent ends is dropped by the normaliser. Must never be logged.
"""

import base64
import binascii
import hashlib
import hmac

_PURPOSE = b"kadens link v1\0"
LONGEST = 512  # characters


def mint(patient: str, key: bytes) -> str:
    """Return the URL-safe token of a pseudonym. `key` is the setting `link_key`; ValueError when it is empty."""
    if not key or not patient:
        raise ValueError("a link token needs a patient and a link_key")
    token = f"{_text(patient.encode())}.{_text(_mac(patient, key))}"
    if len(token) > LONGEST:
        raise ValueError("the pseudonym is too long for a link token")
    return token


def read(token: str, key: bytes) -> str | None:
    """Return the pseudonym of a token that `mint` made with `key`, else None; never raises, constant in time."""
    name, _, mac = token.partition(".")
    try:
        patient, given = _bytes(name).decode(), _bytes(mac)
    except (binascii.Error, ValueError):
        return None
    if not key or len(token) > LONGEST or not hmac.compare_digest(_mac(patient, key), given):
        return None
    return patient


def _mac(patient: str, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + patient.encode(), hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
