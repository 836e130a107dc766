"""Ensures that at most one `kadens up` runs on a data folder, by a lock in it.

The kernel releases the lock when its process ends, however it ends. A `runtime.json` alone proves
nothing.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from kadens.local.runtime import RUNTIME, forget_runtime
from model.codec import loads

LOCK = "in-use"
OWNER_ONLY, PASSABLE = 0o700, 0o711
LOOKING_S = 0.5  # a command that checks whether something runs holds the lock for a moment
_PAUSE_S = 0.02


class RunsAlreadyError(RuntimeError):
    """Another `kadens up` runs on the folder; the text names its addresses."""

    def __init__(self, data: Path) -> None:
        lines = [f"kadens up runs already on {data}{_process(data)}"]
        lines += [f"  {name:<12} {address}" for name, address in addresses(data).items()]
        super().__init__("\n".join(lines))


def runs(data: Path) -> bool:
    """Return whether a `kadens up` runs on a folder now."""
    try:
        with (data / LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def was_killed(data: Path) -> bool:
    """Return whether the last `kadens up` on a folder ended without cleaning up."""
    return (data / RUNTIME).exists() and not runs(data)


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold the lock of a folder in the block; `RunsAlreadyError` when another process has it."""
    file = (data / LOCK).open("ab")
    with file:
        _lock(file, data)
        os.fchmod(file.fileno(), 0o600)
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        forget_runtime(data)  # left by a killed instance
        yield


def addresses(data: Path) -> dict[str, str]:
    """Return the addresses in `runtime.json`; none while an instance still starts."""
    try:
        values: dict[str, Any] = loads((data / RUNTIME).read_bytes())
        return {str(name): str(address) for name, address in values["addresses"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def own_folder(folder: Path, mode: int = OWNER_ONLY) -> Path:
    """Make a folder and its missing parents with `mode`, or give an existing folder that mode."""
    missing = [entry for entry in (folder, *folder.parents) if not entry.exists()]
    for item in reversed(missing):
        item.mkdir()
        item.chmod(mode)
    folder.chmod(mode)
    return folder


def _lock(file: BinaryIO, data: Path) -> None:
    deadline = time.monotonic() + LOOKING_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise RunsAlreadyError(data) from None
            time.sleep(_PAUSE_S)
        else:
            return


def _process(data: Path) -> str:
    try:
        number = (data / LOCK).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f", process {number}" if number.isdigit() else ""
