"""A program that hangs: all its processes are stopped by SIGSTOP, as if a disk never answered."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kadens.embedded.postgres import Postgres


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """Stop a database's processes for the length of the block."""
    assert server._child is not None
    postmaster = server._child.process.pid
    stopped = [postmaster]
    os.kill(postmaster, signal.SIGSTOP)  # first, so that it starts no other
    stopped += children(postmaster)
    for process in stopped[1:]:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            with suppress(
                ProcessLookupError
            ):  # one was ending when it was stopped, and has ended by now
                os.kill(process, signal.SIGCONT)


def children(parent: int) -> list[int]:
    """Return the processes whose parent is `parent`."""
    pids = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            pids.append(int(path.parent.name))
    return pids
