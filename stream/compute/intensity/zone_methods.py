"""The methods by which zone times can be computed, and how each finds its edges. Pure.

Clinical definition sections 2.1 to 2.3. `ZONE_METHODS` lists the methods; each names its scheme,
what is measured, and how its edges are computed. No method is preferred: the reader chooses. The
inputs do not repeat the percentages of a scheme's own table. It must never look at a sample.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from model.intensity import Confidence, HeartProfile
from model.prescription import Intensity
from model.words.activities import FAMILIES_WITH_STEPS
from stream.compute.intensity.schemes import (
    CR10,
    FTP,
    HR_MAX,
    HRR,
    MET,
    RPE_6_20,
    STEP_RATE,
    THRESHOLD,
    IntensityScheme,
)
from stream.compute.intensity.thresholds import (
    Inputs,
    IntensityScale,
    clinician_thresholds,
    heart_scale,
    threshold_scale,
)
from stream.compute.series.reported_columns import CADENCE, HEART, METS, OXYGEN, POWER

# These two are answers, a single value for a session, and not series of samples.
EXERTION_CR10 = "exertion_cr10"
EXERTION_6_20 = "exertion_6_20"

PRESCRIBED = "prescribed"  # the scheme of the prescribed range: below, within and above it

_ML_PER_MET = 3.5  # mL of oxygen per kg and minute


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodInputs:
    """What the edges of a method may depend on beside its scheme."""

    profile: HeartProfile | None
    on: date
    prescribed: Intensity | None
    exertion_cr10: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodEdges:
    """Edges in the unit of what is measured, with their method, inputs and confidence.

    With `with_end`, the last edge belongs to the band below it.
    """

    edges: tuple[float, ...]
    method: str
    inputs: Inputs
    confidence: Confidence
    valid: bool = True
    with_end: bool = False


FindScale = Callable[[MethodInputs], IntensityScale | None]
FindEdges = Callable[[MethodInputs, IntensityScheme], MethodEdges | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMethod:
    """A method: a scheme, the metric that it classifies, and how its edges are computed.

    `families` are the type families that the method is for; when empty, it is for all.
    """

    scheme: str
    metric: str
    find_edges: FindEdges
    families: frozenset[str] = frozenset()


def _heart(basis: str) -> FindScale:
    def find(inputs: MethodInputs) -> IntensityScale | None:
        profile = inputs.profile
        return None if profile is None else heart_scale(profile, inputs.on, basis)

    return find


def _threshold(inputs: MethodInputs) -> IntensityScale | None:
    return None if inputs.profile is None else threshold_scale(inputs.profile)


def _ftp(inputs: MethodInputs) -> IntensityScale | None:
    if inputs.profile is None or inputs.profile.ftp_w is None:
        return None
    watts = float(inputs.profile.ftp_w)
    return IntensityScale(
        top=watts, method=f"{FTP}:measured", inputs={"ftp_w": watts}, confidence=Confidence.HIGH
    )


def _absolute(method: str, confidence: Confidence, unit: float = 1.0, **inputs: float) -> FindScale:
    """Return a scale that is the same for all patients: 1 on the basis is `unit` of the metric."""
    scale = IntensityScale(top=100 * unit, method=method, inputs=inputs, confidence=confidence)
    return lambda _: scale


def _exertion(method: str, confidence: Confidence) -> FindScale:
    """Return a function that gives the scale of a reported exertion, None without an answer."""

    def find(inputs: MethodInputs) -> IntensityScale | None:
        if inputs.exertion_cr10 is None:
            return None
        answer = {EXERTION_CR10: float(inputs.exertion_cr10)}
        return IntensityScale(top=100.0, method=method, inputs=answer, confidence=confidence)

    return find


def _of_scheme(basis: str, find_scale: FindScale) -> FindEdges:
    """Return a function that computes a scheme's own edges on a basis."""

    def find(inputs: MethodInputs, scheme: IntensityScheme) -> MethodEdges | None:
        scale = find_scale(inputs)
        return None if scale is None else _on_scale(scale, scheme.edges[basis])

    return find


def _of_clinician(inputs: MethodInputs, _: IntensityScheme) -> MethodEdges | None:
    if inputs.profile is None or inputs.profile.clinician_bpm is None:
        return None
    thresholds = clinician_thresholds(inputs.profile.clinician_bpm)
    return MethodEdges(
        edges=thresholds.edges,
        method=thresholds.method,
        inputs=thresholds.inputs,
        confidence=thresholds.confidence,
        valid=thresholds.valid,
    )


def _of_prescription(
    method: str, find_scale: FindScale, percent: float = 1.0, *, with_end: bool = False
) -> FindEdges:
    """Return a function that computes the edges of the prescribed range [low, high).

    It gives None when the prescription does not use `method`. `percent` is the percentage on the
    scale that equals 1 in the prescription's unit. `with_end` makes the range [low, high].
    """

    def find(inputs: MethodInputs, _: IntensityScheme) -> MethodEdges | None:
        wanted = inputs.prescribed
        if wanted is None or wanted.method != method:
            return None
        scale = find_scale(inputs)
        if scale is None:
            return None
        # A range is three bands: below it, within it, and above it.
        edges = _on_scale(scale, (percent * wanted.low, percent * wanted.high))
        bounds = {"low": float(wanted.low), "high": float(wanted.high)}
        return replace(
            edges,
            method=f"prescribed:{edges.method}",
            inputs={**edges.inputs, **bounds},
            with_end=with_end,
        )

    return find


def _on_scale(scale: IntensityScale, percents: tuple[float, ...]) -> MethodEdges:
    return MethodEdges(
        edges=scale.edges(percents),
        method=scale.method,
        inputs=scale.inputs,
        confidence=scale.confidence,
        valid=scale.valid,
    )


# The words of Borg's scales are the patient's own judgement; a conversion between them adds doubt.
_RPE_CR10 = _exertion(f"rpe:{CR10}", Confidence.MEDIUM)
_RPE_6_20 = _exertion(f"rpe:{RPE_6_20} from {CR10}", Confidence.LOW)
# Edges for all adults are a rough guide for a patient; edges that a clinician wrote are exact.
_STEPS = _absolute("cadence:absolute", Confidence.LOW)
_STEPS_PRESCRIBED = _absolute("cadence:absolute", Confidence.HIGH)
_METS = _absolute("mets:device", Confidence.LOW)
_OXYGEN = _absolute("mets:oxygen_uptake", Confidence.MEDIUM, _ML_PER_MET, ml_per_met=_ML_PER_MET)
_BPM = _absolute("bpm", Confidence.HIGH)
_WATTS = _absolute("watts", Confidence.HIGH)


def _row(
    scheme: str, metric: str, find_edges: FindEdges, families: frozenset[str] = frozenset()
) -> ZoneMethod:
    return ZoneMethod(scheme=scheme, metric=metric, find_edges=find_edges, families=families)


ZONE_METHODS: tuple[ZoneMethod, ...] = (
    _row("acsm2011", HEART, _of_clinician),
    _row("acsm2011", HEART, _of_scheme(HRR, _heart(HRR))),
    _row("acsm2011", HEART, _of_scheme(HR_MAX, _heart(HR_MAX))),
    _row("esc2020", HEART, _of_scheme(HRR, _heart(HRR))),
    _row("esc2020", HEART, _of_scheme(HR_MAX, _heart(HR_MAX))),
    _row("coaching5", HEART, _of_scheme(HR_MAX, _heart(HR_MAX))),
    _row("threshold5", HEART, _of_scheme(THRESHOLD, _threshold)),
    _row("power7", POWER, _of_scheme(FTP, _ftp)),
    _row("cadence", CADENCE, _of_scheme(STEP_RATE, _STEPS), FAMILIES_WITH_STEPS),
    _row("acsm2011", METS, _of_scheme(MET, _METS)),
    _row("acsm2011", OXYGEN, _of_scheme(MET, _OXYGEN)),
    _row("acsm2011", EXERTION_CR10, _of_scheme(CR10, _RPE_CR10)),
    _row("esc2020", EXERTION_CR10, _of_scheme(CR10, _RPE_CR10)),
    _row(PRESCRIBED, HEART, _of_prescription("hrr", _heart(HRR), percent=100)),
    _row(PRESCRIBED, HEART, _of_prescription("hrmax", _heart(HR_MAX), percent=100)),
    _row(PRESCRIBED, HEART, _of_prescription("bpm", _BPM)),
    _row(PRESCRIBED, POWER, _of_prescription("watts", _WATTS)),
    _row(PRESCRIBED, CADENCE, _of_prescription("cadence", _STEPS_PRESCRIBED), FAMILIES_WITH_STEPS),
    _row(PRESCRIBED, EXERTION_CR10, _of_prescription("rpe_cr10", _RPE_CR10, with_end=True)),
    _row(PRESCRIBED, EXERTION_6_20, _of_prescription("rpe_6_20", _RPE_6_20, with_end=True)),
)
