"""Zone thresholds of a patient: where the classes of heart rate begin on a date.

Clinical definition section 2.2. The thresholds come from the first of these methods that the
profile allows: the clinician's own figures in beats a minute, a maximum measured on current
medication, a formula for the patient's condition and drug, Tanaka's formula. The classes are those
of ACSM / Garber 2011, by lower edges, half-open. Whether training is advisable is not decided here.

`valid` says whether heart rate may be used:

- With the clinician's own figures: always, when they ascend.
- With `rate_limited` (atrial fibrillation, pacemaker, transplant, another rate-limiting drug): by
  no other method, not even with a measured maximum, because heart rate no longer follows effort.
- With a beta-blocker: when the maximum was measured on the drug. A drug-specific formula gives
  edges that are shown with low confidence, but they are not valid. The standard error of such a
  formula is up to 18 beats a minute, and section 2.2 demands the clinician's figure.

Thresholds that are not valid keep their edges, so that a reader sees what they would have been. No
time is counted by them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

from model.intensity import CLASSES, Confidence, HeartProfile, ZoneThresholds
from stream.compute.intensity.schemes import HR_MAX, HRR, INTENSITY_SCHEMES, THRESHOLD
from stream.compute.intensity.zones import karvonen

CANONICAL = "acsm2011"

Edges = tuple[float, float, float, float]
Inputs = dict[str, float]

_NO_EDGES: Edges = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntensityScale:
    """Where 0 and 100 percent of a basis lie for a patient, and by which method.

    `base` (0 percent) and `top` (100 percent) are in the unit of what is measured. On a scale that
    is not `valid`, edges may be shown but no time is counted.
    """

    base: float = 0.0
    top: float
    method: str
    inputs: Inputs
    confidence: Confidence
    valid: bool = True

    def edges(self, percents: Sequence[float]) -> tuple[float, ...]:
        """Return the edges at some percentages, in the unit of what is measured."""
        return tuple(karvonen(self.base, self.top, percent / 100) for percent in percents)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxHeartRate:
    """A method to obtain a maximal heart rate, in beats a minute.

    `fits` says for which patients, `needs` names the inputs of `rate`. `beta_blocked` says that the
    result takes a beta-blocker into account, `formula` that it is an estimate and not a
    measurement.
    """

    name: str
    needs: tuple[str, ...]
    fits: Callable[[HeartProfile], bool]
    rate: Callable[[Inputs], float]
    confidence: Confidence
    beta_blocked: bool = False
    formula: bool = True


# In order of preference: the first row that fits and has its inputs is used.
MAX_HEART_RATES: tuple[MaxHeartRate, ...] = (
    MaxHeartRate(
        name="measured",
        needs=("hr_max",),
        fits=lambda _: True,
        rate=lambda x: x["hr_max"],
        confidence=Confidence.HIGH,
        beta_blocked=True,
        formula=False,
    ),
    MaxHeartRate(
        name="keteyian",  # Keteyian 2012, heart failure on a beta-blocker; standard error 18
        needs=("hr_rest", "age"),
        fits=lambda p: p.beta_blocker and p.heart_failure,
        rate=lambda x: 119 + 0.5 * x["hr_rest"] - 0.5 * x["age"],
        confidence=Confidence.LOW,
        beta_blocked=True,
    ),
    MaxHeartRate(
        name="brawner",  # Brawner 2004, coronary disease on a beta-blocker
        needs=("age",),
        fits=lambda p: p.beta_blocker and p.coronary_disease,
        rate=lambda x: 164 - 0.7 * x["age"],
        confidence=Confidence.LOW,
        beta_blocked=True,
    ),
    MaxHeartRate(
        name="tanaka",  # Tanaka 2001; standard error 11.4 in HERITAGE
        needs=("age",),
        fits=lambda _: True,
        rate=lambda x: 208 - 0.7 * x["age"],
        confidence=Confidence.LOW,
    ),
)


def profile_on(profiles: Iterable[HeartProfile], on: date) -> HeartProfile | None:
    """Return the profile that is valid on a local date: the latest that has begun by then."""
    begun = [profile for profile in profiles if profile.valid_from <= on]
    # Of two profiles of the same date, their text decides, so that their order does not matter.
    return max(begun, key=lambda profile: (profile.valid_from, repr(profile)), default=None)


def zone_thresholds(profile: HeartProfile | None, on: date) -> ZoneThresholds:
    """Return the edges of the canonical classes for a patient on a local date, in beats a minute.

    Without a profile, or when the profile allows no method, the method is "none" and the thresholds
    are not valid.
    """
    if profile is None:
        return _NONE
    if profile.clinician_bpm is not None:
        return clinician_thresholds(profile.clinician_bpm)
    # The reserve comes first, because it takes the patient's resting rate into account.
    for basis in (HRR, HR_MAX):
        scale = heart_scale(profile, on, basis)
        if scale is not None:
            return _by_scale(scale, INTENSITY_SCHEMES[CANONICAL].edges[basis])
    return _NONE


def heart_scale(profile: HeartProfile, on: date, basis: str) -> IntensityScale | None:
    """Return the scale of a patient's heart rate reserve (`HRR`) or maximal heart rate (`HR_MAX`).

    It uses the first row of `MAX_HEART_RATES` that fits. The age is that reached in the year of
    `on`, because only the year of birth is known. None when an input is missing.
    """
    return _heart_scale(profile, on.year, basis)


# Cached because every date of a patient needs it. The cache takes 60 and 60.0 for the same key, so
# `_inputs` turns all numbers into floats: the result must not depend on which came first.
@lru_cache(maxsize=65_536)
def _heart_scale(profile: HeartProfile, year: int, basis: str) -> IntensityScale | None:
    inputs = _inputs(profile, year)
    maximum = _max_heart_rate(profile, inputs)
    if maximum is None or (basis == HRR and "hr_rest" not in inputs):
        return None
    # Rounded, so that a figure that is an integer on paper is exactly that integer here.
    top = round(maximum.rate(inputs), 6)
    base = inputs["hr_rest"] if basis == HRR else 0.0
    usable = not profile.rate_limited and 0 <= base < top
    needs = ("hr_rest", *maximum.needs) if basis == HRR else maximum.needs
    used = {name: inputs[name] for name in needs}
    return IntensityScale(
        base=base,
        top=top,
        method=f"{basis}:{maximum.name}",
        inputs={**used, "hr_max": top},
        confidence=_confidence(maximum, profile, basis) if usable else Confidence.NONE,
        valid=usable and not (profile.beta_blocker and maximum.formula),
    )


def _max_heart_rate(profile: HeartProfile, inputs: Inputs) -> MaxHeartRate | None:
    """Return the first method for a maximal heart rate that a profile allows."""
    for row in MAX_HEART_RATES:
        if row.fits(profile) and inputs.keys() >= set(row.needs):
            return row
    return None


def threshold_scale(profile: HeartProfile) -> IntensityScale | None:
    """Return the scale of the measured heart rate at the threshold, None when it was not measured.

    Like a measured maximum it may be used with a beta-blocker, but not for a patient who is
    `rate_limited`.
    """
    if profile.threshold_hr is None:
        return None
    usable = not profile.rate_limited and profile.threshold_hr > 0
    return IntensityScale(
        top=float(profile.threshold_hr),
        method=f"{THRESHOLD}:measured",
        inputs={"threshold_hr": float(profile.threshold_hr)},
        confidence=Confidence.HIGH if usable else Confidence.NONE,
        valid=usable,
    )


def clinician_thresholds(bpm: Edges) -> ZoneThresholds:
    """Return thresholds at the clinician's own edges, valid when they ascend."""
    ascending = _ascending(bpm)
    return ZoneThresholds(
        edges=bpm,
        scheme=CANONICAL,
        method="clinician",
        inputs=_named("bpm", bpm),
        confidence=Confidence.HIGH if ascending else Confidence.NONE,
        valid=ascending,
    )


def _inputs(profile: HeartProfile, year: int) -> Inputs:
    age = None if profile.birth_year is None else float(year - profile.birth_year)
    # A missing figure is left out, so that a method which needs it is passed over.
    result = {"age": age, "hr_rest": profile.hr_rest, "hr_max": profile.hr_max}
    return {name: float(value) for name, value in result.items() if value is not None}


def _by_scale(scale: IntensityScale, percents: Sequence[float]) -> ZoneThresholds:
    light, moderate, vigorous, near_max = scale.edges(percents)
    return ZoneThresholds(
        edges=(light, moderate, vigorous, near_max),
        scheme=CANONICAL,
        method=scale.method,
        inputs={**scale.inputs, **_named("percent", percents)},
        confidence=scale.confidence,
        valid=scale.valid,
    )


def _confidence(maximum: MaxHeartRate, profile: HeartProfile, basis: str) -> Confidence:
    if profile.beta_blocker and not maximum.beta_blocked:
        return Confidence.NONE
    # Percent of maximum leaves out the resting rate, so a measured maximum gives medium only.
    without_rest = maximum.confidence is Confidence.HIGH and basis == HR_MAX
    return Confidence.MEDIUM if without_rest else maximum.confidence


_NONE = ZoneThresholds(
    edges=_NO_EDGES,
    scheme=CANONICAL,
    method="none",
    inputs={},
    confidence=Confidence.NONE,
    valid=False,
)


def _named(what: str, four: Sequence[float]) -> Inputs:
    named: Inputs = {}
    for zone, value in zip(CLASSES[1:], four, strict=True):
        named[f"{what}_{zone.value}"] = float(value)
    return named


def _ascending(edges: Edges) -> bool:
    return edges[0] > 0 and all(low < high for low, high in pairwise(edges))
