"""Training load of a session by every formula.

Clinical definition section 3.4. Each load comes with its inputs, or with the reason why it has no
value. `LOAD_FORMULAS` lists the loads and `formulas` has their formulas. No load is preferred.
`known_ms` among the inputs is the time for which heart rate was known. Where a drug or condition
forbids heart rate (see `thresholds`), no load uses it. Figures are rounded to a millionth, so that
they do not depend on a computer's exponential function.
"""

from collections.abc import Mapping

import numpy as np

from model.derived.sessions import Load
from model.intensity import Confidence
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
from stream.compute.intensity.load_inputs import (
    FORBIDDEN,
    NO_AFTER,
    NO_EXERTION,
    NO_HALVES,
    NO_HEART,
    NO_PEAK,
    NO_RESERVE,
    NO_SEX,
    NO_THRESHOLD,
    NO_VENTILATORY,
    ComputedLoad,
    LoadFormula,
    LoadInputs,
)
from stream.compute.intensity.measured_session import MeasuredSession
from stream.compute.intensity.schemes import HR_MAX, HRR
from stream.compute.intensity.thresholds import IntensityScale, heart_scale, threshold_scale
from stream.compute.intensity.zone_methods import EXERTION_CR10
from stream.compute.intensity.zones import HeldValues, distinct_values, held_at_most, held_values
from stream.compute.pieces import middle_of, pieces_ms
from stream.compute.series.reported_columns import HEART, POWER, SPEED
from stream.compute.series.resolved_series import ResolvedSeries

RECOVERY_MS = 60_000  # Cole 1999 reads the fall of heart rate after one minute
UNKNOWN_AT_MOST = 0.2  # of a half of the session, for decoupling
_OUTPUTS = (POWER, SPEED)  # the first that is known in both halves is used
_DIGITS = 6  # far below any difference that matters, far above what an `exp` may differ by


def session_loads(
    session: MeasuredSession, coefficients: Mapping[str, Coefficients] = BANISTER
) -> tuple[Load, ...]:
    """Return every load of a session, in the order of the table.

    A load without a value has the reason instead. `coefficients` are Banister's, by sex.
    """
    inputs = LoadInputs(
        by_metric=session.by_metric,
        start_ms=session.start_ms,
        end_ms=session.end_ms,
        heart=_held_heart(session),
        profile=session.profile,
        on=session.on,
        exertion_cr10=session.exertion_cr10,
        coefficients=coefficients,
        running=session.running,
        timer_ms=session.timer_ms,
    )
    return tuple(_load(row.name, row.find(inputs)) for row in LOAD_FORMULAS)


def _held_heart(session: MeasuredSession) -> HeldValues:
    """Return the heart rates of a session with the time that each was held."""
    heart = session.by_metric.get(HEART)
    if heart is None:
        return HeldValues(v=np.empty(0), ms=np.empty(0, dtype=np.int64))
    held = held_values(heart, session.start_ms, session.end_ms)
    # Each distinct value is weighed once, however often it was measured.
    return distinct_values(held_at_most(held, session.timer_ms))


def _load(name: str, figure: ComputedLoad | str) -> Load:
    if isinstance(figure, str):
        return Load(name=name, value=None, why=figure)
    return Load(
        name=name, value=_rounded(figure.value), inputs=figure.inputs, confidence=figure.confidence
    )


def _rounded(value: float) -> float:
    """Return a figure rounded to a millionth.

    -0.0 becomes 0.0, as in the database, so that equal values have equal bytes.
    """
    return round(value, _DIGITS) + 0.0


def value_held_at(series: ResolvedSeries, at_ms: int, since_ms: int) -> float | None:
    """Return the value that is held at an instant, None when no sample holds then.

    Samples before `since_ms` are not used. Both instants are in epoch ms.
    """
    n = int(np.searchsorted(series.t, at_ms, side="right")) - 1
    # The last sample at or before the instant is the only one that can still hold.
    if n < 0 or series.t[n] < since_ms or series.t[n] + series.hold[n] <= at_ms:
        return None
    return float(series.v[n])


def _usable(
    session: LoadInputs, scale: IntensityScale | None, missing: str
) -> IntensityScale | str:
    if not len(session.heart.v):
        return NO_HEART
    if scale is None:
        return missing
    return scale if scale.valid else FORBIDDEN


def _of_heart(session: LoadInputs, basis: str) -> IntensityScale | str:
    scale = None if session.profile is None else heart_scale(session.profile, session.on, basis)
    return _usable(session, scale, NO_RESERVE if basis == HRR else NO_PEAK)


def _of_threshold(session: LoadInputs) -> IntensityScale | str:
    return _usable(
        session, None if session.profile is None else threshold_scale(session.profile), NO_THRESHOLD
    )


def _by_sex(session: LoadInputs) -> Coefficients | str:
    sex = "" if session.profile is None else session.profile.sex
    return session.coefficients.get(sex, NO_SEX)


def _figure(
    session: LoadInputs, value: float, scale: IntensityScale, **inputs: float
) -> ComputedLoad:
    known = {"known_ms": float(session.heart.known_ms)}
    return ComputedLoad(
        value=value, inputs={**scale.inputs, **inputs, **known}, confidence=scale.confidence
    )


def _trimp(session: LoadInputs) -> ComputedLoad | str:
    reserve, by = _of_heart(session, HRR), _by_sex(session)
    if isinstance(reserve, str):
        return reserve
    if isinstance(by, str):
        return by
    # The coefficients are among the inputs, because the literature has two sets for women.
    return _figure(
        session, trimp(session.heart, reserve.base, reserve.top, by), reserve, a=by.a, b=by.b
    )


def _trimp100(session: LoadInputs) -> ComputedLoad | str:
    reserve, threshold, by = _of_heart(session, HRR), _of_threshold(session), _by_sex(session)
    if isinstance(reserve, str):
        return reserve
    if isinstance(threshold, str):
        return threshold
    if isinstance(by, str):
        return by
    # An hour at a threshold at or below rest would weigh nothing, and it is the divisor.
    if threshold.top <= reserve.base:
        return FORBIDDEN
    value = trimp100(session.heart, reserve.base, reserve.top, threshold.top, by)
    return _figure(session, value, reserve, threshold_hr=threshold.top, a=by.a, b=by.b)


def _edwards(session: LoadInputs) -> ComputedLoad | str:
    scale = _of_heart(session, HR_MAX)
    return (
        scale
        if isinstance(scale, str)
        else _figure(session, edwards(session.heart, scale.top), scale)
    )


def _zonal(session: LoadInputs) -> ComputedLoad | str:
    scale = _of_threshold(session)
    return (
        scale
        if isinstance(scale, str)
        else _figure(session, zonal(session.heart, scale.top), scale)
    )


def _lucia(session: LoadInputs) -> ComputedLoad | str:
    vt1, vt2 = (
        (None, None)
        if session.profile is None
        else (session.profile.vt1_bpm, session.profile.vt2_bpm)
    )
    if vt1 is None or vt2 is None:
        return NO_VENTILATORY if len(session.heart.v) else NO_HEART
    # A test finds these in the patient; it still fails where the rate does not follow effort.
    usable = not session.rate_limited and 0 < vt1 < vt2
    thresholds = {"vt1_bpm": float(vt1), "vt2_bpm": float(vt2)}
    tested = IntensityScale(
        top=vt2, method="tested", inputs=thresholds, confidence=Confidence.HIGH, valid=usable
    )
    scale = _usable(session, tested, NO_VENTILATORY)
    return (
        scale if isinstance(scale, str) else _figure(session, lucia(session.heart, vt1, vt2), scale)
    )


def _session_rpe(session: LoadInputs) -> ComputedLoad | str:
    if session.exertion_cr10 is None:
        return NO_EXERTION
    inputs = {EXERTION_CR10: float(session.exertion_cr10), "length_ms": float(session.timer_ms)}
    return ComputedLoad(
        value=session_rpe(session.exertion_cr10, session.timer_ms),
        inputs=inputs,
        confidence=Confidence.MEDIUM,
    )


def _decoupling(session: LoadInputs) -> ComputedLoad | str:
    # A rate that does not follow effort would look like a heart that never tires.
    if session.rate_limited:
        return FORBIDDEN
    heart = _halves(session, HEART)
    metric, output = _output_halves(session)
    if heart is None or output is None:
        return NO_HALVES
    inputs = {
        f"{HEART}_1": _rounded(heart[0]),
        f"{HEART}_2": _rounded(heart[1]),
        f"{metric}_1": _rounded(output[0]),
        f"{metric}_2": _rounded(output[1]),
    }
    known = {"known_ms": float(session.heart.known_ms)}
    return ComputedLoad(
        value=decoupling(output, heart), inputs={**inputs, **known}, confidence=Confidence.MEDIUM
    )


def _output_halves(session: LoadInputs) -> tuple[str, tuple[float, float] | None]:
    """Return the first output metric that is known in both halves, with its means.

    The first mean must be positive, because `decoupling` divides by it.
    """
    for metric in _OUTPUTS:
        means = _halves(session, metric)
        if means is not None and means[0] > 0:
            return metric, means
    return "", None


def _halves(session: LoadInputs, metric: str) -> tuple[float, float] | None:
    """Return the means of a metric in both halves of a session.

    None when too much of a half is unknown.
    """
    if metric not in session.by_metric or not session.running:
        return None
    series, middle = session.by_metric[metric], middle_of(session.running)
    first = held_values(series, session.start_ms, middle)
    second = held_values(series, middle, session.end_ms)
    # The second half is the longer by a millisecond where the length is odd.
    length_ms = pieces_ms(session.running)
    least = (1 - UNKNOWN_AT_MOST) * (length_ms - length_ms // 2)
    if not len(first.v) or not len(second.v) or min(first.known_ms, second.known_ms) < least:
        return None
    return time_weighted_mean(first), time_weighted_mean(second)


def _recovery(session: LoadInputs) -> ComputedLoad | str:
    if not len(session.heart.v):
        return NO_HEART
    if session.rate_limited:
        return FORBIDDEN
    after = value_held_at(session.by_metric[HEART], session.end_ms + RECOVERY_MS, session.end_ms)
    if after is None:
        return NO_AFTER
    # From the highest of the session, since few sessions end at their highest.
    highest = float(session.heart.v.max())
    inputs = {"hr_peak": highest, "hr_after": after, "after_ms": float(RECOVERY_MS)}
    return ComputedLoad(value=highest - after, inputs=inputs, confidence=Confidence.MEDIUM)


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
