"""Seals values with AES-256-GCM; data keys are wrapped with the wrapping key.

It never logs and stores no key. A sealed value has a nonce (12 bytes), the ciphertext and the tag.
The owner and purpose (`belongs_to`) are authenticated with it, so that a value that was moved to
another patient or purpose does not open. A wrapped value has its key's id in front: a mark, the
length of the id, the id.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from model.keyring import Key, KeyRing

_KEY_BYTES = 32
NONCE_BYTES = 12  # the length that GCM is made for; random, so a key must not seal 2^32 values
MARK = b"\x00KW1"  # start of a wrapped value; older values start with the nonce


class SealError(ValueError):
    """A value does not open: wrong key, wrong owner or purpose, or damaged bytes."""


def new_key() -> bytes:
    """Return a new random key of 256 bits."""
    return secrets.token_bytes(_KEY_BYTES)


def seal(key: bytes, plaintext: bytes, belongs_to: str) -> bytes:
    """Encrypt with `key` for the owner and purpose that `belongs_to` names.

    Raises ValueError for a key of the wrong length.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    # a new nonce for every value: with a repeated one, GCM reveals what it seals
    return nonce + AESGCM(_checked(key)).encrypt(nonce, plaintext, belongs_to.encode())


def open_sealed(key: bytes, sealed: bytes, belongs_to: str) -> bytes:
    """Decrypt what `seal` made for the same owner and purpose.

    Raises `SealError` on anything else.
    """
    try:
        return AESGCM(_checked(key)).decrypt(
            sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], belongs_to.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise SealError(
            f"what is kept for {belongs_to.partition(':')[0]} does not open with this key"
        ) from error


def keyed_label(key: bytes, text: str) -> bytes:
    """Return 32 bytes that stand for a text and lead back to key or text by no way but the key."""
    return hmac.digest(_checked(key), text.encode(), hashlib.sha256)


def wrap_value(keys: KeyRing, plaintext: bytes, belongs_to: str) -> bytes:
    """Encrypt with the active wrapping key; its id is in front of the value and authenticated."""
    key = keys.active
    return wrapped_by(key.id) + seal(key.secret, plaintext, _named(belongs_to, key))


def unwrap_value(keys: KeyRing, wrapped: bytes, belongs_to: str) -> bytes:
    """Decrypt what `wrap_value` made, or what was sealed before keys had ids; raises `SealError`.

    A value without a key id is tried with every key of the ring.
    """
    # The nonce of an old value may look like a mark and a key id by chance. So every key is tried
    # with the complete value too, after the key that the value seems to name.
    attempts: list[tuple[Key, bytes, str]] = []
    for key in keys.keys:
        if wrapped.startswith(wrapped_by(key.id)):
            sealed = wrapped.removeprefix(wrapped_by(key.id))
            attempts.append((key, sealed, _named(belongs_to, key)))
    attempts += [(key, wrapped, belongs_to) for key in keys.keys]
    for key, sealed, owner in attempts:
        try:
            return open_sealed(key.secret, sealed, owner)
        except SealError:
            continue
    raise SealError(
        f"what is kept for {belongs_to.partition(':')[0]} "
        "opens with no wrapping key of the secrets file"
    )


def wrapped_by(key_id: str) -> bytes:
    """Return the first bytes of every value that is wrapped with the key of this id."""
    name = key_id.encode()
    return MARK + bytes([len(name)]) + name


def _named(belongs_to: str, key: Key) -> str:
    # a zero byte cannot be part of either, so no two pairs give the same text
    return f"{belongs_to}\0{key.id}"


def _checked(key: bytes) -> bytes:
    if len(key) != _KEY_BYTES:
        raise ValueError(f"a key of {_KEY_BYTES} bytes is needed, not {len(key)}")
    return key
