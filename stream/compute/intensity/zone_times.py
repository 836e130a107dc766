"""Time of a session in the classes of every method that its data allows. Never picks one: the reader does.

Clinical definition sections 2.1 to 2.3. `METHODS` is the table that is walked: a method names its scheme, what is
measured, and how the edges are found. A method without its inputs is left out; one that a drug or condition forbids is
shown with its edges, and all of the time is unknown (see `limits`). The percents of a scheme's own table are not
repeated among the inputs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from model.intensity import Confidence, HeartProfile, ZoneTimesByMethod
from model.prescription import Intensity
from stream.compute.intensity.schemes import (
    CR10,
    FTP,
    HR_MAX,
    HRR,
    INTENSITY_SCHEMES,
    MET,
    RPE_6_20,
    STEP_RATE,
    THRESHOLD,
    IntensityScheme,
    rpe_6_20,
)
from stream.compute.intensity.thresholds import (
    Inputs,
    IntensityScale,
    clinician_thresholds,
    heart_scale,
    threshold_scale,
)
from stream.compute.intensity.zones import HeldValues, distinct_values, held_values, time_in_bands
from stream.compute.series.reported_columns import CADENCE, HEART, METS, OXYGEN, POWER
from stream.compute.series.resolved_series import ResolvedSeries

EXERTION_CR10 = "exertion_cr10"  # an answer, not a track: one value for the whole session
EXERTION_6_20 = "exertion_6_20"
ML_PER_MET = 3.5  # of oxygen a kilogram and minute
STEP_FAMILIES = frozenset({"foot"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodInputs:
    """What edges may rest on, beside the scheme."""

    profile: HeartProfile | None
    on: date
    prescribed: Intensity | None
    exertion_cr10: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodEdges:
    """Edges in the unit of what is measured, and how they were found."""

    edges: tuple[float, ...]
    method: str
    inputs: Inputs
    confidence: Confidence
    valid: bool = True


FindScale = Callable[[MethodInputs], IntensityScale | None]
FindEdges = Callable[[MethodInputs, IntensityScheme], MethodEdges | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneMethod:
    """One row: a scheme, the metric it cuts, how its edges are found, and for which families (none: for all)."""

    scheme: str
    metric: str
    cut: FindEdges
    families: frozenset[str] = frozenset()


def _heart(basis: str) -> FindScale:
    return lambda given: (
        None if given.profile is None else heart_scale(given.profile, given.on, basis)
    )


def _threshold(given: MethodInputs) -> IntensityScale | None:
    return None if given.profile is None else threshold_scale(given.profile)


def _ftp(given: MethodInputs) -> IntensityScale | None:
    if given.profile is None or given.profile.ftp_w is None:
        return None
    watts = float(given.profile.ftp_w)
    return IntensityScale(
        top=watts, method=f"{FTP}:measured", inputs={"ftp_w": watts}, confidence=Confidence.HIGH
    )


def _absolute(method: str, confidence: Confidence, unit: float = 1.0, **inputs: float) -> FindScale:
    """Return a scale that is the same for everybody: one of the basis is `unit` of what is measured."""
    scale = IntensityScale(top=100 * unit, method=method, inputs=inputs, confidence=confidence)
    return lambda _: scale


def _answered(method: str, confidence: Confidence) -> FindScale:
    def find(given: MethodInputs) -> IntensityScale | None:
        if given.exertion_cr10 is None:
            return None
        return IntensityScale(
            top=100.0,
            method=method,
            inputs={EXERTION_CR10: float(given.exertion_cr10)},
            confidence=confidence,
        )

    return find


_RPE_CR10 = _answered(f"rpe:{CR10}", Confidence.MEDIUM)
_RPE_6_20 = _answered(f"rpe:{RPE_6_20} from {CR10}", Confidence.LOW)


def _scaled(basis: str, find: FindScale) -> FindEdges:
    """Return the cutter of a scheme's own edges on a basis."""

    def cut(given: MethodInputs, scheme: IntensityScheme) -> MethodEdges | None:
        scale = find(given)
        return None if scale is None else _on(scale, scheme.edges[basis])

    return cut


def _clinician(given: MethodInputs, _: IntensityScheme) -> MethodEdges | None:
    if given.profile is None or given.profile.clinician_bpm is None:
        return None
    matches = clinician_thresholds(given.profile.clinician_bpm)
    return MethodEdges(
        edges=matches.edges,
        method=matches.method,
        inputs=matches.inputs,
        confidence=matches.confidence,
        valid=matches.valid,
    )


def _range(method: str, find: FindScale, percent: float = 1.0) -> FindEdges:
    """Return the cutter of the prescribed range [low, high); `percent` is what one of its unit is on the scale."""

    def cut(given: MethodInputs, _: IntensityScheme) -> MethodEdges | None:
        wanted = given.prescribed
        scale = find(given) if wanted is not None and wanted.method == method else None
        if wanted is None or scale is None:
            return None
        matches = _on(scale, (percent * wanted.low, percent * wanted.high))
        inputs = {**matches.inputs, "low": float(wanted.low), "high": float(wanted.high)}
        return replace(matches, method=f"prescribed:{matches.method}", inputs=inputs)

    return cut


def _on(scale: IntensityScale, percents: tuple[float, ...]) -> MethodEdges:
    return MethodEdges(
        edges=scale.edges(percents),
        method=scale.method,
        inputs=scale.inputs,
        confidence=scale.confidence,
        valid=scale.valid,
    )


_OXYGEN = _absolute("mets:oxygen_uptake", Confidence.MEDIUM, ML_PER_MET, ml_per_met=ML_PER_MET)

ZONE_METHODS: tuple[ZoneMethod, ...] = (
    ZoneMethod(scheme="acsm2011", metric=HEART, cut=_clinician),
    ZoneMethod(scheme="acsm2011", metric=HEART, cut=_scaled(HRR, _heart(HRR))),
    ZoneMethod(scheme="acsm2011", metric=HEART, cut=_scaled(HR_MAX, _heart(HR_MAX))),
    ZoneMethod(scheme="esc2020", metric=HEART, cut=_scaled(HRR, _heart(HRR))),
    ZoneMethod(scheme="esc2020", metric=HEART, cut=_scaled(HR_MAX, _heart(HR_MAX))),
    ZoneMethod(scheme="coaching5", metric=HEART, cut=_scaled(HR_MAX, _heart(HR_MAX))),
    ZoneMethod(scheme="threshold5", metric=HEART, cut=_scaled(THRESHOLD, _threshold)),
    ZoneMethod(scheme="power7", metric=POWER, cut=_scaled(FTP, _ftp)),
    ZoneMethod(
        scheme="cadence",
        metric=CADENCE,
        cut=_scaled(STEP_RATE, _absolute("cadence:absolute", Confidence.LOW)),
        families=STEP_FAMILIES,
    ),
    ZoneMethod(
        scheme="acsm2011", metric=METS, cut=_scaled(MET, _absolute("mets:device", Confidence.LOW))
    ),
    ZoneMethod(scheme="acsm2011", metric=OXYGEN, cut=_scaled(MET, _OXYGEN)),
    ZoneMethod(scheme="acsm2011", metric=EXERTION_CR10, cut=_scaled(CR10, _RPE_CR10)),
    ZoneMethod(scheme="esc2020", metric=EXERTION_CR10, cut=_scaled(CR10, _RPE_CR10)),
    ZoneMethod(scheme="prescribed", metric=HEART, cut=_range("hrr", _heart(HRR), percent=100)),
    ZoneMethod(
        scheme="prescribed", metric=HEART, cut=_range("bpm", _absolute("bpm", Confidence.HIGH))
    ),
    ZoneMethod(
        scheme="prescribed", metric=POWER, cut=_range("watts", _absolute("watts", Confidence.HIGH))
    ),
    ZoneMethod(
        scheme="prescribed",
        metric=CADENCE,
        cut=_range("cadence", _absolute("cadence:absolute", Confidence.HIGH)),
        families=STEP_FAMILIES,
    ),
    ZoneMethod(scheme="prescribed", metric=EXERTION_CR10, cut=_range("rpe_cr10", _RPE_CR10)),
    ZoneMethod(scheme="prescribed", metric=EXERTION_6_20, cut=_range("rpe_6_20", _RPE_6_20)),
)


def zone_times_by_method(  # noqa: PLR0913 - a session, whole
    tracks: Mapping[str, ResolvedSeries],
    start_ms: int,
    end_ms: int,
    profile: HeartProfile | None,
    on: date,
    *,
    family: str,
    exertion_cr10: float | None,
    prescribed: Intensity | None,
) -> tuple[ZoneTimesByMethod, ...]:
    """Return the time of a session [start, end) in epoch ms by every method that its data allows, in table order.

    `tracks` by metric in canonical units; `on` is the session's local date, `family` that of its type
    (`activities.TYPES`), `exertion_cr10` the answer on Borg CR10, `prescribed` the range prescribed on that date.
    In each, `ms` and `unknown_ms` add up to end - start, exactly.
    """
    given = MethodInputs(profile=profile, on=on, prescribed=prescribed, exertion_cr10=exertion_cr10)
    rows = [row for row in ZONE_METHODS if not row.families or family in row.families]
    measured = _measured({row.metric for row in rows}, tracks, start_ms, end_ms)
    result = {**measured, **_said(exertion_cr10, end_ms - start_ms)}
    cuts = [
        (row, row.cut(given, INTENSITY_SCHEMES[row.scheme])) for row in rows if row.metric in result
    ]
    return tuple(
        _banding(row, cut, result[row.metric], end_ms - start_ms)
        for row, cut in cuts
        if cut is not None
    )


def _measured(
    metrics: set[str], tracks: Mapping[str, ResolvedSeries], start_ms: int, end_ms: int
) -> dict[str, HeldValues]:
    """Return what was held of each metric that has a sample in the session, worked out once for all methods."""
    total = {
        metric: held_values(tracks[metric], start_ms, end_ms)
        for metric in metrics
        if metric in tracks
    }
    if HEART in total:  # many methods read it: sorted once, then all are cheap
        total[HEART] = distinct_values(total[HEART])
    return {metric: values for metric, values in total.items() if len(values.v)}


def _said(exertion_cr10: float | None, length_ms: int) -> dict[str, HeldValues]:
    """Return an answer as if it were held during the whole session, on both of Borg's scales."""
    if exertion_cr10 is None:
        return {}
    ms = np.array([length_ms], dtype=np.int64)
    on_scales = {EXERTION_CR10: float(exertion_cr10), EXERTION_6_20: rpe_6_20(exertion_cr10)}
    return {metric: HeldValues(v=np.array([value]), ms=ms) for metric, value in on_scales.items()}


def _banding(
    row: ZoneMethod, cut: MethodEdges, value: HeldValues, length_ms: int
) -> ZoneTimesByMethod:
    names = INTENSITY_SCHEMES[row.scheme].names
    ms = time_in_bands(value, cut.edges) if cut.valid else (0,) * len(names)
    return ZoneTimesByMethod(
        scheme=row.scheme,
        method=cut.method,
        metric=row.metric,
        names=names,
        edges=cut.edges,
        ms=ms,
        unknown_ms=length_ms - sum(ms),
        inputs=cut.inputs,
        confidence=cut.confidence,
        valid=cut.valid,
    )
