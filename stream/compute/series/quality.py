"""Doubts about samples: which heart rates are left out, and what looks wrong in a session. Never alters a raw value.

Clinical definition section 3.1. A doubt is a code beside a sample or a flag beside a session; what to do about it is
for others to decide. Flags say what the samples look like, not what the heart did.
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
FlaggedSpan: TypeAlias = tuple[
    int, int, int
]  # first and last instant (epoch ms), number of samples

ACCEPTED, OUT_OF_RANGE, JUMP = 0, 1, 2

CHAIN_GAP_MS = 10_000
JUMP_BPM = 30.0
CONFIRMING = 3

FLAT_MS = 10 * MINUTE_MS
LOCK_MS = 3 * MINUTE_MS
LOCK_BPM = 3.0
LOCK_EDGE_MS = 30_000
LOCK_STEP_BPM = 15.0
CADENCE_HOLD_MS = 10_000
CONDENSED_ABOVE_MS = 10_000


def screen_heart_rate(t: Instants, v: Values) -> Codes:
    """Return a code a sample: 0 accepted, 1 out of range, 2 a jump. Heart rate of one source, whole UTC hours of it.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] beats a minute. Out of range is what `zones.accepted`
    does not accept; it is passed over. The others form chains: a chain ends before a gap of more than 10 s and at every
    whole UTC hour. Its first sample is accepted. Another one is a jump when it lies more than 30 beats a minute from
    the last accepted sample of its chain, at most 10 s before, unless each of the three samples that follow it in
    the chain lies within 30 of it. Fewer than three follow: not confirmed.

    The codes of an hour thus depend on the samples of that hour and on nothing else: any window that was loaded in
    whole hours gives the codes of the whole history. Source of 30 beats: a validation of optical sensors.
    """
    kept = is_plausible(v)
    if kept.all():
        return _jumps(t, v)
    codes = np.full(len(v), OUT_OF_RANGE, np.uint8)
    codes[kept] = _jumps(t[kept], v[kept])
    return codes


def _jumps(t: Instants, v: Values) -> Codes:
    codes = np.zeros(len(v), np.uint8)
    far = np.flatnonzero(np.abs(v[1:] - v[:-1]) > JUMP_BPM) + 1
    for hour in np.unique(t[far] // HOUR_MS).tolist():
        low, high = np.searchsorted(t, (hour * HOUR_MS, (hour + 1) * HOUR_MS))
        codes[low + np.array(list(_of_hour(t[low:high], v[low:high])), np.int64)] = JUMP
    return codes


def _of_hour(t: Instants, v: Values) -> Iterator[int]:
    """Yield the places of jumps in samples of one hour.

    Only a sample far from the one before it can begin a run of jumps; from there the rule is walked to the next
    accepted sample, and up to the next such place all is accepted.
    """
    chain = np.append(0, np.cumsum(t[1:] - t[:-1] > CHAIN_GAP_MS, dtype=np.int64))
    far = np.flatnonzero((np.abs(v[1:] - v[:-1]) > JUMP_BPM) & (chain[1:] == chain[:-1])) + 1
    confirmed = _confirmed(v, chain)
    done = 0
    for position in far.tolist():
        if position < done:
            continue
        last, at = position - 1, position
        while at < len(v) and chain[at] == chain[last] and not confirmed[at]:
            if t[at] - t[last] > CHAIN_GAP_MS or abs(v[at] - v[last]) <= JUMP_BPM:
                break
            yield at
            at += 1
        done = at + 1


def _confirmed(v: Values, chain: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which samples have three more of their chain behind them, all within 30 of them."""
    zeros = np.zeros(len(v), np.bool_)
    total = len(v) - CONFIRMING
    if total > 0:
        zeros[:total] = chain[CONFIRMING:] == chain[:total]
        for behind in range(1, CONFIRMING + 1):
            zeros[:total] &= np.abs(v[behind : total + behind] - v[:total]) <= JUMP_BPM
    return zeros


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScreenedHeartRate:
    """Heart rate of one source, with the cadence at each sample.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] beats a minute as reported;
    `codes` uint8[n] of `screen_heart_rate`.
    `cadence` float64[n] is in steps a minute, not finite where nobody counted (`cadence_at`).
    """

    source: Source
    t: Instants
    v: Values
    codes: Codes
    cadence: Values

    def accepted(self) -> "ScreenedHeartRate":
        """Return the samples that are not left out."""
        return self.where(self.codes == ACCEPTED)

    def where(self, mask: NDArray[np.bool_] | slice) -> "ScreenedHeartRate":
        """Return some of the samples."""
        return ScreenedHeartRate(
            source=self.source,
            t=self.t[mask],
            v=self.v[mask],
            codes=self.codes[mask],
            cadence=self.cadence[mask],
        )


def cadence_at(t: Instants, at: Instants, steps: Values) -> Values:
    """Return the cadence at each instant of `t`: the latest of `at` in the 10 s up to it, else not a number.

    `at` int64[m] epoch ms, increasing, `steps` float64[m] steps a minute. Only cadence on foot may be given.
    """
    matches = np.full(len(t), np.nan)
    position = np.searchsorted(at, t, side="right") - 1
    fresh = np.flatnonzero(position >= 0)
    fresh = fresh[t[fresh] - at[position[fresh]] <= CADENCE_HOLD_MS]
    matches[fresh] = steps[position[fresh]]
    return matches


def quality_flags(
    screened_values: ScreenedHeartRate, start_ms: int, end_ms: int
) -> tuple[QualityFlag, ...]:
    """Return the doubts about one source's heart rate in a session [start, end), in the order of `FLAGS`, then of time.

    Samples outside the session decide nothing. A flag spans its first to its last sample: end is a ms behind that.
    """
    low, high = np.searchsorted(screened_values.t, (start_ms, end_ms))
    inside = screened_values.where(slice(int(low), int(high)))
    return tuple(
        QualityFlag(
            what=what,
            metric="heart_rate",
            source=screened_values.source,
            start_ms=first,
            end_ms=last + 1,
            n=n,
        )
        for what, find in QUALITY_CHECKS.items()
        for first, last, n in find(inside)
    )


def _range(screened_values: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    return _whole(screened_values.t[screened_values.codes == OUT_OF_RANGE])


def _jump(screened_values: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    return _whole(screened_values.t[screened_values.codes == JUMP])


def _flat_line(screened_values: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    good = screened_values.accepted()
    same = (good.v[1:] == good.v[:-1]) & (good.t[1:] - good.t[:-1] <= MAX_GAP_MS)
    return [run for run in _runs(good.t, same) if run[1] - run[0] >= FLAT_MS]


def _cadence_lock(screened_values: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    good = screened_values.accepted()
    near = np.abs(good.v - good.cadence) <= LOCK_BPM
    same = near[1:] & near[:-1] & (good.t[1:] - good.t[:-1] <= MAX_GAP_MS)
    runs = [run for run in _runs(good.t, same) if run[1] - run[0] >= LOCK_MS]
    return [run for run in runs if _leaps(good, run[0]) or _leaps(good, run[1] + 1)]


def _leaps(good: ScreenedHeartRate, at_ms: int) -> bool:
    """Return whether the medians of the 30 s before an instant and of the 30 s from it on lie far apart."""
    low, middle, high = np.searchsorted(good.t, (at_ms - LOCK_EDGE_MS, at_ms, at_ms + LOCK_EDGE_MS))
    if not low < middle < high:
        return False
    return bool(abs(np.median(good.v[low:middle]) - np.median(good.v[middle:high])) > LOCK_STEP_BPM)


def _condensed(screened_values: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    sampled = screened_values.source.method not in (Method.BACKGROUND, Method.MANUAL)
    sparse = (
        len(screened_values.t) > 1 and np.median(np.diff(screened_values.t)) > CONDENSED_ABOVE_MS
    )
    return _whole(screened_values.t) if sampled and sparse else ()


def _whole(t: Instants) -> tuple[FlaggedSpan, ...]:
    return ((int(t[0]), int(t[-1]), len(t)),) if len(t) else ()


def _runs(t: Instants, same: NDArray[np.bool_]) -> Iterator[FlaggedSpan]:
    """Yield each run of two samples or more; `same` bool[n - 1] says which belong with the one before them."""
    edges = np.flatnonzero(np.concatenate(([False], same)) != np.concatenate((same, [False])))
    for first, last in edges.reshape(-1, 2).tolist():
        yield int(t[first]), int(t[last]), last - first + 1


# Range and jump: how many samples are left out. Flat line: one value for 10 minutes, samples at most 30 s apart (of
# one a minute, ten equal ones are no wonder at rest). Cadence lock: within 3 of the steps a minute for 3 minutes, and
# a leap of more than 15 into it or out of it; one that fills the session cannot be told from agreement. Condensed: a
# stream that is not of the background has averages instead of samples, more than 10 s apart in the median.
QUALITY_CHECKS: dict[str, Callable[[ScreenedHeartRate], Iterable[FlaggedSpan]]] = {
    "range": _range,
    "jump": _jump,
    "flat_line": _flat_line,
    "cadence_lock": _cadence_lock,
    "condensed": _condensed,
}
