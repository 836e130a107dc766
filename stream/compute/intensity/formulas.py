"""The formulas of training load, each as published, with numbers in and one number out. Never looks at a patient.

Clinical definition section 3.4. A load counts the time for which values were held; unknown time adds nothing. Sums are
exact before their one rounding (`fsum`), so that the order of samples does not show.
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
ZONAL = (0.9, 1.1, 1.2, 2.0, 5.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """Banister's a and b: a minute at r of the heart rate reserve weighs r * a * e^(b * r)."""

    a: float
    b: float


# Women: a is 0.86 in the original literature, 0.64 in GoldenCheetah and Fellrnr; what was taken is among the inputs.
BANISTER: Mapping[str, Coefficients] = {
    "male": Coefficients(a=0.64, b=1.92),
    "female": Coefficients(a=0.86, b=1.67),
}
BANISTER_ONE_A: Mapping[str, Coefficients] = {**BANISTER, "female": Coefficients(a=0.64, b=1.67)}


def per_minute(hr: Values, rest: float, peak: float, by: Coefficients) -> Values:
    """Return the weights of a minute at heart rates (beats a minute): r * a * e^(b * r), r the share of the reserve.

    At rest and below a minute weighs nothing. Source: Banister 1991. The exponential is that of `math`: numpy's own
    depends on the processor.
    """
    r: Values = np.maximum((hr - rest) / (peak - rest), 0.0)
    grown: Values = np.array([exp(power) for power in (by.b * r).tolist()], dtype=np.float64)
    return r * by.a * grown


def trimp(heart: HeldValues, rest: float, peak: float, by: Coefficients) -> float:
    """Return Banister's TRIMP of heart rates held (beats a minute), between resting and maximal heart rate."""
    return fsum((heart.ms / MINUTE_MS * per_minute(heart.v, rest, peak, by)).tolist())


def trimp100(
    heart: HeldValues, rest: float, peak: float, threshold: float, by: Coefficients
) -> float:
    """Return TRIMP as percent of that of an hour at the threshold heart rate."""
    hour = 60 * float(per_minute(np.array([threshold]), rest, peak, by)[0])
    return 100 * trimp(heart, rest, peak, by) / hour


def weighted_minutes(heart: HeldValues, edges: Sequence[float], weights: Sequence[float]) -> float:
    """Return the minutes in each class times its weight, added up; one weight more than edges."""
    times = time_in_bands(heart, edges)
    return fsum(ms / MINUTE_MS * weight for ms, weight in zip(times, weights, strict=True))


def edwards(heart: HeldValues, peak: float) -> float:
    """Return Edwards' load: minutes times 1 to 5 from 50 % of maximal heart rate in steps of 10 %."""
    return weighted_minutes(
        heart, _percents(peak, INTENSITY_SCHEMES["coaching5"].edges[HR_MAX]), EDWARDS
    )


def lucia(heart: HeldValues, vt1_bpm: float, vt2_bpm: float) -> float:
    """Return Lucia's load: minutes times 1, 2 or 3 below, between and above the heart rates at the two thresholds."""
    return weighted_minutes(heart, (vt1_bpm, vt2_bpm), LUCIA)


def zonal(heart: HeldValues, threshold: float) -> float:
    """Return GoldenCheetah's zonal load: its default weights, for the threshold zones that they are made for."""
    return weighted_minutes(
        heart, _percents(threshold, INTENSITY_SCHEMES["threshold5"].edges[THRESHOLD]), ZONAL
    )


def session_rpe(cr10: float, length_ms: int) -> float:
    """Return Foster's session load: exertion on Borg CR10 times minutes."""
    return cr10 * length_ms / MINUTE_MS


def decoupling(output: tuple[float, float], heart: tuple[float, float]) -> float:
    """Return by how many percent output (power or speed) a heart beat fell from the first half to the second."""
    first, second = output[0] / heart[0], output[1] / heart[1]
    return (first - second) / first * 100


def time_weighted_mean(held: HeldValues) -> float:
    """Return the mean of what was held, by time; something must be held."""
    return fsum((held.v * held.ms).tolist()) / held.known_ms


def _percents(number: float, percents: Sequence[float]) -> tuple[float, ...]:
    return tuple(karvonen(0, number, percent / 100) for percent in percents)
