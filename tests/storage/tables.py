"""The derived tables of a patient, read back in full, to compare with the rows of the oracle."""

from storage.derived import row_conversion
from storage.pg import rows
from storage.pg.pool import Connection
from tests.oracle import Rows

_SESSIONS = f"""
select {row_conversion.SESSION_SELECT}
from session s join patient p on p.id = s.patient join source d on d.id = s.declared_by
left join source h on h.id = s.heart_source where p.pseudonym = %(patient)s order by s.start_at, \
s.session"""  # noqa: S608 - a constant of the package
_OF_PATIENT = "where patient = (select id from patient where pseudonym = %(patient)s) order by"
_DAYS = f"{row_conversion.SELECT_DAYS} {_OF_PATIENT} local_date"
_WEEKS = f"{row_conversion.SELECT_WEEKS} {_OF_PATIENT} monday"
_SELECTIONS = """
select c.local_date, c.metric, c.start_at as start_ms, c.end_at as end_ms, c.why,
       o.vendor, o.app, o.device, o.device_type, o.method
from source_selection c join source o on o.id = c.source join patient p on p.id = c.patient
where p.pseudonym = %(patient)s order by c.local_date, c.metric, c.start_at"""


async def read(conn: Connection, patient: str) -> Rows:
    """Return the rows of a patient."""
    params = {"patient": patient}
    return Rows(
        sessions=tuple(await rows.fetch(conn, _SESSIONS, params, row_conversion.read_session)),
        days=tuple(await rows.fetch(conn, _DAYS, params, row_conversion.read_day)),
        weeks=tuple(await rows.fetch(conn, _WEEKS, params, row_conversion.read_week)),
        selections=tuple(
            await rows.fetch(conn, _SELECTIONS, params, row_conversion.read_selection)
        ),
    )
