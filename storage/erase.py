"""Erases a patient: every row in every table, the data key, and every payload.

A receipt with counts is kept. Each table with a patient must be in `ERASED`, except `audit`; a test
compares the list with the schema. Lines of the audit log are kept, because the law on patient
records requires them for at least five years. They lose patient, object and detail, and get the
number of the receipt. Of a patient with prescriptions an extract for the journal stays for ten
years (`journal_extract`): who prescribed, when, and how it was followed, under the same number.

Erasing does not reach messages in Kafka, which their retention removes after 30 days at the latest.
Facts in them are not stored, because their patient is unknown by then. Nor does it reach the bytes
of deleted rows in PostgreSQL's files and its statistics (`storage.pg.rewriting` does), and its WAL.
In backups the patient's key is gone with the next file of keys, and a restore from an older backup
leaves the patient out (`kadens.backup`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from model.calendar import utc
from model.keyring import KeyRing
from storage.bodies import discard
from storage.bodies.body_store import INCOMING, BodyStorage, address_of
from storage.fetching.withdrawals import withdraw_for_good
from storage.people import link_tokens
from storage.people.errors import UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection
from storage.rights import journal_extracts

_OF = "patient = %(patient)s"
_ALERTS = "alert in (select id from alert where patient = %(patient)s)"

# What is deleted, in this order: rows that refer to others go before the rows they refer to.
ERASED: dict[str, str] = {
    "outbox": """
patient = %(patient)s or (channel in ('derived', 'facts') and recipient = %(pseudonym)s)
or split_part(key, '/', 1) in (select id::text from alert where patient = %(patient)s)""",
    "alert_finding": _ALERTS,
    "alert_move": _ALERTS,
    "alert_note": _ALERTS,
    "alert": _OF,
    "due": _OF,
    "held_finding": _OF,
    "restriction": _OF,
    "correction": _OF,
    "rule_setting": _OF,
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
    "vendor_connection": _OF,
    "vendor_withdrawal": _OF,
    "vendor_invitation": _OF,
    "door_link": _OF,
    "patient_session": _OF,
    "account": _OF,
    "account_life": _OF,
    "support_access": _OF,
    "support_case": _OF,
    "account_move": _OF,
    "consent": _OF,
    "unconsented": _OF,
    "heart_profile": _OF,
    "annotation": _OF,
    "pinned_note": _OF,
    "review": _OF,
    "rights_file": _OF,
    "rights_request": _OF,
    "block_opening": _OF,
    "unit_block": _OF,
    "unit_sharing": _OF,
    "patient_label": _OF,
    "prescription": _OF,
    "prescription_draft": _OF,
    "stale_derivation": _OF,
    "link_token": _OF,
    "identity.person": _OF,
    "identity.number_digest": _OF,
    "identity.statistic_key": _OF,
    "identity.data_key": _OF,
}

# Bodies of an account that another patient has now are left to that patient. A body that is taken
# from quarantine at this moment goes through the log again. Its account is linked to nobody then,
# so it waits sealed for a day and is removed.
_QUARANTINE = """
with held as (
  select q.cluster, q.topic, q.part, q."offset"
  from quarantine q join account a using (vendor, account)
  where a.patient = %s and not exists (
    select from account other where other.vendor = a.vendor and other.account = a.account
    and other.patient <> a.patient and other.unlinked_at is null)
  order by q.cluster, q.topic, q.part, q."offset" for update of q),
gone as (
  delete from quarantine q using held h
  where (q.cluster, q.topic, q.part, q."offset") = (h.cluster, h.topic, h.part, h."offset")
  returning coalesce(q.address, nullif(q.headers->>'address', '')) as address)
select count(*), coalesce(array_agg(address) filter (where address is not null), '{}') from gone"""
_LOCK = "select id from patient where pseudonym = %s for update"
_RECEIPT = "insert into erasure (at) values (%s) returning id"
_BODIES = """
select b.address, encode(b.sha256, 'hex'), exists (
  select from body other where other.sha256 = b.sha256 and other.patient <> b.patient)
from body b where b.patient = %s"""
_LETTERS = "select address from dead_letter where patient = %s and address is not null"
_PENDING = (
    "insert into erasure_body (erasure, address) "
    "select %s, * from unnest(%s::text[]) on conflict do nothing"
)
_SOURCES = """
select source from record where patient = %(patient)s \
union select source from watermark where patient = %(patient)s"""
_ORPHANS = """
delete from source s where s.id = any(%s)
and not exists (select from record r where r.source = s.id)
and not exists (select from watermark w where w.source = s.id)
and not exists (select from correction c where c.source = s.id)"""
_AUDIT = "select audit_forget(%s, %s)"
_COUNTED = "update erasure set counts = %s where id = %s"
_NEXT = "select erasure, address from erasure_body order by 1, 2 limit 1 for update skip locked"
_GONE = "delete from erasure_body where erasure = %s and address = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """When a patient was erased, and `counts` of rows by table.

    It contains no identity and no pseudonym.
    """

    number: int
    at_ms: int
    counts: dict[str, int]


async def erase(
    conn: Connection, patient: str, now_ms: int, wrapping_key: KeyRing | None = None
) -> Receipt:
    """Erase a patient (a pseudonym) in the caller's transaction, and return the receipt.

    With `wrapping_key` the fetcher tells the vendors, by rows that name nobody of ours: they go
    with the vendor's answer, or after a week. Without it no vendor is told. Call
    `remove_erased_bodies` after the commit to remove the payloads from the store. Waits for
    transactions that are writing rows of the patient. Raises `people.errors.UnknownNameError` for
    an unknown patient.
    """
    # The patient comes first: whoever links an account holds the patient before it locks bodies in
    # quarantine (the order of locks in `storage`).
    row = await (await conn.execute(_LOCK, [patient])).fetchone()
    if row is None:
        raise UnknownNameError("there is no such patient")
    id_ = int(row[0])
    ((held, held_at),) = await (await conn.execute(_QUARANTINE, [id_])).fetchall()
    counts = {"quarantine": int(held)}
    values: dict[str, int | str] = {"patient": id_, "pseudonym": patient}
    number = await _open(conn, id_, held_at, now_ms)
    if wrapping_key is not None:
        counts["vendors"] = await withdraw_for_good(conn, wrapping_key, patient, now_ms)
    # The rows that make the doors refuse the tokens name no patient, so they outlive the erasure.
    await link_tokens.revoke(conn, patient, now_ms)
    kept = await journal_extracts.keep_extract(conn, id_, number, now_ms)
    # read before their rows are gone: afterwards nothing tells which sources the patient had
    sources = await rows.fetch_column(conn, _SOURCES, values)
    for table, where in ERASED.items():
        statement = f"delete from {table} where {where}"  # noqa: S608 - a constant of this module
        counts[table] = (await conn.execute(statement.encode(), values)).rowcount
    counts["journal_extract"] = kept
    counts["source"] = (await conn.execute(_ORPHANS, [sources])).rowcount
    counts["audit"] = await _forget(conn, id_, number)
    counts["patient"] = (await conn.execute("delete from patient where id = %s", [id_])).rowcount
    await conn.execute(_COUNTED, [Jsonb(counts), number])
    return Receipt(number=number, at_ms=now_ms, counts=counts)


async def remove_erased_bodies(conn: Connection, store: BodyStorage) -> int:
    """Remove the payloads of erased patients from the store, and return how many.

    Also removes what an earlier call left when it was interrupted.
    """
    removed = 0
    while await _remove_patient(conn, store):
        removed += 1
    await discard.remove_discarded(conn, store)
    return removed


async def _open(conn: Connection, patient: int, held_at: Sequence[str], now_ms: int) -> int:
    """Write the receipt and the addresses to remove from the store; return the receipt's number.

    The addresses are those of bodies in quarantine (`held_at`), of dead letters and of kept
    payloads. Older versions also left kept payloads in `incoming`, under their SHA-256.
    """
    made = await (await conn.execute(_RECEIPT, [utc(now_ms)])).fetchall()
    number = int(made[0][0])
    addresses = [*held_at, *await rows.fetch_column(conn, _LETTERS, [patient])]
    for kept, sha256, of_another in await (await conn.execute(_BODIES, [patient])).fetchall():
        addresses += [kept] if kept else []  # else it is in its row
        # the address is made of the content alone: another patient's equal body has the same one
        addresses += [] if of_another else [address_of(sha256, INCOMING)]
    await conn.execute(_PENDING, [number, addresses])
    return number


async def _forget(conn: Connection, patient: int, number: int) -> int:
    """Remove the patient from the lines of the audit log, and return how many lines.

    Only a function of the log's own role may change lines.
    """
    row: tuple[Any, ...] | None = await (await conn.execute(_AUDIT, [patient, number])).fetchone()
    return int(row[0]) if row else 0


async def _remove_patient(conn: Connection, store: BodyStorage) -> bool:
    # The file goes before the commit: after a crash in between, the next call finds the row again
    # and deletes a file that is not there, which does nothing.
    async with conn.transaction():
        row: tuple[Any, ...] | None = await (await conn.execute(_NEXT)).fetchone()
        if row is None:
            return False
        await store.delete(row[1])
        await conn.execute(_GONE, [*row])
    return True
