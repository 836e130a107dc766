"""Dead letters as rows: what was refused, why, from whom, and the sealed body.

The topic kadens.dead has no bodies. A row is written in the transaction that finished its message,
and its key is the position of that message in the log, so a message that is read twice makes one
row. The body is sealed with its patient's data key and is erased with it. Without a patient, it is
sealed with a key of its own, which the wrapping key wraps.
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
# cuts what a sender controls, so that a letter about a large text stays small
_LONGEST = 200  # characters of a text that comes from outside
LATEST_MS = 253_402_300_799_999  # the last instant that a row can name
# "for key share" keeps the patients from being erased, and lets others write facts meanwhile
_KNOWN = "select pseudonym, id from patient where pseudonym = any(%s) order by id for key share"
_USED = """
select connector, patient, body_bytes > 0, count(*), sum(body_bytes)::bigint from dead_letter
where connector = any(%s) and written_at > %s and state = 'waiting' group by 1, 2, 3"""
# The key is the position of the message in the log: a message that is read twice makes one row.
_ADD = """
insert into dead_letter (cluster, topic, part, "offset", letter, class, connector, patient, \
received_at, written_at,
  size, sha256, rejects, rejected, key, headers, body_bytes, wrapped, address, sealed)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) \
on conflict do nothing"""
_OVERFLOW = """
insert into dead_letter_overflow as o (day, class, connector, patient, letters, bytes)
values (%s, %s, %s, %s, %s, %s) on conflict (day, class, connector, coalesce(patient, 0))
do update set letters = o.letters + excluded.letters, bytes = o.bytes + excluded.bytes"""
# The files are noted in the same statement: a file whose row is gone can be found by nothing else.
_EXPIRE = """
with old as (
    select cluster, topic, part, "offset" from dead_letter where written_at <= %s limit %s \
for update skip locked),
  gone as (delete from dead_letter d using old o where (d.cluster, d.topic, d.part, d."offset")
    = (o.cluster, o.topic, o.part, o."offset") returning d.address),
  noted as (insert into discarded select address from gone where address is not null \
on conflict do nothing)
select count(*) from gone"""
_FORGET = "delete from dead_letter_overflow where day <= %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterOrigin:
    """The message that a letter is about: its position in the log, its key and its headers.

    `headers` are all headers, encoded as bytes.
    """

    cluster: str
    topic: str
    partition: int
    offset: int
    key: bytes
    headers: bytes

    @property
    def position(self) -> tuple[str, str, int, int]:
        """Return the primary key of the letter's row: the message's position in the log."""
        return self.cluster, self.topic, self.partition, self.offset

    @property
    def location(self) -> str:
        """Return the position as the owner that a seal is made for."""
        return letter_location(*self.position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a message was refused.

    `rejects` are the first (where, why); `rejected` counts all of them.
    """

    kind: RejectKind
    connector: str
    received_ms: int | None
    size: int
    sha256: str
    rejects: Sequence[tuple[str, str]]
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRow:
    """A letter to write: `letter` is its offset on kadens.dead, `patient` the patient's id."""

    origin: LetterOrigin
    cause: Cause
    letter: int
    patient: int | None
    body_bytes: int = 0
    wrapped: bytes | None = None
    lies: Sealed = NOWHERE


def letter_location(cluster: str, topic: str, partition: int, offset: int) -> str:
    """Return a message's position as the owner that the seal of its letter is made for."""
    return f"dead:{cluster}/{topic}/{partition}/{offset}"


async def hold_patient_ids(conn: Connection, patients: Collection[str]) -> dict[str, int]:
    """Return the id of each patient that exists, by pseudonym.

    None of them can be erased until the transaction ends.
    """
    return (
        dict(await (await conn.execute(_KNOWN, [sorted(patients)])).fetchall()) if patients else {}
    )


async def letter_room(conn: Connection, connectors: Collection[str], now_ms: int) -> caps.Room:
    """Return how much of their caps connectors, and each of their patients, used within a day.

    Letters with a body and letters without a body are counted apart.
    """
    params = [sorted(map(clean, connectors)), utc(now_ms - DAY_MS)]
    used: dict[caps.Holder, caps.Used] = {}
    for connector, patient, full, count, size in await (
        await conn.execute(_USED, params)
    ).fetchall():
        before = used.get((connector, full), (0, 0))
        used[connector, full] = before[0] + count, before[1] + size
        used[connector, full, patient] = count, size
    return caps.Room(used=used)


def letter_fits(left: caps.Room, connector: str, patient: int | None, body_bytes: int) -> bool:
    """Return whether another letter fits the caps, and count it if so.

    A letter without a body uses no room of letters with a body.
    """
    name, full = clean(connector), body_bytes > 0
    holders: list[tuple[caps.Holder, caps.Cap]] = [((name, full), caps.CONNECTOR_CAP)]
    if patient is not None:
        holders.append(((name, full, patient), caps.SENDER_CAP))
    return left.take(holders, body_bytes)


async def add_letters(conn: Connection, rows: Sequence[LetterRow], now_ms: int) -> None:
    """Write letters; a letter whose message has a row already changes nothing."""
    if rows:
        async with conn.cursor() as cursor:
            await cursor.executemany(_ADD, [_columns(row, now_ms) for row in rows])


async def count_letters(
    conn: Connection, beyond: Sequence[tuple[Cause, int | None]], now_ms: int
) -> None:
    """Count letters (cause, patient id) that did not fit the caps and are not kept."""
    sums: dict[tuple[str, str, int | None], tuple[int, int]] = {}
    for cause, patient in beyond:
        who = cause.kind.value, clean(cause.connector), patient
        letters, size = sums.get(who, (0, 0))
        sums[who] = letters + 1, size + cause.size
    # in one order everywhere: two transactions that count the same keys cannot deadlock
    for who, counted in sorted(sums.items(), key=lambda item: (item[0][:2], item[0][2] or 0)):
        await conn.execute(_OVERFLOW, [utc(now_ms).date(), *who, *counted])


async def expire_letters(conn: Connection, before_ms: int, n: int) -> int:
    """Remove up to `n` letters written up to an instant, with their bodies; return how many.

    Bodies in the store are noted for `discard.remove_discarded`.
    """
    await conn.execute(_FORGET, [utc(before_ms).date()])
    (row,) = await (await conn.execute(_EXPIRE, [utc(before_ms), n])).fetchall()
    return int(row[0])


def clean(text: str) -> str:
    """Return a text from outside, shortened and without characters that PostgreSQL refuses."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")[:_LONGEST]


def _instant(ms: int | None) -> datetime | None:
    """Return epoch ms as an instant; None for an instant that no row can hold."""
    return utc(ms) if ms is not None and 0 <= ms <= LATEST_MS else None


def read_instant(at: datetime | None) -> int | None:
    """Return an instant as epoch ms; the inverse of `_instant`."""
    return None if at is None else epoch_ms(at)


def _columns(row: LetterRow, now_ms: int) -> list[Any]:
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
