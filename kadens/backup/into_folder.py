"""The folder of `kadens up` as the place of a restore: its database runs while it is filled.

What the folder holds afterwards is what `kadens up --data` starts from. Nothing of a folder that is
in use is touched.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kadens.backup.sealed_files import BackupError
from kadens.embedded.postgres import Postgres
from kadens.embedded.process import StartFailed
from kadens.local.instance import RunsAlreadyError, held, own_folder
from kadens.local.runtime import SECRETS
from kadens.local.up_options import Options, data_folder

_ERASURES, _BODIES, _DATABASE = "erasures.jsonl", "bodies", "pg"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderOfUp:
    """A folder that `kadens up` starts from, with its server running: `dsn` is its database."""

    root: Path
    dsn: str

    @property
    def bodies(self) -> str:
        """Return the body store as a setting names it."""
        return str(own_folder(self.root / _BODIES))


def secrets_of_folder(root: Path) -> Path:
    """Return where `kadens up` looks for the secrets file of a folder."""
    return root / SECRETS


@contextmanager
def folder_of_up(root: Path) -> Iterator[FolderOfUp]:
    """Hold the folder in the block with its database running; `BackupError` where it is in use."""
    try:
        # the lock comes before the server: two of them on one folder would not be told apart
        with (
            data_folder(Options(data=root), root) as folder,
            held(folder),
            Postgres(folder / _DATABASE) as server,
        ):
            yield FolderOfUp(root=folder, dsn=server.create_database("kadens"))
    except RunsAlreadyError as error:
        raise BackupError(f"{error}\na restore needs a folder that nothing runs on") from error
    except StartFailed as error:
        raise BackupError(f"{error}; nothing was restored") from error


def keep_erasures(listed: Path | None, root: Path) -> None:
    """Put the list of erasures where `kadens up` adds to it, unless one is there already."""
    target = root / _ERASURES
    if listed is None or not listed.exists() or target.exists():
        return
    # a copy: the list of the old place stays the proof that it was
    shutil.copyfile(listed, target)
    target.chmod(0o600)
