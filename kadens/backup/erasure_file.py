"""The file with the list of erasures, off the database; lines are only added, under a lock.

A line is written at the end of an erasure's transaction, before its commit. So no erasure is done
without its line, and one that fails between the two is done again by whoever asked for it.
"""

import fcntl
from pathlib import Path

from kadens.auditing.head_file import append_line
from kadens.backup.sealed_files import BackupError
from model.backup.erasure_list import (
    ErasureListError,
    ListedErasure,
    erased_mark,
    erasure_line,
    listed_erasures,
)
from model.keyring import KeyRing
from storage.backup.loading import extracts_of
from storage.erase import Receipt
from storage.pg.pool import Connection


async def list_erasure(
    conn: Connection, path: Path, keys: KeyRing, patient: int, receipt: Receipt
) -> None:
    """Add an erasure of this transaction to the list; raises `BackupError` where it cannot."""
    if not keys:
        raise BackupError("the list of erasures is signed with an audit key: `kadens keys rotate`")
    erasure = ListedErasure(
        number=receipt.number,
        at_ms=receipt.at_ms,
        mark=erased_mark(keys.active, patient),
        key_id=keys.active.id,
        counts=receipt.counts,
        extracts=await extracts_of(conn, receipt.number),
    )
    try:
        _append(path, erasure, keys)
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}: nothing was erased") from error


def begin_erasure_list(path: Path) -> None:
    """Make the file of the list where there is none; raises `BackupError` where it cannot."""
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}: no backup was made") from error


def _append(path: Path, erasure: ListedErasure, keys: KeyRing) -> None:
    with path.open("a+", encoding="utf-8") as file:
        # a line has the hash of the line before it, so two erasures add theirs one after the other
        fcntl.flock(file, fcntl.LOCK_EX)
        path.chmod(0o600)
        file.seek(0)
        lines = file.read().splitlines()
        append_line(path, erasure_line(erasure, keys, lines[-1] if lines else ""))


def read_erasures(path: Path, keys: KeyRing) -> tuple[ListedErasure, ...]:
    """Return what a list says; raises `BackupError` where it is not as it was written."""
    try:
        return listed_erasures(path.read_text(encoding="utf-8").splitlines(), keys)
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}: nothing was restored") from error
    except (ErasureListError, UnicodeDecodeError) as error:
        raise BackupError(f"{path}: {error}: nothing was restored") from None
