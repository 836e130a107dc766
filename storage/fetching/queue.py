"""Takes what is due off the table of fetches, and writes what became of it.

Any number of fetchers may take at once: a row that another one holds is skipped, and an account is
held by one attempt at a time. What is not let go is due again once its lease is past. Nothing here
decides what an answer means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from model import codec
from model.calendar import epoch_ms, utc
from model.keyring import KeyRing
from model.received import Fetch
from storage.bodies.sealed import unwrap_own_key
from storage.fetching import connections
from storage.fetching.connections import HeldAccount, Tokens
from storage.people import data_keys
from storage.people.fetches import fetch_owner
from storage.pg import crypto, rows
from storage.pg.pool import Connection

DONE, WAITING, FAILING, GIVEN_UP = "done", "waiting", "failing", "given_up"

# Without a format nobody here could read the answer, so such a row waits for a later version.
_DUE = """
select f.connector, f.account, f.resource, f.key, p.pseudonym, f.format, f.request, f.wrapped,
  f.attempts, f.noticed_at, c.tokens, p.zone
from vendor_fetch f
join vendor_connection c on c.connector = f.connector and c.account = f.account
  and c.patient = f.patient
join patient p on p.id = f.patient
where f.state in ('waiting', 'running', 'failing') and f.not_before <= %(now)s and f.format <> ''
  and f.connector = any(%(connectors)s) and c.state = 'connected'
  and (c.leased_until is null or c.leased_until <= %(now)s)
order by f.not_before, f.connector, f.account, f.resource, f.key limit 1
for update of c, f skip locked"""
_HOLD = """
update vendor_connection set lease = %(lease)s, leased_until = %(until)s
where connector = %(connector)s and account = %(account)s"""
_RUN = """
update vendor_fetch set state = 'running', lease = %(lease)s, changed_at = %(now)s
where connector = %(connector)s and account = %(account)s and resource = %(resource)s
and key = %(key)s"""
# The lease tells whether the row was announced again meanwhile: then it waits, and stays so.
_FINISH = """
update vendor_fetch set state = %(state)s, reason = %(reason)s, attempts = %(attempts)s,
  not_before = coalesce(%(again)s, not_before), changed_at = %(now)s, lease = null
where connector = %(connector)s and account = %(account)s and resource = %(resource)s
and key = %(key)s and lease = %(lease)s"""
_ROWS = """
select f.connector, f.resource, f.key, p.pseudonym as patient, f.state, f.reason, f.attempts,
  f.noticed_at as noticed_ms, f.not_before as not_before_ms, f.changed_at as changed_ms,
  f.format, c.state as connection
from vendor_fetch f left join patient p on p.id = f.patient
left join vendor_connection c on c.connector = f.connector and c.account = f.account
  and c.patient = f.patient
where (%(state)s = '' or f.state = %(state)s)
  and (%(connector)s = '' or f.connector = %(connector)s)
  and (%(patient)s = '' or p.pseudonym = %(patient)s)
order by f.noticed_at desc, f.connector, f.account, f.resource, f.key limit %(most)s"""
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
    `zone` is the IANA zone of the patient.
    """

    connector: str
    patient: str
    fetch: Fetch
    tokens: Tokens
    attempts: int
    noticed_ms: int
    lease: UUID
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
class Became:
    """What becomes of a row: its state, why, its failed attempts, and when it is due again.

    `again_ms` is epoch ms, None to leave that time as it is.
    """

    state: str
    reason: str = ""
    attempts: int = 0
    again_ms: int | None = None


async def take_fetch(
    conn: Connection,
    wrapping_key: KeyRing,
    connectors: Sequence[str],
    lease: UUID,
    now_ms: int,
    until_ms: int,
) -> TakenFetch | None:
    """Hold the fetch that is due the longest, and its account, until an instant (epoch ms).

    Returns None when nothing is due that nobody holds. Raises `crypto.SealError` when the row does
    not open. Commit at once: what is held must be seen by others.
    """
    due = {"now": utc(now_ms), "connectors": list(connectors)}
    row = await (await conn.execute(_DUE, due)).fetchone()
    if row is None:
        return None
    connector, account, resource, key, patient, name, request, wrapped, attempts, *last = row
    noticed, own, zone = last
    values = {"connector": connector, "account": account, "resource": resource, "key": key}
    held = {**values, "lease": lease, "until": utc(until_ms), "now": utc(now_ms)}
    await conn.execute(_HOLD, held)
    await conn.execute(_RUN, held)
    data_key = await data_keys.data_key(conn, wrapping_key, patient)
    owner = fetch_owner(connector, account, resource, key)
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
        attempts=attempts,
        noticed_ms=epoch_ms(noticed),
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


async def overdue(conn: Connection, before_ms: int) -> int:
    """Return how many fetches of connected accounts have been due since before an instant."""
    (number,) = await rows.fetch_column(conn, _OVERDUE, [utc(before_ms)])
    return int(number)


async def fetch_rows(
    conn: Connection, *, state: str = "", connector: str = "", patient: str = "", most: int = 100
) -> list[FetchRow]:
    """Return rows, the last announced first; "" leaves a filter out."""
    named = {"state": state, "connector": connector, "patient": patient, "most": most}
    return await rows.fetch_as(conn, _ROWS, named, FetchRow)
