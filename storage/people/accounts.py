"""Links between vendors' accounts and patients, now and at the time of receipt."""

from collections.abc import Collection, Sequence

from model.calendar import utc
from storage.people import quarantine_release
from storage.people.errors import TakenError, UnknownNameError
from storage.people.patients import hold_patients
from storage.pg import rows
from storage.pg.pool import Connection

# The unique index on the present links decides between two links at once: the second adds no row.
_LINK = """
insert into account (vendor, account, patient, linked_at)
select %s, %s, id, %s from patient where pseudonym = %s
on conflict (vendor, account) where unlinked_at is null do nothing"""
_UNLINK = """
update account set unlinked_at = %s where vendor = %s and account = %s and unlinked_at is null"""
_NO_TOKENS = "delete from vendor_connection where connector = %s and account = %s"
_OWNERS = """
select a.vendor, a.account, p.pseudonym
from unnest(%s::text[], %s::text[]) as k (vendor, account)
join account a using (vendor, account)
join patient p on p.id = a.patient
where a.unlinked_at is null"""
# "with ordinality" counts from 1, an index from 0.
# "nulls last" prefers a link that covered the time of receipt and has ended to the present link.
_OWNERS_AT = """
select distinct on (k.n) k.n - 1, p.pseudonym
from unnest(%s::text[], %s::text[], %s::timestamptz[])
  with ordinality as k (vendor, account, at, n)
join account a using (vendor, account)
join patient p on p.id = a.patient
where a.unlinked_at is null or (a.linked_at <= k.at and k.at < a.unlinked_at)
order by k.n, a.unlinked_at nulls last"""


async def link_account(
    conn: Connection, patient: str, vendor: str, account: str, now_ms: int
) -> int:
    """Link a vendor's account to a patient; return how many payloads this released from quarantine.

    Raises `UnknownNameError` for an unknown patient. Raises `TakenError` when the account is linked
    to another patient: unlink it there first.
    """
    # Held before any row of the quarantine is locked (the order of locks in `storage`). If the
    # patient is being erased, this waits, and then there is no such patient.
    if not await hold_patients(conn, [patient]):
        raise UnknownNameError("there is no such patient")
    await conn.execute(_LINK, [vendor, account, utc(now_ms), patient])
    # also true when the account was linked to this patient before, which is no error
    if await patient_of(conn, vendor, account) != patient:
        raise TakenError("the account is linked to another patient")
    return await quarantine_release.release(conn, vendor, account, now_ms)


async def unlink(conn: Connection, vendor: str, account: str, now_ms: int) -> bool:
    """End the link of an account and destroy its tokens; return False when it was not linked."""
    await conn.execute(_NO_TOKENS, [vendor, account])
    return (await conn.execute(_UNLINK, [utc(now_ms), vendor, account])).rowcount == 1


async def patient_of(conn: Connection, vendor: str, account: str) -> str | None:
    """Return the pseudonym that an account is linked to now, None without a link."""
    return (await patients_of(conn, [(vendor, account)])).get((vendor, account))


async def patients_of(
    conn: Connection, accounts: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the pseudonym of each (vendor, account) that is linked now."""
    owned: dict[tuple[str, str], str] = await rows.fetch_by_key(
        conn, _OWNERS, rows.as_arrays(accounts, 2)
    )
    return owned


async def owners(conn: Connection, receipts: Sequence[tuple[str, str, int]]) -> dict[int, str]:
    """Return the owner's pseudonym of each of `receipts` (vendor, account, received_ms), by index.

    The owner is the patient that the account was linked to at the time of receipt, because an
    account may move to another patient while a payload waits in the log. If it was linked to nobody
    then, the owner is the patient that it is linked to now. Accounts without an owner are left out.
    """
    vendors, accounts, received = rows.as_arrays(receipts, 3)
    columns = [vendors, accounts, list(map(utc, received))]
    return dict(await (await conn.execute(_OWNERS_AT, columns)).fetchall())
