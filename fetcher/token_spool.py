"""New tokens on this machine's disk, between the vendor's answer and the database's commit.

A vendor that rotates refresh tokens takes each once, so a process that is killed after the vendor's
answer and before the commit would lock the account out. Each refresh therefore has a file: first
that it began, then the new tokens, sealed as in the database. The file is locked as long as its
process lives, so that any fetcher of this machine can tell what was left behind. No key and no open
token is ever in it.
"""

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.fetching.connections import HeldAccount, SealedTokens

_SUFFIX = ".refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftRefresh:
    """A refresh that a process left behind: `sealed` is None where no answer had come."""

    held: HeldAccount
    sealed: SealedTokens | None


class RefreshFile:
    """The file of one refresh, from its beginning until its tokens are stored."""

    def __init__(self, path: Path | None, held: HeldAccount) -> None:
        """Write that a refresh began; nothing is written without a path."""
        self._path, self._fd = path, -1
        if path is None:
            return
        # under another name, which no look for files that were left behind matches
        new = path.with_suffix(".new")
        # EXCL: an existing file would be another refresh, whose tokens this one must not overwrite
        self._fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        account = {"connector": held.connector, "account": held.account, "lease": str(held.lease)}
        self._append(account)
        # locked before it has its name, so that nobody takes it for one that was left behind
        new.rename(path)
        # the name is on the disk only with its folder; a power cut would lose the file otherwise
        _sync_folder(path.parent)

    def keep(self, sealed: SealedTokens) -> None:
        """Bring new tokens to the disk; they outlast this process once this returns."""
        if self._path is not None:
            row = {
                "tokens": sealed.tokens.hex(),
                "spent": sealed.spent.hex(),
                "expires_ms": sealed.expires_ms,
            }
            self._append(row)

    def remove(self) -> None:
        """Remove the file: what it holds is stored, or is not wanted any more."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self.leave()

    def leave(self) -> None:
        """Leave the file to whoever takes up what was left behind."""
        # the lock ends with the descriptor, and so the file counts as left behind from here on
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row).encode() + b"\n"
        written = 0
        # a write may be cut short, and half a line would read as if no answer had come
        while written < len(line):
            written += os.write(self._fd, line[written:])
        os.fsync(self._fd)


class TokenSpool:
    """The folder of the files of refreshes; with None, nothing is written."""

    def __init__(self, folder: Path | None) -> None:
        """Make the folder where it is missing; nobody else may read it."""
        self._folder = folder
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin(self, held: HeldAccount) -> RefreshFile:
        """Return the file of a refresh that begins now."""
        folder = self._folder
        path = None if folder is None else folder / f"{uuid.uuid4().hex}{_SUFFIX}"
        return RefreshFile(path, held)

    def left_behind(self) -> list[Path]:
        """Return the files of this folder, whether their processes live or not."""
        return [] if self._folder is None else sorted(self._folder.glob(f"*{_SUFFIX}"))


@contextmanager
def taken_up(path: Path) -> Iterator[LeftRefresh | None]:
    """Give what a process left behind in a file, None where the process lives or nothing is said.

    The file is removed at the end, unless an error ends this.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        if not _is_left(fd, path):
            yield None
            return
        yield _read(path)
        path.unlink(missing_ok=True)
    finally:
        os.close(fd)


def _is_left(fd: int, path: Path) -> bool:
    try:
        # never waits: a process that lives may keep its lock for minutes
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    # another fetcher may have taken it up between the opening and the lock
    return path.exists()


def _read(path: Path) -> LeftRefresh | None:
    """Return what a file says; a line that was cut off says nothing."""
    lines = [line for line in path.read_bytes().split(b"\n")[:-1] if line]
    if not lines:
        return None  # killed before it was written, and so before the vendor was asked
    began = json.loads(lines[0])
    held = HeldAccount(
        connector=began["connector"], account=began["account"], lease=uuid.UUID(began["lease"])
    )
    if len(lines) == 1:
        return LeftRefresh(held=held, sealed=None)
    row = json.loads(lines[1])
    sealed = SealedTokens(
        tokens=bytes.fromhex(row["tokens"]),
        spent=bytes.fromhex(row["spent"]),
        expires_ms=row["expires_ms"],
    )
    return LeftRefresh(held=held, sealed=sealed)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
