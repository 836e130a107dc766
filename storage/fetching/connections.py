"""Accounts that may be asked for data (`vendor_connection`), with their sealed tokens.

A token never leaves this module but as the value that a request needs, and is never logged. Tokens
open with the patient's own key only, so erasing that key destroys them wherever they were copied.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from model import codec
from model.calendar import utc
from model.keyring import KeyRing
from storage.people import data_keys
from storage.people.errors import UnknownNameError
from storage.people.patients import patient_id
from storage.pg import crypto, rows
from storage.pg.pool import Connection

CONNECTED, NEEDS_RECONNECTING = "connected", "needs_reconnecting"

# A lease is taken away: an attempt that runs with the tokens of before must not store its own.
_PUT = """
insert into vendor_connection as c
  (connector, account, patient, state, tokens, expires_at, connected_at, changed_at,
  is_registered)
values (%(connector)s, %(account)s, %(patient)s, 'connected', %(tokens)s, %(expires_at)s, %(now)s,
  %(now)s, %(is_registered)s)
on conflict (connector, account) do update set
  patient = excluded.patient, state = excluded.state, tokens = excluded.tokens,
  expires_at = excluded.expires_at, connected_at = excluded.connected_at,
  changed_at = excluded.changed_at, lease = null, leased_until = null,
  is_registered = excluded.is_registered, tend_at = '-infinity'"""
_STAYS = "delete from vendor_withdrawal where connector = %s and account = %s"
_HELD = """
select p.pseudonym, c.tokens from vendor_connection c join patient p on p.id = c.patient
where c.connector = %s and c.account = %s and c.lease = %s for update of c"""
_HOLD_LONGER = """
update vendor_connection set leased_until = greatest(leased_until, %s)
where connector = %s and account = %s and lease = %s"""
_HOLD_AGAIN = """
update vendor_connection set leased_until = %s
where connector = %s and account = %s and lease = %s"""
_RENEW = """
update vendor_connection set tokens = %(tokens)s, expires_at = %(expires_at)s,
  changed_at = %(now)s
where connector = %(connector)s and account = %(account)s and lease = %(lease)s
and sha256(tokens) = %(spent)s"""
# Whoever holds the account now finds other tokens than it took, and uses these.
_RECOVER = """
update vendor_connection set tokens = %(tokens)s, expires_at = %(expires_at)s,
  changed_at = %(now)s, state = 'connected'
where connector = %(connector)s and account = %(account)s and sha256(tokens) = %(spent)s"""
_BROKEN = """
update vendor_connection set state = 'needs_reconnecting', changed_at = %s
where connector = %s and account = %s and lease = %s"""
_PROLONG = """
update vendor_connection set leased_until = greatest(leased_until, %s) where lease = any(%s)"""
_LET_GO = """
update vendor_connection set lease = null, leased_until = null
where connector = %s and account = %s and lease = %s"""
_STATES = "select connector, state, count(*) from vendor_connection group by connector, state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What an account's requests carry.

    `refresh` is "" where the vendor gave none. `expires_ms` is when `access` ends, in epoch ms, 0
    where the vendor did not say.
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAccount:
    """An account that an attempt holds: only the attempt with this lease may change it."""

    connector: str
    account: str
    lease: UUID

    @property
    def key(self) -> tuple[str, str, UUID]:
        """Return what identifies the row and the lease."""
        return self.connector, self.account, self.lease


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTokens:
    """New tokens as they are stored: sealed, and the SHA-256 of those that they replace."""

    tokens: bytes = field(repr=False)
    spent: bytes = field(repr=False)
    expires_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTokens:
    """The tokens of a held account, as long as its row is locked."""

    tokens: Tokens
    held: HeldAccount
    key: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    def replaced_by(self, fresh: Tokens) -> SealedTokens:
        """Return new tokens in place of these; asks nothing of the database."""
        sealed = sealed_tokens(self.key, self.held.connector, self.held.account, fresh)
        spent = hashlib.sha256(self.sealed).digest()
        return SealedTokens(tokens=sealed, spent=spent, expires_ms=fresh.expires_ms)


async def put_tokens(  # noqa: PLR0913 - each names one thing
    conn: Connection,
    wrapping_key: KeyRing,
    *,
    connector: str,
    account: str,
    patient: str,
    tokens: Tokens,
    now_ms: int,
    is_registered: bool = False,
) -> None:
    """Store the tokens of an account, in place of those it had; the account is connected then.

    `is_registered`: whether the vendor was asked to register it, so that no fetcher need ask.
    Raises `UnknownNameError` for an unknown patient. The caller has linked the account.
    """
    key = await data_keys.data_key(conn, wrapping_key, patient)
    row = {
        "connector": connector,
        "account": account,
        "patient": await patient_id(conn, patient),
        "tokens": sealed_tokens(key, connector, account, tokens),
        "expires_at": _until(tokens),
        "now": utc(now_ms),
        "is_registered": is_registered,
    }
    await conn.execute(_PUT, row)
    # the vendor must not be told any more that the account was withdrawn before
    await conn.execute(_STAYS, [connector, account])


async def hold_longer(conn: Connection, held: HeldAccount, until_ms: int) -> None:
    """Hold an account until an instant (epoch ms), however its attempt ends; commit at once."""
    await conn.execute(_HOLD_LONGER, [utc(until_ms), *held.key])


async def hold_again(conn: Connection, held: HeldAccount, until_ms: int) -> None:
    """Hold an account until an instant (epoch ms), even if that is earlier than before."""
    await conn.execute(_HOLD_AGAIN, [utc(until_ms), *held.key])


@asynccontextmanager
async def locked_tokens(
    conn: Connection, wrapping_key: KeyRing, held: HeldAccount
) -> AsyncIterator[LockedTokens]:
    """Give the tokens of a held account, locked until the transaction ends.

    Raises `UnknownNameError` where the attempt does not hold the account any more.
    """
    row = await (await conn.execute(_HELD, [*held.key])).fetchone()
    if row is None:
        raise UnknownNameError("the account is held by another attempt, or by none")
    patient, sealed = row
    key = await data_keys.data_key(conn, wrapping_key, patient)
    tokens = opened_tokens(key, held.connector, held.account, sealed)
    yield LockedTokens(tokens=tokens, held=held, key=key, sealed=sealed)


async def renew_tokens(
    conn: Connection, held: HeldAccount, fresh: SealedTokens, now_ms: int
) -> None:
    """Store what a vendor gave in exchange for the refresh token of a held account.

    Nothing happens where the account has other tokens than those that were exchanged, because this
    was done before, or a person connected it again.
    """
    await conn.execute(_RENEW, _renewal(held, fresh, now_ms))


async def recover_tokens(
    conn: Connection, held: HeldAccount, fresh: SealedTokens, now_ms: int
) -> bool:
    """Store what a process that ended had received; return whether the account lacked it."""
    stored = (await conn.execute(_RECOVER, _renewal(held, fresh, now_ms))).rowcount == 1
    await let_account_go(conn, held)
    return stored


def _renewal(held: HeldAccount, fresh: SealedTokens, now_ms: int) -> dict[str, object]:
    return {
        "tokens": fresh.tokens,
        "spent": fresh.spent,
        "expires_at": utc(fresh.expires_ms) if fresh.expires_ms else None,
        "now": utc(now_ms),
        "connector": held.connector,
        "account": held.account,
        "lease": held.lease,
    }


async def mark_broken(conn: Connection, held: HeldAccount, now_ms: int) -> None:
    """Note that a person has to connect the account again; nothing is asked for until then."""
    await conn.execute(_BROKEN, [utc(now_ms), *held.key])


async def prolong_leases(conn: Connection, leases: Sequence[UUID], until_ms: int) -> None:
    """Hold the accounts of attempts that still run until an instant (epoch ms)."""
    await conn.execute(_PROLONG, [utc(until_ms), list(leases)])


async def let_account_go(conn: Connection, held: HeldAccount) -> None:
    """End an attempt's hold of its account; nothing happens where it has lost it."""
    await conn.execute(_LET_GO, [*held.key])


async def connection_counts(conn: Connection) -> dict[tuple[str, str], int]:
    """Return the number of accounts by (connector, state)."""
    numbers: dict[tuple[str, str], int] = await rows.fetch_by_key(conn, _STATES)
    return numbers


def opened_tokens(key: bytes, connector: str, account: str, sealed: bytes) -> Tokens:
    """Return the tokens that were sealed for an account; raises `crypto.SealError`."""
    values = codec.loads(crypto.open_sealed(key, sealed, _owner(connector, account)))
    return Tokens(**values)


def sealed_tokens(key: bytes, connector: str, account: str, tokens: Tokens) -> bytes:
    """Return the tokens of an account, sealed for it."""
    values = {"access": tokens.access, "refresh": tokens.refresh, "expires_ms": tokens.expires_ms}
    return crypto.seal(key, codec.dumps(values), _owner(connector, account))


def _owner(connector: str, account: str) -> str:
    return f"tokens:{connector}/{account}"


def _until(tokens: Tokens) -> object:
    return utc(tokens.expires_ms) if tokens.expires_ms else None
