"""Makes a simulated cohort known: its people in the database, and their link tokens.

This is a shell over `storage.people`, for simulated patients only. Everything is in force before
the first body of the cohort. Doing it twice is an error.
"""

from collections.abc import Callable

from ingest.links import mint
from model.calendar import DAY_MS
from model.keyring import KeyRing
from simulate.cohort import Cohort, Person, begins_ms
from simulate.delivery import DELIVERY_CONNECTORS, TO_OPEN_WEARABLES, TO_REPORTS
from storage.alerts import to_judge
from storage.people import accounts, care_team, consents, patients, profiles
from storage.pg.pool import Connection, open_pool
from storage.prescribing.versions import put_prescription

_ISSUE = 1  # a simulated patient's tokens are made where they are used, and have no row


def simulated_tokens(keys: KeyRing) -> Callable[[str, int], str]:
    """Return the function that mints a patient's link token, valid for a day from an epoch ms."""

    def token(patient: str, at_ms: int) -> str:
        return mint(patient, keys, issue=_ISSUE, expires_ms=at_ms + DAY_MS)

    return token


async def enrol(dsn: str, cohort: Cohort, *, wrapping_key: KeyRing) -> None:
    """Write the people of a cohort in one transaction.

    Raises `TakenError` when any of them exists already.
    """
    async with await open_pool(dsn, max_size=1) as pool, pool.connection() as conn:
        await care_team.add_unit(conn, cohort.unit)
        item = cohort.clinician
        clinician = care_team.Clinician(
            subject=item.subject, name=item.name, email=item.email, unit=cohort.unit
        )
        await care_team.add_clinician(conn, clinician)
        for person in cohort.people:
            await _add(conn, cohort, person, wrapping_key)


async def _add(conn: Connection, cohort: Cohort, person: Person, wrapping_key: KeyRing) -> None:
    before = begins_ms(cohort) - DAY_MS
    patient = await patients.add_patient(
        conn,
        wrapping_key=wrapping_key,
        unit=cohort.unit,
        zone=person.zone,
        now_ms=before,
        pseudonym=person.pseudonym,
        identity={"name": person.name, "born": str(person.born)},
        clinician=cohort.clinician.subject,
    )
    for vendor in DELIVERY_CONNECTORS:
        await consents.give_consent(conn, patient, vendor, from_ms=before, now_ms=before)
    await accounts.link_account(conn, patient, TO_REPORTS, person.pseudonym, before)
    if person.account:
        await accounts.link_account(conn, patient, TO_OPEN_WEARABLES, person.account, before)
    # Nothing needs to be derived anew, because a new patient has no facts.
    await profiles.put_profile(conn, patient, person.profile, before)
    await put_prescription(conn, patient, person.prescription, before)
    await to_judge.mark_due(conn, patient, before, "prescription")
