"""Sealed files and their keys on the disk, for their owner only; each is complete or absent.

A file is written under another name, synced and then renamed. So what a killed process leaves never
has the name of a backup.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from kadens.secrets.writing import sync_folder
from model.backup.records import BackupRecord, RecordError, packed_record, unpacked_records
from model.privacy.sealed_stream import FrameError, StreamSealer, opened_stream, public_half

UNFINISHED = ".new-"  # prefix of what is still being written
_PRIVATE, _PUBLIC = "kadens-backup-private-", "kadens-backup-public-"
_KEY = re.compile(r"kadens-backup-(?:private|public)-([0-9a-f]{64})")


class BackupError(RuntimeError):
    """A backup cannot be made or used; the text says why, and that nothing was done."""


class SealedWriter:
    """Adds records to a sealed file that is being written."""

    def __init__(self, file: BinaryIO, public: bytes) -> None:
        self._file, self._sealer = file, StreamSealer(public, secrets.token_bytes(32))
        file.write(self._sealer.head)

    def add(self, record: BackupRecord) -> None:
        """Add a record."""
        self._file.write(self._sealer.push(packed_record(record)))

    def close(self) -> None:
        """Add the end, and wait until the disk has everything."""
        self._file.write(self._sealer.finish())
        self._file.flush()
        os.fsync(self._file.fileno())


def new_private_key(path: Path) -> str:
    """Write a new private key to a file that must not exist; return its public key as text."""
    private = secrets.token_bytes(32)
    with _open_new(path) as file:
        file.write(f"{_PRIVATE}{private.hex()}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    return f"{_PUBLIC}{public_half(private).hex()}"


def public_key_of(text: str) -> bytes:
    """Return the public key of a text; raises `BackupError`."""
    return _key_of(text, _PUBLIC, "the key of backups")


def private_key_in(path: Path) -> bytes:
    """Return the private key in a file; raises `BackupError`, and OSError without a file."""
    return _key_of(path.read_text(encoding="utf-8", errors="replace"), _PRIVATE, str(path))


def _key_of(text: str, prefix: str, where: str) -> bytes:
    key = _KEY.fullmatch(text.strip())
    if key is None or not text.strip().startswith(prefix):
        wanted = f"{prefix}… as `kadens backup new-key` makes it"
        raise BackupError(f"{where} must be {wanted}")
    return bytes.fromhex(key[1])


@contextmanager
def new_sealed_file(path: Path, public: bytes) -> Iterator[SealedWriter]:
    """Give a writer for a file that appears, complete and synced, only when the block ends."""
    beside = path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}-{path.name}")
    try:
        with _open_new(beside) as file:
            writer = SealedWriter(file, public)
            yield writer
            writer.close()
        beside.rename(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def records_in(path: Path, private: bytes) -> Iterator[BackupRecord]:
    """Yield the records of a sealed file; raises `BackupError` where it is not as it was written.

    What was yielded counts only once the end is reached: a file may be cut off.
    """
    with path.open("rb") as file:
        # the sentence names the file: there are two of them, and they look alike
        try:
            yield from unpacked_records(opened_stream(private, file.read))
        except (FrameError, RecordError) as error:
            raise BackupError(f"{path} {error}: nothing was restored") from None


def _open_new(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(handle, "wb")
