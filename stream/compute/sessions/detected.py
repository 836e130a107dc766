"""Detects sessions that nobody declared, in heart rate and steps.

Clinical definition section 3.3. A minute is active when its mean heart rate is at least moderate by
valid thresholds, or when it has 100 steps or more. Bouts are detected on each local date without
its neighbours, so that a date can be derived by itself. A bout that crosses midnight therefore
becomes two sessions. A detected session never replaces a declared or reported session.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

import numpy as np

from model.calendar import MINUTE_MS, day_bounds
from model.columns import runs
from model.derived import Origin
from model.facts import Instants, OffsetOrigin, Source, Values
from model.intensity import ZoneThresholds
from stream.compute.series.reported_columns import CADENCE, DAY_METRICS, HEART, STEPS
from stream.compute.series.resolve import ResolvedMetric
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.bouts import bouts
from stream.compute.sessions.candidates import SessionCandidate, session_id
from stream.compute.sessions.overlap import KnownSessions

ACTIVE_STEPS = 100.0  # a minute: about 3 METs, clinical definition section 2.3
MOST_STEPS = 250.0  # more at an instant is the sum of many minutes and does not show this minute
WALKING_FROM = 0.5  # the share of minutes with steps from which a bout is a walk

_MODERATE = 1  # position of the lower edge of moderate in `ZoneThresholds.edges`
_Resolved = Mapping[str, ResolvedMetric]


class BoutInputs(Protocol):
    """What detection needs to know of a local date."""

    @property
    def thresholds(self) -> ZoneThresholds:
        """Return the patient's thresholds on that date."""

    @property
    def shortest_ms(self) -> int:
        """Return the least length of a session on that date."""


def detect_sessions(
    patient: str,
    zone: str,
    inputs: Mapping[date, BoutInputs],
    resolved: _Resolved,
    known: Sequence[SessionCandidate],
) -> list[SessionCandidate]:
    """Return candidates for the bouts on the dates of `inputs`.

    A bout must be long enough to be a session, and no declared or reported session of `known` may
    absorb it.
    """
    detected: list[SessionCandidate] = []
    sessions = KnownSessions(known)
    for day in sorted(inputs):
        start, end = day_bounds(day, zone)
        active = _minutes_with_pulse(resolved.get(HEART), start, end, inputs[day].thresholds)
        stepping = _minutes_with_steps(resolved, start, end)
        # Either shows activity: a pulse says nothing with some drugs, and steps nothing on a bike.
        if len(stepping):
            active = np.union1d(active, stepping)
        for first, last in bouts(active):
            span = first * MINUTE_MS, last * MINUTE_MS
            if span[1] - span[0] >= inputs[day].shortest_ms and not sessions.absorbs(span):
                detected.append(_candidate(patient, span, resolved, stepping))
    return detected


def _minutes_with_pulse(
    heart: ResolvedMetric | None, start: int, end: int, thresholds: ZoneThresholds
) -> Instants:
    """Return the epoch minutes of [start, end) with a mean heart rate of moderate or more."""
    if heart is None or not thresholds.valid:
        return np.empty(0, np.int64)
    series = heart.within(start, end)
    minutes, first = _by_minute(series)
    if not len(minutes):
        return minutes
    return minutes[_means(series.v, first) >= thresholds.edges[_MODERATE]]


def _minutes_with_steps(resolved: _Resolved, start: int, end: int) -> Instants:
    """Return the epoch minutes of [start, end) with 100 steps or more.

    Cadence is a rate and is averaged; counted steps are added up.
    """
    active = [np.empty(0, np.int64)]
    for metric, steps_a_minute in ((CADENCE, _means), (STEPS, _sums)):
        series = resolved[metric].within(start, end) if metric in resolved else None
        if series is None or not len(series.t):
            continue
        minutes, first = _by_minute(series)
        rate = steps_a_minute(series.v, first)
        active.append(minutes[(rate >= ACTIVE_STEPS) & (rate <= MOST_STEPS)])
    return np.unique(np.concatenate(active)) if len(active) > 1 else active[0]


def _by_minute(series: ResolvedSeries) -> tuple[Instants, Instants]:
    """Return the epoch minutes with a sample, and the position of the first sample of each."""
    minutes = series.t // MINUTE_MS
    first = runs.starts(minutes)
    return minutes[first], first


def _means(v: Values, first: Instants) -> Values:
    return _sums(v, first) / runs.lengths(first, len(v))


def _sums(v: Values, first: Instants) -> Values:
    return np.add.reduceat(v, first)


def _candidate(
    patient: str, span: tuple[int, int], resolved: _Resolved, stepping: Instants
) -> SessionCandidate:
    start, end = span
    # The start names the record: the same bout has the same id however often it is derived.
    record = f"detected:{start}"
    low, high = np.searchsorted(stepping, (start // MINUTE_MS, end // MINUTE_MS))
    walked_ms = int(high - low) * MINUTE_MS
    return SessionCandidate(
        id=session_id(patient, Source(vendor="kadens"), record),
        start_ms=start,
        end_ms=end,
        type="walking" if walked_ms >= WALKING_FROM * (end - start) else "other",
        vendor_type="",
        source=_main_source(resolved, start, end),
        record=record,
        body="",
        origin=Origin.DETECTED,
        offset_origin=OffsetOrigin.UNKNOWN,
    )


def _main_source(resolved: _Resolved, start: int, end: int) -> Source:
    """Return the source of most samples of a bout: of heart rate, else cadence, else steps."""
    for metric in DAY_METRICS:
        source = resolved[metric].main_source(start, end) if metric in resolved else None
        if source is not None:
            return source
    raise LookupError("a bout has samples")
