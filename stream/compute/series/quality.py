"""Quality of heart rate: which samples are left out, and what looks wrong in a session.

Clinical definition section 3.1. A sample gets a code and a session gets flags; no raw value is
altered. A flag describes the samples, not the heart, and nothing is decided by it here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS, MINUTE_MS
from model.derived.sessions import QualityFlag
from model.facts import Instants, Method, Source, Values
from stream.compute.intensity.zones import MAX_GAP_MS, is_plausible

Codes: TypeAlias = NDArray[np.uint8]
FlaggedSpan: TypeAlias = tuple[int, int, int]  # first and last instant (epoch ms), samples

CODE_ACCEPTED, CODE_OUT_OF_RANGE, CODE_JUMP = 0, 1, 2

CHAIN_GAP_MS = 10_000  # over a longer gap the heart itself may have changed
JUMP_BPM = 30.0  # from a validation of optical sensors
CONFIRMING = 3

FLAT_MS = 10 * MINUTE_MS
LOCK_MS = 3 * MINUTE_MS
LOCK_BPM = 3.0
LOCK_EDGE_MS = 30_000
LOCK_LEAP_BPM = 15.0
CADENCE_HOLD_MS = 10_000
CONDENSED_ABOVE_MS = 10_000


def screen_heart_rate(t: Instants, v: Values) -> Codes:
    """Return a code for each sample, uint8[n]: 0 accepted, 1 out of range, 2 a jump.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] beats a minute, of one source, in
    complete UTC hours. Values that `zones.is_plausible` refuses are out of range. The other samples
    form chains, which end before a gap of more than 10 s and at each UTC hour. The first sample of
    a chain is accepted. A later sample is a jump when it differs by more than 30 beats a minute
    from the last accepted sample of its chain, at most 10 s earlier. It is no jump when it is
    confirmed: each of the next three samples of the chain lies within 30 of it. With fewer than
    three samples after it, it is not confirmed.

    The codes of an hour depend on the samples of that hour only. So any window of complete hours
    gives the same codes as the complete history. Source of the 30 beats: a validation of optical
    sensors.
    """
    plausible = is_plausible(v)
    if plausible.all():
        return _jump_codes(t, v)
    codes = np.full(len(v), CODE_OUT_OF_RANGE, np.uint8)
    codes[plausible] = _jump_codes(t[plausible], v[plausible])
    return codes


def _jump_codes(t: Instants, v: Values) -> Codes:
    """Return the codes of plausible samples.

    Only hours with a leap are walked; most hours have none.
    """
    codes = np.zeros(len(v), np.uint8)
    leaps = np.flatnonzero(np.abs(v[1:] - v[:-1]) > JUMP_BPM) + 1
    for hour in np.unique(t[leaps] // HOUR_MS).tolist():
        low, high = np.searchsorted(t, (hour * HOUR_MS, (hour + 1) * HOUR_MS))
        jumps = list(_jumps_in_hour(t[low:high], v[low:high]))
        codes[low + np.array(jumps, np.int64)] = CODE_JUMP
    return codes


def _jumps_in_hour(t: Instants, v: Values) -> Iterator[int]:
    """Yield the positions of jumps in the samples of an hour.

    A run of jumps can begin only at a leap from the sample before. From there the rule is applied
    sample by sample up to the next accepted sample; all others up to the next leap are accepted.
    """
    chain = np.append(0, np.cumsum(t[1:] - t[:-1] > CHAIN_GAP_MS, dtype=np.int64))
    same_chain = chain[1:] == chain[:-1]
    leaps = np.flatnonzero((np.abs(v[1:] - v[:-1]) > JUMP_BPM) & same_chain) + 1
    confirmed = _confirmed(v, chain)
    done = 0
    for leap in leaps.tolist():
        if leap < done:  # within a run that has been walked already
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
    """Return which samples are followed by three samples of their chain within 30 beats of them."""
    confirmed = np.zeros(len(v), np.bool_)
    count = len(v) - CONFIRMING
    if count > 0:
        confirmed[:count] = chain[CONFIRMING:] == chain[:count]
        for behind in range(1, CONFIRMING + 1):
            confirmed[:count] &= np.abs(v[behind : count + behind] - v[:count]) <= JUMP_BPM
    return confirmed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScreenedHeartRate:
    """Heart rate of a source, with the cadence at each sample.

    `t` int64[n] epoch ms, strictly increasing; `v` float64[n] beats a minute as reported; `codes`
    uint8[n] from `screen_heart_rate`; `cadence` float64[n] steps a minute, NaN where it is unknown
    (`cadence_at`).
    """

    source: Source
    t: Instants
    v: Values
    codes: Codes
    cadence: Values

    def accepted(self) -> "ScreenedHeartRate":
        """Return the accepted samples."""
        return self.where(self.codes == CODE_ACCEPTED)

    def where(self, part: NDArray[np.bool_] | slice) -> "ScreenedHeartRate":
        """Return the samples that a mask bool[n] or a slice selects."""
        return ScreenedHeartRate(
            source=self.source,
            t=self.t[part],
            v=self.v[part],
            codes=self.codes[part],
            cadence=self.cadence[part],
        )


def cadence_at(t: Instants, cadence_t: Instants, cadence_v: Values) -> Values:
    """Return the cadence at each instant of `t`, float64[n]: the latest of the last 10 s, else NaN.

    `t` int64[n] and `cadence_t` int64[m] are epoch ms, increasing; `cadence_v` float64[m] is steps
    a minute. Only cadence on foot may be passed, because other cadence counts no steps.
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
    """Return the flags of a source's heart rate in a session [start_ms, end_ms) of epoch ms.

    They are in the order of `QUALITY_CHECKS`, then of time. Samples outside of the session are
    ignored. A flag reaches from its first sample to 1 ms behind its last sample.
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
    return _single_span(screened.t[screened.codes == CODE_OUT_OF_RANGE])


def _jump(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    return _single_span(screened.t[screened.codes == CODE_JUMP])


def _flat_line(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    good = screened.accepted()
    # Only near samples count: ten equal values a minute apart are normal at rest.
    near = good.t[1:] - good.t[:-1] <= MAX_GAP_MS
    same = (good.v[1:] == good.v[:-1]) & near
    for first, last, n in _runs(good.t, same):
        if last - first >= FLAT_MS:
            yield first, last, n


def _cadence_lock(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    good = screened.accepted()
    near_cadence = np.abs(good.v - good.cadence) <= LOCK_BPM
    near = good.t[1:] - good.t[:-1] <= MAX_GAP_MS
    for first, last, n in _runs(good.t, near_cadence[1:] & near_cadence[:-1] & near):
        # Heart rate may truly equal cadence. Only a leap at an end of the run shows a lock.
        if last - first >= LOCK_MS and (_leaps(good, first) or _leaps(good, last + 1)):
            yield first, last, n


def _leaps(good: ScreenedHeartRate, at_ms: int) -> bool:
    """Return whether the medians of the 30 s before and the 30 s after an instant lie apart."""
    edges = (at_ms - LOCK_EDGE_MS, at_ms, at_ms + LOCK_EDGE_MS)
    low, middle, high = np.searchsorted(good.t, edges)
    if not low < middle < high:
        return False
    before, after = np.median(good.v[low:middle]), np.median(good.v[middle:high])
    return bool(abs(before - after) > LOCK_LEAP_BPM)


def _condensed(screened: ScreenedHeartRate) -> Iterable[FlaggedSpan]:
    if (
        screened.source.method in (Method.BACKGROUND, Method.MANUAL)  # these are always sparse
        or len(screened.t) < 2  # noqa: PLR2004 - two samples have a gap
    ):
        return ()
    sparse = np.median(np.diff(screened.t)) > CONDENSED_ABOVE_MS
    return _single_span(screened.t) if sparse else ()


def _single_span(t: Instants) -> tuple[FlaggedSpan, ...]:
    return ((int(t[0]), int(t[-1]), len(t)),) if len(t) else ()


def _runs(t: Instants, same: NDArray[np.bool_]) -> Iterator[FlaggedSpan]:
    """Yield each run of two samples or more.

    `same` bool[n - 1] says of each sample but the first whether it continues the run of the sample
    before it.
    """
    # `same` with a False before it and after it changes value where a run begins and where it ends.
    edges = np.flatnonzero(np.concatenate(([False], same)) != np.concatenate((same, [False])))
    for first, last in edges.reshape(-1, 2).tolist():
        yield int(t[first]), int(t[last]), last - first + 1


# range, jump: samples are left out. flat_line: the same value for 10 minutes, in samples at most
# 30 s apart. cadence_lock: heart rate within 3 of the steps a minute for 3 minutes, with a leap of
# more than 15 into or out of it. condensed: a workout's stream holds averages instead of samples,
# which are more than 10 s apart in the median.
QUALITY_CHECKS: dict[str, Callable[[ScreenedHeartRate], Iterable[FlaggedSpan]]] = {
    "range": _range,
    "jump": _jump,
    "flat_line": _flat_line,
    "cadence_lock": _cadence_lock,
    "condensed": _condensed,
}
