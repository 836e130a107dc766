"""Seals a stream of any length for the holder of an X25519 key, in frames of 64 KiB.

Whoever has only the public key can seal and not open. Each frame is sealed with AES-256-GCM under
a key of this stream alone, with its number and a mark on the last frame in the nonce. So a frame
that is missing, changed or in another place is noticed, and so is a stream that was cut off.
Backups are sealed so, and the large bodies of patients. It must never hold more than a few frames.
"""

import io
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

STREAM_FORM = "x25519-frames-1"  # how a stored body is sealed, as the envelope names it
FRAME = 64 * 1024  # bytes of plaintext; only the last frame may be shorter
_STEP = 1024 * 1024  # bytes that are read of a file at a time
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

    `ephemeral` is a private key of 32 random bytes, which must never be used again. `belongs_to` is
    authenticated: a stream that was put in another's place does not open.
    """

    def __init__(self, public: bytes, ephemeral: bytes, belongs_to: str = "") -> None:
        own = X25519PrivateKey.from_private_bytes(ephemeral)
        self.head = _MAGIC + key_mark(public) + own.public_key().public_bytes_raw()
        other = X25519PublicKey.from_public_bytes(public)
        self._cipher = AESGCM(_stream_key(own, other, self.head))
        self._proved = self.head + belongs_to.encode()
        self._buffer, self._number = bytearray(), 0

    def push(self, data: bytes) -> bytes:
        """Take the next bytes, and return the frames that are complete by now."""
        self._buffer += data
        sealed = bytearray()
        # a complete frame waits until more follows: only then it is known not to be the last
        while len(self._buffer) > FRAME:
            nonce = _nonce(self._number, is_last=False)
            sealed += self._cipher.encrypt(nonce, bytes(self._buffer[:FRAME]), self._proved)
            del self._buffer[:FRAME]
            self._number += 1
        return bytes(sealed)

    def finish(self) -> bytes:
        """Return the last frame."""
        nonce = _nonce(self._number, is_last=True)
        return self._cipher.encrypt(nonce, bytes(self._buffer), self._proved)


def opened_stream(
    private: bytes, read: Callable[[int], bytes], belongs_to: str = ""
) -> Iterator[bytes]:
    """Yield the plaintext of the frames that `read` gives, each only once it is proved.

    `belongs_to` is what the stream was sealed with. Raises `FrameError`, also after frames were
    yielded: nothing counts before the end is reached.
    """
    head = read(_HEAD)
    if len(head) != _HEAD or not head.startswith(_MAGIC):
        raise FrameError("is no sealed file of Kadens")
    if head[len(_MAGIC) : -_KEY] != key_mark(public_half(private)):
        raise FrameError("was sealed for another key")
    sender = X25519PublicKey.from_public_bytes(head[-_KEY:])
    cipher = AESGCM(_stream_key(X25519PrivateKey.from_private_bytes(private), sender, head))
    proved = head + belongs_to.encode()
    sealed, number = read(FRAME + _TAG), 0
    while sealed:
        following = read(FRAME + _TAG)
        yield _opened(cipher, sealed, number, proved, is_last=not following)
        sealed, number = following, number + 1
    if not number:
        raise FrameError("is cut off")


def sealing_file(file: BinaryIO, begin: Callable[[], StreamSealer]) -> BinaryIO:
    """Return a file that reads as `file` does, sealed.

    It goes back to its start alone, and is then another stream: `begin` returns a new sealer.
    """
    return cast("BinaryIO", io.BufferedReader(_SealingFile(file, begin), _STEP))


class _SealingFile(io.RawIOBase):
    def __init__(self, file: BinaryIO, begin: Callable[[], StreamSealer]) -> None:
        self._file, self._begin = file, begin
        self.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("a sealed stream is read from its start")
        self._file.seek(0)
        self._given = 0
        self._sealer, self._ended = self._begin(), False
        self._ready = bytearray(self._sealer.head)
        return 0

    def tell(self) -> int:
        return self._given

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        while not self._ready and not self._ended:
            data = self._file.read(_STEP)
            self._ended = not data
            self._ready += self._sealer.push(data) if data else self._sealer.finish()
        taken = min(len(buffer), len(self._ready))
        buffer[:taken] = self._ready[:taken]
        del self._ready[:taken]
        self._given += taken
        return taken


def _opened(cipher: AESGCM, sealed: bytes, number: int, proved: bytes, *, is_last: bool) -> bytes:
    for as_last in (is_last, not is_last):
        try:
            plain = cipher.decrypt(_nonce(number, is_last=as_last), sealed, proved)
        except InvalidTag:
            continue
        if as_last is is_last:
            return plain
        # the frame is genuine and was not the last, or was and something follows it
        raise FrameError("is cut off" if is_last else "has more at its end than was written")
    raise FrameError("is cut off or was changed" if is_last else "was changed")


def _nonce(number: int, *, is_last: bool) -> bytes:
    # never twice for one key: the number differs, and only a single frame is the last
    return number.to_bytes(11) + bytes([is_last])


def _stream_key(own: X25519PrivateKey, other: X25519PublicKey, head: bytes) -> bytes:
    shared = own.exchange(other)
    return HKDF(algorithm=SHA256(), length=_KEY, salt=head, info=b"kadens stream").derive(shared)
