"""Whom the provider's claims admit: the patient whose personal number they name.

Only this module turns claims into a patient. It never logs a claim, and `sub`, the provider's own
name for the person, is not kept.
"""

from model.calendar import local_date
from patient.config import PatientSignIn
from patient.sign_in.personal_number import (
    NumberKind,
    PersonalNumber,
    number_digests,
    read_personal_number,
)
from patient.sign_in.refusals import OF_KIND, DoorRefusal, PatientRefusedError
from storage.people.number_digests import owner_of_number
from storage.pg.pool import Connection
from storage.pg.row_security import set_owner_of
from web.sign_in.id_tokens import Claims, is_strong_enough, only_claim_text

_ZONE = "Europe/Stockholm"  # whose days the numbers are made of


def number_of_claims(sign_in: PatientSignIn, claims: Claims) -> PersonalNumber:
    """Return the number that the claims name; raises `PatientRefusedError` where it is unusable."""
    if not is_strong_enough(claims, sign_in.levels):
        raise PatientRefusedError(DoorRefusal.WEAK)
    text = only_claim_text(claims, sign_in.number_claim)
    if text is None:
        raise PatientRefusedError(DoorRefusal.ABSENT)
    number = read_personal_number(text, local_date(sign_in.clock(), _ZONE))
    if number.kind in OF_KIND:
        raise PatientRefusedError(OF_KIND[number.kind])
    return number


async def patient_of_number(
    conn: Connection, sign_in: PatientSignIn, number: PersonalNumber
) -> str:
    """Return the pseudonym of the patient with a number; raises `PatientRefusedError` for none."""
    digests = number_digests(sign_in.identity_keys(), number)
    for digest in digests.values():
        # the transaction sees nobody's rows but those of the number's owner
        await set_owner_of(conn, digest)
        patient = await owner_of_number(conn, digests)
        if patient is not None:
            return patient
    # Whoever has a coordination number may be on record under the number that came later.
    is_coordination = number.kind is NumberKind.COORDINATION
    raise PatientRefusedError(DoorRefusal.COORDINATION if is_coordination else DoorRefusal.UNKNOWN)
