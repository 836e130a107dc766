"""Writes what a clinic records of the people of a cohort, as its commands do: with audit rows.

A person who is there already is left as they are, so that an interrupted run is continued.
"""

from collections.abc import Iterable

from kadens.commands.audited import entry_of
from kadens.scoring.cohort_files import CohortPatient
from kadens.settings import Settings
from model.calendar import DAY_MS
from storage import audit
from storage.audit_actions import AuditAction
from storage.bodies.wrapping import check_keys
from storage.people import accounts, care_team, consents, patients
from storage.people.errors import TakenError
from storage.pg.pool import Connection, open_pool
from storage.pg.roles import ADMIN
from stream.deriving import patient_inputs as clinic

PlayedConsent = tuple[int, bool, str, str]  # when, whether it is given, patient, source


async def enrol_cohort(settings: Settings, people: Iterable[CohortPatient], now_ms: int) -> int:
    """Write the people who are not there yet, each in a transaction, and return how many.

    Raises what the store raises, such as `TakenError` for an account of somebody else.
    """
    added = 0
    async with await open_pool(settings.database, max_size=1, role=ADMIN) as pool:
        async with pool.connection() as conn:
            await check_keys(conn, settings.secrets.wrapping_keys, now_ms, record=True)
            await care_team.add_unit(conn, settings.clinic_unit)
        for person in people:
            async with pool.connection() as conn:
                added += await _enrol(conn, settings, person, now_ms)
    return added


async def _enrol(conn: Connection, settings: Settings, person: CohortPatient, now_ms: int) -> bool:
    try:
        # a savepoint: the transaction goes on where the person is there already
        async with conn.transaction():
            await patients.add_patient(
                conn,
                wrapping_key=settings.secrets.wrapping_keys,
                unit=settings.clinic_unit,
                zone=person.zone,
                now_ms=now_ms,
                pseudonym=person.patient,
            )
    except TakenError:
        return False
    await _audit(conn, AuditAction.PATIENT_ADD, person.patient, "", now_ms)
    for account in person.accounts:
        await accounts.link_account(
            conn, person.patient, account.connector, account.account, now_ms
        )
        await _audit(conn, AuditAction.ACCOUNT_LINK, person.patient, account.connector, now_ms)
    for profile in person.profiles:
        await clinic.change_profile(conn, person.patient, profile, now_ms)
        await _audit(conn, AuditAction.PATIENT_PROFILE, person.patient, "", now_ms)
    for row in person.prescriptions:
        # with the instant of the cohort: what was written later must not reach back
        written_ms = now_ms if row.recorded is None else min(row.recorded, now_ms)
        await clinic.prescribe(conn, person.patient, row.prescription, written_ms)
        await _audit(conn, AuditAction.PRESCRIPTION_WRITE, person.patient, row.id, now_ms)
    return True


def consents_of(people: Iterable[CohortPatient]) -> list[PlayedConsent]:
    """Return all that people consent to and withdraw, in the order of time."""
    changes: list[PlayedConsent] = []
    for person in people:
        for consent in person.consents:
            changes.append((consent.from_ms, True, person.patient, consent.source))
            if consent.to_ms is not None:
                changes.append((consent.to_ms, False, person.patient, consent.source))
    return sorted(changes)


async def record_consents(
    settings: Settings, changes: Iterable[PlayedConsent], now_ms: int
) -> None:
    """Write consents and withdrawals in one transaction.

    A withdrawal holds from now on, because what was sent before is received before.
    """
    async with (
        await open_pool(settings.database, max_size=1, role=ADMIN) as pool,
        pool.connection() as conn,
    ):
        for at_ms, is_given, patient, source in changes:
            if is_given:
                # a day early: what is sent a moment later must be covered by any door's clock
                from_ms = min(at_ms, now_ms - DAY_MS)
                await consents.give_consent(conn, patient, source, from_ms=from_ms, now_ms=now_ms)
                await _audit(conn, AuditAction.CONSENT_GIVE, patient, source, now_ms)
            else:
                await consents.withdraw_consent(conn, patient, source, from_ms=now_ms)
                await _audit(conn, AuditAction.CONSENT_WITHDRAW, patient, source, now_ms)


async def _audit(
    conn: Connection, action: AuditAction, patient: str, what: str, now_ms: int
) -> None:
    await audit.write_entry(conn, entry_of(action, now_ms, patient, what))
