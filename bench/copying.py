"""The baseline: a bare binary COPY of the rows that the pipeline has just stored.

The rows get the numbers of other patients. Table, key and order are the same, and the rows are
packed already. It must run only after the pipeline is done.
"""

import time
from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.sql import SQL, Literal

from model.calendar import utc
from storage.pg.binary_columns import COLUMNS, COPY_HEAD, COPY_TAIL, empty_rows
from storage.pg.pool import Connection

SHADOW = 1_000_000  # is added to a patient's number
AT_ONCE = 96_000  # rows in a transaction
_ROW = empty_rows(1).itemsize  # no column of `sample` is null or of another length
_COPY = f"copy sample ({', '.join(COLUMNS)}) from stdin (format binary)"
_TAKE = SQL("""
copy (select patient + {}, metric, source, span_ms, record, time, value, revision from sample
      where patient = any({}) and time >= {} and time < {} order by patient, metric, source, \
time, record)
to stdout (format binary)""")


async def copied(
    dsn: str, patients: Sequence[int], first_ms: int, last_ms: int
) -> tuple[int, float]:
    """Copy patients' rows in [first_ms, last_ms); return their number and the seconds it took."""
    async with await AsyncConnection.connect(dsn, autocommit=True) as conn:
        rows = await _taken(conn, patients, first_ms, last_ms)
        await conn.execute(
            "checkpoint"
        )  # what the pipeline left to be written is not the baseline's to pay
        begun = time.perf_counter()
        for start in range(0, len(rows), AT_ONCE * _ROW):
            await _copy(conn, rows[start : start + AT_ONCE * _ROW])
        return len(rows) // _ROW, time.perf_counter() - begun


async def _taken(
    conn: Connection, patients: Sequence[int], first_ms: int, last_ms: int
) -> memoryview:
    statement = _TAKE.format(SHADOW, Literal(list(patients)), utc(first_ms), utc(last_ms))
    async with conn.cursor() as cursor, cursor.copy(statement) as copy:
        data = b"".join([bytes(block) async for block in copy])
    return memoryview(data)[len(COPY_HEAD) : -len(COPY_TAIL)]


async def _copy(conn: Connection, rows: memoryview) -> None:
    async with conn.transaction(), conn.cursor() as cursor, cursor.copy(_COPY.encode()) as copy:
        await copy.write(COPY_HEAD)
        await copy.write(rows)
        await copy.write(COPY_TAIL)
