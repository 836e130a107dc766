"""The formulas of training load, as published, from numbers to a number.

Clinical definition section 3.4. A load counts the time for which values were held; unknown time
adds nothing. Sums are exact and rounded once (`fsum`), so that the order of samples does not change
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum

import numpy as np

from model.calendar import MINUTE_MS
from model.facts import Values
from stream.compute.intensity.schemes import HR_MAX, INTENSITY_SCHEMES, THRESHOLD
from stream.compute.intensity.zones import HeldValues, karvonen, time_in_bands

EDWARDS = (0, 1, 2, 3, 4, 5)  # below 50 %, then the five zones
LUCIA = (1, 2, 3)
ZONAL = (0.9, 1.1, 1.2, 2.0, 5.0)  # GoldenCheetah's defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """Banister's coefficients: a minute at r of the heart rate reserve weighs r * a * e^(b * r)."""

    a: float
    b: float


# For women, a is 0.86 in the original literature and 0.64 in GoldenCheetah and Fellrnr. The inputs
# of a load name the value that was used.
BANISTER: Mapping[str, Coefficients] = {
    "male": Coefficients(a=0.64, b=1.92),
    "female": Coefficients(a=0.86, b=1.67),
}
BANISTER_SAME_A: Mapping[str, Coefficients] = {**BANISTER, "female": Coefficients(a=0.64, b=1.67)}


def per_minute(hr: Values, rest: float, hr_max: float, by: Coefficients) -> Values:
    """Return the weight of a minute at each heart rate, r * a * e^(b * r), as float64[n].

    `hr` float64[n], `rest` and `hr_max` are in beats a minute; r is the fraction of the heart rate
    reserve. At rest and below, a minute weighs nothing. Source: Banister 1991.
    """
    r: Values = np.maximum((hr - rest) / (hr_max - rest), 0.0)
    # `math.exp` is used because the result of numpy's exponential depends on the processor.
    grown: Values = np.array(list(map(exp, (by.b * r).tolist())), dtype=np.float64)
    return r * by.a * grown


def trimp(heart: HeldValues, rest: float, hr_max: float, by: Coefficients) -> float:
    """Return Banister's TRIMP of held heart rates (beats a minute)."""
    return fsum((heart.ms / MINUTE_MS * per_minute(heart.v, rest, hr_max, by)).tolist())


def trimp100(
    heart: HeldValues, rest: float, hr_max: float, threshold: float, by: Coefficients
) -> float:
    """Return TRIMP as a percentage of the TRIMP of an hour at the threshold heart rate.

    `rest`, `hr_max` and `threshold` are in beats a minute.
    """
    hour = 60 * float(per_minute(np.array([threshold]), rest, hr_max, by)[0])
    return 100 * trimp(heart, rest, hr_max, by) / hour


def weighted_minutes(heart: HeldValues, edges: Sequence[float], weights: Sequence[float]) -> float:
    """Return the sum over all classes of the minutes in a class times its weight.

    `edges` are the lower edges of all classes but the first, so `weights` has an item more.
    """
    times = time_in_bands(heart, edges)
    return fsum(ms / MINUTE_MS * weight for ms, weight in zip(times, weights, strict=True))


def edwards(heart: HeldValues, hr_max: float) -> float:
    """Return Edwards' load: minutes times 1 to 5, from 50 % of maximal heart rate in 10 % steps."""
    percents = INTENSITY_SCHEMES["coaching5"].edges[HR_MAX]
    return weighted_minutes(heart, _percents(hr_max, percents), EDWARDS)


def lucia(heart: HeldValues, vt1_bpm: float, vt2_bpm: float) -> float:
    """Return Lucia's load: minutes times 1, 2 or 3 below, between and above both thresholds."""
    return weighted_minutes(heart, (vt1_bpm, vt2_bpm), LUCIA)


def zonal(heart: HeldValues, threshold: float) -> float:
    """Return GoldenCheetah's zonal load: its default weights in the threshold zones."""
    percents = INTENSITY_SCHEMES["threshold5"].edges[THRESHOLD]
    return weighted_minutes(heart, _percents(threshold, percents), ZONAL)


def session_rpe(cr10: float, length_ms: int) -> float:
    """Return Foster's session load: exertion on Borg CR10 times minutes."""
    return cr10 * length_ms / MINUTE_MS


def decoupling(output: tuple[float, float], heart: tuple[float, float]) -> float:
    """Return the fall of output (power or speed) per heartbeat, in percent.

    `output` and `heart` are the means of the first and the second half of a session.
    """
    first, second = output[0] / heart[0], output[1] / heart[1]
    return (first - second) / first * 100


def time_weighted_mean(held: HeldValues) -> float:
    """Return the mean of held values, weighted by time; there must be at least one."""
    return fsum((held.v * held.ms).tolist()) / held.known_ms


def _percents(number: float, percents: Sequence[float]) -> tuple[float, ...]:
    return tuple(karvonen(0, number, percent / 100) for percent in percents)
