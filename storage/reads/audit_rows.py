"""Reads rows of the audit log of any patient, for an export or a review. It never writes.

Who may ask is the caller's decision, and the caller writes the audit row.
"""

from collections.abc import Sequence

from model.audit_log.exported import ExportedRow
from storage.pg import rows
from storage.pg.pool import Connection

MOST_EXPORTED = 100_000
_ROWS = """
select a.id as number, a.at as at_ms, a.actor, coalesce(c.name, '') as name, a.role,
       coalesce(u.name, '') as care_unit, a.action, coalesce(p.pseudonym, '') as patient, a.object,
       coalesce(a.detail ->> 'why', a.detail ->> 'reason', '') as reason,
       coalesce(a.detail -> 'categories', '[]') as categories,
       coalesce(a.detail #>> '{origin,door}', '') as door,
       coalesce(a.detail #>> '{origin,address}', '') as address
  from audit a left join patient p on p.id = a.patient
  left join care_unit u on u.id = a.care_unit left join clinician c on c.subject = a.actor
"""
_SINCE = f"""{_ROWS}
 where (%(patient)s = '' or p.pseudonym = %(patient)s)
   and a.at >= to_timestamp(%(since)s / 1000.0)
 order by a.id limit %(limit)s"""
_OF_NUMBERS = f"{_ROWS} where a.id = any(%s) order by a.id"
# Accesses to a patient's data, and no sign-in: only they can be judged.
_NUMBERS = """
select id from audit
 where patient is not null and role <> 'patient' and at >= to_timestamp(%s / 1000.0)
   and at <= to_timestamp(%s / 1000.0) order by id"""


async def audit_rows_since(
    conn: Connection, *, patient: str = "", since_ms: int = 0, limit: int = MOST_EXPORTED
) -> Sequence[ExportedRow]:
    """Return the rows since an instant, of a patient or of all, the oldest first."""
    params = {"patient": patient, "since": since_ms, "limit": limit}
    return list(await rows.fetch_as(conn, _SINCE, params, ExportedRow))


async def audit_rows_of(conn: Connection, numbers: Sequence[int]) -> Sequence[ExportedRow]:
    """Return the rows of these numbers that there are, in their order."""
    return list(await rows.fetch_as(conn, _OF_NUMBERS, [list(numbers)], ExportedRow))


async def access_numbers(conn: Connection, since_ms: int, until_ms: int) -> list[int]:
    """Return the numbers of all accesses to a patient's data by others, within an interval."""
    return [int(number) for number in await rows.fetch_column(conn, _NUMBERS, [since_ms, until_ms])]
