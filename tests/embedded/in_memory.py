"""Temporary folders of a run of the tests lie in memory, where the machine has enough of it.

A database is copied and removed hundreds of times, and is a thousand files. On the file system of a
disk that takes twelve times the processor time that it takes in memory.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - the file system in memory that Linux has
_NEEDED = 6 << 30  # bytes: a run uses less than half of it
_PREFIX = "kadens-tests-"
_OF_PYTEST = "PYTEST_DEBUG_TEMPROOT"


@contextmanager
def temporary_folders_in_memory() -> Iterator[None]:
    """Let `tempfile` use a folder in memory, here and in the processes that are started.

    It is removed at the end. What pytest itself keeps of its last three runs stays on the disk. A
    process that a run with such a folder started uses that one.
    """
    disk = tempfile.gettempdir()
    if Path(disk).is_relative_to(_MEMORY) or not _is_roomy():
        yield
        return
    _remove_of_killed_runs()
    folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_MEMORY)
    Path(folder).chmod(0o1777)  # as /tmp: servers run under accounts of their own
    with _using(folder, disk):
        yield
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _using(folder: str, disk: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ("TMPDIR", _OF_PYTEST)}
    os.environ.update({"TMPDIR": folder, _OF_PYTEST: before[_OF_PYTEST] or disk})
    tempfile.tempdir = None  # it is looked up anew
    try:
        yield
    finally:
        tempfile.tempdir = None
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


def _is_roomy() -> bool:
    """Tell whether memory has room for a run; in a container it often has but 64 MB."""
    return _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _NEEDED


def _remove_of_killed_runs() -> None:
    """Remove what killed runs have left, which would fill the memory."""
    for folder in _MEMORY.glob(f"{_PREFIX}*"):
        process = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", process).exists():
            shutil.rmtree(folder, ignore_errors=True)
