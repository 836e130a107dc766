"""What a prescription may say: the bounds of its figures, and the check against them. Pure.

The bounds keep typing errors out, such as percent in place of fractions. They are no clinical
advice. What a prescription may say about rules is checked in `alerts.prescribing`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from model.calendar import DATE_RANGE, FIRST_DATE, LAST_DATE
from model.prescription import Prescription
from model.words.activities import TYPES

Bounds = tuple[float, float]  # the least and the greatest value, both included

PRESCRIPTION_ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NUMBER_BOUNDS: Mapping[str, Bounds] = {
    "version": (1, 1_000_000),
    "sessions_per_week": (0, 21),  # three a day
    "minutes_per_session": (0, 480),
    "dose_min_per_week": (0, 3_360),  # minutes, vigorous ones twice; eight hours a day
    "strength_days": (0, 7),
    "pain_limit": (0, 9),  # above the limit there must be a rating left that the rules can meet
    "max_per_day": (1, 6),
}
INTENSITY_BOUNDS: Mapping[str, Bounds] = {
    "hrr": (0, 1),  # fractions of heart rate reserve
    "bpm": (30, 240),
    "rpe_cr10": (0, 10),
    "rpe_6_20": (6, 20),
    "watts": (0, 2_000),
    "cadence": (0, 300),  # steps or revolutions a minute
}


def prescription_problems(prescription: Prescription) -> tuple[str, ...]:
    """Return the problems of a prescription, a sentence for each; empty when it can be kept.

    A sentence names its field and never repeats a value.
    """
    return (
        *_wrong_words(prescription),
        *_wrong_numbers(prescription),
        *_wrong_intensity(prescription),
        *_wrong_dates(prescription),
    )


def prescription_notes(
    prescription: Prescription, others: Iterable[Prescription], today: date
) -> tuple[str, ...]:
    """Return what a prescriber should know before writing, a sentence for each.

    `others` are all stored versions of the patient's prescriptions; `today` is the patient's local
    date. Nothing of this is wrong.
    """
    notes = []
    if prescription.valid_from < today:
        notes.append("it begins in the past: weeks that are over are shown against it, no more")
    beside = {row.id for row in others if row.id != prescription.id and _meet(prescription, row)}
    if beside:
        names = ", ".join(sorted(beside))
        notes.append(f"it holds beside {names}: each is judged by the sessions of its own types")
    return tuple(notes)


def _meet(first: Prescription, second: Prescription) -> bool:
    return first.valid_from <= second.valid_to and second.valid_from <= first.valid_to


def _wrong_words(prescription: Prescription) -> Iterator[str]:
    if not PRESCRIPTION_ID_PATTERN.fullmatch(prescription.id):
        yield (
            "`id` must be 1 to 64 characters: letters a-z, digits, '.', '_' and '-', the first a "
            "letter or digit"
        )
    # A field that nothing reads would be believed to act.
    if prescription.cardiac:
        yield "`cardiac` has no effect yet: leave it out"
    if not set(prescription.types) <= set(TYPES):
        yield f"`types` must be among {', '.join(sorted(TYPES))}"


def _wrong_numbers(prescription: Prescription) -> Iterator[str]:
    for name, bounds in NUMBER_BOUNDS.items():
        value = getattr(prescription, name)
        # only the weekly dose may be left out
        if value is not None and not within(value, bounds):
            yield f"`{name}` must be {bounds_text(bounds)}"
    if prescription.sessions_per_week > 7 * prescription.max_per_day:
        yield "`sessions_per_week` must be at most seven times `max_per_day`"


def _wrong_intensity(prescription: Prescription) -> Iterator[str]:
    intensity = prescription.intensity
    bounds = INTENSITY_BOUNDS.get(intensity.method)
    if bounds is None:
        yield f"`intensity.method` must be one of {', '.join(INTENSITY_BOUNDS)}"
        return
    for name in ("low", "high"):
        if not within(getattr(intensity, name), bounds):
            yield f"`intensity.{name}` must be {bounds_text(bounds)} for {intensity.method}"
    if intensity.low >= intensity.high:
        yield "`intensity.low` must be below `intensity.high`"


def _wrong_dates(prescription: Prescription) -> Iterator[str]:
    for name, day in _dates(prescription):
        if not FIRST_DATE <= day <= LAST_DATE:
            yield f"`{name}` {DATE_RANGE}"
    if prescription.valid_from > prescription.valid_to:
        yield "`valid_from` must not be after `valid_to`"
    for number, pause in enumerate(prescription.pauses):
        if pause.first > pause.last:
            yield f"`pauses.{number}.first` must not be after `pauses.{number}.last`"


def _dates(prescription: Prescription) -> Iterator[tuple[str, date]]:
    """Yield each date of a prescription with the name of its field."""
    yield "valid_from", prescription.valid_from
    yield "valid_to", prescription.valid_to
    for number, pause in enumerate(prescription.pauses):
        yield f"pauses.{number}.first", pause.first
        yield f"pauses.{number}.last", pause.last


def within(value: float, bounds: Bounds) -> bool:
    """Return whether a value lies within bounds; NaN lies within none."""
    low, high = bounds
    return low <= value <= high


def bounds_text(bounds: Bounds) -> str:
    """Return bounds in words: "from 0 to 21"."""
    low, high = bounds
    return f"from {low:,g} to {high:,g}"
