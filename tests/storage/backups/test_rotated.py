"""After a rotation of keys a backup comes back with the keys of now, and opens with them."""

import pytest
from psycopg import AsyncConnection

from kadens.secrets.reading import read_secrets
from kadens.secrets.writing import new_secret, rewrite_secrets, with_new_key
from storage.bodies.wrapping import rewrap, used_by_key
from storage.people.data_keys import data_keys
from storage.pg.pool import Connection, adapt
from tests.storage.backups.backup_world import BackupWorld
from tests.storage.tellers import T0

pytestmark = pytest.mark.anyio


def _rotate(world: BackupWorld, kind: str) -> None:
    fresh = new_secret()
    rewrite_secrets(
        world.secrets, lambda entries: with_new_key(entries, kind, fresh, "2026-11-29T08:00:00Z")
    )


@pytest.mark.promise(19)
async def test_a_backup_from_before_a_rotation_opens_with_the_keys_of_now(
    conn: Connection, empty: str, world: BackupWorld
) -> None:
    await world.save(conn)
    before = await data_keys(conn, read_secrets(str(world.secrets)).wrapping_keys, ["p1", "p2"])
    await world.erase(conn, "p3")
    _rotate(world, "wrapping")
    _rotate(world, "audit")
    ring = read_secrets(str(world.secrets)).wrapping_keys
    assert (await rewrap(conn, ring)).left == 0
    await conn.commit()
    # a line by the audit key of before, then one by the key of now
    await world.erase(conn, "p2")
    await world.save_keys(conn, T0 + 1)
    done = await world.restore(empty, erasures=world.erasures)
    assert (done.erased, done.destroyed) == (2, 0)
    async with await AsyncConnection.connect(empty) as restored:
        adapt(restored)
        assert await used_by_key(restored) == {ring.active.id: 1}
        assert await data_keys(restored, ring, ["p1"]) == {"p1": before["p1"]}
