"""The file to which signed heads of the audit log are added, a line each. Lines are only added."""

import os
from collections.abc import Callable
from pathlib import Path

from model.audit_log.chain import ChainHead
from model.audit_log.heads import signed_line
from model.keyring import Keys


def append_line(path: Path, line: str) -> None:
    """Add a line to a file, made if missing, so that it is on the disk. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        # in a single write: a line is there completely, also beside another process's
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def head_noter(path: Path, keys: Keys, now: Callable[[], int]) -> Callable[[ChainHead], None]:
    """Return a function that adds a head to a file, signed; it raises OSError and LookupError.

    `keys` gives the keys of kind audit, and `now` the time in epoch ms.
    """

    def note(head: ChainHead) -> None:
        append_line(path, signed_line(head, keys(), now()))

    return note
