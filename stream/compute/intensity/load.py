"""Training load of a session by every formula, each with its inputs or why there is none. Never says what is right.

Clinical definition section 3.4. `LOADS` is the table that is walked; the formulas are in `formulas`. `known_ms` among
the inputs says how much of the time was known. Where a drug or condition forbids heart rate (see `limits`), no load
rests on it. A figure is rounded to a millionth, so that one computer's exponential function does not show in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from model.derived import Load
from model.intensity import Confidence, HeartProfile
from stream.compute.intensity.formulas import (
    BANISTER,
    Coefficients,
    decoupling,
    edwards,
    lucia,
    session_rpe,
    time_weighted_mean,
    trimp,
    trimp100,
    zonal,
)
from stream.compute.intensity.schemes import HR_MAX, HRR
from stream.compute.intensity.thresholds import Inputs, IntensityScale, heart_scale, threshold_scale
from stream.compute.intensity.zone_times import EXERTION_CR10
from stream.compute.intensity.zones import HeldValues, distinct_values, held_values
from stream.compute.series.reported_columns import HEART, POWER, SPEED
from stream.compute.series.resolved_series import ResolvedSeries

RECOVERY_MS = 60_000
UNKNOWN_AT_MOST = 0.2  # of a half of the session, for decoupling
_OUTPUTS = (POWER, SPEED)  # the first that is known in both halves speaks
_DIGITS = 6

NO_HEART = "no heart rate"
NO_RESERVE = "resting or maximal heart rate is not known"
NO_PEAK = "maximal heart rate is not known"
NO_THRESHOLD = "no heart rate at the threshold"
NO_VENTILATORY = "no heart rates at the ventilatory thresholds"
NO_SEX = "sex is not known, which chooses the coefficients"
NO_EXERTION = "no exertion was reported"
NO_HALVES = "heart rate and power or speed are not known in both halves"
NO_AFTER = "no heart rate 60 s after the end"
FORBIDDEN = "heart rate must not be used: drug, condition, or figures that contradict each other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadInputs:
    """What loads may rest on; `heart` holds the session's heart rate, empty when there is none."""

    tracks: Mapping[str, ResolvedSeries]
    start_ms: int
    end_ms: int
    heart: HeldValues
    profile: HeartProfile | None
    on: date
    exertion_cr10: float | None
    coefficients: Mapping[str, Coefficients]

    @property
    def rate_limited(self) -> bool:
        """Return whether rate and effort no longer go together."""
        return self.profile is not None and self.profile.rate_limited


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedLoad:
    """A load that could be computed."""

    value: float
    inputs: Inputs
    confidence: Confidence


FindLoad = Callable[[LoadInputs], ComputedLoad | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFormula:
    """One load: its name, how it is found (a figure, or why there is none), and whether figures of a day add up."""

    name: str
    find: FindLoad
    adds: bool = True


def session_loads(
    tracks: Mapping[str, ResolvedSeries],
    start_ms: int,
    end_ms: int,
    profile: HeartProfile | None,
    on: date,
    *,
    exertion_cr10: float | None,
    coefficients: Mapping[str, Coefficients] = BANISTER,
) -> tuple[Load, ...]:
    """Return every load of a session [start, end) in epoch ms, in table order; without a value it says why.

    `tracks` by metric in canonical units, reaching beyond the session for what follows its end; `on` is the session's
    local date, `coefficients` Banister's by sex.
    """
    track = tracks.get(HEART)
    none = HeldValues(v=np.empty(0), ms=np.empty(0, dtype=np.int64))
    given = LoadInputs(
        tracks=tracks,
        start_ms=start_ms,
        end_ms=end_ms,
        heart=none if track is None else distinct_values(held_values(track, start_ms, end_ms)),
        profile=profile,
        on=on,
        exertion_cr10=exertion_cr10,
        coefficients=coefficients,
    )
    return tuple(_load(row.name, row.find(given)) for row in LOAD_FORMULAS)


def _load(name: str, figure: ComputedLoad | str) -> Load:
    if isinstance(figure, str):
        return Load(name=name, value=None, why=figure)
    return Load(
        name=name, value=_rounded(figure.value), inputs=figure.inputs, confidence=figure.confidence
    )


def _rounded(value: float) -> float:
    """Round a figure; -0.0 becomes 0.0, as the database keeps it: equal values, equal bytes."""
    return round(value, _DIGITS) + 0.0


def value_held_at(track: ResolvedSeries, at_ms: int, since_ms: int) -> float | None:
    """Return the value that a sample taken from `since_ms` on holds at an instant, or None."""
    n = int(np.searchsorted(track.t, at_ms, side="right")) - 1
    if n < 0 or track.t[n] < since_ms or track.t[n] + track.hold[n] <= at_ms:
        return None
    return float(track.v[n])


def _usable(given: LoadInputs, scale: IntensityScale | None, missing: str) -> IntensityScale | str:
    if not len(given.heart.v):
        return NO_HEART
    if scale is None:
        return missing
    return scale if scale.valid else FORBIDDEN


def _of_heart(given: LoadInputs, basis: str) -> IntensityScale | str:
    scale = None if given.profile is None else heart_scale(given.profile, given.on, basis)
    return _usable(given, scale, NO_RESERVE if basis == HRR else NO_PEAK)


def _of_threshold(given: LoadInputs) -> IntensityScale | str:
    return _usable(
        given, None if given.profile is None else threshold_scale(given.profile), NO_THRESHOLD
    )


def _by_sex(given: LoadInputs) -> Coefficients | str:
    sex = "" if given.profile is None else given.profile.sex
    return given.coefficients.get(sex, NO_SEX)


def _figure(
    given: LoadInputs, value: float, scale: IntensityScale, **inputs: float
) -> ComputedLoad:
    known = {"known_ms": float(given.heart.known_ms)}
    return ComputedLoad(
        value=value, inputs={**scale.inputs, **inputs, **known}, confidence=scale.confidence
    )


def _trimp(given: LoadInputs) -> ComputedLoad | str:
    reserve, by = _of_heart(given, HRR), _by_sex(given)
    if isinstance(reserve, str):
        return reserve
    if isinstance(by, str):
        return by
    return _figure(
        given, trimp(given.heart, reserve.base, reserve.top, by), reserve, a=by.a, b=by.b
    )


def _trimp100(given: LoadInputs) -> ComputedLoad | str:
    reserve, threshold, by = _of_heart(given, HRR), _of_threshold(given), _by_sex(given)
    if isinstance(reserve, str):
        return reserve
    if isinstance(threshold, str):
        return threshold
    if isinstance(by, str):
        return by
    if threshold.top <= reserve.base:
        return FORBIDDEN
    value = trimp100(given.heart, reserve.base, reserve.top, threshold.top, by)
    return _figure(given, value, reserve, threshold_hr=threshold.top, a=by.a, b=by.b)


def _edwards(given: LoadInputs) -> ComputedLoad | str:
    scale = _of_heart(given, HR_MAX)
    return (
        scale if isinstance(scale, str) else _figure(given, edwards(given.heart, scale.top), scale)
    )


def _zonal(given: LoadInputs) -> ComputedLoad | str:
    scale = _of_threshold(given)
    return scale if isinstance(scale, str) else _figure(given, zonal(given.heart, scale.top), scale)


def _lucia(given: LoadInputs) -> ComputedLoad | str:
    vt1, vt2 = (
        (None, None) if given.profile is None else (given.profile.vt1_bpm, given.profile.vt2_bpm)
    )
    if vt1 is None or vt2 is None:
        return NO_VENTILATORY if len(given.heart.v) else NO_HEART
    usable = not given.rate_limited and 0 < vt1 < vt2
    thresholds = {"vt1_bpm": float(vt1), "vt2_bpm": float(vt2)}
    tested = IntensityScale(
        top=vt2, method="tested", inputs=thresholds, confidence=Confidence.HIGH, valid=usable
    )
    scale = _usable(given, tested, NO_VENTILATORY)
    return scale if isinstance(scale, str) else _figure(given, lucia(given.heart, vt1, vt2), scale)


def _session_rpe(given: LoadInputs) -> ComputedLoad | str:
    if given.exertion_cr10 is None:
        return NO_EXERTION
    length_ms = given.end_ms - given.start_ms
    inputs = {EXERTION_CR10: float(given.exertion_cr10), "length_ms": float(length_ms)}
    return ComputedLoad(
        value=session_rpe(given.exertion_cr10, length_ms),
        inputs=inputs,
        confidence=Confidence.MEDIUM,
    )


def _decoupling(given: LoadInputs) -> ComputedLoad | str:
    if given.rate_limited:
        return FORBIDDEN
    heart = _halves(given, HEART)
    matches = ((metric, _halves(given, metric)) for metric in _OUTPUTS)
    metric, output = next(
        ((metric, both) for metric, both in matches if both and both[0] > 0), ("", None)
    )
    if heart is None or output is None:
        return NO_HALVES
    means = ((HEART, heart), (metric, output))
    inputs = {
        f"{name}_{n}": _rounded(value)
        for name, both in means
        for n, value in enumerate(both, start=1)
    }
    known = {"known_ms": float(given.heart.known_ms)}
    return ComputedLoad(
        value=decoupling(output, heart), inputs={**inputs, **known}, confidence=Confidence.MEDIUM
    )


def _halves(given: LoadInputs, metric: str) -> tuple[float, float] | None:
    """Return the means of a metric in the halves of the session; None when too much of a half is unknown."""
    if metric not in given.tracks:
        return None
    middle = (given.start_ms + given.end_ms) // 2
    spans = ((given.start_ms, middle), (middle, given.end_ms))
    first, second = (held_values(given.tracks[metric], start, end) for start, end in spans)
    least = (1 - UNKNOWN_AT_MOST) * (given.end_ms - middle)
    if not len(first.v) or not len(second.v) or min(first.known_ms, second.known_ms) < least:
        return None
    return time_weighted_mean(first), time_weighted_mean(second)


def _recovery(given: LoadInputs) -> ComputedLoad | str:
    if not len(given.heart.v):
        return NO_HEART
    if given.rate_limited:
        return FORBIDDEN
    after = value_held_at(given.tracks[HEART], given.end_ms + RECOVERY_MS, given.end_ms)
    if after is None:
        return NO_AFTER
    peak = float(given.heart.v.max())
    inputs = {"hr_peak": peak, "hr_after": after, "after_ms": float(RECOVERY_MS)}
    return ComputedLoad(value=peak - after, inputs=inputs, confidence=Confidence.MEDIUM)


LOAD_FORMULAS: tuple[LoadFormula, ...] = (
    LoadFormula(name="trimp", find=_trimp),
    LoadFormula(name="trimp100", find=_trimp100),
    LoadFormula(name="edwards", find=_edwards),
    LoadFormula(name="lucia", find=_lucia),
    LoadFormula(name="zonal", find=_zonal),
    LoadFormula(name="session_rpe", find=_session_rpe),
    LoadFormula(name="decoupling", find=_decoupling, adds=False),
    LoadFormula(name="hr_recovery", find=_recovery, adds=False),
)
ADDITIVE_LOADS: frozenset[str] = frozenset(row.name for row in LOAD_FORMULAS if row.adds)
