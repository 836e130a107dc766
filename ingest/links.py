"""Link tokens: a patient's pseudonym, an issue number and an expiry, authenticated by a MAC.

The door can read a token without a look-up. Pure: keys and time are arguments. A token must never
be logged. Its `digest` identifies the token, but shows the patient to nobody who lacks the token.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from model.keyring import Key, KeyRing

_VERSION, _SEALING = "2", "3"  # the second has a public key too
LONGEST = 512  # characters
PARTS = 6  # version, key id, issue, expiry, patient, MAC
_LENGTHS = {_VERSION: PARTS - 1, _SEALING: PARTS}  # parts before the MAC
_PUBLIC_BYTES = 32
_LONGEST_NUMBER = 15  # digits; epoch ms have 13
_PURPOSE = b"kadens link v2\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The content of a link token.

    `expires_ms` is epoch ms, exclusive. `digest` is 32 bytes that identify this token alone.
    `public` is the key for which the patient's bodies are sealed, b"" in a token without one.
    """

    patient: str
    issue: int
    expires_ms: int
    key_id: str
    digest: bytes
    public: bytes = b""


def mint(patient: str, keys: KeyRing, *, issue: int, expires_ms: int, public: bytes = b"") -> str:
    """Return the URL-safe token of a pseudonym, signed with the active link key.

    `public` is the key for which the patient's bodies are sealed at the door.

    Raises ValueError without a key or a patient, for an issue below 1 or a negative expiry, and for
    a pseudonym that is too long.
    """
    if not keys or not patient:
        raise ValueError("a link token needs a patient and a link key")
    if issue < 1 or expires_ms < 0:
        raise ValueError("a link token needs an issue number from 1 and an expiry")
    key = keys.active
    texts = [_VERSION, key.id, str(issue), str(expires_ms), _text(patient.encode())]
    if public:
        texts = [_SEALING, *texts[1:], _text(public)]
    body = ".".join(texts)
    token = f"{body}.{_mac(body, key)}"
    if len(token) > LONGEST:
        raise ValueError("the pseudonym is too long for a link token")
    return token


def read_link(token: str, keys: KeyRing, now_ms: int) -> Link | None:
    """Return the content of a valid token, else None.

    A token is valid when `mint` made it with a usable key and it has not expired. This function
    never raises. The MAC is compared in constant time, before anything else is decoded.
    """
    if len(token) > LONGEST or not token.isascii():
        return None
    body, _, mac = token.rpartition(".")
    result = body.split(".")
    key = keys.find(result[1]) if len(result) == _LENGTHS.get(result[0]) else None
    if key is None or not hmac.compare_digest(_mac(body, key).encode(), mac.encode()):
        return None
    link = _link(result, digest(token))
    return link if link is not None and now_ms < link.expires_ms else None


def digest(token: str) -> bytes:
    """Return the 32 bytes that identify a token.

    They are a hash of its MAC, from which neither the patient nor the token can be derived.
    """
    return hashlib.sha256(token.rpartition(".")[2].encode()).digest()


def _link(texts: list[str], name: bytes) -> Link | None:
    _, key_id, issue, expires, patient, *sealing = texts
    # the token is ASCII, so `isdecimal` admits the digits 0 to 9 only
    if not all(text.isdecimal() and len(text) <= _LONGEST_NUMBER for text in (issue, expires)):
        return None
    try:
        owner = _bytes(patient).decode()
        public = _bytes(sealing[0]) if sealing else b""
    except (binascii.Error, ValueError):
        return None
    if len(public) not in (0, _PUBLIC_BYTES):
        return None
    return Link(
        patient=owner,
        issue=int(issue),
        expires_ms=int(expires),
        key_id=key_id,
        digest=name,
        public=public,
    )


def _mac(body: str, key: Key) -> str:
    # the purpose keeps a text that this key signs for another use from passing for a token
    return _text(hmac.digest(key.secret, _PURPOSE + body.encode(), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
