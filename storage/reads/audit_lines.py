"""Queries for the clinician door: what was done with a patient's data, and who read them.

It never writes. For a patient of another care unit there are no lines, as if there was no such
patient.
"""

from storage.pg import rows
from storage.pg.pool import Connection
from storage.reads.shown_values import AuditReads, AuditRow

# The unit of a line is that of the actor at that time. The patient's present unit decides who may
# see the line.
_AUDIT = """
select a.at as at_ms, coalesce(nullif(c.name, ''), a.actor) as actor, a.role, \
coalesce(u.name, '') as care_unit, a.action, a.object, a.detail
  from audit a join patient p on p.id = a.patient left join care_unit u on u.id = a.care_unit
  left join clinician c on c.subject = a.actor
 where p.pseudonym = %(patient)s and (%(object)s::text is null or a.object = %(object)s)
   and a.action not in ('list.read', 'data.read')
   and p.care_unit = (select id from care_unit where name = %(unit)s)
 order by a.id desc
 limit %(limit)s
"""

# One line a person and day, however often a page was opened.
_READS = """
select (a.at at time zone %(zone)s)::date as local_date,
       coalesce(nullif(c.name, ''), a.actor) as actor, a.role, coalesce(u.name, '') as care_unit,
       count(*) as reads, min(a.at) as first_ms, max(a.at) as last_ms,
       array_agg(distinct split_part(a.object, ':', 1)) as objects,
       array_agg(distinct a.detail -> 'origin') filter (where a.detail ? 'origin') as origins
  from audit a join patient p on p.id = a.patient left join care_unit u on u.id = a.care_unit
  left join clinician c on c.subject = a.actor
 where p.pseudonym = %(patient)s and a.action = 'data.read'
   and (%(object)s::text is null or a.object = %(object)s)
   and p.care_unit = (select id from care_unit where name = %(unit)s)
 group by 1, 2, 3, 4
 order by max(a.at) desc, actor
 limit %(limit)s
"""


async def audit_lines(
    conn: Connection, unit: str, pseudonym: str, *, limit: int = 50, about: str | None = None
) -> tuple[AuditRow, ...]:
    """Return what was done with a patient's data, newest first.

    With `about` these are the lines about that object. Readings are left out, because `audit_reads`
    has them, and so are lines about lists that showed the patient: a page that is open all day
    would hide every other line.
    """
    params = {"unit": unit, "patient": pseudonym, "limit": limit, "object": about}
    return tuple(await rows.fetch_as(conn, _AUDIT, params, AuditRow))


async def audit_reads(
    conn: Connection,
    unit: str,
    pseudonym: str,
    zone: str,
    *,
    limit: int = 30,
    about: str | None = None,
) -> tuple[AuditReads, ...]:
    """Return who read a patient's data on which date in `zone`, the latest first.

    With `about` only that object was read.
    """
    params = {
        "unit": unit,
        "patient": pseudonym,
        "zone": zone,
        "limit": limit,
        "object": about,
    }
    return tuple(await rows.fetch(conn, _READS, params, _audit_reads))


def _audit_reads(row: rows.Row) -> AuditReads:
    lists = {name: tuple(row[name] or ()) for name in ("objects", "origins")}
    return AuditReads(**{**row, **lists})
