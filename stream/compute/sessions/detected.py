"""Sessions that nobody declared, found in heart rate and steps minute by minute. Never overrides what was declared.

Clinical definition section 3.3. A minute is active when its mean heart rate is at least moderate by thresholds that may
be used, or when it has 100 steps or more. Bouts are found on each local date alone, so that a date can be derived
without its neighbours: what crosses midnight is two.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from model.calendar import MINUTE_MS, day_bounds
from model.columns import runs
from model.derived import Origin
from model.facts import Instants, OffsetOrigin, Source, Values
from model.intensity import ZoneThresholds
from stream.compute.series.reported_columns import CADENCE, HEART, STEPS
from stream.compute.series.resolve import ResolvedMetric
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.bouts import bouts
from stream.compute.sessions.candidates import SessionCandidate, session_id
from stream.compute.sessions.overlap import KnownSessions

RECORD = "detected"
STEPPING = 100.0  # steps a minute: about 3 METs, clinical definition section 2.3
MOST_STEPS = 250.0  # more at one instant is the sum of many minutes, and says nothing of this one
WALKS_FROM = 0.5

ThresholdsOn = Callable[[date], ZoneThresholds]


def detect_sessions(
    patient: str,
    zone: str,
    dates: Iterable[date],
    values: Mapping[str, ResolvedMetric],
    thresholds_on: ThresholdsOn,
    shortest_on: Callable[[date], int],
    claimed: Sequence[SessionCandidate],
) -> list[SessionCandidate]:
    """Return the bouts of the dates that are long enough to be sessions and that no claim absorbs, as claims.

    `shortest_on` gives the least length of a session on a date, in ms; `claimed` are declared and reported sessions.
    """
    candidates: list[SessionCandidate] = []
    absorbing = KnownSessions(claimed)
    for day in dates:
        start, end = day_bounds(day, zone)
        beating = _beating(values.get(HEART), start, end, thresholds_on(day))
        stepping = _stepping(values, start, end)
        for first, last in bouts(np.union1d(beating, stepping) if len(stepping) else beating):
            span = first * MINUTE_MS, last * MINUTE_MS
            if span[1] - span[0] >= shortest_on(day) and not absorbing.absorbs(span):
                candidates.append(_claim(patient, span, values, stepping))
    return candidates


def _beating(
    heart: ResolvedMetric | None, start: int, end: int, thresholds: ZoneThresholds
) -> Instants:
    """Return the epoch minutes of [start, end) with a mean heart rate of moderate or more."""
    if heart is None or not thresholds.valid:
        return np.empty(0, np.int64)
    track = heart.within(start, end)
    minutes, first = _by_minute(track)
    if not len(minutes):
        return minutes
    return minutes[_means(track.v, first) >= thresholds.edges[1]]


def _stepping(values: Mapping[str, ResolvedMetric], start: int, end: int) -> Instants:
    """Return the epoch minutes of [start, end) with 100 steps or more, by cadence or by counted steps."""
    matches = [np.empty(0, np.int64)]
    for metric, value in ((CADENCE, _means), (STEPS, _sums)):
        track = values[metric].within(start, end) if metric in values else None
        if track is not None and len(track.t):
            minutes, first = _by_minute(track)
            rate = value(track.v, first)
            matches.append(minutes[(rate >= STEPPING) & (rate <= MOST_STEPS)])
    return np.unique(np.concatenate(matches)) if len(matches) > 1 else matches[0]


def _by_minute(track: ResolvedSeries) -> tuple[Instants, Instants]:
    """Return the epoch minutes with a sample, and the place of the first sample of each."""
    minutes = track.t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], first


def _means(v: Values, first: Instants) -> Values:
    return _sums(v, first) / runs.lengths(first, len(v))


def _sums(v: Values, first: Instants) -> Values:
    return np.add.reduceat(v, first)


def _claim(
    patient: str, span: tuple[int, int], values: Mapping[str, ResolvedMetric], stepping: Instants
) -> SessionCandidate:
    start, end = span
    record = f"{RECORD}:{start}"
    walked = int(
        np.searchsorted(stepping, end // MINUTE_MS) - np.searchsorted(stepping, start // MINUTE_MS)
    )
    return SessionCandidate(
        id=session_id(patient, Source(vendor="kadens"), record),
        start_ms=start,
        end_ms=end,
        type="walking" if walked * MINUTE_MS >= WALKS_FROM * (end - start) else "other",
        vendor_type="",
        source=_source(values, start, end),
        record=record,
        body="",
        origin=Origin.DETECTED,
        offset_origin=OffsetOrigin.UNKNOWN,
    )


def _source(values: Mapping[str, ResolvedMetric], start: int, end: int) -> Source:
    """Return who speaks in most of a bout: for heart rate, else for cadence, else for steps."""
    reported = (
        values[metric].main_source(start, end)
        for metric in (HEART, CADENCE, STEPS)
        if metric in values
    )
    return next(source for source in reported if source is not None)
