"""Messages that must leave this system, written in the transaction that decided on them.

A transaction that rolls back therefore announces nothing. Delivery is at least once: a row is
marked as sent only in the transaction that sent it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model import codec
from model.calendar import utc
from storage.pg import rows
from storage.pg.listening import CHANGES_CHANNEL
from storage.pg.pool import Connection

# A decision that is made again after a crash makes the same key, so its message is sent once.
_PUT = """
insert into outbox (channel, key, recipient, body, created_at, not_before)
select %s, key, recipient, body, %s, %s from unnest(%s::text[], %s::text[], %s::jsonb[]) \
as k (key, recipient, body)
on conflict (channel, key) do nothing"""
# Several workers may deliver: each skips what another has locked. The lock lasts until the commit
# that marks the message as sent.
_TAKE = """
select id, key, recipient, body, created_at as created_ms, attempts from outbox
where channel = %s and sent_at is null and not_before <= %s order by id limit %s \
for update skip locked"""
_SENT = "update outbox set sent_at = %s, attempts = attempts + 1, error = '' where id = any(%s)"
_FAILED = "update outbox set not_before = %s, attempts = attempts + 1, error = %s where id = %s"
# PostgreSQL delivers it at the commit. A unit is named once, however many patients changed.
_NOTIFY = """
select pg_notify(%s, name) from (
  select distinct u.name from patient p join care_unit u on u.id = p.care_unit \
where p.pseudonym = any(%s)) as units"""
# the key of a message that was sent is kept for a while, so that it cannot be added again
_PRUNE = "delete from outbox where channel = %s and sent_at <= %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that is not sent yet; `attempts` counts the failures so far."""

    id: int
    key: str
    recipient: str
    body: Mapping[str, Any]
    created_ms: int
    attempts: int


async def put_message(
    conn: Connection, channel: str, key: str, recipient: str, body: Mapping[str, Any], now_ms: int
) -> None:
    """Add a message; a key that its channel already has changes nothing."""
    await put_messages(conn, channel, [(key, recipient, body)], now_ms)


async def put_messages(
    conn: Connection,
    channel: str,
    messages: Sequence[tuple[str, str, Mapping[str, Any]]],
    now_ms: int,
) -> None:
    """Add messages (key, recipient, body), as `put_message` does, in one statement."""
    if messages:
        keys, recipients, bodies = zip(*messages, strict=True)
        at = utc(now_ms)
        result = [codec.dumps(body).decode() for body in bodies]
        await conn.execute(_PUT, [channel, at, at, list(keys), list(recipients), result])


async def take_messages(conn: Connection, channel: str, now_ms: int, n: int) -> list[Waiting]:
    """Return and lock up to `n` messages that may be sent now, oldest first.

    Messages that another worker has locked are skipped.
    """
    return await rows.fetch_as(conn, _TAKE, [channel, utc(now_ms), n], Waiting)


async def sent(conn: Connection, ids: Sequence[int], now_ms: int) -> None:
    """Mark messages as sent."""
    if ids:
        await conn.execute(_SENT, [utc(now_ms), list(ids)])


async def failed(conn: Connection, id_: int, error: str, retry_ms: int) -> None:
    """Keep a message for a later attempt, at `retry_ms` at the earliest.

    `error` names the kind of error only. It contains no address and no value.
    """
    await conn.execute(_FAILED, [utc(retry_ms), error, id_])


async def prune(conn: Connection, channel: str, before_ms: int) -> int:
    """Remove the messages that were sent up to an instant, and return how many."""
    return (await conn.execute(_PRUNE, [channel, utc(before_ms)])).rowcount


async def notify(conn: Connection, patients: Collection[str]) -> None:
    """Notify listening pages of the care units of changed patients when this transaction commits.

    Call it once for each flush, with all of its patients.
    """
    await conn.execute(_NOTIFY, [CHANGES_CHANNEL, list(patients)])
