"""Messages that must leave this system, written in the transaction that decided on them.

A transaction that rolls back therefore announces nothing. Delivery is at least once: a row is
marked as sent only in the transaction that sent it. Messages about one patient leave in order: as
long as one waits, those behind it to the same recipient are not taken. A message that was given up
is dead: it stays until a person sends it again or drops it, and holds back nobody.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model import codec
from model.calendar import utc
from model.messages.outgoing import OutboxMessage
from storage.pg import rows
from storage.pg.listening import CHANGES_CHANNEL
from storage.pg.pool import Connection

# A decision that is made again after a crash makes the same key, so its message is sent once.
_PUT = """
insert into outbox (channel, key, recipient, patient, body, created_at, not_before, to_patient)
select k.channel, k.key, k.recipient, k.patient, k.body, %s, k.not_before, k.to_patient
from unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::jsonb[], %s::timestamptz[],
  %s::boolean[])
  with ordinality as k (channel, key, recipient, patient, body, not_before, to_patient, place)
order by k.place
on conflict (channel, key) do nothing"""
# Several workers may deliver: each skips what another has locked. The lock lasts until the commit
# that marks the message as sent, so what waits behind it is not taken meanwhile either. Ordered by
# `not_before`, a message that fails again and again goes behind those that were not tried. Most
# messages are about no patient, so nothing can be before them. The `or` also keeps the planner from
# an anti-join, which would compare each message that waits with all others.
_TAKE = """
select id, key, recipient, patient, body, created_at as created_ms, tried_at as tried_ms, attempts,
  case when to_patient then (select p.pseudonym from patient p where p.id = o.patient) else '' end
    as addressee
from outbox o
where channel = %s and sent_at is null and dead_at is null and not_before <= %s
  and (o.patient is null or not exists (select from outbox e
    where e.channel = o.channel and e.recipient = o.recipient and e.patient = o.patient
      and e.id < o.id and e.sent_at is null and e.dead_at is null))
order by not_before, id limit %s for update skip locked"""
_SENT = "update outbox set sent_at = %s, attempts = attempts + 1, error = '' where id = any(%s)"
# It keeps its key and is pruned like what was sent, and nobody can send it again.
_MUTED = "update outbox set sent_at = %s, error = %s where id = %s"
_FAILED = """
update outbox set not_before = %s, tried_at = coalesce(tried_at, %s), attempts = attempts + 1, \
error = %s where id = %s"""
_GIVEN_UP = "update outbox set dead_at = %s, attempts = attempts + 1, error = %s where id = %s"
# PostgreSQL delivers it at the commit. A unit is named once, however many patients changed.
_NOTIFY = """
select pg_notify(%s, name) from (
  select distinct u.name from patient p join care_unit u on u.id = p.care_unit \
where p.pseudonym = any(%s)) as units"""
# the key of a message that was sent is kept for a while, so that it cannot be added again
_PRUNE = "delete from outbox where (channel = any(%s)) <> %s and sent_at <= %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that is not sent yet; `attempts` counts the failures so far.

    `tried_ms` is when the first attempt failed, None before it. `addressee` is the pseudonym of the
    patient whom it is for, "" where it is for somebody else.
    """

    id: int
    key: str
    recipient: str
    patient: int | None = None
    body: Mapping[str, Any]
    created_ms: int
    tried_ms: int | None
    attempts: int
    addressee: str = ""


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
    """Add messages (key, recipient, body) of a channel, as `put_all` does."""
    made: list[OutboxMessage] = []
    for key, recipient, body in messages:
        made.append(OutboxMessage(channel=channel, key=key, recipient=recipient, body=body))
    await put_all(conn, made, now_ms)


async def put_all(conn: Connection, messages: Sequence[OutboxMessage], now_ms: int) -> None:
    """Add messages in their order, in one statement.

    A key that its channel already has changes nothing. The caller holds the lock of each patient
    whom a message names, so the ids of a patient's messages are in the order of the commits.
    """
    if not messages:
        return
    columns: list[list[Any]] = [[], [], [], [], [], [], []]
    for message in messages:
        first_ms = max(now_ms, message.not_before_ms)
        body = codec.dumps(message.body).decode()
        row = (message.channel, message.key, message.recipient, message.patient, body)
        for column, cell in zip(columns, (*row, utc(first_ms), message.to_patient), strict=True):
            column.append(cell)
    await conn.execute(_PUT, [utc(now_ms), *columns])


async def take_messages(conn: Connection, channel: str, now_ms: int, n: int) -> list[Waiting]:
    """Return and lock up to `n` messages that may be sent now, the longest due first.

    Messages that another worker has locked are skipped, and so is everything that would overtake.
    """
    return await rows.fetch_as(conn, _TAKE, [channel, utc(now_ms), n], Waiting)


async def sent(conn: Connection, ids: Sequence[int], now_ms: int) -> None:
    """Mark messages as sent."""
    if ids:
        await conn.execute(_SENT, [utc(now_ms), list(ids)])


async def mute(conn: Connection, id_: int, why: str, now_ms: int) -> None:
    """End a message that may not be sent; `why` says the reason without a name."""
    await conn.execute(_MUTED, [utc(now_ms), why, id_])


async def failed(conn: Connection, id_: int, error: str, retry_ms: int, now_ms: int) -> None:
    """Keep a message for a later attempt, at `retry_ms` at the earliest.

    `error` names the kind of error only. It contains no address and no value.
    """
    await conn.execute(_FAILED, [utc(retry_ms), utc(now_ms), error, id_])


async def give_up(conn: Connection, id_: int, error: str, now_ms: int) -> None:
    """Give a message up: it waits for a person, and those behind it may go. `error` as above."""
    await conn.execute(_GIVEN_UP, [utc(now_ms), error, id_])


async def prune(
    conn: Connection, channels: Collection[str], before_ms: int, *, others: bool = False
) -> int:
    """Remove messages of `channels` that were sent up to an instant, and return how many.

    With `others` it removes those of all other channels.
    """
    return (await conn.execute(_PRUNE, [list(channels), others, utc(before_ms)])).rowcount


async def notify(conn: Connection, patients: Collection[str]) -> None:
    """Notify listening pages of the care units of changed patients when this transaction commits.

    Call it once for each flush, with all of its patients.
    """
    await conn.execute(_NOTIFY, [CHANGES_CHANNEL, list(patients)])
