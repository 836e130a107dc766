"""The bounds of what a prescription may say: patterns, figures, lengths of texts and lists.

The bounds keep typing errors out, such as percent in place of fractions. They are no clinical
advice.
"""

import re
from collections.abc import Mapping

from model.prescription import STEPPED
from model.words.language import _

Bounds = tuple[float, float]  # the least and the greatest value, both included
PRESCRIPTION_ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
RENEWS_PATTERN = re.compile(rf"({PRESCRIPTION_ID_PATTERN.pattern}/[1-9][0-9]{{0,6}})?")
FORM_PATTERN = re.compile(rf"({PRESCRIPTION_ID_PATTERN.pattern})?")
DIAGNOSIS_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}")  # ICD-10, SNOMED CT and others
NUMBER_BOUNDS: Mapping[str, Bounds] = {
    "version": (1, 1_000_000),
    "sessions_per_week": (0, 21),  # three a day
    "minutes_per_session": (0, 480),
    "dose_min_per_week": (0, 3_360),  # minutes, vigorous ones twice; eight hours a day
    "strength_days": (0, 7),
    "pain_limit": (0, 9),  # above the limit there must be a rating left that the rules can meet
    "max_per_day": (1, 6),
}
# Of these, every one may be left out.
OPTIONAL_BOUNDS: Mapping[str, Bounds] = {
    "most_minutes_per_session": (0, 480),
    "hr_ceiling": (40, 240),
}
# The figures of a step that have bounds of their own; null is no change.
STEP_BOUNDS: Mapping[str, Bounds] = {
    name: bounds for name, bounds in {**NUMBER_BOUNDS, **OPTIONAL_BOUNDS}.items() if name in STEPPED
}
FROM_WEEK: Bounds = (2, 520)  # week 1 is the prescription itself; ten years
# Thresholds that count: a part of a session, a day or a rating is none.
COUNTED_THRESHOLDS = frozenset(
    {"on", "sessions", "of_last", "missed", "days", "ratings", "known_days", "paused_days"}
)
RPE_SCALES: Mapping[str, Bounds] = {"borg-cr10": (0, 10), "borg-6-20": (6, 20)}
# A share of heart rate below this is no exercise: a fraction was typed where percent is wanted.
LEAST_SHARE = 0.1
MOST_STEPS, MOST_PRESCRIBED_PAUSES, MOST_DIAGNOSES = 30, 60, 10
# The longest text of each field, in characters.
TEXT_LENGTHS: Mapping[str, int] = {
    "prescriber": 120,
    "reason": 500,
    "function": 500,
    "balance": 500,
    "activity": 200,
}
FOLLOW_UP_LENGTH = LONGEST_WHY = 200
INTENSITY_BOUNDS: Mapping[str, Bounds] = {
    "hrr": (0, 1),  # fractions of heart rate reserve
    "hrmax": (0, 1),  # fractions of the maximal heart rate
    "bpm": (30, 240),
    "rpe_cr10": (0, 10),
    "rpe_6_20": (6, 20),
    "watts": (0, 2_000),
    "cadence": (0, 300),  # steps or revolutions a minute
}


def within(value: float, bounds: Bounds) -> bool:
    """Return whether a value lies within bounds; NaN lies within none."""
    low, high = bounds
    return low <= value <= high


def is_countable(name: str, value: float) -> bool:
    """Return whether a value may be that of a threshold by name, which may be whole only."""
    return name not in COUNTED_THRESHOLDS or float(value).is_integer()


def bounds_text(bounds: Bounds) -> str:
    """Return bounds in words: "from 0 to 21"."""
    low, high = bounds
    return _("from %(low)s to %(high)s", low=f"{low:,.9g}", high=f"{high:,.9g}")
