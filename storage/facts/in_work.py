"""Notes which messages of each partition a worker has in work, before the work begins.

If a message kills the process, the note shows afterwards which messages were in work. A crash of
the database may lose the newest notes. Then such a message gets another try, and nothing else is
lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storage.pg import rows
from storage.pg.pool import Connection

_READ = """
select w.part, w.first, w.next, w.tries, w.alone_until, coalesce(o.next_offset, 0) as finished
from in_work w left join stream_offset o using (topic, part) \
where w.topic = %s and w.part = any(%s)"""
# `set_config` turns off waiting for the disk, for this transaction only. As a condition it needs no
# statement of its own.
_WRITE = """
insert into in_work (topic, part, first, next, tries, alone_until)
select %s, noted.* from unnest(%s::int[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[]) noted
where set_config('synchronous_commit', 'off', true) = 'off'
on conflict (topic, part) do update set first = excluded.first, next = excluded.next, \
tries = excluded.tries,
  alone_until = excluded.alone_until"""
# A note that is left counts as a try of its messages, also if the process ended for another reason.
_FORGET = "delete from in_work where topic = %s and part = any(%s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Offsets [first, next) of a partition are in work for the `tries`-th time.

    Offsets before `alone_until` are worked on one at a time, because a process has ended with
    several of them in work. Offsets before `finished` are done, as recorded by `offsets`.
    """

    first: int
    next: int
    tries: int = 1
    alone_until: int = 0
    finished: int = 0


async def read_notes(conn: Connection, topic: str, parts: list[int]) -> dict[int, Note]:
    """Return the notes of a topic by partition; its name is that in `stream_offset`."""
    return dict(await rows.fetch(conn, _READ, [topic, parts], _note))


async def write_notes(conn: Connection, topic: str, notes: Mapping[int, Note]) -> None:
    """Replace the notes of these partitions.

    The commit does not wait for the disk, because a note has to survive the worker only. It is one
    statement, because every batch waits for it.
    """
    columns = [(part, n.first, n.next, n.tries, n.alone_until) for part, n in notes.items()]
    await conn.execute(_WRITE, [topic, *rows.as_arrays(columns, 5)])


async def forget_notes(conn: Connection, topic: str, parts: list[int]) -> None:
    """Remove the notes of these partitions, whose work ended for a reason other than a message."""
    await conn.execute(_FORGET, [topic, parts])


def _note(row: rows.Row) -> tuple[int, Note]:
    return row.pop("part"), Note(**row)
