"""Takes what is due off the table of fetches, and writes what became of it.

Any number of fetchers may take at once: a row that another one holds is skipped, and an account is
held by one attempt at a time. What is not let go is due again once its lease is past. Nothing here
decides what an answer means.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from model import codec
from model.calendar import epoch_ms, utc
from model.keyring import KeyRing
from model.privacy.sealed_box import box_public
from model.received import Fetch
from storage.bodies.sealed import unwrap_own_key
from storage.fetching import connections
from storage.fetching.announced_fetches import fetch_owner
from storage.fetching.connections import HeldAccount, Tokens
from storage.people import data_keys
from storage.pg import crypto, rows
from storage.pg.pool import Connection

DONE, WAITING, FAILING, GIVEN_UP = "done", "waiting", "failing", "given_up"

# Without a format nobody here could read the answer, so such a row waits for a later version. One
# row of each account, what is new before what is past; nothing is locked yet.
_CANDIDATES = """
select f.connector, f.account, f.resource, f.key from vendor_connection c cross join lateral (
  select f.connector, f.account, f.resource, f.key, f.is_past, f.not_before from vendor_fetch f
  where f.connector = c.connector and f.account = c.account and f.patient = c.patient
  and f.state in ('waiting', 'running', 'failing') and f.not_before <= %(now)s and f.format <> ''
  order by f.is_past, f.not_before, f.resource, f.key limit 1) f
where c.connector = any(%(connectors)s) and c.state = 'connected'
and (c.leased_until is null or c.leased_until <= %(now)s)
order by f.is_past, f.not_before, f.connector, f.account limit %(most)s"""
_LOCK = """
select f.connector, f.account, f.resource, f.key, p.pseudonym, f.format, f.request, f.wrapped,
  f.attempts, f.noticed_at, f.is_past, c.tokens, p.zone
from unnest(%(connector)s::text[], %(account)s::text[], %(resource)s::text[], %(key)s::text[])
  with ordinality as d (connector, account, resource, key, position)
join vendor_fetch f using (connector, account, resource, key)
join vendor_connection c on c.connector = f.connector and c.account = f.account
  and c.patient = f.patient
join patient p on p.id = f.patient
where f.state in ('waiting', 'running', 'failing') and f.not_before <= %(now)s
and c.state = 'connected' and (c.leased_until is null or c.leased_until <= %(now)s)
order by d.position limit %(most)s for update of c, f skip locked"""
_HOLD = """
update vendor_connection c set lease = h.lease, leased_until = %(until)s
from unnest(%(connector)s::text[], %(account)s::text[], %(lease)s::uuid[])
  as h (connector, account, lease)
where c.connector = h.connector and c.account = h.account"""
_RUN = """
update vendor_fetch f set state = 'running', lease = h.lease, changed_at = %(now)s
from unnest(%(connector)s::text[], %(account)s::text[], %(resource)s::text[], %(key)s::text[],
  %(lease)s::uuid[]) as h (connector, account, resource, key, lease)
where f.connector = h.connector and f.account = h.account and f.resource = h.resource
and f.key = h.key"""
_SPARE = 4  # times as many candidates as are wanted, because other fetchers look at the same
# The lease tells whether the row was announced again meanwhile: then it waits, and stays so.
_FINISH = """
update vendor_fetch set state = %(state)s, reason = %(reason)s, attempts = %(attempts)s,
  not_before = coalesce(%(again)s, not_before), changed_at = %(now)s, lease = null
where connector = %(connector)s and account = %(account)s and resource = %(resource)s
and key = %(key)s and lease = %(lease)s"""
# A limit, so that no transaction is long; what was given up stays listed.
_FORGET = """
delete from vendor_fetch where (connector, account, resource, key) in (
  select connector, account, resource, key from vendor_fetch
  where state = 'done' and changed_at <= %s
  order by connector, account, resource, key limit %s for update skip locked)"""
_WANTED = """
where (%(state)s = '' or f.state = %(state)s)
  and (%(connector)s = '' or f.connector = %(connector)s)
  and (%(patient)s = '' or p.pseudonym = %(patient)s)"""
_COUNT = (
    """
select count(*) from vendor_fetch f left join patient p on p.id = f.patient"""
    + _WANTED
)
_ROWS = (
    """
select f.connector, f.resource, f.key, p.pseudonym as patient, f.state, f.reason, f.attempts,
  f.noticed_at as noticed_ms, f.not_before as not_before_ms, f.changed_at as changed_ms,
  f.format, c.state as connection
from vendor_fetch f left join patient p on p.id = f.patient
left join vendor_connection c on c.connector = f.connector and c.account = f.account
  and c.patient = f.patient"""
    + _WANTED
    + """
order by f.noticed_at desc, f.connector, f.account, f.resource, f.key limit %(most)s"""
)
_GIVE_UP = """
update vendor_fetch set state = 'given_up', reason = %s, changed_at = %s
where connector = %s and state in ('waiting', 'failing')"""
_OVERDUE = """
select count(*) from vendor_fetch f
join vendor_connection c on c.connector = f.connector and c.account = f.account
  and c.patient = f.patient
where f.state in ('waiting', 'running', 'failing') and f.format <> '' and f.not_before <= %s
  and c.state = 'connected'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFetch:
    """A fetch that this attempt holds, with the tokens of its account.

    `attempts` counts the attempts before that failed. `noticed_ms` is when it was last announced.
    `is_past` says that it is of the time before the account was linked.
    `zone` is the IANA zone of the patient, and `public_key` the key that answers are sealed for.
    """

    connector: str
    patient: str
    fetch: Fetch
    tokens: Tokens
    public_key: bytes = field(repr=False)
    attempts: int
    noticed_ms: int
    lease: UUID
    is_past: bool = False
    zone: str = ""

    @property
    def held(self) -> HeldAccount:
        """Return its account, which is held as well."""
        return HeldAccount(connector=self.connector, account=self.fetch.account, lease=self.lease)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRow:
    """A row as people see it; instants are epoch ms. It has no address and no account."""

    connector: str
    resource: str
    key: str
    patient: str | None
    state: str
    reason: str
    attempts: int
    noticed_ms: int
    not_before_ms: int
    changed_ms: int
    format: str
    connection: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFilter:
    """Which rows are wanted, and at most how many; "" leaves a filter out."""

    state: str = ""
    connector: str = ""
    patient: str = ""
    most: int = 100


_ALL_ROWS = FetchFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What becomes of a row: its state, why, its failed attempts, and when it is due again.

    `again_ms` is epoch ms, None to leave that time as it is.
    """

    state: str
    reason: str = ""
    attempts: int = 0
    again_ms: int | None = None


async def take_fetches(
    conn: Connection,
    wrapping_key: KeyRing,
    connectors: Sequence[str],
    leases: Sequence[UUID],
    now_ms: int,
    until_ms: int,
) -> list[TakenFetch]:
    """Hold fetches that are due the longest, and their accounts, until an instant (epoch ms).

    At most one of an account, and one for each lease. Raises `crypto.SealError` when a row does not
    open. Commit at once: what is held must be seen by others.
    """
    most, now = len(leases), utc(now_ms)
    look = {"now": now, "connectors": list(connectors), "most": most * _SPARE}
    keys = await (await conn.execute(_CANDIDATES, look)).fetchall()
    if not keys:
        return []
    wanted = {"now": now, "most": most, **_columns(keys)}
    due = await (await conn.execute(_LOCK, wanted)).fetchall()
    # other fetchers took all of the candidates since they were looked up
    if not due:
        return []
    # by place: row N has lease N here, in both updates and in what is returned
    own = list(leases[: len(due)])
    held = {"now": now, "until": utc(until_ms), "lease": own, **_columns(due)}
    await conn.execute(_HOLD, held)
    await conn.execute(_RUN, held)
    # data keys come last in the order of locks in `storage`
    data = await data_keys.data_keys(conn, wrapping_key, {row[4] for row in due})
    taken = zip(due, own, strict=True)
    return [_taken(wrapping_key, data[row[4]], row, lease) for row, lease in taken]


def _columns(rows_of: Sequence[Sequence[object]]) -> dict[str, list[object]]:
    """Return the key of each row, column by column."""
    names = ("connector", "account", "resource", "key")
    columns: dict[str, list[object]] = {name: [] for name in names}
    for row in rows_of:
        for name, value in zip(names, row, strict=False):
            columns[name].append(value)
    return columns


def _taken(wrapping_key: KeyRing, data_key: bytes, row: Sequence[Any], lease: UUID) -> TakenFetch:
    connector, account, resource, key, patient, name, request, wrapped, attempts = row[:9]
    noticed, is_past, own, zone = row[9:]
    # sealed with its place, so that an address which was copied to another row does not open
    owner = fetch_owner(connector, account, resource, key)
    # announced before the account was linked, it was sealed with a key of its own
    opens = data_key if wrapped is None else unwrap_own_key(wrapping_key, wrapped, owner)
    address = codec.loads(crypto.open_sealed(opens, request, owner))
    query = tuple((str(name), str(value)) for name, value in address["query"])
    fetch = Fetch(
        account=account,
        resource=resource,
        key=key,
        path=address["path"],
        query=query,
        format=name,
        host=address["host"],
    )
    return TakenFetch(
        connector=connector,
        patient=patient,
        fetch=fetch,
        tokens=connections.opened_tokens(data_key, connector, account, own),
        public_key=box_public(data_key),
        attempts=attempts,
        noticed_ms=epoch_ms(noticed),
        is_past=is_past,
        lease=lease,
        zone=zone,
    )


async def finish_fetch(conn: Connection, taken: TakenFetch, became: Became, now_ms: int) -> bool:
    """Write what became of a held fetch, and let its account go.

    Returns False where the row is not this attempt's any more: announced again, erased, or taken
    by another fetcher after its lease was past.
    """
    fetch = taken.fetch
    row = {
        "connector": taken.connector,
        "account": fetch.account,
        "resource": fetch.resource,
        "key": fetch.key,
        "lease": taken.lease,
        "state": became.state,
        "reason": became.reason,
        "attempts": became.attempts,
        "again": None if became.again_ms is None else utc(became.again_ms),
        "now": utc(now_ms),
    }
    # accounts before fetches nowhere: both rows are this attempt's, and others skip them
    written = (await conn.execute(_FINISH, row)).rowcount == 1
    await connections.let_account_go(conn, taken.held)
    return written


async def forget_done(conn: Connection, before_ms: int, most: int = 10_000) -> int:
    """Delete rows that were done by an instant (epoch ms); return how many."""
    return (await conn.execute(_FORGET, [utc(before_ms), most])).rowcount


async def overdue(conn: Connection, before_ms: int) -> int:
    """Return how many fetches of connected accounts have been due since before an instant."""
    (number,) = await rows.fetch_column(conn, _OVERDUE, [utc(before_ms)])
    return int(number)


async def give_up_fetches(conn: Connection, connector: str, why: str, now_ms: int) -> None:
    """Give up whatever waits at a vendor that cannot be asked any more, connected or not."""
    await conn.execute(_GIVE_UP, [why, utc(now_ms), connector])


async def fetch_rows(conn: Connection, wanted: FetchFilter = _ALL_ROWS) -> list[FetchRow]:
    """Return rows, the last announced first."""
    return await rows.fetch_as(conn, _ROWS, asdict(wanted), FetchRow)


async def count_fetches(conn: Connection, wanted: FetchFilter) -> int:
    """Return how many rows there are, however many of them are wanted at most."""
    named = asdict(wanted)
    del named["most"]
    row = await (await conn.execute(_COUNT, named)).fetchone()
    return int(row[0]) if row else 0
