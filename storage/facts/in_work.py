"""What each partition's worker has in work, noted before it begins.

Who died at it is known after the death. A note survives its process; after a crash of the database
the newest may be gone, which costs nothing but a try.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.pg.pool import Connection

_READ = """
select w.part, w.first, w.next, w.tries, w.alone_until, coalesce(o.next_offset, 0)
from in_work w left join stream_offset o using (topic, part) \
where w.topic = %s and w.part = any(%s)"""
_WRITE = """
insert into in_work (topic, part, first, next, tries, alone_until)
select %s, noted.* from unnest(%s::int[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[]) noted
where set_config('synchronous_commit', 'off', true) = 'off'
on conflict (topic, part) do update set first = excluded.first, next = excluded.next, \
tries = excluded.tries,
  alone_until = excluded.alone_until"""
_FORGET = "delete from in_work where topic = %s and part = any(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Offsets [first, next) of a partition are in work for the `tries`-th time.

    Offsets before `alone_until` are worked on one by one, because a process has ended with several
    of them in work. Offsets before `finished` are done, by the account of offsets.
    """

    first: int
    next: int
    tries: int = 1
    alone_until: int = 0
    finished: int = 0


async def read(conn: Connection, topic: str, parts: list[int]) -> dict[int, Note]:
    """Return the notes of a topic (as the ledger names it) by partition."""
    rows = await (await conn.execute(_READ, [topic, parts])).fetchall()
    return {
        part: Note(first=first, next=following, tries=tries, alone_until=until, finished=finished)
        for part, first, following, tries, until, finished in rows
    }


async def write(conn: Connection, topic: str, notes: Mapping[int, Note]) -> None:
    """Replace the notes of these partitions.

    The commit is not waited for: a note is for deaths of the worker. One statement: it is in the
    way of every batch.
    """
    columns = [(part, n.first, n.next, n.tries, n.alone_until) for part, n in notes.items()]
    await conn.execute(_WRITE, [topic, *(list(column) for column in zip(*columns, strict=True))])


async def forget(conn: Connection, topic: str, parts: list[int]) -> None:
    """Remove the notes of these partitions: their work was cut off by something else."""
    await conn.execute(_FORGET, [topic, parts])
