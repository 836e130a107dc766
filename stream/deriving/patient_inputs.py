"""Changes a patient's heart profile, zone or prescription.

Each function stores the setting, derives anew and marks the patient as due for a judgement, in the
caller's transaction. Facts may come before or after the settings that they are interpreted with:
the result is the same.
"""

from collections.abc import Collection

from alerts.prescribing import UnusablePrescriptionError, prescribing_problems
from model.calendar import DAY_MS, midnight
from model.intensity import HeartProfile
from model.prescription import Prescription
from storage.alerts import to_judge
from storage.people import patients, profiles
from storage.pg.pool import Connection
from storage.prescribing.stale import requested_derivations
from storage.prescribing.versions import put_prescription
from stream.deriving.batches import derive_since


async def change_profile(
    conn: Connection, patient: str, profile: HeartProfile, now_ms: int
) -> None:
    """Store a heart profile that holds from its `valid_from` on, and derive anew from that date.

    Raises `UnknownNameError`.
    """
    zone = await patients.zone_of(conn, patient)
    await profiles.put_profile(conn, patient, profile, now_ms)
    if await derive_since(conn, patient, midnight(profile.valid_from, zone)):
        await to_judge.mark_due(conn, patient, now_ms, "profile")


async def change_zone(conn: Connection, patient: str, zone: str, now_ms: int) -> None:
    """Set the IANA zone of a patient's dates and weeks, and derive everything anew.

    This is for a patient who has moved. Facts keep the UTC offset that they were reported with.
    Raises `UnknownNameError`, and ValueError for a zone that does not exist.
    """
    await patients.set_zone(conn, patient, zone)
    # a day more on both sides, for dates that had facts in the old zone and have none in the new
    await derive_since(conn, patient, margin_ms=DAY_MS)
    await to_judge.mark_due(conn, patient, now_ms, "zone")


async def prescribe(
    conn: Connection, patient: str, prescription: Prescription, now_ms: int
) -> None:
    """Store a version of a prescription, and derive anew from the date on which it begins.

    The same version again changes nothing. Raises `UnusablePrescriptionError`, `UnknownNameError`,
    and `TakenError` when the stored version differs.
    """
    if problems := prescribing_problems(prescription):
        raise UnusablePrescriptionError(problems)
    if not await put_prescription(conn, patient, prescription, now_ms):
        return
    zone = await patients.zone_of(conn, patient)
    await derive_since(conn, patient, midnight(prescription.valid_from, zone))
    await to_judge.mark_due(conn, patient, now_ms, "prescription")


async def derive_stale(conn: Connection, patients: Collection[str]) -> None:
    """Derive anew what prescriptions that were written at the clinician door have made stale."""
    for patient, since_ms in (await requested_derivations(conn, patients)).items():
        await derive_since(conn, patient, since_ms)
