"""Queries about dead letters, and what a person decides: to try them again or to drop them.

No query reads all letters, except the count, which reads an index. A letter is identified by its
offset on kadens.dead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row

from model.calendar import epoch_ms, utc
from model.envelope import Envelope
from model.facts import RejectKind
from storage.bodies.dead_letters import LetterOrigin, read_instant
from storage.bodies.kept_bodies import KeptBody
from storage.bodies.sealed import Sealed
from storage.pg import rows
from storage.pg.pool import Connection

_CHOSEN = """
d.state = 'waiting' and (%(class)s::text is null or d.class = %(class)s)
and (%(connector)s::text is null or d.connector = %(connector)s)
and (%(since)s::timestamptz is null or d.written_at >= %(since)s)"""
_COUNTS = f"""
select class, connector, count(*) from dead_letter d where {_CHOSEN} \
group by 1, 2 order by 1, 2"""  # noqa: S608 - a constant of this file
# days of this table are of UTC, whatever the time zone of the connection
_BEYOND = """
select class, connector, sum(letters)::bigint from dead_letter_overflow d
where (%(class)s::text is null or class = %(class)s) \
and (%(connector)s::text is null or connector = %(connector)s)
and (%(since)s::timestamptz is null or day >= (%(since)s at time zone 'UTC')::date) \
group by 1, 2 order by 1, 2"""
_COLUMNS = """
d.letter, d.state, d.class, d.connector, p.pseudonym, d.received_at, d.written_at, d.size, \
d.sha256, d.rejects,
d.rejected, d.cluster, d.topic, d.part, d."offset", d.key, d.headers, d.body_bytes, d.wrapped, \
d.address,
b.format, b.parser, b.address as kept_address, """
_COMPLETE = "d.sealed"
_LISTED = "null::bytea as sealed"  # a list needs no bodies
# The text of `sha256` comes from outside, and `decode` raises an error for anything but hex digits.
_FROM = """
from dead_letter d left join patient p on p.id = d.patient left join body b on b.patient = d.patient
  and b.sha256 = decode(case when d.sha256 ~ '^([0-9a-f]{2})+$' then d.sha256 else '' end, 'hex')"""
_NEWEST = (
    f"select {_COLUMNS} {_LISTED} {_FROM} where {_CHOSEN} order by d.letter desc limit %(limit)s"
)
# A new log numbers its messages anew, so two letters may have one number: the newer one counts.
_SINGLE = (
    f"select {_COLUMNS} {_COMPLETE} {_FROM} where d.letter = %(letter)s "
    "order by d.written_at desc limit 1"
)
# Locked letters are skipped: two commands at once share the letters between them.
_NEXT = f"""
select {_COLUMNS} {_COMPLETE} {_FROM} where {_CHOSEN} and d.letter > %(after)s order by d.letter \
limit %(limit)s
for update of d skip locked"""
# Waits for a lock: whoever names a letter must learn whether it was still waiting.
_NAMED = f"""
select {_COLUMNS} {_COMPLETE} {_FROM} where d.state = 'waiting' and d.letter = any(%(letters)s) \
order by d.letter
for update of d"""
# `old` keeps the addresses, because an update returns the new values only.
_SETTLE = """
with old as (select cluster, topic, part, "offset", address from dead_letter
    where state = 'waiting' and (cluster, topic, part, "offset") in (
      select * from unnest(%s::text[], %s::text[], %s::int[], %s::bigint[]))
    for update),
  noted as (insert into discarded select address from old where address is not null \
on conflict do nothing)
update dead_letter d set state = %s, wrapped = null, address = null, sealed = null, body_bytes = 0
from old o \
where (d.cluster, d.topic, d.part, d."offset") = (o.cluster, o.topic, o.part, o."offset")"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A choice of letters; None means any. `since_ms` is the earliest time of writing."""

    kind: RejectKind | None = None
    connector: str | None = None
    since_ms: int | None = None

    def parameters(self, **more: object) -> dict[str, Any]:
        """Return the named arguments of a query, with `more` among them."""
        since = None if self.since_ms is None else utc(self.since_ms)
        return {
            "class": self.kind and self.kind.value,
            "connector": self.connector,
            "since": since,
            **more,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A stored dead letter; `kept` is set if its body is also a kept payload of its patient."""

    letter: int
    state: str
    kind: str
    connector: str
    patient: str | None
    received_ms: int | None
    written_ms: int
    size: int
    sha256: str
    rejects: tuple[tuple[str, str], ...]
    rejected: int
    origin: LetterOrigin
    body_bytes: int
    wrapped: bytes | None
    lies: Sealed
    kept: KeptBody | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many letters of a class and connector wait, and how many exceeded a cap (`beyond`).

    Letters beyond a cap were counted and not kept.
    """

    kind: str
    connector: str
    letters: int
    beyond: int


async def letter_counts(conn: Connection, choice: Choice) -> list[Counted]:
    """Return how many letters wait, by class and connector."""
    waiting = await _by_class(conn, _COUNTS, choice)
    beyond = await _by_class(conn, _BEYOND, choice)
    return [
        Counted(
            kind=kind,
            connector=name,
            letters=waiting.get((kind, name), 0),
            beyond=beyond.get((kind, name), 0),
        )
        for kind, name in sorted(waiting.keys() | beyond.keys())
    ]


async def newest_letters(conn: Connection, choice: Choice, limit: int) -> list[Letter]:
    """Return the newest waiting letters, newest first, without the bodies in their rows."""
    return await _letters(conn, _NEWEST, choice.parameters(limit=limit))


async def find_letter(conn: Connection, letter: int) -> Letter | None:
    """Return a letter by its offset, in any state; None when there is none.

    If two logs gave the same offset, the newer letter is returned.
    """
    return next(iter(await _letters(conn, _SINGLE, {"letter": letter})), None)


async def lock_letters(conn: Connection, letters: Sequence[int]) -> list[Letter]:
    """Return and lock those of these letters (offsets) that wait."""
    return await _letters(conn, _NAMED, {"letters": list(letters)})


async def lock_following(conn: Connection, choice: Choice, after: int, limit: int) -> list[Letter]:
    """Return and lock the next waiting letters after an offset, oldest first.

    Letters that another transaction has locked are skipped.
    """
    return await _letters(conn, _NEXT, choice.parameters(after=after, limit=limit))


async def settle_letters(conn: Connection, letters: Sequence[Letter], state: str) -> int:
    """Set the state of waiting letters ("retried" or "dropped") and give up their bodies.

    Returns how many of them were waiting.
    """
    columns = rows.as_arrays([letter.origin.position for letter in letters], 4)
    return (await conn.execute(_SETTLE, [*columns, state])).rowcount


async def _by_class(conn: Connection, query: str, choice: Choice) -> Mapping[tuple[str, str], int]:
    numbers: dict[tuple[str, str], int] = await rows.fetch_by_key(conn, query, choice.parameters())
    return numbers


async def _letters(conn: Connection, query: str, values: dict[str, Any]) -> list[Letter]:
    # not by `rows.fetch`, which gives bytes as hex
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), values)
        return [_letter(row) async for row in cursor]


def _letter(row: rows.Row) -> Letter:
    return Letter(
        letter=row["letter"],
        state=row["state"],
        kind=row["class"],
        connector=row["connector"],
        patient=row["pseudonym"],
        received_ms=read_instant(row["received_at"]),
        written_ms=epoch_ms(row["written_at"]),
        size=row["size"],
        sha256=row["sha256"],
        rejects=tuple(map(tuple, row["rejects"])),
        rejected=row["rejected"],
        origin=LetterOrigin(
            cluster=row["cluster"],
            topic=row["topic"],
            partition=row["part"],
            offset=row["offset"],
            key=row["key"],
            headers=row["headers"],
        ),
        body_bytes=row["body_bytes"],
        wrapped=row["wrapped"],
        lies=Sealed(address=row["address"], sealed=row["sealed"]),
        kept=None if row["parser"] is None else _kept(row),
    )


def _kept(row: rows.Row) -> KeptBody:
    envelope = Envelope(
        connector=row["connector"],
        received_ms=0,
        sha256=row["sha256"],
        size=0,
        patient=row["pseudonym"],
    )
    return KeptBody(
        address=row["kept_address"], envelope=envelope, format=row["format"], parser=row["parser"]
    )
