"""Reads which sources measured in a session, selected or not. It never writes."""

from model.facts import Source
from model.metrics import METRIC_BY_ID
from storage.derived import row_conversion
from storage.facts.unrestricted import unrestricted_sql
from storage.pg import rows
from storage.pg.pool import Connection

# From the facts, which are few, and only then by samples: a block of a day may have none here.
_MEASURED = f"""
select m.metric, o.vendor, o.app, o.device, o.device_type, o.method
  from (select distinct f.patient, f.metric, f.source, s.start_at, s.end_at
          from session s
          join fact f on f.patient = s.patient and f.kind = 'samples'
            and f.start_at < s.end_at and f.end_at >= s.start_at
          join source o on o.id = f.source
         where s.session = %(session)s
           and s.patient = (select id from patient where pseudonym = %(patient)s)
           and {unrestricted_sql("f", "o", "f.start_at", "f.end_at")}) m
  join source o on o.id = m.source
  -- Looked up for each block: as a condition of a join it is not let into the view that the
  -- clinician door sees of the samples, and all samples of the care unit would be read.
  cross join lateral (
    select from sample x
     where x.patient = m.patient and x.metric = m.metric and x.source = m.source
       and x.time >= m.start_at and x.time < m.end_at limit 1) held
 order by m.metric, o.vendor, o.device, o.app, o.method
"""  # noqa: S608 - constants of this package


async def measured_in_session(
    conn: Connection, patient: str, session: str
) -> tuple[tuple[str, Source], ...]:
    """Return the name of each metric with each source that has a sample of it in a session."""
    params = {"patient": patient, "session": session}
    return tuple(await rows.fetch(conn, _MEASURED, params, _measured))


def _measured(row: rows.Row) -> tuple[str, Source]:
    return METRIC_BY_ID[row["metric"]].name, row_conversion.read_source_columns(row)
