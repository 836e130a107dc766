"""Erases a patient: every row in every table, the data key, every body of theirs.

What stays is a receipt with counts. Binding: each table that has a patient is in `ERASED`, or
`audit`; a test compares the list with the schema. Lines of the audit log stay, as the law on
patient records wants (five years at least), without patient, object and detail; the receipt's
number keeps them together. No journal extract is made here: what belongs in the journal went there.

Not reached from here: messages in the log (gone by their retention, 30 days at the latest; facts of
a patient who is not known any more are not stored), what PostgreSQL has not vacuumed yet, its
statistics and WAL, and backups. Erase again after a restore from a backup that is older than the
receipt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from model.calendar import utc
from storage.bodies import discard
from storage.bodies.body_store import INCOMING, BodyStore, address_of
from storage.people import link_tokens
from storage.people.errors import UnknownNameError
from storage.pg.pool import Connection

_OF = "patient = %(patient)s"
_ALERTS = "alert in (select id from alert where patient = %(patient)s)"

# What is deleted, in this order: what refers before what is referred to.
ERASED: dict[str, str] = {
    "outbox": """
(channel = 'derived' and recipient = %(pseudonym)s)
or split_part(key, '/', 1) in (select id::text from alert where patient = %(patient)s)""",
    "alert_finding": _ALERTS,
    "alert_move": _ALERTS,
    "alert": _OF,
    "due": _OF,
    "rollup_stale": _OF,
    "rollup_hour": _OF,
    "rollup_day": _OF,
    "week": _OF,
    "day": _OF,
    "session": _OF,
    "source_selection": _OF,
    "sample": _OF,
    "fact": _OF,
    "record": _OF,
    "watermark": _OF,
    "body": _OF,
    "dead_letter": _OF,
    "dead_letter_overflow": _OF,
    "vendor_fetch": """
patient = %(patient)s or (patient is null and (connector, account) in (
  select vendor, account from account where patient = %(patient)s))""",
    "vendor_notice": _OF,
    "account": _OF,
    "consent": _OF,
    "heart_profile": _OF,
    "prescription": _OF,
    "link_token": _OF,
    "identity.person": _OF,
    "identity.data_key": _OF,
}

# Without the patient's lock: a link releases what waits while it holds the patient. What is
# released at this moment is
# on the log again, and nobody's: it waits sealed for a day and goes.
_QUARANTINE = """
with gone as (
  delete from quarantine q using account a join patient p on p.id = a.patient
  where p.pseudonym = %s and q.vendor = a.vendor and q.account = a.account and not exists (
    select from account other where other.vendor = a.vendor and other.account = a.account
    and other.patient <> a.patient and other.unlinked_at is null)
  returning coalesce(q.address, nullif(q.headers->>'address', '')) as address)
select count(*), coalesce(array_agg(address) filter (where address is not null), '{}') from gone"""
_LOCK = "select id from patient where pseudonym = %s for update"
_RECEIPT = "insert into erasure (at) values (%s) returning id"
_BODIES = """
select b.address, encode(b.sha256, 'hex'), exists (
  select from body other where other.sha256 = b.sha256 and other.patient <> b.patient)
from body b where b.patient = %s"""
_LETTERS = "select address from dead_letter where patient = %s and address is not null"
_PENDING = "insert into erasure_body (erasure, address) select %s, * from unnest(%s::text[]) on conflict do nothing"
_SOURCES = """
select source from record where patient = %(patient)s union select source from watermark where patient = %(patient)s"""
_ORPHANS = """
delete from source s where s.id = any(%s)
and not exists (select from record r where r.source = s.id)
and not exists (select from watermark w where w.source = s.id)"""
_AUDIT = "select audit_forget(%s, %s)"
_COUNTED = "update erasure set counts = %s where id = %s"
_NEXT = "select erasure, address from erasure_body order by 1, 2 limit 1 for update skip locked"
_GONE = "delete from erasure_body where erasure = %s and address = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was erased, when: `counts` are rows by table. It holds no identity and no pseudonym."""

    number: int
    at_ms: int
    counts: dict[str, int]


async def erase(conn: Connection, patient: str, now_ms: int) -> Receipt:
    """Erase a patient in the caller's transaction.

    `finish` removes the bodies once it has committed. Waits for whoever is writing about the
    patient. Raises `people.UnknownNameError` when there is no such patient.
    """
    ((held, held_at),) = await (await conn.execute(_QUARANTINE, [patient])).fetchall()
    counts = {"quarantine": int(held)}
    row = await (await conn.execute(_LOCK, [patient])).fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    id_ = int(row[0])
    values: dict[str, int | str] = {"patient": id_, "pseudonym": patient}
    number = await _open(conn, id_, held_at, now_ms)
    await link_tokens.revoke(
        conn, patient, now_ms
    )  # the doors refuse them from now on; those rows name nobody
    sources = [source for (source,) in await (await conn.execute(_SOURCES, values)).fetchall()]
    for table, where in ERASED.items():
        statement = f"delete from {table} where {where}"  # noqa: S608 - a constant of this module
        counts[table] = (await conn.execute(statement.encode(), values)).rowcount
    counts["source"] = (await conn.execute(_ORPHANS, [sources])).rowcount
    counts["audit"] = await _forget(conn, id_, number)
    counts["patient"] = (await conn.execute("delete from patient where id = %s", [id_])).rowcount
    await conn.execute(_COUNTED, [Jsonb(counts), number])
    return Receipt(number=number, at_ms=now_ms, counts=counts)


async def finish(conn: Connection, store: BodyStore) -> int:
    """Remove the bodies of erased patients from the store and return how many.

    What a crash left over, too.
    """
    removed = 0
    while await _remove_patient(conn, store):
        removed += 1
    await discard.finish(conn, store)
    return removed


async def _open(conn: Connection, patient: int, held_at: Sequence[str], now_ms: int) -> int:
    """Write the receipt and what is to be removed from the store.

    Bodies in quarantine, of dead letters, and kept ones. Older versions left kept bodies as they
    came in, too: under their SHA-256 in `incoming`.
    """
    made = await (await conn.execute(_RECEIPT, [utc(now_ms)])).fetchall()
    number = int(made[0][0])
    letters = await (await conn.execute(_LETTERS, [patient])).fetchall()
    addresses = [*held_at, *(address for (address,) in letters)]
    for kept, sha256, of_another in await (await conn.execute(_BODIES, [patient])).fetchall():
        addresses += [kept] if kept else []  # else it lies in its row, and goes with that
        addresses += [] if of_another else [address_of(sha256, INCOMING)]
    await conn.execute(_PENDING, [number, addresses])
    return number


async def _forget(conn: Connection, patient: int, number: int) -> int:
    """Take the patient out of the audit log, which the log's own function alone can do.

    Return how many lines.
    """
    row: tuple[Any, ...] | None = await (await conn.execute(_AUDIT, [patient, number])).fetchone()
    return int(row[0]) if row else 0


async def _remove_patient(conn: Connection, store: BodyStore) -> bool:
    async with conn.transaction():
        row: tuple[Any, ...] | None = await (await conn.execute(_NEXT)).fetchone()
        if row is None:
            return False
        await store.delete(row[1])
        await conn.execute(_GONE, [*row])
    return True
