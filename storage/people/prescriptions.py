"""Prescriptions as rows: every version of a patient's, as it was written. Derives nothing and judges nothing."""

from collections.abc import Iterable

from model.prescription import Prescription
from storage.pg import rows
from storage.pg.pool import Connection

_READ = """
select p.pseudonym, r.body from prescription r join patient p on p.id = r.patient
where p.pseudonym = any(%s) order by r.patient, r.prescription, r.version"""


async def prescriptions_of(
    conn: Connection, patients: Iterable[str]
) -> dict[str, tuple[Prescription, ...]]:
    """Return every version of the prescriptions of each patient that has any, by (id, version)."""
    values: dict[str, tuple[Prescription, ...]] = {}
    for patient, body in await (await conn.execute(_READ, [list(patients)])).fetchall():
        values[patient] = (*values.get(patient, ()), rows.prescription(body))
    return values
