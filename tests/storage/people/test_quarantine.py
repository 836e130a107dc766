"""Payloads of accounts without a patient are sealed and limited per sender.

They are never mistaken for those of another log.
"""

from dataclasses import replace
from hashlib import shake_256
from pathlib import Path

import pytest

from model.keyring import KeyRing
from storage.bodies import caps, discard, quarantine
from storage.bodies.body_store import Directory
from storage.bodies.sealed import IN_ROW
from storage.people import accounts
from storage.people.quarantine_release import release_linked
from storage.pg.crypto import seal
from storage.pg.pool import Connection
from tests.rows import values_of
from tests.storage.derived.traces import files

pytestmark = pytest.mark.anyio
_KEY = KeyRing.single(bytes(32))
_DAY = 86_400_000
_LARGE = shake_256(b"large").digest(2 * IN_ROW)


def held(
    offset: int, account: str = "a", body: bytes = b"body", cluster: str = "c"
) -> quarantine.QuarantinedBody:
    return quarantine.QuarantinedBody(
        cluster=cluster, topic="t", partition=0, offset=offset, vendor="v", account=account,
        headers={"h": "1"}, body=body,
    )  # fmt: skip


async def test_it_waits_for_a_link_and_expires_without_one(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    for item in (held(1), held(1), held(2, "b")):
        await quarantine.hold_body(conn, store, _KEY, item, 0)
    assert await quarantine.quarantine_counts(conn) == {
        "v": quarantine.Count(waiting=2, released=0)
    }
    assert await accounts.link_account(conn, "p1", "v", "a", 10) == 1
    assert await quarantine.expire_quarantined(conn, _DAY - 1) == 0
    assert await quarantine.expire_quarantined(conn, _DAY) == 1
    assert await quarantine.take_released(conn, store, _KEY, 10) == [held(1)]
    assert await quarantine.quarantine_counts(conn) == {}


@pytest.mark.parametrize(("linked_at", "released"), [(_DAY - 1, 1), (_DAY, 0)])
async def test_a_body_is_released_by_a_link_within_a_day_and_by_no_later_one(
    conn: Connection, tmp_path: Path, linked_at: int, released: int
) -> None:
    store = Directory(tmp_path)
    await quarantine.hold_body(conn, store, _KEY, held(1), 0)
    assert await accounts.link_account(conn, "p1", "v", "a", linked_at) == released
    await quarantine.hold_body(
        conn, store, _KEY, held(2), 0
    )  # put away in a transaction that the link did not see
    assert await release_linked(conn, _DAY + 5) == released
    assert len(await quarantine.take_released(conn, store, _KEY, 10)) == 2 * released


async def test_a_body_of_a_new_log_is_not_taken_for_one_of_the_old(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    await quarantine.hold_body(conn, store, _KEY, held(1, body=b"old", cluster="old"), 0)
    await quarantine.hold_body(conn, store, _KEY, held(1, body=b"new", cluster="new"), 0)
    await accounts.link_account(conn, "p1", "v", "a", 10)
    assert set(values_of(await quarantine.take_released(conn, store, _KEY, 10), "body")) == {
        b"old",
        b"new",
    }


async def test_a_large_body_lies_sealed_in_the_store_until_it_is_released(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    for offset in (1, 2):
        await quarantine.hold_body(conn, store, _KEY, held(offset, str(offset), _LARGE), 0)
    for path in files(tmp_path):
        assert _LARGE[:64] not in path.read_bytes()
    assert len(files(tmp_path)) == 2
    await accounts.link_account(conn, "p1", "v", "1", 10)
    assert await quarantine.take_released(conn, store, _KEY, 10) == [held(1, "1", _LARGE)]
    await conn.commit()
    assert await discard.remove_discarded(conn, store) == 1
    assert await quarantine.expire_quarantined(conn, _DAY) == 1
    await conn.commit()
    assert await discard.remove_discarded(conn, store) == 1
    assert files(tmp_path) == []


async def test_a_file_is_there_as_long_as_the_release_may_be_rolled_back(
    conn: Connection, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    await quarantine.hold_body(conn, store, _KEY, held(1, body=_LARGE), 0)
    await accounts.link_account(conn, "p1", "v", "a", 10)
    await conn.commit()
    await quarantine.take_released(conn, store, _KEY, 10)
    await conn.rollback()
    assert await discard.remove_discarded(conn, store) == 0
    assert await quarantine.take_released(conn, store, _KEY, 10) == [held(1, body=_LARGE)]


async def test_large_bodies_are_released_a_few_at_a_time(
    conn: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Directory(tmp_path)
    for offset in range(5):
        await quarantine.hold_body(conn, store, _KEY, held(offset, body=bytes(100)), offset)
    await accounts.link_account(conn, "p1", "v", "a", 10)
    monkeypatch.setattr(quarantine, "TOGETHER", 250)
    taken = [
        values_of(await quarantine.take_released(conn, store, _KEY, 10), "offset") for _ in range(4)
    ]
    assert taken == [[0, 1], [2, 3], [4], []]
    await quarantine.hold_body(conn, store, _KEY, held(9, body=bytes(300)), 0)
    await accounts.link_account(conn, "p1", "v", "a", 10)
    assert values_of(await quarantine.take_released(conn, store, _KEY, 10), "offset") == [9]


async def test_what_the_store_has_lost_is_told_as_absent(conn: Connection, tmp_path: Path) -> None:
    store = Directory(tmp_path)
    await quarantine.hold_body(conn, store, _KEY, held(1, body=_LARGE), 0)
    files(tmp_path)[0].unlink()
    await accounts.link_account(conn, "p1", "v", "a", 10)
    assert await quarantine.take_released(conn, store, _KEY, 10) == [replace(held(1), body=None)]


async def test_what_an_older_version_held_opens_too(conn: Connection, tmp_path: Path) -> None:
    sealed = seal(_KEY.active.secret, b"body", "quarantine:t/0/7")
    await conn.execute(
        'insert into quarantine (cluster, topic, part, "offset", vendor, account, headers, '
        "sealed, received_at, size) "
        "values ('', 't', 0, 7, 'v', 'a', '{\"h\": \"1\"}', %s, to_timestamp(0), 0)",
        [sealed],
    )
    await accounts.link_account(conn, "p1", "v", "a", 10)
    taken = await quarantine.take_released(conn, Directory(tmp_path), _KEY, 10)
    assert taken == [held(7, cluster="")]


async def test_a_sender_and_a_connector_have_so_much_room(conn: Connection, tmp_path: Path) -> None:
    store = Directory(tmp_path)
    for offset, account in enumerate("aab"):
        await quarantine.hold_body(conn, store, _KEY, held(offset, account, bytes(10)), 0)
    left = await quarantine.quarantine_room(conn, [("v", "a"), ("v", "c"), ("v", "a")])
    assert left.used == {("v", "a"): (2, 20), ("v", None): (3, 30)}
    assert await quarantine.quarantine_room(conn, []) == caps.Room(used={})
    assert quarantine.body_fits(left, "v", "a", caps.SENDER_CAP.bytes - 20)
    assert not quarantine.body_fits(left, "v", "a", 1)
    assert quarantine.body_fits(left, "v", "c", 1)
