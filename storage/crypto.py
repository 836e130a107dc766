"""AES-256-GCM: a data key for each patient, wrapped by the key-encryption key. It never logs, and keeps no key.

A sealed value is nonce (12 bytes), ciphertext and tag. What it belongs to is authenticated with it, so that a value
moved to another patient or purpose does not open.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class SealError(ValueError):
    """A value does not open: another key, another owner, or damaged bytes."""


def new_key() -> bytes:
    """Return a new random key of 256 bits."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plaintext: bytes, belongs_to: str) -> bytes:
    """Encrypt under `key` for the owner and purpose named by `belongs_to`; raises ValueError for a wrong key length."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_checked(key)).encrypt(nonce, plaintext, belongs_to.encode())


def open_sealed(key: bytes, sealed: bytes, belongs_to: str) -> bytes:
    """Decrypt what `seal` made for the same owner and purpose; raises `SealError` on anything else."""
    try:
        return AESGCM(_checked(key)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], belongs_to.encode())
    except (InvalidTag, ValueError) as error:
        raise SealError(f"what is kept for {belongs_to.partition(':')[0]} does not open with this key") from error


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key of {KEY_BYTES} bytes is needed, not {len(key)}")
    return key
