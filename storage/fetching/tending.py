"""Accounts that need something besides fetches, and when subscriptions are looked at again.

It decides nothing: what an account needs, and what becomes of it, the fetcher says.
"""

from dataclasses import dataclass, field
from uuid import UUID

from model.calendar import utc
from model.keyring import KeyRing
from storage.fetching.connections import HeldAccount, Tokens, opened_tokens
from storage.people import data_keys
from storage.pg.pool import Connection

_DUE = """
select c.account, p.pseudonym, c.tokens, c.is_registered
from vendor_connection c join patient p on p.id = c.patient
where c.connector = %(connector)s and c.state = 'connected' and c.tend_at <= %(now)s
and (c.leased_until is null or c.leased_until <= %(now)s)
order by c.tend_at, c.account limit 1 for update of c skip locked"""
_HOLD = """
update vendor_connection set lease = %(lease)s, leased_until = %(until)s
where connector = %(connector)s and account = %(account)s"""
_FINISH = """
update vendor_connection set is_registered = %s, tend_at = %s, lease = null, leased_until = null
where connector = %s and account = %s and lease = %s"""
_OPEN = "insert into vendor_application (connector) values (%s) on conflict do nothing"
_CLAIM = """
update vendor_application set subscribed_at = %(now)s
where connector = %(connector)s and (subscribed_at is null or subscribed_at <= %(before)s)"""
_RETRY = "update vendor_application set subscribed_at = %s where connector = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenAccount:
    """An account that this attempt holds, with its tokens."""

    connector: str
    account: str
    patient: str
    tokens: Tokens = field(repr=False)
    is_registered: bool
    lease: UUID

    @property
    def held(self) -> HeldAccount:
        """Return what identifies the row and the lease."""
        return HeldAccount(connector=self.connector, account=self.account, lease=self.lease)


async def take_account(
    conn: Connection,
    wrapping_key: KeyRing,
    connector: str,
    lease: UUID,
    now_ms: int,
    until_ms: int,
) -> TakenAccount | None:
    """Hold the account that is due the longest until an instant (epoch ms), None without one.

    Raises `crypto.SealError` when its tokens do not open. Commit at once.
    """
    due = {"connector": connector, "now": utc(now_ms)}
    row = await (await conn.execute(_DUE, due)).fetchone()
    if row is None:
        return None
    account, patient, sealed, is_registered = row
    held = {"connector": connector, "account": account, "lease": lease, "until": utc(until_ms)}
    await conn.execute(_HOLD, held)
    key = await data_keys.data_key(conn, wrapping_key, patient)
    return TakenAccount(
        connector=connector,
        account=account,
        patient=patient,
        tokens=opened_tokens(key, connector, account, sealed),
        is_registered=is_registered,
        lease=lease,
    )


async def finish_account(
    conn: Connection, held: HeldAccount, *, is_registered: bool, again_ms: int
) -> None:
    """Let an account go, to be looked at again at an instant (epoch ms)."""
    await conn.execute(_FINISH, [is_registered, utc(again_ms), *held.key])


async def claim_subscriptions(conn: Connection, connector: str, now_ms: int, every_ms: int) -> bool:
    """Return whether this process is to look at a vendor's subscriptions now; commit at once."""
    # the row has to exist, or the first claims of several fetchers would all find nothing to update
    await conn.execute(_OPEN, [connector])
    row = {"connector": connector, "now": utc(now_ms), "before": utc(now_ms - every_ms)}
    return (await conn.execute(_CLAIM, row)).rowcount == 1


async def retry_subscriptions(conn: Connection, connector: str, looked_ms: int) -> None:
    """Let a vendor's subscriptions count as looked at earlier, so that they are due sooner."""
    await conn.execute(_RETRY, [utc(looked_ms), connector])
