"""Writes a cohort's people into the database: unit, clinician, patients, accounts, consents, profiles, prescriptions.

A shell over `storage.people`. Everything is in force before the first body of the cohort; doing it twice is an error.
"""

from ..model.calendar import DAY_MS
from ..model.keyring import KeyRing
from ..storage import people
from ..storage.pool import Connection, open_pool
from .cohort import Cohort, Person, begins_ms
from .delivery import CONNECTORS, OPEN_WEARABLES, REPORTS


async def enrol(dsn: str, whole: Cohort, *, wrapping_key: KeyRing) -> None:
    """Write the people of a cohort in one transaction; raises `people.TakenError` when any is there already."""
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        await people.add_unit(conn, whole.unit)
        one = whole.clinician
        clinician = people.Clinician(subject=one.subject, name=one.name, email=one.email, unit=whole.unit)
        await people.add_clinician(conn, clinician)
        for person in whole.people:
            await _add(conn, whole, person, wrapping_key)


async def _add(conn: Connection, whole: Cohort, person: Person, wrapping_key: KeyRing) -> None:
    before = begins_ms(whole) - DAY_MS
    patient = await people.add_patient(
        conn,
        wrapping_key=wrapping_key,
        unit=whole.unit,
        zone=person.zone,
        now_ms=before,
        pseudonym=person.pseudonym,
        identity={"name": person.name, "born": str(person.born)},
        clinician=whole.clinician.subject,
    )
    for vendor in CONNECTORS:
        await people.give_consent(conn, patient, vendor, from_ms=before, now_ms=before)
    await people.link_account(conn, patient, REPORTS, person.pseudonym, before)
    if person.account:
        await people.link_account(conn, patient, OPEN_WEARABLES, person.account, before)
    await people.set_profile(conn, patient, person.profile, before)
    await people.prescribe(conn, patient, person.prescription, before)
