"""Fills an empty database from a backup, in the caller's transaction, and applies erasures again.

It needs a superuser: the rows of the audit log come back as they were, with the times and links
that its triggers would otherwise make anew. No trigger and no reference is checked meanwhile, so
nothing but what `reading` made may be loaded.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb

from model.calendar import utc
from storage.backup.layouts import TableLayout, layouts
from storage.backup.reading import Portion, WrappedKey
from storage.pg import rows
from storage.pg.pool import Connection

_HAS_SCHEMA = "select 1 where to_regclass('schema_migration') is not null"
_SCHEMA = "select coalesce(max(version), 0) from schema_migration"
_UNCHECKED = "set local session_replication_role = replica"
_CHECKED = "set local session_replication_role = origin"
_HAS_MONTHS = "select 1 from pg_class where oid = 'sample'::regclass and relkind = 'p'"
_MONTH = "select sample_partition(%s) where to_regclass(%s) is null"
_KEY = """
insert into identity.data_key (patient, wrapped, key_id)
select p.id, %s, %s from patient p where p.id = %s"""
_COUNTER = "select setval(%s::regclass, %s)"
_RECEIPT = "insert into erasure (id, at, counts) overriding system value values (%s, %s, %s)"
# The counters of the log and of receipts belong to the log's own role. No row of these two tables
# is ever removed, so their greatest ids tell where they are.
_NUMBERS = tuple(
    f"""
select setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1), max(id) is not null) \
from {table}"""  # noqa: S608 - names of our own schema
    for table in ("audit", "erasure")
)
_NEXT = "select coalesce(max(id), 0) + 1 from erasure"
_FORGET = "select audit_forget(%s, %s)"
_EXTRACTS = """
insert into journal_extract select * from jsonb_populate_recordset(null::journal_extract, %s)
on conflict do nothing"""
_EXTRACTS_OF = "select to_jsonb(j) from journal_extract j where j.erasure = %s order by j.number"
_ORPHANS = """
delete from source s where not exists (select from record r where r.source = s.id)
and not exists (select from watermark w where w.source = s.id)"""


class NotSuperuserError(RuntimeError):
    """The login of the database may not bring the audit log back."""


async def schema_number(conn: Connection) -> int:
    """Return the number of the newest file that was applied, 0 for a database without a schema."""
    if not await rows.fetch_column(conn, _HAS_SCHEMA, []):
        return 0
    ((number,),) = await (await conn.execute(_SCHEMA)).fetchall()
    return int(number)


async def begin_loading(conn: Connection, months: Iterable[date]) -> Mapping[str, TableLayout]:
    """Make the database take rows unchecked until `end_loading`; return the tables by name.

    Raises `NotSuperuserError`.
    """
    try:
        await conn.execute(_UNCHECKED)
    except InsufficientPrivilege:
        raise NotSuperuserError(
            "a restore needs a superuser of the database, as the first `kadens migrate` does"
        ) from None
    has_months = await rows.fetch_column(conn, _HAS_MONTHS, [])
    for month in months if has_months else ():
        await conn.execute(_MONTH, [month, f"sample_{month:%Y_%m}"])
    # the layouts of this database, never of the file: they become a part of statements
    return {layout.name: layout for layout in await layouts(conn)}


async def load_portion(
    conn: Connection, tables: Mapping[str, TableLayout], portion: Portion
) -> None:
    """Write the rows of a portion; raises `KeyError` for a table or column that is not known."""
    known = tables[portion.table]
    # both come from a file, and become a part of the statement
    if not set(portion.columns) <= set(known.columns):
        raise KeyError(portion.table)
    statement = f"copy {known.name} ({', '.join(portion.columns)}) from stdin"
    async with conn.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        await copy.write(portion.text)


async def end_loading(
    conn: Connection, keys: Iterable[WrappedKey], counters: Mapping[str, int]
) -> None:
    """Write the data keys of the patients that came back, and set the counters of ids."""
    async with conn.cursor() as cursor:
        await cursor.executemany(_KEY, [(key.wrapped, key.key_id, key.patient) for key in keys])
    # an id that was given once must not be given again, also after the newest row was left out
    for name, last in counters.items():
        await conn.execute(_COUNTER, [name, last])
    await _set_numbers(conn)
    await conn.execute(_CHECKED)


async def next_receipt(conn: Connection) -> int:
    """Return the number for a receipt of an erasure that no list has."""
    ((number,),) = await (await conn.execute(_NEXT)).fetchall()
    return int(number)


async def put_receipt(
    conn: Connection,
    *,
    number: int,
    at_ms: int,
    counts: dict[str, int],
    extracts: list[dict[str, Any]],
    patient: int | None,
) -> None:
    """Write the receipt of an erasure again, and take the patient out of the audit log."""
    await conn.execute(_RECEIPT, [number, utc(at_ms), Jsonb(counts)])
    # the law keeps these where the patient is gone
    await conn.execute(_EXTRACTS, [Jsonb(extracts)])
    if patient is not None:
        await conn.execute(_FORGET, [patient, number])
    await _set_numbers(conn)


async def remove_orphans(conn: Connection) -> None:
    """Remove the sources of which only patients who were left out had anything."""
    await conn.execute(_ORPHANS)


async def extracts_of(conn: Connection, number: int) -> list[dict[str, Any]]:
    """Return what was kept for the journal under a receipt, as plain values."""
    return await rows.fetch_column(conn, _EXTRACTS_OF, [number])


async def _set_numbers(conn: Connection) -> None:
    for statement in _NUMBERS:
        await conn.execute(statement.encode())
