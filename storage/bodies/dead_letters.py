"""Dead letters as rows: what was refused, by which class, from whom, and its body sealed.

The topic holds no body. A row is written in the transaction that settled its message and is known
by that message's place, so that a message that is read twice is one row. The body is sealed with
its patient's key, so that it is erased with them, and without a patient with a key of its own that
the key-encryption key wraps.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from model.calendar import DAY_MS, epoch_ms, utc
from model.facts import RejectKind
from storage.bodies import caps
from storage.bodies.sealed import Sealed
from storage.pg.pool import Connection

NOWHERE = Sealed()
_LONGEST = 200  # characters of a name or a reason that comes from outside
LATEST_MS = 253_402_300_799_999  # the last instant that a row can name
_KNOWN = "select pseudonym, id from patient where pseudonym = any(%s) order by id for key share"
_USED = """
select connector, patient, body_bytes > 0, count(*), sum(body_bytes)::bigint from dead_letter
where connector = any(%s) and written_at > %s and state = 'waiting' group by 1, 2, 3"""
_ADD = """
insert into dead_letter (cluster, topic, part, "offset", letter, class, connector, patient, received_at, written_at,
  size, sha256, rejects, rejected, key, headers, body_bytes, wrapped, address, sealed)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"""
_OVERFLOW = """
insert into dead_letter_overflow as o (day, class, connector, patient, letters, bytes)
values (%s, %s, %s, %s, %s, %s) on conflict (day, class, connector, coalesce(patient, 0))
do update set letters = o.letters + excluded.letters, bytes = o.bytes + excluded.bytes"""
_EXPIRE = """
with old as (
    select cluster, topic, part, "offset" from dead_letter where written_at <= %s limit %s for update skip locked),
  gone as (delete from dead_letter d using old o where (d.cluster, d.topic, d.part, d."offset")
    = (o.cluster, o.topic, o.part, o."offset") returning d.address),
  noted as (insert into discarded select address from gone where address is not null on conflict do nothing)
select count(*) from gone"""
_FORGET = "delete from dead_letter_overflow where day <= %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The message a letter speaks of.

    Where it lies, its key and its headers as bytes (`headers`).
    """

    cluster: str
    topic: str
    partition: int
    offset: int
    key: bytes
    headers: bytes

    @property
    def location(self) -> str:
        """Return the place as text, as what a seal belongs to."""
        return location_of(self.cluster, self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a message was refused: `rejects` are (where, why), of which there may have been more, `rejected` in all."""

    kind: RejectKind
    connector: str
    received_ms: int | None
    size: int
    sha256: str
    rejects: Sequence[tuple[str, str]]
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One letter to be written. `letter` is its offset on kadens.dead, `patient` the surrogate of whose it is."""

    origin: Origin
    cause: Cause
    letter: int
    patient: int | None
    body_bytes: int = 0
    wrapped: bytes | None = None
    lies: Sealed = NOWHERE


def location_of(cluster: str, topic: str, partition: int, offset: int) -> str:
    """Return a place as what the seal of a letter's body belongs to."""
    return f"dead:{cluster}/{topic}/{partition}/{offset}"


async def known(conn: Connection, patients: Collection[str]) -> dict[str, int]:
    """Return the surrogate of each patient that exists, kept from being erased until the transaction ends."""
    return (
        dict(await (await conn.execute(_KNOWN, [sorted(patients)])).fetchall()) if patients else {}
    )


async def room(conn: Connection, connectors: Collection[str], now_ms: int) -> caps.Room:
    """Return what each connector and each of its patients may still leave here, with a body and without."""
    requested = [sorted(map(clean, connectors)), utc(now_ms - DAY_MS)]
    used: dict[caps.Holder, caps.Used] = {}
    for connector, patient, full, count, size in await (
        await conn.execute(_USED, requested)
    ).fetchall():
        before = used.get((connector, full), (0, 0))
        used[connector, full] = before[0] + count, before[1] + size
        used[connector, full, patient] = count, size
    return caps.Room(used=used)


def fits(left: caps.Room, connector: str, patient: int | None, body_bytes: int) -> bool:
    """Tell whether one more letter fits, and count it if so.

    One without a body takes no room from those with one.
    """
    name, full = clean(connector), body_bytes > 0
    holders: list[tuple[caps.Holder, caps.Cap]] = [((name, full), caps.CONNECTOR)]
    if patient is not None:
        holders.append(((name, full, patient), caps.SENDER))
    return left.take(holders, body_bytes)


async def add(conn: Connection, rows: Sequence[Row], now_ms: int) -> None:
    """Write letters; one of a message that has one already changes nothing."""
    if rows:
        async with conn.cursor() as cursor:
            await cursor.executemany(_ADD, [_columns(row, now_ms) for row in rows])


async def count_only(
    conn: Connection, beyond: Sequence[tuple[Cause, int | None]], now_ms: int
) -> None:
    """Count letters (cause, patient) for which there was no room."""
    sums: dict[tuple[str, str, int | None], tuple[int, int]] = {}
    for cause, patient in beyond:
        who = cause.kind.value, clean(cause.connector), patient
        letters, size = sums.get(who, (0, 0))
        sums[who] = letters + 1, size + cause.size
    for who, counted in sorted(
        sums.items(), key=lambda item: (item[0][:2], item[0][2] or 0)
    ):  # no deadlock
        await conn.execute(_OVERFLOW, [utc(now_ms).date(), *who, *counted])


async def expire(conn: Connection, before_ms: int, n: int) -> int:
    """Remove up to `n` letters written before an instant, with their bodies.

    Return how many.
    """
    await conn.execute(_FORGET, [utc(before_ms).date()])
    (row,) = await (await conn.execute(_EXPIRE, [utc(before_ms), n])).fetchall()
    return int(row[0])


def clean(text: str) -> str:
    """Return a text from outside as a row can hold it: bounded, without what PostgreSQL refuses."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")[:_LONGEST]


def _instant(ms: int | None) -> datetime | None:
    """Return when a body was received, None for what no row can name."""
    return utc(ms) if ms is not None and 0 <= ms <= LATEST_MS else None


def read_instant(at: datetime | None) -> int | None:
    """Return the same as epoch ms."""
    return None if at is None else epoch_ms(at)


def _columns(row: Row, now_ms: int) -> list[Any]:
    origin, cause = row.origin, row.cause
    rejects = Jsonb([[clean(where), clean(why)] for where, why in cause.rejects])
    return [
        *(origin.cluster, origin.topic, origin.partition, origin.offset, row.letter),
        *(
            cause.kind.value,
            clean(cause.connector),
            row.patient,
            _instant(cause.received_ms),
            utc(now_ms),
        ),
        *(cause.size, clean(cause.sha256), rejects, cause.rejected, origin.key, origin.headers),
        *(row.body_bytes, row.wrapped, row.lies.address, row.lies.sealed),
    ]
