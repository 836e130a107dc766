"""The temporary data folder of a demo, and the removal of those that killed demos left behind.

Must never remove what is not a demo's folder of this user, or what a running demo uses.
"""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kadens.local.instance import LOCK

DEMO_PREFIX = "kadens-up-demo-"


@contextmanager
def temporary_folder(mode: int) -> Iterator[Path]:
    """Make a folder with a mode, and remove it after the block; dead ones are removed first."""
    remove_dead_folders(Path(tempfile.gettempdir()))
    made = Path(tempfile.mkdtemp(prefix=DEMO_PREFIX))
    made.chmod(mode)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def remove_dead_folders(parent: Path) -> None:
    """Remove the demo folders in `parent` whose processes have ended.

    A folder counts as a demo's when it has the prefix, is a folder of this user and no link, and
    holds the lock file of an instance. What cannot be removed stays, without an error.
    """
    for folder in sorted(parent.glob(f"{DEMO_PREFIX}*")):
        if _is_ours(folder):
            _remove_unless_used(folder)


def _is_ours(folder: Path) -> bool:
    # Anybody may write into a temporary folder: a link there could name a folder of ours.
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()


def _remove_unless_used(folder: Path) -> None:
    """Remove a folder whose lock is free, and was held before."""
    try:
        file = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        # The lock is held while the folder is removed, so that two starts do not both remove it.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # An instance writes its process number once it has the lock. Without a number, the demo
        # may be about to take the lock.
        if os.read(file, 1):
            shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(file)
