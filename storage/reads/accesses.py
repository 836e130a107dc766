"""Reads the rows of the audit log about a patient, for the patient and for whoever answers them.

Who may ask is the caller's decision, and the caller writes the audit row. An erased patient has no
rows: an erasure takes the patient out of them.
"""

from model.audit_log.extract import LoggedAccess
from storage.pg import rows
from storage.pg.pool import Connection

# A name is that of today: a clinician whose name was never stored has none.
_ACCESSES = """
select a.at as at_ms, a.actor, coalesce(c.name, '') as name, a.role,
       coalesce(u.name, '') as care_unit, a.action, a.object,
       coalesce(a.detail ->> 'why', a.detail ->> 'reason', '') as reason,
       coalesce(a.detail -> 'categories', '[]') as categories,
       coalesce(a.detail #>> '{origin,door}', '') as door,
       coalesce(a.detail #>> '{origin,address}', '') as address
  from audit a join patient p on p.id = a.patient left join care_unit u on u.id = a.care_unit
  left join clinician c on c.subject = a.actor
 where p.pseudonym = %(patient)s and a.at >= to_timestamp(%(since)s / 1000.0)
 order by a.id desc
 limit %(limit)s
"""
MOST_ACCESSES = 100_000


async def accesses_of(
    conn: Connection, pseudonym: str, *, since_ms: int = 0, limit: int = MOST_ACCESSES
) -> tuple[LoggedAccess, ...]:
    """Return the rows about a patient since an instant, the newest first and at most `limit`."""
    params = {"patient": pseudonym, "since": since_ms, "limit": limit}
    return tuple(await rows.fetch_as(conn, _ACCESSES, params, LoggedAccess))
