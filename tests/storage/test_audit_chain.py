"""The chain of the audit log: what the database links, and what its owner cannot change unseen."""

import asyncio
from dataclasses import replace

import psycopg
import pytest
from psycopg import AsyncConnection

from model.audit_log.chain import (
    Breach,
    ChainCheck,
    ChainFault,
    ChainHead,
    ChainRow,
    about_hash,
    link_hash,
)
from model.audit_log.origins import AccessOrigin, coming_from
from storage import audit
from storage.audit_actions import AuditAction
from storage.audit_chain import chain_head, chain_rows
from storage.erase import erase
from storage.pg.pool import Connection
from tests.storage.test_audit import ACTOR

pytestmark = pytest.mark.anyio

_OWNER = "set session_replication_role = replica"  # no trigger fires: what an owner can do
_ENTRY = audit.AuditEntry(
    at_ms=1_764_000_000_123,
    actor=ACTOR,
    action=AuditAction.DATA_READ,
    patient="p1",
    object="patient\nå",
    detail={"b": [1.5, None], "a": "x\ny"},
)


_ATTACKS: list[tuple[str, list[tuple[Breach, int | None]]]] = [
    ("update audit set actor = 'nobody' where id = 3", [(Breach.CHANGED, 3)]),
    ("update audit set detail = '{}' where id = 3", [(Breach.CHANGED, 3)]),
    (
        "update audit set detail = jsonb_set(detail, '{origin,door}', '\"command\"') where id = 3",
        [(Breach.CHANGED, 3)],
    ),
    ("update audit set detail = detail - 'origin' where id = 3", [(Breach.CHANGED, 3)]),
    ("update audit set patient = 2 where id = 3", [(Breach.CHANGED, 3)]),
    ("update audit set at = at - interval '1 us' where id = 3", [(Breach.CHANGED, 3)]),
    ("delete from audit where id = 3", [(Breach.REMOVED, 3)]),
    (
        "delete from audit where id = 3; delete from audit_chain where seq = 3",
        [(Breach.GAP, 3)],
    ),
    (
        (
            "delete from audit where id = 3; delete from audit_chain where seq = 3; "
            "update audit_chain set seq = seq - 1 where seq > 3"
        ),
        [(Breach.CHANGED, 3), (Breach.CHANGED, 4)],
    ),
    (
        "insert into audit (at, actor, role, action) values (now(), 'a', 'r', 'a.b')",
        [(Breach.INSERTED, None)],
    ),
    (
        (
            "update audit_chain set audit = -audit where audit in (2, 3); "
            "update audit_chain set audit = 5 + audit where audit < 0"
        ),
        [(Breach.CHANGED, 2), (Breach.CHANGED, 3)],
    ),
]


async def _written(conn: Connection, count: int = 5) -> None:
    for number in range(count):
        with coming_from(AccessOrigin(door="clinic", address="internet")):
            await audit.write_entry(conn, replace(_ENTRY, at_ms=_ENTRY.at_ms + number))
        await conn.commit()


async def _chain(conn: Connection) -> list[ChainRow]:
    return [row async for row in chain_rows(conn)]


async def _faults(conn: Connection, *noted: ChainHead) -> list[ChainFault]:
    check = ChainCheck(noted={head.seq: head.hash for head in noted})
    faults: list[ChainFault] = []
    for row in await _chain(conn):
        faults += check.take(row)
    return [*faults, *check.finish()]


async def test_the_database_and_the_model_make_the_same_hashes(conn: Connection) -> None:
    await _written(conn, 3)
    before = b""
    for number, row in enumerate(await _chain(conn), start=1):
        assert row.seq == number
        assert row.about == about_hash(row)
        assert row.hash == link_hash(before, row)
        before = row.hash
    assert await chain_head(conn) == ChainHead(seq=3, hash=before)
    assert await _faults(conn) == []


async def test_rows_of_transactions_at_the_same_time_have_one_order(
    conn: Connection, dsn: str
) -> None:
    async def write(number: int) -> None:
        async with await AsyncConnection.connect(dsn) as own:
            await audit.write_entry(own, replace(_ENTRY, at_ms=number))
            await audit.write_entry(own, replace(_ENTRY, at_ms=number))

    await asyncio.gather(*map(write, range(12)))
    assert [row.seq for row in await _chain(conn)] == list(range(1, 25))
    assert await _faults(conn) == []


async def test_the_head_of_the_empty_log_is_in_every_chain(conn: Connection) -> None:
    noted = await chain_head(conn)
    await _written(conn, 1)
    assert noted.seq == 0
    assert await _faults(conn, noted) == []


async def test_a_row_that_is_rolled_back_leaves_no_gap(conn: Connection) -> None:
    await _written(conn, 1)
    await audit.write_entry(conn, _ENTRY)
    await conn.rollback()
    await _written(conn, 1)
    assert await _faults(conn) == []


async def test_the_chain_holds_after_an_erasure(conn: Connection) -> None:
    await _written(conn, 2)
    # the row about the erasure itself is forgotten in the transaction that wrote it
    await audit.write_entry(conn, replace(_ENTRY, action=AuditAction.PATIENT_ERASE))
    await erase(conn, "p1", 0)
    await conn.commit()
    rows = await _chain(conn)
    assert [(row.patient, row.salt, row.is_erased) for row in rows] == [(None, None, True)] * 3
    assert await _faults(conn) == []


@pytest.mark.promise(19)
async def test_what_the_owner_changes_is_found(conn: Connection) -> None:
    await _written(conn)
    await conn.execute(_OWNER)
    await conn.commit()
    for attack, expected in _ATTACKS:
        async with conn.transaction(force_rollback=True):
            await conn.execute(attack.encode())
            faults = await _faults(conn)
            assert [(fault.breach, fault.seq) for fault in faults] == expected, attack


async def test_a_chain_that_was_cut_with_its_head_is_found_by_a_noted_head(
    conn: Connection,
) -> None:
    await _written(conn)
    noted = await chain_head(conn)
    await conn.execute(_OWNER)
    await conn.execute("delete from audit where id = 5; delete from audit_chain where seq = 5")
    assert await _faults(conn) == []
    assert await _faults(conn, noted) == [ChainFault(breach=Breach.CUT, seq=5)]


async def test_a_chain_that_was_written_anew_is_found_by_a_noted_head(conn: Connection) -> None:
    await _written(conn)
    noted = await chain_head(conn)
    rows = await _chain(conn)
    await conn.execute(_OWNER)
    await conn.execute("update audit set actor = 'nobody' where id = 5")
    forged = link_hash(rows[3].hash, replace(rows[4], actor="nobody"))
    await conn.execute("update audit_chain set hash = %s where seq = 5", [forged])
    assert await _faults(conn) == []
    assert await _faults(conn, noted) == [ChainFault(breach=Breach.HEAD, seq=5, row=5)]


async def test_a_link_cannot_be_changed_or_removed_even_by_a_superuser(conn: Connection) -> None:
    await _written(conn, 1)
    for attack in ("update audit_chain set hash = ''", "delete from audit_chain"):
        with pytest.raises(psycopg.Error, match="append-only"):
            await conn.execute(attack.encode())
        await conn.rollback()
    with pytest.raises(psycopg.Error, match="append-only"):
        await conn.execute("truncate audit_chain")
