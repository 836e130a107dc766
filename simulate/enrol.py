"""Writes a cohort's people into the database: unit, clinician, patients, accounts, consents, profiles, prescriptions.

A shell over `storage.people`. Everything is in force before the first body of the cohort; doing it twice is an error.
"""

from model.calendar import DAY_MS
from model.keyring import KeyRing
from simulate.cohort import Cohort, Person, begins_ms
from simulate.delivery import CONNECTORS, OPEN_WEARABLES, REPORTS
from storage.people import people
from storage.pg.pool import Connection, open_pool


async def enrol(dsn: str, cohort: Cohort, *, wrapping_key: KeyRing) -> None:
    """Write the people of a cohort in one transaction; raises `people.TakenError` when any is there already."""
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        await people.add_unit(conn, cohort.unit)
        item = cohort.clinician
        clinician = people.Clinician(
            subject=item.subject, name=item.name, email=item.email, unit=cohort.unit
        )
        await people.add_clinician(conn, clinician)
        for person in cohort.people:
            await _add(conn, cohort, person, wrapping_key)


async def _add(conn: Connection, cohort: Cohort, person: Person, wrapping_key: KeyRing) -> None:
    before = begins_ms(cohort) - DAY_MS
    patient = await people.add_patient(
        conn,
        wrapping_key=wrapping_key,
        unit=cohort.unit,
        zone=person.zone,
        now_ms=before,
        pseudonym=person.pseudonym,
        identity={"name": person.name, "born": str(person.born)},
        clinician=cohort.clinician.subject,
    )
    for vendor in CONNECTORS:
        await people.give_consent(conn, patient, vendor, from_ms=before, now_ms=before)
    await people.link_account(conn, patient, REPORTS, person.pseudonym, before)
    if person.account:
        await people.link_account(conn, patient, OPEN_WEARABLES, person.account, before)
    await people.set_profile(conn, patient, person.profile, before)
    await people.prescribe(conn, patient, person.prescription, before)
