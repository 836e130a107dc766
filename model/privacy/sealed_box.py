"""Seals a body for a patient with the public key, and opens it with the private key.

The public key travels in the patient's link token. The private key follows from the patient's data
key, so it is stored nowhere and is gone with that key. The door has neither of these two.
"""

import cramjam
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BOX_FORM = "x25519-1"  # how a value is sealed, as the envelope names it
PUBLIC_BYTES = 32
_ONCE = bytes(12)  # the nonce: each key seals a single value
_PACKING = 1  # of zstd: what is sealed does not compress any more, so it is packed before


class BoxError(ValueError):
    """A sealed body does not open: another patient's, another body's, or damaged."""


def box_private(data_key: bytes) -> bytes:
    """Return the private key that follows from a patient's data key."""
    return _derived(data_key, b"", b"kadens door private v1")


def box_public(data_key: bytes) -> bytes:
    """Return the public key that follows from a patient's data key."""
    return _public(X25519PrivateKey.from_private_bytes(box_private(data_key)))


def box_sealed(public: bytes, ephemeral: bytes, body: bytes, belongs_to: str) -> bytes:
    """Seal a body for the holder of a private key.

    `ephemeral` is 32 random bytes that are used once. `belongs_to` is authenticated: a value that
    was moved to another message does not open.
    """
    own = X25519PrivateKey.from_private_bytes(ephemeral)
    named = _public(own)
    shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    key = _derived(shared, named + public, b"kadens door body v1")
    packed = bytes(cramjam.zstd.compress(body, _PACKING))
    return named + AESGCM(key).encrypt(_ONCE, packed, belongs_to.encode())


def box_opened(private: bytes, sealed: bytes, belongs_to: str) -> bytes:
    """Return the body that `box_sealed` sealed; raises `BoxError` for anything else."""
    own = X25519PrivateKey.from_private_bytes(private)
    named = sealed[:PUBLIC_BYTES]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(named))
        key = _derived(shared, named + _public(own), b"kadens door body v1")
        packed = AESGCM(key).decrypt(_ONCE, sealed[PUBLIC_BYTES:], belongs_to.encode())
    except (InvalidTag, ValueError):
        raise BoxError("a body of the log does not open with its patient's key") from None
    return bytes(cramjam.zstd.decompress(packed))


def _public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def _derived(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=PUBLIC_BYTES, salt=salt, info=purpose).derive(secret)
