"""Reads every table in pieces of one patient, from one state of the database. It never writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

from psycopg import IsolationLevel

from storage.backup.layouts import OWNERS, TableLayout, layouts
from storage.pg import rows
from storage.pg.pool import Connection

PIECE_BYTES = 256 * 1024  # bytes of text; packs well, and is little for a patient with few rows
NO_PATIENT = 0  # the owner of rows that concern no patient
_ROWS = "copy (select {owner}, {columns} from {table} t order by 1) to stdout"
_SCHEMA = "select name || ' ' || checksum from schema_migration order by version"
_MONTHS = (
    "select distinct date_trunc('month', time at time zone 'UTC')::date from sample order by 1"
)
_RECEIPTS = "select id from erasure order by id"
_LAST = "select name, last_id from last_ids()"
_KEYS = """
select k.patient, p.pseudonym, k.wrapped, k.key_id from identity.data_key k
join patient p on p.id = k.patient order by 1"""
# Every body that a row names. What is on its way through the log is the log's.
_BODIES = f"""
select address, coalesce(min(owner), 0) from (
  select address, patient as owner from body
  union all select address, patient from dead_letter
  union all select coalesce(address, nullif(headers->>'address', '')), {OWNERS["quarantine"]}
    from quarantine t
) as named where address is not null group by address order by address"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Rows of a table in PostgreSQL's text format of COPY, all of one patient or of nobody."""

    table: str
    columns: tuple[str, ...]
    owner: int
    count: int
    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """A patient's data key, wrapped with the wrapping key of `key_id`."""

    patient: int
    pseudonym: str
    wrapped: bytes = field(repr=False)
    key_id: str


@asynccontextmanager
async def same_state(conn: Connection) -> AsyncIterator[None]:
    """Let all reads in the block see the database at one instant."""
    await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    try:
        async with conn.transaction():
            yield
    finally:
        await conn.set_isolation_level(None)


async def applied_files(conn: Connection) -> list[str]:
    """Return the applied migrations, each with its checksum, in order."""
    return await rows.fetch_column(conn, _SCHEMA, [])


async def sample_months(conn: Connection) -> list[date]:
    """Return the first days of the months that have samples."""
    return await rows.fetch_column(conn, _MONTHS, [])


async def receipt_numbers(conn: Connection) -> list[int]:
    """Return the numbers of the receipts of erasure in the database."""
    return await rows.fetch_column(conn, _RECEIPTS, [])


async def last_ids(conn: Connection) -> dict[str, int]:
    """Return the last value of each counter of ids, by its name."""
    return dict(await (await conn.execute(_LAST)).fetchall())


async def wrapped_keys(conn: Connection) -> list[WrappedKey]:
    """Return the data keys of all patients, as they are in the database."""
    present = await (await conn.execute(_KEYS)).fetchall()
    return [
        WrappedKey(patient=patient, pseudonym=name, wrapped=bytes(wrapped), key_id=key_id)
        for patient, name, wrapped, key_id in present
    ]


async def body_addresses(conn: Connection) -> list[tuple[str, int]]:
    """Return the addresses in the body store that rows name, each with its patient's number."""
    return await (await conn.execute(_BODIES)).fetchall()


async def row_pieces(conn: Connection) -> AsyncIterator[Portion]:
    """Yield all rows of all tables of a backup."""
    for layout in await layouts(conn):
        async for portion in _portions(conn, layout):
            yield portion


async def _portions(conn: Connection, layout: TableLayout) -> AsyncIterator[Portion]:
    statement = _ROWS.format(
        owner=layout.owner,
        columns=", ".join(f"t.{name}" for name in layout.columns),
        table=layout.name,
    )
    owner, count, text = b"", 0, bytearray()
    async with conn.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        # the server sends each row by itself
        async for row in copy:
            whose, _, line = bytes(row).partition(b"\t")
            if count and (whose != owner or len(text) > PIECE_BYTES):
                yield _portion(layout, owner, count, text)
                count, text = 0, bytearray()
            owner, count = whose, count + 1
            text += line
    if count:
        yield _portion(layout, owner, count, text)


def _portion(layout: TableLayout, owner: bytes, count: int, text: bytearray) -> Portion:
    return Portion(
        table=layout.name,
        columns=layout.columns,
        owner=NO_PATIENT if owner == rb"\N" else int(owner),
        count=count,
        text=bytes(text),
    )
