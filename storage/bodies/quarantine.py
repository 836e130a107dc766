"""Keeps payloads of accounts that no patient is linked to, sealed, for a day.

No reader sees them before a link names a patient. They belong to no patient, so each is sealed with
a key of its own, which the wrapping key wraps. A large body is in the store. Nothing proves that an
account exists, so `caps` limit what each sender may leave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from psycopg.types.json import Jsonb

from model.calendar import DAY_MS, utc
from model.keyring import KeyRing
from storage.bodies import caps, discard
from storage.bodies.body_store import BodyStorage
from storage.bodies.sealed import Sealed, get_sealed, own_key, put_sealed, unwrap_own_key
from storage.pg import crypto, rows
from storage.pg.pool import Connection

TOGETHER = 8 * 1024 * 1024  # most bytes taken at once; a single body may be larger
# The key is the position of the message in the log: a message that is read twice makes one row.
_HOLD = """
insert into quarantine
  (cluster, topic, part, "offset", vendor, account, headers, received_at, size, wrapped, address, \
sealed)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"""
# counts what waits and what is released: both take room until they are taken or expire
_USED = """
select vendor, account, count(*), sum(size)::bigint from quarantine q
join unnest(%s::text[], %s::text[]) as k (vendor, account) using (vendor, account) \
group by vendor, account
union all
select vendor, null, count(*), sum(size)::bigint from quarantine where vendor = any(%s) \
group by vendor"""
# `before` is the size of all bodies in front of a body, 0 for the first. The first body is always
# taken, or a body above the limit would block the others.
_TAKE = """
delete from quarantine where (cluster, topic, part, "offset") in (
  select cluster, topic, part, "offset" from (
    select *, \
sum(size) over (order by received_at, cluster, topic, part, "offset") - size as before from (
      select cluster, topic, part, "offset", received_at, size from quarantine \
where released_at is not null
      order by received_at, cluster, topic, part, "offset" limit %s for update skip locked) \
as locked) as summed
  where before = 0 or before + size <= %s)
returning cluster, topic, part, "offset", vendor, account, headers, wrapped, address, sealed"""
# Waits for nobody: a row that is locked now is being released, or expires at the next call.
_EXPIRE = """
with old as (
    select cluster, topic, part, "offset" from quarantine
    where received_at <= %s and released_at is null for update skip locked),
  gone as (delete from quarantine q using old o
    where (q.cluster, q.topic, q.part, q."offset") = (o.cluster, o.topic, o.part, o."offset")
    returning q.address),
  noted as (insert into discarded select address from gone where address is not null \
on conflict do nothing)
select count(*) from gone"""
_COUNTS = """
select vendor, count(*) filter (where released_at is null) as waiting,
       count(*) filter (where released_at is not null) as released
from quarantine group by vendor order by vendor"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedBody:
    """A body in quarantine with its Kafka headers and the position of its message.

    `body` is None when it does not exist any more or does not open.
    """

    cluster: str
    topic: str
    partition: int
    offset: int
    vendor: str
    account: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def location(self) -> str:
        """Return the position as the owner that the seal is made for."""
        return quarantine_location(self.cluster, self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many bodies of a vendor wait for a link, and how many are released and not yet taken."""

    waiting: int
    released: int


def quarantine_location(cluster: str, topic: str, partition: int, offset: int) -> str:
    """Return a message's position as the owner that the seal of its body is made for."""
    return f"quarantine:{cluster}/{topic}/{partition}/{offset}"


def old_location_of(topic: str, partition: int, offset: int) -> str:
    """Return the same for a body of an older version, which sealed with the wrapping key itself."""
    return f"quarantine:{topic}/{partition}/{offset}"


async def quarantine_room(conn: Connection, accounts: Sequence[tuple[str, str]]) -> caps.Room:
    """Return how much each (vendor, account) and each vendor among them has in quarantine."""
    if not accounts:
        return caps.Room(used={})
    vendors, names = rows.as_arrays(sorted(set(accounts)), 2)
    used: dict[caps.Holder, caps.Used] = {}
    # a row without an account has the sums of its vendor
    for vendor, account, count, size in await (
        await conn.execute(_USED, [vendors, names, vendors])
    ).fetchall():
        used[_holder(vendor, account)] = count, size
    return caps.Room(used=used)


def body_fits(left: caps.Room, vendor: str, account: str, size: int) -> bool:
    """Return whether another body of an account fits the caps, and count it if so."""
    holders = [
        (_holder(vendor, account), caps.SENDER_CAP),
        (_holder(vendor, None), caps.CONNECTOR_CAP),
    ]
    return left.take(holders, size)


async def hold_body(
    conn: Connection,
    store: BodyStorage,
    wrapping_key: KeyRing,
    held: QuarantinedBody,
    received_ms: int,
) -> None:
    """Put a body into quarantine; the same message again changes nothing."""
    body = held.body or b""
    key, wrapped = own_key(wrapping_key, held.location)
    lies = await put_sealed(store, key, body, held.location)
    position = [held.cluster, held.topic, held.partition, held.offset, held.vendor, held.account]
    result = [
        Jsonb(dict(held.headers)),
        utc(received_ms),
        len(body),
        wrapped,
        lies.address,
        lies.sealed,
    ]
    await conn.execute(_HOLD, [*position, *result])


async def take_released(
    conn: Connection, store: BodyStorage, wrapping_key: KeyRing, n: int
) -> list[QuarantinedBody]:
    """Remove and return released bodies, those received first; the result is ordered by message.

    Returns up to `n` bodies and `TOGETHER` bytes, and always the first body if there is any. A
    rollback of the caller puts them back. `discard.remove_discarded` removes their files after the
    commit.
    """
    taken = await (await conn.execute(_TAKE, [n, TOGETHER])).fetchall()
    held: list[QuarantinedBody] = []
    addresses: list[str] = []
    for row in taken:
        held.append(await _opened(store, wrapping_key, row))
        *_, address, _ = row
        addresses += [address] if address else []  # else the body was in its row
    await discard.note_discarded(conn, addresses)
    return sorted(
        held, key=lambda entry: (entry.cluster, entry.topic, entry.partition, entry.offset)
    )


async def expire_quarantined(conn: Connection, now_ms: int, after_ms: int = DAY_MS) -> int:
    """Remove the bodies that no link claimed within `after_ms`, and return how many."""
    (row,) = await (await conn.execute(_EXPIRE, [utc(now_ms - after_ms)])).fetchall()
    return int(row[0])


async def quarantine_counts(conn: Connection) -> dict[str, Count]:
    """Return how many bodies are in quarantine, by vendor."""
    counted = await rows.fetch(
        conn, _COUNTS, (), lambda row: (str(row.pop("vendor")), Count(**row))
    )
    return dict(counted)


async def _opened(
    store: BodyStorage, wrapping_key: KeyRing, row: tuple[Any, ...]
) -> QuarantinedBody:
    cluster, topic, part, offset, vendor, account, headers, wrapped, address, sealed = row
    held = QuarantinedBody(
        cluster=cluster,
        topic=topic,
        partition=part,
        offset=offset,
        vendor=vendor,
        account=account,
        headers=headers,
        body=None,
    )
    try:
        return replace(
            held,
            body=await _body(
                store, wrapping_key, held, wrapped, Sealed(address=address, sealed=sealed)
            ),
        )
    except crypto.SealError:
        # a body that does not open must not keep the others from being released
        return held


async def _body(
    store: BodyStorage,
    wrapping_key: KeyRing,
    held: QuarantinedBody,
    wrapped: bytes | None,
    lies: Sealed,
) -> bytes | None:
    if wrapped is None:  # put here by an older version; gone a day after an update
        old = old_location_of(held.topic, held.partition, held.offset)
        return crypto.unwrap_value(wrapping_key, lies.sealed or b"", old)
    return await get_sealed(
        store, unwrap_own_key(wrapping_key, wrapped, held.location), lies, held.location
    )


def _holder(vendor: str, account: str | None) -> tuple[str, str | None]:
    return vendor, account
