"""Seals a stream of any length for the holder of an X25519 key, in frames of 64 KiB.

Whoever has only the public key can seal and not open. Each frame is sealed with AES-256-GCM under
a key of this stream alone, with its number and a mark on the last frame in the nonce. So a frame
that is missing, changed or in another place is noticed, and so is a stream that was cut off.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FRAME = 64 * 1024  # bytes of plaintext; only the last frame may be shorter
_TAG, _KEY, _MARK = 16, 32, 8
_MAGIC = b"kadens-sealed-1\n"
_HEAD = len(_MAGIC) + _MARK + _KEY


class FrameError(ValueError):
    """A sealed stream does not open; the text says what is wrong with it."""


def key_mark(public: bytes) -> bytes:
    """Return 8 bytes by which a stream names the key that it was sealed for."""
    return sha256(b"kadens backup key\0" + public).digest()[:_MARK]


def public_half(private: bytes) -> bytes:
    """Return the public key of a private key, both as 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


class StreamSealer:
    """Seals a stream for the holder of a private key: `head` first, then what the calls return.

    `ephemeral` is a private key of 32 random bytes, which must never be used again.
    """

    def __init__(self, public: bytes, ephemeral: bytes) -> None:
        own = X25519PrivateKey.from_private_bytes(ephemeral)
        self.head = _MAGIC + key_mark(public) + own.public_key().public_bytes_raw()
        other = X25519PublicKey.from_public_bytes(public)
        self._cipher = AESGCM(_stream_key(own, other, self.head))
        self._buffer, self._number = bytearray(), 0

    def push(self, data: bytes) -> bytes:
        """Take the next bytes, and return the frames that are complete by now."""
        self._buffer += data
        sealed = bytearray()
        # a complete frame waits until more follows: only then it is known not to be the last
        while len(self._buffer) > FRAME:
            nonce = _nonce(self._number, is_last=False)
            sealed += self._cipher.encrypt(nonce, bytes(self._buffer[:FRAME]), self.head)
            del self._buffer[:FRAME]
            self._number += 1
        return bytes(sealed)

    def finish(self) -> bytes:
        """Return the last frame."""
        nonce = _nonce(self._number, is_last=True)
        return self._cipher.encrypt(nonce, bytes(self._buffer), self.head)


def opened_stream(private: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield the plaintext of the frames that `read` gives, each only once it is proved.

    Raises `FrameError`, also after frames were yielded: nothing counts before the end is reached.
    """
    head = read(_HEAD)
    if len(head) != _HEAD or not head.startswith(_MAGIC):
        raise FrameError("is no sealed file of Kadens")
    if head[len(_MAGIC) : -_KEY] != key_mark(public_half(private)):
        raise FrameError("was sealed for another key")
    sender = X25519PublicKey.from_public_bytes(head[-_KEY:])
    cipher = AESGCM(_stream_key(X25519PrivateKey.from_private_bytes(private), sender, head))
    sealed, number = read(FRAME + _TAG), 0
    while sealed:
        following = read(FRAME + _TAG)
        yield _opened(cipher, sealed, number, head, is_last=not following)
        sealed, number = following, number + 1
    if not number:
        raise FrameError("is cut off")


def _opened(cipher: AESGCM, sealed: bytes, number: int, head: bytes, *, is_last: bool) -> bytes:
    for as_last in (is_last, not is_last):
        try:
            plain = cipher.decrypt(_nonce(number, is_last=as_last), sealed, head)
        except InvalidTag:
            continue
        if as_last is is_last:
            return plain
        # the frame is genuine and was not the last, or was and something follows it
        raise FrameError("is cut off" if is_last else "has more at its end than was written")
    raise FrameError("is cut off or was changed" if is_last else "was changed")


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11) + bytes([is_last])


def _stream_key(own: X25519PrivateKey, other: X25519PublicKey, head: bytes) -> bytes:
    shared = own.exchange(other)
    return HKDF(algorithm=SHA256(), length=_KEY, salt=head, info=b"kadens stream").derive(shared)
