"""Which version of each prescription holds, which is its newest, and which end soon. Pure."""

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


def current_versions(
    prescriptions: Sequence[Prescription], today: date
) -> tuple[Prescription, ...]:
    """Return of each prescription the version that holds today, and the newest one.

    They are two where a renewal or a change has been written that has not begun yet.
    """
    newest: dict[str, Prescription] = {}
    begun: dict[str, Prescription] = {}
    for row in sorted(prescriptions, key=lambda row: (row.id, row.version)):
        newest[row.id] = row
        if row.valid_from <= today:
            begun[row.id] = row
    rows: list[Prescription] = []
    for key, last in newest.items():
        held = begun.get(key)
        if held is not None and held is not last and held.valid_to >= today:
            rows.append(held)
        rows.append(last)
    return tuple(rows)


def _is_renewed(row: Prescription, prescriptions: Sequence[Prescription]) -> bool:
    for other in prescriptions:
        follows = other.id == row.id and other.version > row.version
        if (follows or other.renews.rpartition("/")[0] == row.id) and other.valid_to > row.valid_to:
            return True
    return False
