"""Lists and counts messages that are not sent, and retries or drops those that were given up."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.calendar import utc
from storage.pg import rows
from storage.pg.pool import Connection

_LISTED = """
select id as number, channel, case when dead_at is null then 'waiting' else 'dead' end as state,
  created_at as created_ms, not_before as next_ms, attempts, error as why
from outbox
where sent_at is null and channel <> 'alerts' and (dead_at is not null or not %(dead)s)
  and (%(channel)s::text is null or channel = %(channel)s)
order by id desc limit %(limit)s"""
_COUNTS = """
select channel, count(*) filter (where dead_at is null) as waiting,
  count(*) filter (where dead_at is not null) as dead,
  min(created_at) filter (where dead_at is null) as oldest_ms
from outbox where sent_at is null group by channel order by channel"""
# It is the first of its patient again: those behind it that were sent meanwhile stay sent.
_RETRY = """
update outbox set dead_at = null, tried_at = null, attempts = 0, not_before = %s
where dead_at is not null and sent_at is null and (id = any(%s) or channel = %s)"""
_DROP = "delete from outbox where dead_at is not null and sent_at is null and id = any(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentMessage:
    """A message that is not sent, without what it says and to whom; `why` is the last failure."""

    number: int
    channel: str
    state: str
    created_ms: int
    next_ms: int
    attempts: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentCount:
    """How many messages of a channel wait and how many are dead; `oldest_ms` of the waiting."""

    channel: str
    waiting: int
    dead: int
    oldest_ms: int | None


async def unsent_messages(
    conn: Connection, channel: str | None, limit: int, *, dead: bool
) -> list[UnsentMessage]:
    """Return the newest messages that are not sent; with `dead` only those that were given up."""
    arguments = {"channel": channel, "limit": limit, "dead": dead}
    return await rows.fetch_as(conn, _LISTED, arguments, UnsentMessage)


async def unsent_counts(conn: Connection) -> list[UnsentCount]:
    """Return the counts of the channels that have messages that are not sent."""
    return await rows.fetch_as(conn, _COUNTS, {}, UnsentCount)


async def retry_messages(
    conn: Connection, numbers: Sequence[int], channel: str | None, now_ms: int
) -> int:
    """Let dead messages be sent again, by number or all of a channel; return how many."""
    return (await conn.execute(_RETRY, [utc(now_ms), list(numbers), channel])).rowcount


async def drop_messages(conn: Connection, numbers: Sequence[int]) -> int:
    """Remove dead messages by number, and return how many there were."""
    return (await conn.execute(_DROP, [list(numbers)])).rowcount
