"""Quality of heart rate: which samples are left out, and what looks wrong in a session.

Clinical definition section 3.1. A code stands beside a sample and a flag beside a session; no raw
value is altered, and what to do about a flag is for others to decide. Flags say what the samples
look like, not what the heart did.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS, MINUTE_MS
from model.derived import QualityFlag
from model.facts import Instants, Method, Source, Values
from stream.compute.intensity.zones import MAX_GAP_MS, is_plausible

Codes: TypeAlias = NDArray[np.uint8]
FlaggedSpan: TypeAlias = tuple[int, int, int]  # first and last instant (epoch ms), samples

ACCEPTED, OUT_OF_RANGE, JUMP = 0, 1, 2

CHAIN_GAP_MS = 10_000
JUMP_BPM = 30.0
CONFIRMING = 3

FLAT_MS = 10 * MINUTE_MS
LOCK_MS = 3 * MINUTE_MS
LOCK_BPM = 3.0
LOCK_EDGE_MS = 30_000
LOCK_LEAP_BPM = 15.0
CADENCE_HOLD_MS = 10_000
CONDENSED_ABOVE_MS = 10_000


def screen_heart_rate(t: Instants, v: Values) -> Codes:
    """Return a code for each sample: 0 accepted, 1 out of range, 2 a jump.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] beats a minute, of one source, in
    complete UTC hours. Out of range is what `zones.is_plausible` refuses. The other samples form
    chains, which end before a gap of more than 10 s and at each UTC hour. The first sample of a
    chain is accepted. Another one is a jump when it lies more than 30 beats a minute from the last
    accepted sample of its chain, at most 10 s before, unless each of the three samples that follow
    it in the chain lies within 30 of it. With fewer than three it is not confirmed.

    The codes of an hour depend on the samples of that hour only: any window that was loaded in
    complete hours gives the codes of the whole history. Source of 30 beats: a validation of optical
    sensors.
    """
    plausible = is_plausible(v)
    if plausible.all():
        return _jump_codes(t, v)
    codes = np.full(len(v), OUT_OF_RANGE, np.uint8)
    codes[plausible] = _jump_codes(t[plausible], v[plausible])
    return codes


def _jump_codes(t: Instants, v: Values) -> Codes:
    """Return the codes of plausible samples. Hours without a leap, which are most, cost nothing."""
    codes = np.zeros(len(v), np.uint8)
    leaps = np.flatnonzero(np.abs(v[1:] - v[:-1]) > JUMP_BPM) + 1
    for hour in np.unique(t[leaps] // HOUR_MS).tolist():
        low, high = np.searchsorted(t, (hour * HOUR_MS, (hour + 1) * HOUR_MS))
        jumps = list(_jumps_in_hour(t[low:high], v[low:high]))
        codes[low + np.array(jumps, np.int64)] = JUMP
    return codes


def _jumps_in_hour(t: Instants, v: Values) -> Iterator[int]:
    """Yield the positions of jumps in the samples of one hour.

    Only a sample that leaps from the one before it can begin a run of jumps. From there the rule is
    walked sample by sample to the next accepted one; up to the next leap all others are accepted.
    """
    chain = np.append(0, np.cumsum(t[1:] - t[:-1] > CHAIN_GAP_MS, dtype=np.int64))
    same_chain = chain[1:] == chain[:-1]
    leaps = np.flatnonzero((np.abs(v[1:] - v[:-1]) > JUMP_BPM) & same_chain) + 1
    confirmed = _confirmed(v, chain)
    done = 0
    for leap in leaps.tolist():
        if leap < done:
            continue
        accepted, at = leap - 1, leap
        while at < len(v) and chain[at] == chain[accepted] and not confirmed[at]:
            too_late = t[at] - t[accepted] > CHAIN_GAP_MS
            if too_late or abs(v[at] - v[accepted]) <= JUMP_BPM:
                break
            yield at
            at += 1
        done = at + 1


def _confirmed(v: Values, chain: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which samples are followed by three of their chain that lie within 30 of them."""
    confirmed = np.zeros(len(v), np.bool_)
    count = len(v) - CONFIRMING
    if count > 0:
        confirmed[:count] = chain[CONFIRMING:] == chain[:count]
        for behind in range(1, CONFIRMING + 1):
            confirmed[:count] &= np.abs(v[behind : count + behind] - v[:count]) <= JUMP_BPM
    return confirmed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScreenedHeartRate:
    """Heart rate of one source, with the cadence at each sample.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] beats a minute as reported; `codes`
    uint8[n] of `screen_heart_rate`; `cadence` float64[n] steps a minute, not finite where nobody
    counted (`cadence_at`).
    """

    source: Source
    t: Instants
    v: Values
    codes: Codes
    cadence: Values

    def accepted(self) -> "ScreenedHeartRate":
        """Return the samples that are not left out."""
        return self.where(self.codes == ACCEPTED)

    def where(self, part: NDArray[np.bool_] | slice) -> "ScreenedHeartRate":
        """Return some of the samples."""
        return ScreenedHeartRate(
            source=self.source,
            t=self.t[part],
            v=self.v[part],
            codes=self.codes[part],
            cadence=self.cadence[part],
        )


def cadence_at(t: Instants, cadence_t: Instants, cadence_v: Values) -> Values:
    """Return the cadence at each instant of `t`: the latest in the 10 s up to it, else NaN.

    `cadence_t` int64[m] epoch ms, increasing, and `cadence_v` float64[m] steps a minute. Only
    cadence on foot may be given.
    """
    cadence = np.full(len(t), np.nan)
    latest = np.searchsorted(cadence_t, t, side="right") - 1
    fresh = np.flatnonzero(latest >= 0)
    fresh = fresh[t[fresh] - cadence_t[latest[fresh]] <= CADENCE_HOLD_MS]
    cadence[fresh] = cadence_v[latest[fresh]]
    return cadence


def quality_flags(
    screened: ScreenedHeartRate, start_ms: int, end_ms: int
) -> tuple[QualityFlag, ...]:
    """Return the flags of one source's heart rate in a session [start, end).

    They come in the order of `QUALITY_CHECKS`, then of time. Samples outside the session decide
    nothing. A flag spans its first to its last sample: its end is 1 ms behind that.
    """
    low, high = np.searchsorted(screened.t, (start_ms, end_ms))
    inside = screened.where(slice(int(low), int(high)))
    flags: list[QualityFlag] = []
    for what, check in QUALITY_CHECKS.items():
        for first, last, n in check(inside):
            flag = QualityFlag(
                what=what,
                metric="heart_rate",
                source=screened.source,
                start_ms=first,
                end_ms=last + 1,
                n=n,
            )
            flags.append(flag)
    return tuple(flags)


def _range(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    return _single_span(screened.t[screened.codes == OUT_OF_RANGE])


def _jump(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    return _single_span(screened.t[screened.codes == JUMP])


def _flat_line(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    good = screened.accepted()
    # Of samples a minute apart, ten equal ones are no wonder at rest.
    near = good.t[1:] - good.t[:-1] <= MAX_GAP_MS
    same = (good.v[1:] == good.v[:-1]) & near
    return [run for run in _runs(good.t, same) if run[1] - run[0] >= FLAT_MS]


def _cadence_lock(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    good = screened.accepted()
    near_cadence = np.abs(good.v - good.cadence) <= LOCK_BPM
    near = good.t[1:] - good.t[:-1] <= MAX_GAP_MS
    for first, last, n in _runs(good.t, near_cadence[1:] & near_cadence[:-1] & near):
        # A lock that fills the session cannot be told from true agreement: a leap tells.
        if last - first >= LOCK_MS and (_leaps(good, first) or _leaps(good, last + 1)):
            yield first, last, n


def _leaps(good: ScreenedHeartRate, at_ms: int) -> bool:
    """Return whether the medians of the 30 s before and of the 30 s from an instant lie apart."""
    edges = (at_ms - LOCK_EDGE_MS, at_ms, at_ms + LOCK_EDGE_MS)
    low, middle, high = np.searchsorted(good.t, edges)
    if not low < middle < high:
        return False
    before, after = np.median(good.v[low:middle]), np.median(good.v[middle:high])
    return bool(abs(before - after) > LOCK_LEAP_BPM)


def _condensed(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    if screened.source.method in (Method.BACKGROUND, Method.MANUAL) or len(screened.t) < 2:  # noqa: PLR2004 - two samples have one gap
        return ()
    sparse = np.median(np.diff(screened.t)) > CONDENSED_ABOVE_MS
    return _single_span(screened.t) if sparse else ()


def _single_span(t: Instants) -> tuple[FlaggedSpan, ...]:
    return ((int(t[0]), int(t[-1]), len(t)),) if len(t) else ()


def _runs(t: Instants, same: NDArray[np.bool_]) -> Iterator[FlaggedSpan]:
    """Yield each run of two samples or more; `same` bool[n - 1]: which belong to the one before."""
    edges = np.flatnonzero(np.concatenate(([False], same)) != np.concatenate((same, [False])))
    for first, last in edges.reshape(-1, 2).tolist():
        yield int(t[first]), int(t[last]), last - first + 1


# range, jump: how many samples are left out. flat_line: one value for 10 minutes, samples at most
# 30 s apart. cadence_lock: within 3 of the steps a minute for 3 minutes, with a leap of more than
# 15 into it or out of it. condensed: a workout's stream holds averages instead of samples, more
# than 10 s apart in the median.
QUALITY_CHECKS: dict[str, Callable[[ScreenedHeartRate], Iterable[FlaggedSpan]]] = {
    "range": _range,
    "jump": _jump,
    "flat_line": _flat_line,
    "cadence_lock": _cadence_lock,
    "condensed": _condensed,
}
