"""The heart rate limits of a patient: what the intensity classes rest on. Never decides whether training is advisable.

Clinical definition section 2.2. Precedence: the clinician's own bpm, then a maximum measured on current medication,
then a formula for the patient's condition and drug, then Tanaka. Classes: ACSM / Garber 2011, lower edges, half-open.

When heart rate may be used at all (`valid`):

- With the clinician's bpm: always.
- `rate_limited` (atrial fibrillation, pacemaker, transplant, another rate-limiting drug): not otherwise, also not with
  a measured maximum, for effort and rate no longer go together.
- Beta-blocker: with a maximum measured on it (a figure of the clinic, not of a formula). A drug-specific formula gives
  the edges that are shown, with confidence low, but stays invalid: its standard error is up to 18 beats a minute, and
  section 2.2 demands the clinician's figure.

An invalid result keeps its edges, so that a reader sees what they would have been; no time is counted by them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from ...model.intensity import CLASSES, Confidence, HeartLimits, HeartProfile
from .zones import karvonen

Edges = tuple[float, float, float, float]
Inputs = dict[str, float]

_NO_EDGES: Edges = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """Lower edges of light, moderate, vigorous and near_max: percent of heart rate reserve, and of maximal rate."""

    hrr: tuple[int, int, int, int]
    hr_max: tuple[int, int, int, int]


SCHEMES: dict[str, Scheme] = {
    "acsm2011": Scheme(hrr=(30, 40, 60, 90), hr_max=(57, 64, 77, 96)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """One way to a maximal heart rate: for whom, from which inputs, and how far it may be leaned on.

    `beta_blocked`: the figure takes the drug into account. `formula`: it is an estimate, not a measurement.
    """

    name: str
    needs: tuple[str, ...]
    fits: Callable[[HeartProfile], bool]
    rate: Callable[[Inputs], float]
    confidence: Confidence
    beta_blocked: bool = False
    formula: bool = True


PEAKS: tuple[Peak, ...] = (
    Peak(
        name="measured",
        needs=("hr_max",),
        fits=lambda _: True,
        rate=lambda x: x["hr_max"],
        confidence=Confidence.HIGH,
        beta_blocked=True,
        formula=False,
    ),
    Peak(
        name="keteyian",  # Keteyian 2012, heart failure on a beta-blocker; standard error 18
        needs=("hr_rest", "age"),
        fits=lambda p: p.beta_blocker and p.heart_failure,
        rate=lambda x: 119 + 0.5 * x["hr_rest"] - 0.5 * x["age"],
        confidence=Confidence.LOW,
        beta_blocked=True,
    ),
    Peak(
        name="brawner",  # Brawner 2004, coronary disease on a beta-blocker
        needs=("age",),
        fits=lambda p: p.beta_blocker and p.coronary_disease,
        rate=lambda x: 164 - 0.7 * x["age"],
        confidence=Confidence.LOW,
        beta_blocked=True,
    ),
    Peak(
        name="tanaka",  # Tanaka 2001; standard error 11.4 in HERITAGE
        needs=("age",),
        fits=lambda _: True,
        rate=lambda x: 208 - 0.7 * x["age"],
        confidence=Confidence.LOW,
    ),
)


def profile_on(profiles: Iterable[HeartProfile], on: date) -> HeartProfile | None:
    """Return the profile that is valid on a local date: the latest to begin by then, whatever the order given."""
    begun = [profile for profile in profiles if profile.valid_from <= on]
    return max(begun, key=lambda profile: (profile.valid_from, repr(profile)), default=None)


def heart_limits(profile: HeartProfile | None, on: date, scheme: str = "acsm2011") -> HeartLimits:
    """Return the edges for a patient on a local date, with method, inputs and confidence.

    Age is the age reached in the year of `on`, for only the year of birth is known. Without a profile, or without any
    figure to start from, the method is "none" and nothing is valid. Raises KeyError for a scheme that is no row.
    """
    table = SCHEMES[scheme]
    if profile is None:
        return _none(scheme)
    if profile.clinician_bpm is not None:
        return _clinician(profile.clinician_bpm, scheme)
    inputs = _inputs(profile, on)
    peak = next((row for row in PEAKS if row.fits(profile) and all(name in inputs for name in row.needs)), None)
    return _by_peak(peak, profile, inputs, scheme, table) if peak else _none(scheme)


def _inputs(profile: HeartProfile, on: date) -> Inputs:
    age = None if profile.birth_year is None else float(on.year - profile.birth_year)
    said = {"age": age, "hr_rest": profile.hr_rest, "hr_max": profile.hr_max}
    return {name: float(value) for name, value in said.items() if value is not None}


def _by_peak(peak: Peak, profile: HeartProfile, inputs: Inputs, scheme: str, table: Scheme) -> HeartLimits:
    top = round(peak.rate(inputs), 6)
    rest = inputs.get("hr_rest")
    percent, base = (table.hr_max, 0.0) if rest is None else (table.hrr, rest)
    edges = _edges(percent, base, top)
    usable = not profile.rate_limited and _ascending(edges)
    used = {name: inputs[name] for name in ("hr_rest", *peak.needs) if name in inputs}
    return HeartLimits(
        edges=edges,
        scheme=scheme,
        method=f"{'hrmax' if rest is None else 'hrr'}:{peak.name}",
        inputs={**used, "hr_max": top, **_named("percent", percent)},
        confidence=_confidence(peak, profile) if usable else Confidence.NONE,
        valid=usable and not (profile.beta_blocker and peak.formula),
    )


def _edges(percent: Sequence[int], base: float, top: float) -> Edges:
    light, moderate, vigorous, near_max = (karvonen(base, top, p / 100) for p in percent)
    return light, moderate, vigorous, near_max


def _confidence(peak: Peak, profile: HeartProfile) -> Confidence:
    if profile.beta_blocker and not peak.beta_blocked:
        return Confidence.NONE
    without_rest = peak.confidence is Confidence.HIGH and profile.hr_rest is None
    return Confidence.MEDIUM if without_rest else peak.confidence


def _clinician(bpm: Edges, scheme: str) -> HeartLimits:
    fine = _ascending(bpm)
    return HeartLimits(
        edges=bpm,
        scheme=scheme,
        method="clinician",
        inputs=_named("bpm", bpm),
        confidence=Confidence.HIGH if fine else Confidence.NONE,
        valid=fine,
    )


def _none(scheme: str) -> HeartLimits:
    return HeartLimits(
        edges=_NO_EDGES, scheme=scheme, method="none", inputs={}, confidence=Confidence.NONE, valid=False
    )


def _named(what: str, four: Sequence[float]) -> Inputs:
    return {f"{what}_{zone.value}": float(figure) for zone, figure in zip(CLASSES[1:], four, strict=True)}


def _ascending(edges: Edges) -> bool:
    return edges[0] > 0 and all(low < high for low, high in pairwise(edges))
