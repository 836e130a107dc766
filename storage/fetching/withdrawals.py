"""Ends connections, and keeps what a vendor is still to be told of the end.

Nothing is fetched for an account from the moment on that its row is here. Its tokens are kept for
the request that withdraws it upstream, and destroyed with the answer. Nothing here asks a vendor.
"""

from dataclasses import dataclass, field

from model.calendar import epoch_ms, utc
from model.keyring import KeyRing
from storage.fetching.connections import Tokens, opened_tokens, sealed_tokens
from storage.people import data_keys
from storage.people.patients import patient_id
from storage.pg import crypto, rows
from storage.pg.pool import Connection

_ENDED = """
insert into vendor_withdrawal (connector, account, patient, tokens, withdrawn_at, not_before)
select connector, account, patient, tokens, %(now)s, %(now)s from gone
on conflict (connector, account) do update set patient = excluded.patient,
  wrapped = null, tokens = excluded.tokens, state = 'waiting', reason = '', attempts = 0,
  withdrawn_at = excluded.withdrawn_at, not_before = excluded.not_before"""
_STOP = """
update vendor_fetch set state = 'given_up', reason = 'the patient withdrew', lease = null,
  changed_at = %(now)s
where connector = %(connector)s and patient = %(patient)s
and state in ('waiting', 'running', 'failing')"""
_WITHDRAW = f"""
with gone as (
  delete from vendor_connection where connector = %(connector)s and patient = %(patient)s
  returning connector, account, patient, tokens)
{_ENDED}"""  # noqa: S608 - constants of this module
# Without a link or a consent that holds now, nothing may be asked for any more.
_UNCOVERED = f"""
with gone as (
  delete from vendor_connection where (connector, account) in (
    select c.connector, c.account from vendor_connection c
    where not exists (
        select from account a where a.vendor = c.connector and a.account = c.account
        and a.patient = c.patient and a.unlinked_at is null)
      or not exists (
        select from consent s where s.patient = c.patient and s.vendor = c.connector
        and s.kind = 'source_fetch' and s.given_at <= %(now)s
        and (s.withdrawn_at is null or %(now)s < s.withdrawn_at))
    for update skip locked)
  returning connector, account, patient, tokens)
{_ENDED}"""  # noqa: S608 - constants of this module
# The vendor itself said so, and need not be told. Its tokens may have ended before its word came.
_REVOKED = """
with gone as (
  delete from vendor_connection where (connector, account) in (
    select c.connector, c.account from vendor_connection c
    join vendor_notice n on n.connector = c.connector and n.account = c.account
      and n.patient = c.patient
    where n.kind = 'revoked' and n.received_at > c.connected_at
    for update of c skip locked)
  returning connector, account, patient)
insert into vendor_withdrawal (connector, account, patient, state, withdrawn_at, not_before)
select connector, account, patient, 'done', %(now)s, %(now)s from gone
on conflict (connector, account) do update set patient = excluded.patient, wrapped = null,
  tokens = null,
  state = 'done', reason = '', attempts = 0, withdrawn_at = excluded.withdrawn_at"""
_NEXT = """
select w.connector, w.account, coalesce(p.pseudonym, ''), w.wrapped, w.tokens, w.attempts,
  w.withdrawn_at
from vendor_withdrawal w left join patient p on p.id = w.patient
where w.state = 'waiting' and w.not_before <= %s
order by w.not_before, w.connector, w.account limit 1 for update of w skip locked"""
_END = """
update vendor_withdrawal set state = %(state)s, reason = %(reason)s, tokens = null
where connector = %(connector)s and account = %(account)s"""
# Of an erased patient nothing is kept once the vendor was told, or will never be.
_END_OF_NOBODY = """
delete from vendor_withdrawal
where connector = %(connector)s and account = %(account)s and patient is null"""
_CONNECTORS = "select distinct connector from vendor_connection where patient = %s order by 1"
_WAITING = """
select connector, account, tokens from vendor_withdrawal
where patient = %s and state = 'waiting' order by 1, 2 for update"""
_DETACH = """
update vendor_withdrawal set patient = null, wrapped = %(wrapped)s, tokens = %(tokens)s
where connector = %(connector)s and account = %(account)s"""
_RENEWED = """
update vendor_withdrawal set tokens = %(tokens)s
where connector = %(connector)s and account = %(account)s"""
_AGAIN = """
update vendor_withdrawal set reason = %(reason)s, attempts = attempts + 1, tokens = %(tokens)s,
  not_before = %(again)s
where connector = %(connector)s and account = %(account)s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """An account whose vendor is to be told; `attempts` counts those that failed.

    `withdrawn_ms` is when the patient withdrew, in epoch ms. `patient` is "" of one who was erased.
    Tokens are sealed with `key`.
    """

    connector: str
    account: str
    patient: str
    key: bytes = field(repr=False)
    tokens: Tokens
    attempts: int
    withdrawn_ms: int


async def withdraw_accounts(conn: Connection, patient: str, connector: str, now_ms: int) -> int:
    """End the connections of a patient to a vendor, and return of how many accounts.

    What was to be fetched is given up. Raises `UnknownNameError` for an unknown patient.
    """
    row = {
        "patient": await patient_id(conn, patient),
        "connector": connector,
        "now": utc(now_ms),
    }
    # fetches before connections: the order of locks that everything in `storage` keeps
    await conn.execute(_STOP, row)
    return (await conn.execute(_WITHDRAW, row)).rowcount


async def withdraw_for_good(
    conn: Connection, wrapping_key: KeyRing, patient: str, now_ms: int
) -> int:
    """End all connections of a patient who is erased now, and return how many vendors to tell.

    What the vendors are told with is sealed anew with keys of its own: the patient's key goes, and
    with it everything that says whose accounts they were.
    """
    number = await patient_id(conn, patient)
    for connector in await rows.fetch_column(conn, _CONNECTORS, [number]):
        await withdraw_accounts(conn, patient, connector, now_ms)
    waiting = await (await conn.execute(_WAITING, [number])).fetchall()
    if not waiting:
        return 0
    theirs = await data_keys.data_key(conn, wrapping_key, patient)
    for connector, account, sealed in waiting:
        key, owner = crypto.new_key(), withdrawal_owner(connector, account)
        tokens = opened_tokens(theirs, connector, account, sealed)
        row = {
            "connector": connector,
            "account": account,
            "wrapped": crypto.wrap_value(wrapping_key, key, owner),
            "tokens": sealed_tokens(key, connector, account, tokens),
        }
        await conn.execute(_DETACH, row)
    return len(waiting)


def withdrawal_owner(connector: str, account: str) -> str:
    """Return the owner that the key of an erased patient's account is wrapped for."""
    return f"withdrawal:{connector}/{account}"


async def withdraw_uncovered(conn: Connection, now_ms: int) -> int:
    """End the connections that no link and no consent covers any more; return how many."""
    return (await conn.execute(_UNCOVERED, {"now": utc(now_ms)})).rowcount


async def end_revoked(conn: Connection, now_ms: int) -> int:
    """End the connections whose vendor gave notice that the patient withdrew; return how many."""
    return (await conn.execute(_REVOKED, {"now": utc(now_ms)})).rowcount


async def next_withdrawal(
    conn: Connection, wrapping_key: KeyRing, now_ms: int
) -> Withdrawal | None:
    """Return the account whose vendor is to be told first, None without any that is due.

    Its row is locked until the transaction ends, and other fetchers skip it.
    """
    row = await (await conn.execute(_NEXT, [utc(now_ms)])).fetchone()
    if row is None:
        return None
    connector, account, patient, wrapped, sealed, attempts, withdrawn = row
    if patient:
        key = await data_keys.data_key(conn, wrapping_key, patient)
    else:
        key = crypto.unwrap_value(wrapping_key, wrapped, withdrawal_owner(connector, account))
    return Withdrawal(
        connector=connector,
        account=account,
        patient=patient,
        key=key,
        tokens=opened_tokens(key, connector, account, sealed),
        attempts=attempts,
        withdrawn_ms=epoch_ms(withdrawn),
    )


async def end_withdrawal(
    conn: Connection, withdrawal: Withdrawal, *, is_done: bool, reason: str = ""
) -> None:
    """Destroy the tokens of an account: its vendor was told, or will never be."""
    row = {
        "connector": withdrawal.connector,
        "account": withdrawal.account,
        # given up is told apart from done: a person may want to tell the vendor by other means
        "state": "done" if is_done else "given_up",
        "reason": reason,
    }
    await conn.execute(_END_OF_NOBODY if not withdrawal.patient else _END, row)


async def keep_renewed(conn: Connection, withdrawal: Withdrawal, tokens: Tokens) -> None:
    """Keep the tokens that replaced those of an account; it is due as before."""
    connector, account = withdrawal.connector, withdrawal.account
    sealed = sealed_tokens(withdrawal.key, connector, account, tokens)
    await conn.execute(_RENEWED, {"tokens": sealed, "connector": connector, "account": account})


async def retry_withdrawal(
    conn: Connection,
    withdrawal: Withdrawal,
    *,
    tokens: Tokens,
    reason: str,
    again_ms: int,
) -> None:
    """Keep an account for a later attempt (epoch ms), with the tokens that it has by now."""
    connector, account = withdrawal.connector, withdrawal.account
    row = {
        "connector": connector,
        "account": account,
        "tokens": sealed_tokens(withdrawal.key, connector, account, tokens),
        "reason": reason,
        "again": utc(again_ms),
    }
    await conn.execute(_AGAIN, row)
