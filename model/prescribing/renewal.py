"""Which prescriptions end soon, and are to be renewed or let go. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from model.prescription import Prescription, in_force

RENEW_WITHIN_DAYS = 14


def ending_soon(prescriptions: Sequence[Prescription], today: date) -> tuple[Prescription, ...]:
    """Return what is in force today, ends within 14 days, and has not been renewed yet.

    `prescriptions` are all versions of a patient, `today` is the patient's local date. What ends
    today counts. A renewal is a later version that ends later, or a prescription that names it.
    """
    last = today + timedelta(days=RENEW_WITHIN_DAYS)
    return tuple(
        row
        for row in in_force(prescriptions, today)
        if row.valid_to <= last and not _is_renewed(row, prescriptions)
    )


def _is_renewed(row: Prescription, prescriptions: Sequence[Prescription]) -> bool:
    for other in prescriptions:
        follows = other.id == row.id and other.version > row.version
        if (follows or other.renews.rpartition("/")[0] == row.id) and other.valid_to > row.valid_to:
            return True
    return False
