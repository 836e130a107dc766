"""Offsets that a consumer has finished, stored in the transaction of the rows that it wrote.

The offset that a broker has committed can be too low, which delivers messages again. With known
bugs of stream libraries it can also be too high, which leaves a hole. Neither may lose or repeat a
row. Therefore the offsets in the database decide: replays are skipped and holes are detected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from storage.pg.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """The messages are exactly the next in the partition: apply all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Some messages were finished before: apply only offsets from `start` on.

    `start` is beyond the last message when none of them is new.
    """

    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Offsets [expected, first) were never finished.

    The partition's offset was not advanced; the caller decides what to do.
    """

    expected: int
    first: int


Advance: TypeAlias = Apply | Replay | Hole

# In order of partition: two workers that claim the same partitions cannot deadlock.
_READ = """
select part, next_offset from stream_offset where topic = %s and part = any(%s) order by part \
for update"""
# A row cannot be locked before it exists. Whoever inserts it second waits for the first to commit.
_INSERT = """
insert into stream_offset (topic, part, next_offset)
select %s, part, following from unnest(%s::int[], %s::bigint[]) as k (part, following) order by part
on conflict (topic, part) do nothing"""
_UPDATE = """
update stream_offset o set next_offset = k.following \
from unnest(%s::int[], %s::bigint[]) as k (part, following)
where o.topic = %s and o.part = k.part"""


async def advance(
    conn: Connection, topic: str, claims: Mapping[int, tuple[int, int]]
) -> dict[int, Advance]:
    """Claim the offsets [first, following) of each partition, in the caller's transaction.

    The rows are locked until the transaction ends. A second worker that still believes that it owns
    a partition waits here and then gets a `Replay`. A partition without a row starts at `first`. A
    partition with a hole is not advanced.
    """
    stored = await _stored(conn, topic, claims)
    advances: dict[int, Advance] = {}
    greater: dict[int, int] = {}
    for part, (first, following) in claims.items():
        advances[part] = _advance(stored[part], first)
        # a replay may end before what is stored: an offset never goes back
        if not isinstance(advances[part], Hole) and following > stored[part]:
            greater[part] = following
    await _set(conn, topic, greater)
    return advances


def _advance(stored: int, first: int) -> Advance:
    if stored < first:
        return Hole(expected=stored, first=first)
    return Apply() if stored == first else Replay(start=stored)


async def _stored(
    conn: Connection, topic: str, claims: Mapping[int, tuple[int, int]]
) -> dict[int, int]:
    """Return the next offset of each partition, locked; add a row where there is none."""
    stored = await _read(conn, topic, list(claims))
    new = [part for part in claims if part not in stored]
    if new:
        await _add(conn, topic, {part: claims[part][0] for part in new})
        # read what was added: another worker may have added the row first, with another offset
        stored |= await _read(conn, topic, new)
    return stored


async def _read(conn: Connection, topic: str, parts: Sequence[int]) -> dict[int, int]:
    return dict(await (await conn.execute(_READ, [topic, list(parts)])).fetchall())


async def _add(conn: Connection, topic: str, following: Mapping[int, int]) -> None:
    await conn.execute(_INSERT, [topic, list(following), list(following.values())])


async def _set(conn: Connection, topic: str, following: Mapping[int, int]) -> None:
    if following:
        await conn.execute(_UPDATE, [list(following), list(following.values()), topic])


async def skip_to(conn: Connection, topic: str, partition: int, following: int) -> None:
    """Set the next offset, whatever it was, for a caller who has decided to accept a hole."""
    await _add(conn, topic, {partition: following})
    await _set(conn, topic, {partition: following})


async def finished(conn: Connection, topic: str) -> dict[int, int]:
    """Return the next offset of every partition of a topic."""
    rows = await (
        await conn.execute("select part, next_offset from stream_offset where topic = %s", [topic])
    ).fetchall()
    return dict(rows)
