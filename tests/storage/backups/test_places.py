"""Where a restore goes: a database that is made, and a folder from which `kadens up` starts."""

from pathlib import Path

import pytest
import typer
from psycopg.conninfo import make_conninfo

from kadens.backup.contents import plan_restore, read_contents, read_keys
from kadens.backup.into_folder import folder_of_up, keep_erasures, secrets_of_folder
from kadens.backup.restoring import restore, write_secrets
from kadens.backup.sealed_files import BackupError, private_key_in
from kadens.commands.console import settings_of
from kadens.embedded.postgres import Postgres
from kadens.local.instance import held, own_folder
from kadens.local.prepare import own_secrets, ready_database, ready_keys
from kadens.local.runtime import write_runtime
from storage.bodies.body_store import open_bodies
from storage.pg.databases import make_database
from storage.pg.pool import Connection
from tests.databases.reuse import drop
from tests.storage.backups.backup_world import BackupWorld
from tests.storage.backups.test_refusals import rows_in
from tests.storage.tellers import T0


@pytest.mark.anyio
async def test_a_database_that_is_missing_is_made(
    conn: Connection, world: BackupWorld, postgres: Postgres
) -> None:
    await conn.commit()
    await world.save(conn)
    dsn = make_conninfo(postgres.dsn(), dbname="kadens_restored_anew")
    try:
        assert await make_database(dsn)
        assert not await make_database(dsn)
        assert (await world.restore(dsn)).rows > 0
        assert await rows_in(dsn, "patient") == await rows_in(conn.info.dsn, "patient")
    finally:
        drop(postgres.dsn(), "kadens_restored_anew")


@pytest.mark.anyio
async def test_where_nobody_is_let_in_nothing_is_made() -> None:
    assert not await make_database("host=/nowhere dbname=kadens connect_timeout=1")
    assert not await make_database("host=/nowhere")


@pytest.mark.promise(19)
@pytest.mark.anyio
async def test_kadens_up_starts_from_a_folder_that_was_restored(
    conn: Connection, world: BackupWorld, tmp_path: Path
) -> None:
    await conn.commit()
    await world.save(conn)
    world.erasures.touch()
    private = private_key_in(world.key)
    kept = read_keys(world.keys, private)
    plan = plan_restore(read_contents(world.folder, private), kept, None)
    root = tmp_path / "new" / "up"
    with folder_of_up(root) as folder:
        write_secrets(secrets_of_folder(folder.root), kept.secrets_file)
        done = await restore(folder.dsn, open_bodies(folder.bodies), plan, kept, T0)
        keep_erasures(world.erasures, folder.root)
    assert done.rows > 0
    assert (root / "erasures.jsonl").exists()


def test_the_steps_of_up_take_a_restored_folder(tmp_path: Path) -> None:
    root = tmp_path / "up"
    with folder_of_up(root) as folder:
        key = f'wrapping_key = "{bytes(32).hex()}"\n'
        write_secrets(secrets_of_folder(folder.root), key.encode())
        # as `kadens up` does: the secrets of the folder, the schema, the check of the keys
        _, secrets = own_secrets(folder.root, "")
        ready_database(folder.dsn)
        ready_keys(folder.dsn, secrets.wrapping_keys, T0)
        assert Path(folder.bodies).parent == folder.root
    assert secrets.wrapping_keys
    assert (root / "bodies").stat().st_mode & 0o077 == 0


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    root = own_folder(tmp_path / "up")
    refused = pytest.raises(BackupError, match="a folder that nothing runs on")
    with held(root), refused, folder_of_up(root):
        pass
    assert not (root / "pg").exists()


def test_the_key_of_backups_may_stand_beside_a_folder_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = own_folder(tmp_path / "up")
    named = {"KADENS_DATABASE": "d", "KADENS_BODIES": "b", "KADENS_KAFKA": ""}
    monkeypatch.setenv("KADENS_BACKUP_KEY", "kadens-backup-public-x")
    with held(root):
        write_runtime(root, named, {})
        settings = settings_of(root)
        assert (settings.database, settings.backup_key) == ("d", "kadens-backup-public-x")
        # without --data the key alone names no installation: it is that of ./var
        monkeypatch.chdir(tmp_path)
        root.rename(tmp_path / "var")
        assert settings_of(None).database == "d"
        monkeypatch.setenv("KADENS_BODIES", "elsewhere")
        with pytest.raises(typer.Exit):
            settings_of(tmp_path / "var")
    assert "not both" in capsys.readouterr().err
