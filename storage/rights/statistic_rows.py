"""Rows of statistics: what is kept of each user in a month, under a label that names nobody.

The label is an HMAC of the month with a key that each patient has for statistics alone, so two
months of a patient have nothing in common. Without that key no row leads to a patient. The key is
destroyed when the account closes; the rows stay, because they are nobody's then.
"""

from collections.abc import Iterable
from datetime import date

from model import codec
from model.calendar import utc
from model.keyring import KeyRing
from model.privacy.statistics import UserMonth, first_of_month
from storage.pg import crypto, rows
from storage.pg.pool import Connection

_NEWEST = "select max(month) from statistic_month"
# the row decides between two workers that collect at once: the second waits and adds nothing
_BEGIN = """
insert into statistic_month (month, collected_at) values (%s, %s) on conflict do nothing"""
# Whoever objects to processing is in no statistics, and neither is an account that has ended.
_USERS = """
select p.id as patient, p.pseudonym, u.name as unit, k.wrapped,
  coalesce((select sum(extract(epoch from s.end_at - s.start_at) * 1000 - s.paused_ms) / 60000
    from session s where s.patient = p.id
    and s.local_date >= %(first)s and s.local_date < %(next)s), 0)::float8 as minutes
from patient p join care_unit u on u.id = p.care_unit
left join identity.statistic_key k on k.patient = p.id
where p.created_at < %(next)s::date
  and not exists (select from account_life l where l.patient = p.id and l.closed_at is not null)
  and not exists (select from restriction r where r.patient = p.id and r.kind = 'objection'
    and r.lifted_at is null)
order by p.id for key share of p"""
# An account that was closed since the users were read gets no key again: its row is nobody's.
_KEY = """
insert into identity.statistic_key (patient, wrapped, key_id)
select id, %s, %s from patient where id = %s and not exists (
  select from account_life l where l.patient = %s and l.closed_at is not null)"""
_ADD = """
insert into statistic_row (month, label, sealed)
select %s, label, sealed from unnest(%s::bytea[], %s::bytea[]) as k (label, sealed)
order by label"""
_SEALED = "select encode(label, 'hex') as label, sealed from statistic_row where month = %s"
_COLLECTED = "select month from statistic_month where month = %s"
_FORGET = "delete from identity.statistic_key where patient = %s"


def statistic_key_owner(patient: str) -> str:
    """Return the owner that a patient's key of statistics is wrapped for."""
    return f"statistic_key:{patient}"


def statistic_row_owner(label: str) -> str:
    """Return the owner that a row is sealed for, by the hex of its label."""
    return f"statistic_row:{label}"


async def newest_month(conn: Connection) -> date | None:
    """Return the newest month that was collected, by its first day."""
    (newest,) = await rows.fetch_column(conn, _NEWEST)
    return newest if isinstance(newest, date) else None


async def collect_month(conn: Connection, keys: KeyRing, month: date, now_ms: int) -> bool:
    """Store the rows of a month, in the caller's transaction; return False if it has them."""
    if not (await conn.execute(_BEGIN, [month, utc(now_ms)])).rowcount:
        return False
    span = {"first": month, "next": first_of_month(month, 1)}
    # of a closed or objecting patient nothing is read, so nothing of them can be stored
    users = await (await conn.execute(_USERS, span)).fetchall()
    labels: list[bytes] = []
    sealed: list[bytes] = []
    for patient, pseudonym, unit, wrapped, minutes in users:
        key = await _key_of(conn, keys, patient, pseudonym, wrapped)
        label = crypto.keyed_label(key, f"statistics of {month}")
        labels.append(label)
        plain = codec.dumps({"unit": unit, "minutes": minutes})
        sealed.append(crypto.wrap_value(keys, plain, statistic_row_owner(label.hex())))
    # in the order of the labels: that of the patients would tell who is who
    await conn.execute(_ADD, [month, labels, sealed])
    return True


async def statistic_values(conn: Connection, keys: KeyRing, month: date) -> list[UserMonth] | None:
    """Return what is kept of each user in a month, None if the month was not collected.

    Raises `crypto.SealError` when a row does not open.
    """
    # a month without any user is collected too: that is an answer, and no row
    if not await rows.fetch_column(conn, _COLLECTED, [month]):
        return None
    kept = await (await conn.execute(_SEALED, [month])).fetchall()
    return list(_opened(keys, kept))


async def forget_statistic_key(conn: Connection, patient: int) -> None:
    """Destroy the key that leads from a patient (an id) to rows of statistics."""
    await conn.execute(_FORGET, [patient])


async def _key_of(
    conn: Connection, keys: KeyRing, patient: int, pseudonym: str, kept: bytes | None
) -> bytes:
    owner = statistic_key_owner(pseudonym)
    if kept is not None:
        return crypto.unwrap_value(keys, kept, owner)
    key = crypto.new_key()
    wrapped = crypto.wrap_value(keys, key, owner)
    await conn.execute(_KEY, [wrapped, keys.active.id, patient, patient])
    return key


def _opened(keys: KeyRing, kept: Iterable[tuple[str, bytes]]) -> Iterable[UserMonth]:
    for label, sealed in kept:
        plain = crypto.unwrap_value(keys, sealed, statistic_row_owner(label))
        yield UserMonth(**codec.loads(plain))
