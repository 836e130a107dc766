"""Bodies of accounts that nobody is linked to yet: sealed with the key-encryption key, for a day.

They belong to no patient, so no patient's key can seal them; nothing reads them before a link names one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from ..model.calendar import DAY_MS, utc
from ..model.keyring import KeyRing
from . import crypto
from .pool import Connection

_HOLD = """
insert into quarantine (topic, part, "offset", vendor, account, headers, sealed, received_at)
values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"""
_RELEASE = """
update quarantine set released_at = %s
where vendor = %s and account = %s and received_at > %s and released_at is null"""
_TAKE = """
delete from quarantine where (topic, part, "offset") in (
  select topic, part, "offset" from quarantine where released_at is not null
  order by received_at, topic, part, "offset" limit %s for update skip locked)
returning topic, part, "offset", vendor, account, headers, sealed"""
_EXPIRE = "delete from quarantine where received_at <= %s and released_at is null"
_COUNTS = """
select vendor, count(*) filter (where released_at is null), count(*) filter (where released_at is not null)
from quarantine group by vendor order by vendor"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One body with its Kafka headers and where it came from."""

    topic: str
    partition: int
    offset: int
    vendor: str
    account: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many bodies of a vendor wait for a link, and how many for being read again."""

    waiting: int
    released: int


async def hold(conn: Connection, wrapping_key: KeyRing, held: Held, received_ms: int) -> None:
    """Keep one body; the same message again changes nothing."""
    sealed = crypto.wrap(wrapping_key, held.body, _purpose(held.topic, held.partition, held.offset))
    place = [held.topic, held.partition, held.offset, held.vendor, held.account]
    await conn.execute(_HOLD, [*place, Jsonb(dict(held.headers)), sealed, utc(received_ms)])


async def release(conn: Connection, vendor: str, account: str, now_ms: int) -> int:
    """Mark what has waited for less than a day for an account that is linked now, and return how many bodies."""
    return (await conn.execute(_RELEASE, [utc(now_ms), vendor, account, utc(now_ms - DAY_MS)])).rowcount


async def take_released(conn: Connection, wrapping_key: KeyRing, n: int) -> list[Held]:
    """Remove and return up to `n` released bodies, in order of receipt; they are back if the caller rolls back."""
    rows = await (await conn.execute(_TAKE, [n])).fetchall()
    held = [
        Held(
            topic=topic,
            partition=part,
            offset=offset,
            vendor=vendor,
            account=account,
            headers=headers,
            body=crypto.unwrap(wrapping_key, sealed, _purpose(topic, part, offset)),
        )
        for topic, part, offset, vendor, account, headers, sealed in rows
    ]
    return sorted(held, key=lambda one: (one.topic, one.partition, one.offset))


async def expire(conn: Connection, now_ms: int, after_ms: int = DAY_MS) -> int:
    """Remove what nobody claimed within a day, and return how many bodies."""
    return (await conn.execute(_EXPIRE, [utc(now_ms - after_ms)])).rowcount


async def counts(conn: Connection) -> dict[str, Count]:
    """Return how many bodies are held, by vendor."""
    rows = await (await conn.execute(_COUNTS)).fetchall()
    return {vendor: Count(waiting=waiting, released=released) for vendor, waiting, released in rows}


def _purpose(topic: str, part: int, offset: int) -> str:
    return f"quarantine:{topic}/{part}/{offset}"
