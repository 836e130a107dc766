"""What is wrong with a backup, its keys or its place is a sentence, and nothing half done."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from kadens.backup.sealed_files import BackupError, new_private_key
from storage.people import consents
from storage.pg.pool import Connection
from tests.storage.backups.backup_world import BackupWorld, new_world
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio


def _cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def _changed(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def _data(world: BackupWorld) -> Path:
    return world.folder / "data.kadens"


def _longer(world: BackupWorld) -> None:
    _data(world).write_bytes(_data(world).read_bytes() + b"x" * (64 * 1024 + 16))


def _other_key(world: BackupWorld) -> None:
    world.key.unlink()
    new_private_key(world.key)


def _no_keys(world: BackupWorld) -> None:
    for path in world.keys.iterdir():
        path.unlink()


def _keys_for_data(world: BackupWorld) -> None:
    (path,) = world.keys.iterdir()
    _data(world).write_bytes(path.read_bytes())


def _body_elsewhere(world: BackupWorld) -> None:
    folder = world.root / "restored" / "packed" / "ab"
    folder.mkdir(parents=True)
    (folder / ("ab" * 32)).write_bytes(b"of another installation")


_WRONG: dict[str, tuple[Callable[[BackupWorld], None], str]] = {
    "cut after the head": (lambda w: _cut(_data(w), 56), "is cut off"),
    "cut in the head": (lambda w: _cut(_data(w), 20), "is no sealed file of Kadens"),
    "cut at the end": (lambda w: _cut(_data(w), _data(w).stat().st_size - 1), "is cut off or"),
    "empty": (lambda w: _cut(_data(w), 0), "is no sealed file of Kadens"),
    "a byte of the content": (lambda w: _changed(_data(w), 200), "was changed"),
    "a byte of the head": (lambda w: _changed(_data(w), 40), "changed"),
    "the last byte": (lambda w: _changed(_data(w), -1), "was changed"),
    "more at the end": (_longer, "changed|more at its end"),
    "another key": (_other_key, "was sealed for another key"),
    "no file of keys": (_no_keys, "has no file of keys"),
    "the keys in place of the rows": (_keys_for_data, "has no manifest in it"),
    "no backup": (lambda w: _data(w).unlink(), "is no backup"),
    "a body store in use": (_body_elsewhere, "the body store is not empty"),
    "a cut file of keys": (lambda w: _cut(next(w.keys.iterdir()), 300), "is cut off or"),
}


async def rows_in(dsn: str, table: str) -> int:
    async with await AsyncConnection.connect(dsn) as conn:
        exists = await (await conn.execute("select to_regclass(%s)", [table])).fetchone()
        if exists is None or exists[0] is None:
            return 0
        row = await (
            await conn.execute(SQL("select count(*) from {}").format(Identifier(*table.split("."))))
        ).fetchone()
        return int(row[0]) if row else 0


async def test_what_is_wrong_is_refused_before_anything_is_written(
    conn: Connection, empty: str, world: BackupWorld, tmp_path: Path
) -> None:
    for number, (name, (spoil, text)) in enumerate(_WRONG.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        own = new_world(folder)
        await own.save(conn)
        spoil(own)
        with pytest.raises(BackupError, match=text) as refusal:
            await own.restore(empty)
        assert "\n" not in str(refusal.value), name
        assert await rows_in(empty, "patient") == 0
    # the same database takes a backup that is well
    await world.save(conn)
    await world.restore(empty)
    assert await rows_in(empty, "patient") == 3


async def test_a_backup_needs_an_empty_database(
    conn: Connection, dsn: str, world: BackupWorld
) -> None:
    await world.save(conn)
    with pytest.raises(BackupError, match="the database is not empty: care_unit has rows"):
        await world.restore(dsn)
    assert await rows_in(dsn, "patient") == 3


async def test_a_backup_of_a_newer_program_is_refused(
    conn: Connection, empty: str, world: BackupWorld
) -> None:
    await conn.execute(
        "insert into schema_migration (version, name, checksum) values (9999, 'common/9999_x', '')"
    )
    await conn.commit()
    await world.save(conn)
    await conn.execute("delete from schema_migration where version = 9999")
    await conn.commit()
    with pytest.raises(BackupError, match="newer or another program: it has common/9999_x"):
        await world.restore(empty)
    assert await rows_in(empty, "schema_migration") == 0


async def test_a_backup_of_an_older_program_comes_back_in_the_newest_schema(
    conn: Connection, empty: str, world: BackupWorld
) -> None:
    last = "select max(version) from schema_migration"
    newest = await (await conn.execute(last)).fetchone()
    await conn.execute("delete from schema_migration where version = %s", newest)
    await conn.commit()
    await world.save(conn)
    assert (await world.restore(empty)).rows > 0
    async with await AsyncConnection.connect(empty) as restored:
        assert await (await restored.execute(last)).fetchone() == newest
    assert await rows_in(empty, "patient") == 3


async def test_a_folder_that_is_not_empty_is_left_as_it_is(
    conn: Connection, world: BackupWorld
) -> None:
    world.folder.mkdir(parents=True)
    (world.folder / "letter").write_text("mine", encoding="utf-8")
    with pytest.raises(BackupError, match="is not empty"):
        await world.save(conn)
    assert [path.name for path in world.folder.iterdir()] == ["letter"]


async def test_keys_from_before_the_backup_are_refused(
    conn: Connection, empty: str, world: BackupWorld
) -> None:
    await world.save(conn, T0)
    _no_keys(world)
    await world.save_keys(conn, T0 - 1)
    with pytest.raises(BackupError, match="the keys are older than the backup"):
        await world.restore(empty)


@pytest.mark.promise(14)
async def test_only_the_newest_keys_are_kept(conn: Connection, world: BackupWorld) -> None:
    await world.save(conn, T0)
    assert await world.save_keys(conn, T0 + 1) == 3
    await world.erase(conn, "p1")
    assert await world.save_keys(conn, T0 + 2) == 2
    (path,) = world.keys.iterdir()
    assert path.name.endswith("-2.kadens")


async def test_keys_are_not_replaced_by_none(conn: Connection, world: BackupWorld) -> None:
    await world.save(conn, T0)
    for patient in ("p1", "p2", "p3"):
        await world.erase(conn, patient)
    with pytest.raises(BackupError, match="this database has no patient"):
        await world.save_keys(conn, T0 + 1)
    assert len(list(world.keys.iterdir())) == 1


@pytest.mark.promise(14)
async def test_a_line_of_the_list_that_was_changed_or_taken_out_is_noticed(
    conn: Connection, empty: str, world: BackupWorld
) -> None:
    await world.save(conn)
    for patient in ("p1", "p2"):
        await world.erase(conn, patient)
    first, second = world.erasures.read_text(encoding="utf-8").splitlines()
    lists = {
        "line 1: the signature does not hold": [first.replace('"number": 1', '"number": 7')],
        "line 1: does not follow the line before it": [second],
        "line 1: is no erasure": ["{}"],
    }
    for text, lines in lists.items():
        world.erasures.write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(BackupError, match=text):
            await world.restore(empty, erasures=world.erasures)
    world.erasures.write_text(f"{first}\n{second}\n", encoding="utf-8")
    assert (await world.restore(empty, erasures=world.erasures)).erased == 2
    assert await rows_in(empty, "patient") == 1


async def test_only_the_owner_may_read_what_was_written(
    conn: Connection, world: BackupWorld
) -> None:
    await world.save(conn)
    await world.erase(conn, "p1")
    written = [_data(world), next(world.keys.iterdir()), world.key, world.erasures]
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert stat.S_IMODE(world.folder.stat().st_mode) == 0o700


async def test_a_patient_without_a_key_is_not_written_open(
    conn: Connection, world: BackupWorld
) -> None:
    await consents.give_consent(conn, "p1", "files", from_ms=0, now_ms=0)
    await conn.execute("delete from identity.data_key where patient = 1")
    await conn.commit()
    with pytest.raises(BackupError, match="the patient with the number 1 has no data key"):
        await world.save(conn)
    assert not world.folder.exists()
    assert list(world.folder.parent.iterdir()) == []
