"""Which sessions count for a prescription: by type, by day, and of those that were only told. Pure.

Day states and adherence count with the same functions, so that a day is no miss where the week is
no shortfall (clinical definition section 5.1). What is not known must never count against anybody.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from model.derived.days import TypeTotal, Week
from model.prescription import Prescription
from model.words.activities import TYPES

_UNTOLD = "other"  # the family of types that say nothing about the exercise
_STRENGTH = "strength"
# What the steps of a phone in a pocket show. A treadmill is left out: the phone lies on it.
_SEEN_BY_PHONE = frozenset({"walking", "hiking", "nordic_walking", "running"})


def is_credited(prescription: Prescription, kind: str) -> bool:
    """Return whether a session of a type counts for a prescription.

    A prescription without types takes every session. A session whose type is not known counts for
    every prescription, because missing data never counts against a patient.
    """
    return (
        not prescription.types or kind in prescription.types or TYPES.get(kind, _UNTOLD) == _UNTOLD
    )


def credited_sessions(prescription: Prescription, by_type: Iterable[TypeTotal]) -> int:
    """Return how many sessions of a day count for a prescription, at most its `max_per_day`."""
    sessions = sum(item.sessions for item in credited_totals(prescription, by_type))
    return min(sessions, prescription.max_per_day)


def credited_totals(
    prescription: Prescription, by_type: Iterable[TypeTotal]
) -> tuple[TypeTotal, ...]:
    """Return the totals of the types of a day that count for a prescription."""
    return tuple(item for item in by_type if is_credited(prescription, item.type))


def credited_recalled(week: Week, by_day: Mapping[date, Prescription]) -> int:
    """Return how many sessions count that the patient told of and nobody recorded.

    `by_day` has the version of a prescription in force on each date of the week. Of each date that
    the answer is about at most `max_per_day` sessions count, recorded ones with them. Their types
    are not known, so they count for every prescription.
    """
    if week.recalled_until is None:
        return 0
    held = {day.local_date: day.by_type for day in week.days}
    room = 0
    for at, row in by_day.items():
        if at <= week.recalled_until:
            room += row.max_per_day - credited_sessions(row, held.get(at, ()))
    return min(week.unrecorded_sessions, room)


def seen_by_phone(prescription: Prescription) -> bool:
    """Return whether a phone can see all that a prescription asks for: exercise on foot."""
    return bool(prescription.types) and _SEEN_BY_PHONE.issuperset(prescription.types)


def has_strength(by_type: Iterable[TypeTotal]) -> bool:
    """Return whether a day has a session of strength training that counts."""
    return any(item.type == _STRENGTH and item.sessions for item in by_type)
