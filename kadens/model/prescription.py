"""A prescription of exercise in FITT-VP form, with its versions and pauses. Dates are local to the patient."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Intensity:
    """The prescribed range: `method` hrr (fractions), bpm, rpe_cr10, rpe_6_20, watts or cadence; [low, high)."""

    method: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Days [first, last] on which nothing is due, and why (illness, holiday, clinician)."""

    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """One version of a prescription. A newer version of the same `id` replaces it from its `valid_from` on.

    Valid on the local dates [valid_from, valid_to]. `pain_limit` is the highest acceptable NRS.
    """

    id: str
    version: int
    valid_from: date
    valid_to: date
    sessions_per_week: int
    minutes_per_session: int
    intensity: Intensity
    types: tuple[str, ...] = ()
    dose_min_per_week: float | None = None
    strength_days: int = 0
    pain_limit: int = 5
    max_per_day: int = 1
    cardiac: bool = False
    pauses: tuple[Pause, ...] = ()
    rules: dict[str, dict[str, float]] | None = None
    prescriber: str = ""
    reason: str = ""
