"""A backup or restore whose process is killed leaves nothing that passes for a complete one."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from storage.digest import table_digests
from storage.pg.pool import Connection, adapt
from tests.rooms import ROOT
from tests.storage.backups.backup_world import BackupWorld
from tests.storage.backups.test_refusals import rows_in
from tests.storage.derived.traces import settle

pytestmark = pytest.mark.anyio

# The program itself, in which the given function kills its process at the call with a number.
_KILLED = """
import os, signal, sys
from importlib import import_module
module, owner, name, number, *words = sys.argv[1:]
folder = import_module(module)
folder = getattr(folder, owner) if owner else folder
work, calls = getattr(folder, name), 0
def killing(*args, **named):
    global calls
    calls += 1
    if calls == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
    return work(*args, **named)
setattr(folder, name, killing)
sys.argv = ["kadens", *words]
from kadens.cli import main
main()
"""
_FILES = "kadens.backup.sealed_files"
IN_BACKUP = (
    (_FILES, "SealedWriter", "add", 2),
    (_FILES, "SealedWriter", "add", 40),
    (_FILES, "SealedWriter", "close", 1),
    (_FILES, "SealedWriter", "close", 2),  # of the keys: the rows are complete
    ("kadens.backup.saving", "", "sync_folder", 1),
)
IN_RESTORE = (
    ("kadens.backup.restoring", "", "migrate", 1),
    ("storage.backup.loading", "", "load_portion", 1),
    ("storage.backup.loading", "", "load_portion", 30),
    ("storage.bodies.body_store", "Directory", "put", 2),
    ("storage.backup.loading", "", "end_loading", 1),
    ("storage.audit", "", "write_entry", 1),
    ("kadens.backup.restoring", "", "migrate", 2),  # after the commit
)


def program(dsn: str, world: BackupWorld, bodies: str, *words: str) -> int:
    """Run the program with a database and a body store; return its exit status."""
    environment = {
        **os.environ,
        "KADENS_KAFKA": "",
        "KADENS_DATABASE": dsn,
        "KADENS_BODIES": str(world.root / bodies),
        "KADENS_BACKUP_KEY": world.public,
        "KADENS_SECRETS_FILE": str(world.secrets),
    }
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, *words],
        env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode


async def digests_of(dsn: str) -> dict[str, str]:
    async with await AsyncConnection.connect(dsn) as conn:
        adapt(conn)
        # as the pool does: a server may call its zone by another name, which a digest tells apart
        await conn.execute("set time zone 'UTC'")
        return await table_digests(conn)


def _complete(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*.kadens") if ".new-" not in str(path))


async def test_a_killed_backup_is_none(conn: Connection, dsn: str, world: BackupWorld) -> None:
    await settle(conn, world.store, "other-patient")
    await conn.commit()
    backups = world.folder.parent
    words = ("backup", "--to", str(world.folder))
    for module, owner, name, number in IN_BACKUP[:3]:
        status = program(dsn, world, "bodies", module, owner, name, str(number), *words)
        assert status == -signal.SIGKILL
        assert _complete(backups) == []
    # the rows are complete once their folder has its name; the keys are not there yet
    for module, owner, name, number in IN_BACKUP[3:]:
        to = ("backup", "--to", f"{world.folder}-{name}")
        status = program(dsn, world, "bodies", module, owner, name, str(number), *to)
        assert status == -signal.SIGKILL
        assert _complete(backups / "keys") == []
    assert program(dsn, world, "bodies", _FILES, "", "sync_folder", "0", *words) == 0
    # keys that were begun are removed: they hold the keys too
    assert len(list((backups / "keys").iterdir())) == 1
    assert _complete(world.folder) == [str(world.folder / "data.kadens")]


async def test_a_killed_restore_is_none_and_can_be_run_again(
    conn: Connection, dsn: str, empty: str, world: BackupWorld
) -> None:
    await settle(conn, world.store, "other-patient")
    await conn.commit()
    await world.save(conn)
    folder = ("--from", str(world.folder), "--key", str(world.key))
    words = ("restore", *folder, "--secrets", str(world.root / "restored.toml"))
    for module, owner, name, number in IN_RESTORE[:-1]:
        status = program(empty, world, "restored", module, owner, name, str(number), *words)
        assert status == -signal.SIGKILL, name
        assert await rows_in(empty, "patient") == 0
    last, _, name, number = IN_RESTORE[-1]
    status = program(empty, world, "restored", last, "", name, str(number), *words)
    assert status == -signal.SIGKILL
    assert await digests_of(empty) == await digests_of(dsn)
    assert (world.root / "restored.toml").read_bytes() == world.secrets.read_bytes()
