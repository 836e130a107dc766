"""AES-256-GCM: a data key for each patient, wrapped by the key-encryption key.

It never logs, and keeps no key. A sealed value is nonce (12 bytes), ciphertext and tag. What it
belongs to is authenticated with it, so that a value moved to another patient or purpose does not
open. A wrapped value names its key before that: mark, length, key id.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from model.keyring import Key, KeyRing

_KEY_BYTES = 32
NONCE_BYTES = 12
MARK = b"\x00KW1"  # begins a wrapped value; older ones begin with their nonce


class SealError(ValueError):
    """A value does not open: another key, another owner, or damaged bytes."""


def new_key() -> bytes:
    """Return a new random key of 256 bits."""
    return secrets.token_bytes(_KEY_BYTES)


def seal(key: bytes, plaintext: bytes, belongs_to: str) -> bytes:
    """Encrypt under `key` for the owner and purpose named by `belongs_to`.

    Raises ValueError for a wrong key length.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
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


def wrap(keys: KeyRing, plaintext: bytes, belongs_to: str) -> bytes:
    """Encrypt under the active wrapping key, whose id stands before the value and is authenticated with it."""
    key = keys.active
    return wrapped_by(key.id) + seal(key.secret, plaintext, _named(belongs_to, key))


def unwrap(keys: KeyRing, wrapped: bytes, belongs_to: str) -> bytes:
    """Decrypt what `wrap` made, or what was sealed before keys had ids; raises `SealError`.

    A value without an id is tried with every key of the ring.
    """
    named = [key for key in keys.keys if wrapped.startswith(wrapped_by(key.id))]
    attempts = [
        (key, wrapped.removeprefix(wrapped_by(key.id)), _named(belongs_to, key)) for key in named
    ]
    for key, sealed, owner in [*attempts, *((key, wrapped, belongs_to) for key in keys.keys)]:
        try:
            return open_sealed(key.secret, sealed, owner)
        except SealError:
            continue
    raise SealError(
        f"what is kept for {belongs_to.partition(':')[0]} opens with no wrapping key of the secrets file"
    )


def wrapped_by(key_id: str) -> bytes:
    """Return how a value begins that was wrapped with the key of this id."""
    name = key_id.encode()
    return MARK + bytes([len(name)]) + name


def _named(belongs_to: str, key: Key) -> str:
    return f"{belongs_to}\0{key.id}"


def _checked(key: bytes) -> bytes:
    if len(key) != _KEY_BYTES:
        raise ValueError(f"a key of {_KEY_BYTES} bytes is needed, not {len(key)}")
    return key
