"""What a consumer has finished, kept in the transaction of the rows it wrote: replays are skipped, holes are seen.

A broker's committed offset can lag behind (a redelivery) or, with known bugs of stream libraries, run ahead (a
hole). Neither may lose or double a row, so the database has the last word.
"""

from dataclasses import dataclass
from typing import TypeAlias

from .pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """The messages are the next ones: apply all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Some were finished before: apply only offsets >= `start`, which is `next` or more when none is new."""

    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Offsets [expected, first) were never finished here. Nothing was advanced; the caller decides."""

    expected: int
    first: int


Advance: TypeAlias = Apply | Replay | Hole

_READ = "select next_offset from stream_offset where topic = %s and part = %s for update"
_INSERT = """
insert into stream_offset (topic, part, next_offset) values (%s, %s, %s) on conflict (topic, part) do nothing"""
_UPDATE = "update stream_offset set next_offset = %s where topic = %s and part = %s"


async def advance(conn: Connection, topic: str, partition: int, first: int, following: int) -> Advance:
    """Claim the offsets [first, following) of a partition, in the caller's transaction.

    The row stays locked until that transaction ends, so a second worker that still believes it owns the partition
    waits here and then sees a replay. A partition never seen before starts at `first`.
    """
    inserted = await conn.execute(_INSERT, [topic, partition, following])
    if inserted.rowcount == 1:
        return Apply()
    row = await (await conn.execute(_READ, [topic, partition])).fetchone()
    stored = int(row[0]) if row else first
    if stored < first:
        return Hole(expected=stored, first=first)
    if following > stored:
        await conn.execute(_UPDATE, [following, topic, partition])
    return Apply() if stored == first else Replay(start=stored)


async def skip_to(conn: Connection, topic: str, partition: int, following: int) -> None:
    """Set the next offset whatever it was: for a caller who has looked at a hole and accepts it."""
    await conn.execute(_INSERT, [topic, partition, following])
    await conn.execute(_UPDATE, [following, topic, partition])


async def finished(conn: Connection, topic: str) -> dict[int, int]:
    """Return the next offset of every partition of a topic."""
    rows = await (
        await conn.execute("select part, next_offset from stream_offset where topic = %s", [topic])
    ).fetchall()
    return dict(rows)
