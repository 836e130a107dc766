"""Rows of what vendors hold ready (`vendor_fetch`) and what they notify (`vendor_notice`).

Payloads are not stored here. The address of a fetch is sealed, because some vendors put a
credential into it. The caller must know the patient of an account and must check consent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from model import codec
from model.calendar import DAY_MS, utc
from model.keyring import KeyRing
from model.received import Fetch, Notice
from storage.bodies.sealed import own_key
from storage.people import data_keys
from storage.pg import crypto, rows
from storage.pg.pool import Connection

MOST_UNLINKED = 10_000  # most fetches of a connector that may wait for a link

# A later announcement of the same thing requests it again. The same announcement again changes
# nothing.
_PUT = """
insert into vendor_fetch as f (connector, account, resource, key, patient, format, request, wrapped,
  noticed_at, not_before, changed_at, is_past)
values (%(connector)s, %(account)s, %(resource)s, %(key)s,
  (select id from patient where pseudonym = %(patient)s),
  %(format)s, %(request)s, %(wrapped)s, %(noticed_at)s, %(not_before)s, %(noticed_at)s,
  %(is_past)s or exists (select from vendor_fetch p where p.connector = %(connector)s
    and p.account = %(account)s and p.resource = %(found_resource)s and p.key = %(found_key)s
    and p.is_past))
on conflict (connector, account, resource, key) do update set
  patient = excluded.patient, format = excluded.format, request = excluded.request,
  wrapped = excluded.wrapped, noticed_at = excluded.noticed_at, not_before = excluded.not_before,
  state = 'waiting', reason = '', attempts = 0, changed_at = excluded.changed_at, lease = null,
  is_past = excluded.is_past
where f.noticed_at < excluded.noticed_at"""
_UNLINKED = "select count(*) from vendor_fetch where connector = %s and patient is null"
_CLAIMANTS = """
select id from patient where id in (
  select a.patient from vendor_fetch f join account a on a.vendor = f.connector
  and a.account = f.account where f.patient is null and a.unlinked_at is null)
order by id for key share"""
_CLAIM = """
update vendor_fetch f set patient = a.patient from account a
where f.patient is null and a.vendor = f.connector and a.account = f.account
and a.unlinked_at is null and a.patient = any(%s)"""
_EXPIRE = "delete from vendor_fetch where patient is null and noticed_at <= %s"
_NOTE = """
insert into vendor_notice (connector, account, kind, received_at, patient, scopes)
select %(connector)s, %(account)s, %(kind)s, %(received_at)s, id, %(scopes)s
from patient where pseudonym = %(patient)s on conflict do nothing"""
_WAITING = """
select connector, state, count(*) from vendor_fetch \
group by connector, state order by connector, state"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticedFetch:
    """A fetch that a connector's payload announced; `patient` is None for an unlinked account.

    `is_past` says that it is of the time before the account was linked. `answer_to` is the fetch in
    whose answer it was found, such as the page before: what was found in the past is past as well.
    """

    connector: str
    fetch: Fetch
    patient: str | None
    noticed_ms: int
    is_past: bool = False
    answer_to: Fetch | None = None

    @property
    def owner(self) -> str:
        """Return the owner that its address is sealed for."""
        fetch = self.fetch
        return fetch_owner(self.connector, fetch.account, fetch.resource, fetch.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientNotice:
    """A vendor's notice about a linked account, with the account's patient."""

    connector: str
    notice: Notice
    patient: str
    received_ms: int


def fetch_owner(connector: str, account: str, resource: str, key: str) -> str:
    """Return the owner that the address of a fetch is sealed for."""
    return f"fetch:{connector}/{account}/{resource}/{key}"


async def put_fetches(
    conn: Connection, wrapping_key: KeyRing, noticed: Sequence[NoticedFetch]
) -> int:
    """Write fetches, and return how many were dropped.

    A fetch of an unlinked account is dropped when its connector has `MOST_UNLINKED` of them.
    Raises `UnknownNameError` when a patient has no data key.
    """
    patients = {item.patient for item in noticed if item.patient is not None}
    keys = await data_keys.data_keys(conn, wrapping_key, patients) if patients else {}
    beyond = 0
    for item in noticed:
        # counted anew for each fetch, because those before it in this batch count too
        if item.patient is None and await _unlinked(conn, item.connector) >= MOST_UNLINKED:
            beyond += 1
            continue
        await _put(conn, wrapping_key, item, keys.get(item.patient or ""))
    return beyond


async def claim_fetches(conn: Connection, now_ms: int) -> int:
    """Assign waiting fetches to the patients whose accounts are linked now.

    Removes fetches that have waited a day without a link, and returns how many.
    """
    # The new owner's foreign key would lock the patient after the fetch, against the order of locks
    # in `storage`. Nobody else gets a fetch assigned that is linked only after this statement.
    claimants = await rows.fetch_column(conn, _CLAIMANTS)
    if claimants:
        await conn.execute(_CLAIM, [claimants])
    return (await conn.execute(_EXPIRE, [utc(now_ms - DAY_MS)])).rowcount


async def put_notices(conn: Connection, notices: Sequence[PatientNotice]) -> None:
    """Write notices; the same notice again changes nothing."""
    for item in notices:
        row = {
            "connector": item.connector,
            "account": item.notice.account,
            "kind": item.notice.kind.value,
            "received_at": utc(item.received_ms),
            "patient": item.patient,
            "scopes": Jsonb(list(item.notice.scopes)),
        }
        await conn.execute(_NOTE, row)


async def fetch_counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Return the number of fetches by (connector, state)."""
    numbers: dict[tuple[str, str], int] = await rows.fetch_by_key(conn, _WAITING)
    return numbers


async def _unlinked(conn: Connection, connector: str) -> int:
    (number,) = await rows.fetch_column(conn, _UNLINKED, [connector])
    return int(number)


async def _put(
    conn: Connection, wrapping_key: KeyRing, item: NoticedFetch, key: bytes | None
) -> None:
    wrapped = None
    if key is None:
        key, wrapped = own_key(wrapping_key, item.owner)
    fetch = item.fetch
    query = list(map(list, fetch.query))
    address = codec.dumps({"path": fetch.path, "query": query, "host": fetch.host})
    row = {
        "connector": item.connector,
        "account": fetch.account,
        "resource": fetch.resource,
        "key": fetch.key,
        "patient": item.patient,
        "format": fetch.format,
        "request": crypto.seal(key, address, item.owner),
        "wrapped": wrapped,
        "noticed_at": utc(item.noticed_ms),
        "not_before": utc(fetch.not_before_ms),
        "is_past": item.is_past,
        "found_resource": None if item.answer_to is None else item.answer_to.resource,
        "found_key": None if item.answer_to is None else item.answer_to.key,
    }
    await conn.execute(_PUT, row)
