"""Wrapping keys: the key of another database is refused at once.

A rewrap continues where it was ended, and nothing is lost.
"""

from datetime import date
from pathlib import Path

import pytest
from psycopg import AsyncConnection

from model.facts import RejectKind
from model.keyring import Key, KeyRing
from model.received import Fetch
from storage.bodies import dead_letters, dead_queries, quarantine, wrapping
from storage.bodies.body_store import Directory
from storage.bodies.dead_letters import Cause, LetterOrigin, LetterRow
from storage.bodies.quarantine import QuarantinedBody
from storage.bodies.sealed import own_key, put_sealed
from storage.fetching.announced_fetches import NoticedFetch, put_fetches
from storage.fetching.connections import Tokens, put_tokens
from storage.fetching.withdrawals import next_withdrawal, withdraw_for_good
from storage.people import data_keys, patients
from storage.pg import crypto
from storage.pg.pool import Connection, open_pool
from storage.rights.statistic_rows import collect_month
from stream.dead.bury import pack_headers
from stream.dead.commands import Desk, open_body
from tests.rows import cells_of

pytestmark = pytest.mark.anyio
_OLD, NEW, FOREIGN = (
    Key(id=id_, secret=bytes([byte]) * 32) for id_, byte in (("1", 0), ("2", 7), ("1", 9))
)
_OF_EACH_PATIENT = {"identity.data_key", "identity.statistic_key", "statistic_row"}
_FROM_BEFORE = """
insert into quarantine (cluster, topic, part, "offset", vendor, account, headers, received_at, \
size, sealed)
values ('', 't', 0, 2, 'v', 'a', '{}', to_timestamp(0), 3, %s)"""
BEFORE, BOTH, AFTER, ELSEWHERE = (
    KeyRing((_OLD,)),
    KeyRing((NEW, _OLD)),
    KeyRing((NEW,)),
    KeyRing((FOREIGN,)),
)


def test_a_wrapped_value_names_its_key_and_opens_by_it() -> None:
    wrapped = crypto.wrap_value(BEFORE, b"value", "data_key:p")
    assert wrapped.startswith(crypto.wrapped_by("1"))
    assert crypto.unwrap_value(BOTH, wrapped, "data_key:p") == b"value"
    for ring, owner in (
        (AFTER, "data_key:p"),
        (ELSEWHERE, "data_key:p"),
        (BOTH, "data_key:q"),
        (KeyRing(), "data_key:p"),
    ):
        with pytest.raises(crypto.SealError):
            crypto.unwrap_value(ring, wrapped, owner)


def test_the_name_of_the_key_is_authenticated() -> None:
    twin = KeyRing((Key(id="2", secret=_OLD.secret), _OLD))
    wrapped = crypto.wrap_value(BEFORE, b"value", "data_key:p")
    renamed = crypto.wrapped_by("2") + wrapped.removeprefix(crypto.wrapped_by("1"))
    with pytest.raises(crypto.SealError):
        crypto.unwrap_value(twin, renamed, "data_key:p")


def test_a_value_from_before_keys_had_ids_opens_with_any_key() -> None:
    sealed = crypto.seal(_OLD.secret, b"value", "data_key:p")
    assert crypto.unwrap_value(BOTH, sealed, "data_key:p") == b"value"
    with pytest.raises(crypto.SealError):
        crypto.unwrap_value(BOTH, crypto.wrapped_by("1") + sealed, "data_key:p")


async def test_keys_of_another_database_are_found_before_anything_is_written(
    conn: Connection,
) -> None:
    with pytest.raises(wrapping.ForeignKeysError, match="do not belong to this database"):
        await wrapping.check_keys(conn, ELSEWHERE, 0, record=True)
    assert await _marks(conn) == []
    await wrapping.check_keys(conn, BEFORE, 0, record=False)
    assert await _marks(conn) == []
    await wrapping.check_keys(conn, BEFORE, 0, record=True)
    assert await _marks(conn) == ["1"]
    await wrapping.check_keys(conn, BOTH, 0, record=True)
    assert await _marks(conn) == ["1", "2"]


async def test_keys_are_checked_where_no_patient_is_left_too(conn: Connection) -> None:
    await wrapping.check_keys(conn, BEFORE, 0, record=True)
    await conn.execute("delete from identity.data_key")
    await wrapping.check_keys(conn, BOTH, 0, record=False)
    for ring in (ELSEWHERE, KeyRing()):
        with pytest.raises(wrapping.ForeignKeysError):
            await wrapping.check_keys(conn, ring, 0, record=True)


async def test_a_file_from_before_a_rewrap_does_not_pass(conn: Connection) -> None:
    await wrapping.check_keys(conn, BOTH, 0, record=True)
    assert await wrapping.rewrap(conn, BOTH, 1) == wrapping.RewrapProgress(done=1, left=2)
    with pytest.raises(wrapping.ForeignKeysError):
        await wrapping.check_keys(conn, BEFORE, 0, record=True)
    with pytest.raises(wrapping.ForeignKeysError):
        await wrapping.check_keys(conn, AFTER, 0, record=True)


async def test_a_rewrap_that_is_ended_goes_on_from_what_was_committed(
    conn: Connection, dsn: str
) -> None:
    kept = await data_keys.data_keys(conn, BEFORE, ["p1", "p2", "p3"])
    assert await wrapping.rewrap(conn, BOTH, 1) == wrapping.RewrapProgress(done=1, left=2)
    await conn.commit()
    async with await AsyncConnection.connect(dsn) as ended:
        await wrapping.rewrap(ended, BOTH, 1)
        await ended.rollback()
    assert await wrapping.used_by_key(conn) == {"1": 2, "2": 1}
    assert await data_keys.data_keys(conn, BOTH, ["p1", "p2", "p3"]) == kept
    await patients.add_patient(
        conn, wrapping_key=BEFORE, unit="unit", zone="UTC", now_ms=0, pseudonym="p4"
    )
    assert await wrapping.rewrap(conn, BOTH, 2) == wrapping.RewrapProgress(done=2, left=1)
    assert await wrapping.rewrap(conn, BOTH, 2) == wrapping.RewrapProgress(done=1, left=0)
    assert await wrapping.rewrap(conn, BOTH, 2) == wrapping.RewrapProgress(done=0, left=0)
    assert await wrapping.used_by_key(conn) == {"2": 4}
    assert await data_keys.data_keys(conn, AFTER, ["p1", "p2", "p3"]) == kept


async def _sealed_values(conn: Connection, store: Directory) -> QuarantinedBody:
    """Leave a value of each kind that the wrapping key seals.

    Returns the payload of a newer version's row.
    """
    held = QuarantinedBody(
        cluster="c",
        topic="t",
        partition=0,
        offset=1,
        vendor="v",
        account="a",
        headers={},
        body=b"body",
    )
    await quarantine.hold_body(conn, store, BEFORE, held, 0)
    sealed = crypto.seal(_OLD.secret, b"old", quarantine.old_location_of("t", 0, 2))
    await conn.execute(_FROM_BEFORE, [sealed])
    origin = LetterOrigin(
        cluster="c", topic="t", partition=0, offset=3, key=b"", headers=pack_headers(())
    )
    key, wrapped = own_key(BEFORE, origin.location)
    cause = Cause(
        kind=RejectKind.UNKNOWN,
        connector="v",
        received_ms=0,
        size=6,
        sha256="",
        rejects=[("a", "b")],
        rejected=1,
    )
    lies = await put_sealed(store, key, b"letter", origin.location)
    row = LetterRow(
        origin=origin, cause=cause, letter=7, patient=None, body_bytes=6, wrapped=wrapped, lies=lies
    )
    await dead_letters.add_letters(conn, [row], 0)
    fetch = Fetch(account="a", resource="r", key="k", path="/p")
    noticed = NoticedFetch(connector="v", fetch=fetch, patient=None, noticed_ms=0)
    await put_fetches(conn, BEFORE, [noticed])
    await put_tokens(
        conn, BEFORE, connector="v", account="a", patient="p1", tokens=Tokens(access="t"), now_ms=0
    )
    assert await withdraw_for_good(conn, BEFORE, "p1", 0) == 1
    await collect_month(conn, BEFORE, date(2026, 1, 1), 0)
    return held


async def test_every_place_says_which_key_it_needs(conn: Connection, tmp_path: Path) -> None:
    await _sealed_values(conn, Directory(tmp_path))
    each = [
        (position.what, 3 if position.table in _OF_EACH_PATIENT else 1)
        for position in wrapping.PLACES
    ]
    assert await wrapping.needed_by(conn, "1") == each
    assert await wrapping.needed_by(conn, "2") == [
        ("bodies in quarantine", 1)
    ]  # it names none: any key may be its
    assert await wrapping.used_by_key(conn) == {"1": 13, wrapping.UNNAMED: 1}


async def test_a_rewrap_reaches_every_place_and_everything_opens_by_the_new_key_alone(
    conn: Connection, dsn: str, tmp_path: Path
) -> None:
    store = Directory(tmp_path)
    held = await _sealed_values(conn, store)
    assert await wrapping.rewrap(conn, BOTH, 7) == wrapping.RewrapProgress(done=7, left=7)
    assert await wrapping.rewrap(conn, BOTH, 7) == wrapping.RewrapProgress(done=7, left=0)
    assert await wrapping.needed_by(conn, "1") == []
    assert await wrapping.used_by_key(conn) == {"2": 14}
    counted = await next_withdrawal(conn, AFTER, 0)
    assert counted is not None
    assert counted.tokens == Tokens(access="t")
    letter = await dead_queries.find_letter(conn, 7)
    assert letter is not None
    async with await open_pool(dsn, max_size=1) as pool:
        desk = Desk(pool=pool, bodies=store, wrapping_key=AFTER)
        assert await open_body(conn, desk, letter) == b"letter"
    await conn.execute("update quarantine set released_at = received_at")
    taken = await quarantine.take_released(conn, store, AFTER, 10)
    assert sorted(item.body or b"" for item in taken) == [b"body", b"old"]
    assert held in taken


async def test_an_empty_database_holds_nothing_that_needs_a_key(
    empty: str, conn: Connection
) -> None:
    async with await AsyncConnection.connect(empty) as bare:
        assert not await wrapping.holds_data(bare)
    assert await wrapping.holds_data(conn)


async def _marks(conn: Connection) -> list[str]:
    return cells_of(
        await (await conn.execute("select key_id from key_check order by 1")).fetchall(), 0
    )
