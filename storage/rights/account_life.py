"""The life of patients' accounts: what it depends on, and what was done. `model` decides.

Closing ends sign-in, consents to sources and to channels, link tokens and messages that wait, and
destroys the key of statistics. The connections at vendors end with the consent: the fetcher looks
for those that nothing covers. What is stored stays as it is until the erasure.
"""

from dataclasses import dataclass
from datetime import date

from model.calendar import utc
from model.messages.outgoing import ReceiverKind
from model.privacy.closing import AccountLife
from storage.people import link_tokens
from storage.people.errors import AccountClosedError, RefusedError, UnknownNameError
from storage.pg import rows
from storage.pg.pool import Connection
from storage.rights.statistic_rows import forget_statistic_key

BY_WORKER, INACTIVE, AT_WISH = "kadens", "inactive", "asked"

# The newest version of each prescription says when it ends; a shorter one ends it earlier.
_READ = """
select p.id as patient, p.pseudonym, u.name as unit, coalesce(d.zone, '') as zone, r.ends_on,
  l.signed_in_at as signed_in_ms, l.warned_for, l.warned_at as warned_ms, l.closed_at as closed_ms,
  exists (select from rights_request q where q.patient = p.id and q.closed_at is null)
  or exists (select from restriction t where t.patient = p.id and t.lifted_at is null) as is_held
from patient p join care_unit u on u.id = p.care_unit
left join account_life l on l.patient = p.id
left join lateral (select v.hours->>'zone' as zone from unit_duty v where v.care_unit = u.id
  order by v.id desc limit 1) d on true
left join lateral (select max(n.valid_to) as ends_on from (
  select distinct on (prescription) valid_to from prescription
  where patient = p.id order by prescription, version desc) n) r on true
where {} order by p.id"""
_OF_PATIENT = _READ.format("p.pseudonym = %s")
_OF_UNIT = _READ.format("(%(unit)s = '' or u.name = %(unit)s)")
# A page begins after the last id of the page before it: a patient who is added or erased between
# two pages puts nobody on both, and nobody on neither.
# What cannot be due is not read: most patients of a day are in care.
_OPEN = _READ.format("l.closed_at is null and r.ends_on <= %s and p.id > %s") + " limit %s"
# "for update": a sign-in and a consent hold the patient, so neither happens beside a closing
_LOCK = "select id from patient where pseudonym = %s for update"
_LOCK_FREE = _LOCK + " skip locked"
_WARN = """
insert into account_life (patient, warned_for, warned_at) values (%(patient)s, %(for)s, %(now)s)
on conflict (patient) do update set warned_for = excluded.warned_for, warned_at = excluded.warned_at
where account_life.closed_at is null"""
_CLOSE = """
insert into account_life (patient, closed_at) values (%(patient)s, %(now)s)
on conflict (patient) do update set closed_at = excluded.closed_at
where account_life.closed_at is null"""
# the warning goes too: it was about the closing that is undone
_REOPEN = """
update account_life
set closed_at = null, warned_for = null, warned_at = null, signed_in_at = %(now)s
where patient = %(patient)s and closed_at is not null"""
_MOVE = """
insert into account_move (patient, at, kind, by, why)
values (%(patient)s, %(now)s, %(kind)s, %(by)s, %(why)s)"""
# A consent that begins later covers no instant, as with any withdrawal ("greatest").
_NO_CONSENT = """
update consent set withdrawn_at = greatest(%(now)s, given_at)
where patient = %(patient)s and (withdrawn_at is null or withdrawn_at > %(now)s)"""
# Messages to clinicians about the patient stay: they are not the patient's channel.
_UNSENT = """
delete from outbox where patient = %(patient)s and channel = %(channel)s and sent_at is null"""
_WARNINGS = """
select m.at as at_ms, p.pseudonym, u.name as unit, l.warned_for, m.why as way
from account_move m join account_life l on l.patient = m.patient and l.warned_at = m.at
join patient p on p.id = m.patient join care_unit u on u.id = p.care_unit
where m.kind = 'warn' and l.closed_at is null and (%(unit)s = '' or u.name = %(unit)s)
order by l.warned_for, p.pseudonym"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """A patient's account: the patient's row and pseudonym, and the life of the account.

    `zone` is that of the care unit, "" where the unit has set none.
    """

    patient: int
    pseudonym: str
    unit: str
    zone: str
    life: AccountLife


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWarning:
    """The newest warning of an account that is open: when, of which last day, and by which way."""

    at_ms: int
    pseudonym: str
    unit: str
    warned_for: date
    way: str


async def held_account(conn: Connection, patient: str) -> AccountRow:
    """Lock a patient (a pseudonym), and return the account. Raises `UnknownNameError`."""
    account = await _locked(conn, patient, _LOCK)
    if account is None:
        raise UnknownNameError("there is no such patient")
    return account


async def free_account(conn: Connection, patient: str) -> AccountRow | None:
    """Lock a patient and return the account; None while others write of the patient."""
    return await _locked(conn, patient, _LOCK_FREE)


async def accounts_of_unit(conn: Connection, unit: str = "") -> list[AccountRow]:
    """Return all accounts, or those of a care unit, in order of the patients' rows."""
    return await rows.fetch(conn, _OF_UNIT, {"unit": unit}, _account)


async def open_accounts(conn: Connection, ended: date, after: int, n: int) -> list[AccountRow]:
    """Return up to `n` open accounts whose latest prescription ended by a date.

    They come in order of the patients' ids, from `after` on.
    """
    return await rows.fetch(conn, _OPEN, [ended, after, n], _account)


async def put_warning(
    conn: Connection, patient: int, last: date, *, way: str, by: str, now_ms: int
) -> None:
    """Note that a patient was warned of the last day of an account, and by which way ("": none)."""
    row = {"patient": patient, "for": last, "now": utc(now_ms)}
    await conn.execute(_WARN, row)
    await conn.execute(_MOVE, {**row, "kind": "warn", "by": by, "why": way})


async def close_account(
    conn: Connection, account: AccountRow, *, by: str, why: str, now_ms: int
) -> None:
    """Close an account and end all that reaches into it or out of it.

    Raises `AccountClosedError` when it was closed before.
    """
    row = {"patient": account.patient, "now": utc(now_ms), "channel": ReceiverKind.NUDGE.value}
    # the update decides between two who close at once
    if not (await conn.execute(_CLOSE, row)).rowcount:
        raise AccountClosedError("the account is closed already")
    # moves are only added to, so what was done and undone stays on record
    await conn.execute(_MOVE, {**row, "kind": "close", "by": by, "why": why})
    await link_tokens.revoke(conn, account.pseudonym, now_ms)
    await conn.execute(_NO_CONSENT, row)
    # from here on nothing leads from the patient to rows of statistics, or back
    await forget_statistic_key(conn, account.patient)
    await conn.execute(_UNSENT, row)


async def reopen_account(
    conn: Connection, account: AccountRow, *, by: str, why: str, now_ms: int
) -> None:
    """Open a closed account again; sources and channels need new consents.

    It counts as a sign-in, or the account would be closed again at once.
    """
    row = {"patient": account.patient, "now": utc(now_ms)}
    # consents stay withdrawn: opening an account agrees to nothing
    if not (await conn.execute(_REOPEN, row)).rowcount:
        raise RefusedError("the account is not closed")
    await conn.execute(_MOVE, {**row, "kind": "reopen", "by": by, "why": why})


async def account_warnings(conn: Connection, unit: str = "") -> list[AccountWarning]:
    """Return the warnings of open accounts, the earliest last day first."""
    return await rows.fetch_as(conn, _WARNINGS, {"unit": unit}, AccountWarning)


async def _locked(conn: Connection, patient: str, lock: str) -> AccountRow | None:
    if await (await conn.execute(lock.encode(), [patient])).fetchone() is None:
        return None
    read = await rows.fetch(conn, _OF_PATIENT, [patient], _account)
    return read[0] if read else None


def _account(row: rows.Row) -> AccountRow:
    names = ("ends_on", "signed_in_ms", "warned_for", "warned_ms", "closed_ms", "is_held")
    life = AccountLife(**{name: row.pop(name) for name in names})
    return AccountRow(**row, life=life)
