"""Intensity classes, and the data that a patient's zones rest on.

Source of the classes: ACSM / Garber 2011.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from model.calendar import DATE_RANGE, FIRST_DATE, LAST_DATE


class Zone(StrEnum):
    """The five classes of intensity from low to high, and unknown time."""

    VERY_LIGHT = "very_light"
    LIGHT = "light"
    MODERATE = "moderate"
    VIGOROUS = "vigorous"
    NEAR_MAX = "near_max"
    UNKNOWN = "unknown"


# From low to high, which is the order of `ZoneTimes.as_tuple` and of the edges of a profile.
ZONES: tuple[Zone, ...] = tuple(Zone)
CLASSES: tuple[Zone, ...] = ZONES[:5]  # without unknown time, which is no intensity

# Beats a minute, our defaults: a heart rate outside of them is an error of the sensor.
HR_FLOOR, HR_CEILING = 30.0, 230.0


class Confidence(StrEnum):
    """How far a figure can be trusted.

    Thresholds from a formula never have more than low confidence.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartProfile:
    """What is known of a patient's heart for prescribing.

    A profile is valid from a local date until the next profile begins. Heart rates are in beats a
    minute. `hr_max` is measured in a symptom-limited test on current medication. `beta_blocker` and
    `rate_limited` (another rate-limiting drug, atrial fibrillation, pacemaker, transplant) make
    formulas invalid. `clinician_bpm` holds the lower edges of light, moderate, vigorous and
    near_max. `threshold_hr` is the heart rate at the lactate or functional threshold. `vt1_bpm` and
    `vt2_bpm` are measured at the two ventilatory thresholds. `ftp_w` is the functional threshold
    power in watts. `sex` ("female", "male" or "" for unknown) chooses the coefficients of TRIMP and
    nothing else.
    """

    valid_from: date
    birth_year: int | None = None
    hr_rest: float | None = None
    hr_max: float | None = None
    beta_blocker: bool = False
    coronary_disease: bool = False
    heart_failure: bool = False
    rate_limited: bool = False
    clinician_bpm: tuple[float, float, float, float] | None = None
    threshold_hr: float | None = None
    vt1_bpm: float | None = None
    vt2_bpm: float | None = None
    ftp_w: float | None = None
    sex: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneThresholds:
    """The lower edges of light, moderate, vigorous and near_max in beats a minute.

    `valid` is False when heart rate must not be used for this patient; all time is then unknown.
    `inputs` holds every number that was used, so that a reader can compute the edges again.
    """

    edges: tuple[float, float, float, float]
    scheme: str
    method: str
    inputs: dict[str, float]
    confidence: Confidence
    valid: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTimes:
    """Milliseconds in each class and of unknown time.

    Their sum is exactly the length of the session.
    """

    # Whole milliseconds: the sum must be exactly the length, which floats do not promise.
    very_light: int = 0
    light: int = 0
    moderate: int = 0
    vigorous: int = 0
    near_max: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """Return the length in ms."""
        return sum(self.as_tuple())

    def as_tuple(self) -> tuple[int, int, int, int, int, int]:
        """Return the six figures in the order of `ZONES`."""
        return (
            self.very_light,
            self.light,
            self.moderate,
            self.vigorous,
            self.near_max,
            self.unknown,
        )

    def __add__(self, other: "ZoneTimes") -> "ZoneTimes":
        return ZoneTimes(
            very_light=self.very_light + other.very_light,
            light=self.light + other.light,
            moderate=self.moderate + other.moderate,
            vigorous=self.vigorous + other.vigorous,
            near_max=self.near_max + other.near_max,
            unknown=self.unknown + other.unknown,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTimesByMethod:
    """The time of a session in the bands of a named scheme, beside the canonical classes.

    `metric` is what was measured. `edges` are the lower edges of each band but the first, in the
    unit of the metric. `names` and `ms` have an item for each band. `ms` and `unknown_ms` add up to
    exactly the length of the session. `inputs` holds every number that was used. When `valid` is
    False, the edges are shown and all time is unknown.
    """

    scheme: str
    method: str
    metric: str
    names: tuple[str, ...]
    edges: tuple[float, ...]
    ms: tuple[int, ...]
    unknown_ms: int
    inputs: dict[str, float]
    confidence: Confidence
    valid: bool = True


SEXES = ("female", "male", "")

# A figure must lie above the first bound, up to the second; anything else is a typing error.
PROFILE_BOUNDS: dict[str, tuple[float, float]] = {
    "birth_year": (1900, 2100),
    "hr_rest": (20, 250),
    "hr_max": (20, 250),
    "threshold_hr": (20, 250),
    "vt1_bpm": (20, 250),
    "vt2_bpm": (20, 250),
    "ftp_w": (0, 2500),
}

# The first figure must lie below the second when both are given.
MUST_BE_BELOW: tuple[tuple[str, str], ...] = (
    ("hr_rest", "hr_max"),
    ("hr_rest", "vt1_bpm"),
    ("hr_rest", "threshold_hr"),
    ("vt1_bpm", "vt2_bpm"),
    ("vt2_bpm", "hr_max"),
    ("threshold_hr", "hr_max"),
)


def profile_problems(profile: HeartProfile) -> tuple[str, ...]:
    """Return the problems of a profile, a sentence for each; empty when the profile is usable.

    A sentence names its field and never repeats a value. `stream.compute.intensity.thresholds`
    decides whether heart rate may be used with the profile.
    """
    return (
        *_wrong_date(profile),
        *_out_of_bounds(profile),
        *_wrong_order(profile),
        *_wrong_clinician_bpm(profile),
        *_wrong_sex(profile),
    )


def _wrong_date(profile: HeartProfile) -> list[str]:
    holds = FIRST_DATE <= profile.valid_from <= LAST_DATE
    return [] if holds else [f"valid_from: {DATE_RANGE}"]


def _out_of_bounds(profile: HeartProfile) -> list[str]:
    problems: list[str] = []
    for name, (low, high) in PROFILE_BOUNDS.items():
        value = getattr(profile, name)
        if value is not None and not low < value <= high:
            problems.append(f"{name}: must be above {low:g} and at most {high:g}")
    return problems


def _wrong_order(profile: HeartProfile) -> list[str]:
    problems: list[str] = []
    for lower, upper in MUST_BE_BELOW:
        low, high = getattr(profile, lower), getattr(profile, upper)
        if low is not None and high is not None and low >= high:
            problems.append(f"{lower}: must be below {upper}")
    return problems


def _wrong_clinician_bpm(profile: HeartProfile) -> list[str]:
    edges = profile.clinician_bpm
    if edges is None:
        return []
    low, high = PROFILE_BOUNDS["hr_max"]
    within = all(low < edge <= high for edge in edges)
    if within and all(edge < above for edge, above in pairwise(edges)):
        return []
    return [f"clinician_bpm: must be four figures that ascend, above {low:g} and at most {high:g}"]


def _wrong_sex(profile: HeartProfile) -> list[str]:
    return [] if profile.sex in SEXES else ["sex: must be female or male, or left out"]
