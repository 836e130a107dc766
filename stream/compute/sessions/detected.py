"""Detects sessions that nobody declared, in heart rate and steps.

Clinical definition section 3.3. A minute is active when its mean heart rate is at least moderate by
valid thresholds, or when it has 100 steps or more; cadence counts no steps here. A bout of active
minutes is exercise when it shows more than a heart rate (`movement`). Any other bout is kept as a
session that does not count. Bouts are detected on each local date without its neighbours, so that a
date can be derived by itself. A bout that crosses midnight therefore becomes two sessions. A
detected session never replaces a declared or reported session.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from model.calendar import MINUTE_MS, day_bounds
from model.derived.sessions import Origin
from model.facts import Instants, OffsetOrigin, Source
from model.intensity import ZoneThresholds
from stream.compute.series.reported_columns import DAY_METRICS
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.sessions.bouts import bouts
from stream.compute.sessions.candidates import SessionCandidate, session_id
from stream.compute.sessions.date_inputs import DateInputs
from stream.compute.sessions.movement import Movement, movement_between
from stream.compute.sessions.overlap import KnownSessions

WALKING_FROM = 0.5  # the share of minutes with steps from which a bout is a walk

_MODERATE = 1  # position of the lower edge of moderate in `ZoneThresholds.edges`
_Resolved = Mapping[str, ResolvedMetric]
_Range = tuple[int, int]  # [first, end) in epoch minutes


def detect_sessions(
    patient: str,
    zone: str,
    inputs: Mapping[date, DateInputs],
    resolved: _Resolved,
    others: Sequence[SessionCandidate],
) -> list[SessionCandidate]:
    """Return candidates for the bouts on the dates of `inputs`.

    A bout must be long enough to be a session, and no declared or reported session of `others` may
    absorb it.
    """
    detected: list[SessionCandidate] = []
    sessions = KnownSessions(others)
    for day in sorted(inputs):
        start, end = day_bounds(day, zone)
        shortest = -(-inputs[day].shortest_ms // MINUTE_MS)
        moves = movement_between(resolved, start, end)
        for (first, last), why_not in _bouts_of_date(moves, inputs[day].thresholds, shortest):
            span = first * MINUTE_MS, last * MINUTE_MS
            if last - first >= shortest and not sessions.absorbs(span):
                detected.append(_candidate(patient, span, resolved, moves.stepping, why_not))
    return detected


def _bouts_of_date(
    moves: Movement, thresholds: ZoneThresholds, shortest: int
) -> Iterator[tuple[_Range, str]]:
    """Yield the bouts of a date with why each is no exercise, "" when it is.

    Those without movement are cut where a part of them has some. Without the cut, a walk on a day
    of fever would be lost in one long bout that does not count.
    """
    pulse = moves.pulse[:0]
    if thresholds.valid:
        pulse = moves.pulse[moves.pulse_bpm >= thresholds.edges[_MODERATE]]
    # Either shows activity: a pulse says nothing with some drugs, and steps nothing on a bike.
    active = np.union1d(pulse, moves.stepping) if len(moves.stepping) else pulse
    judged = [(bout, moves.why_no_exercise(*bout)) for bout in bouts(active)]
    if not any(why_not for _, why_not in judged):  # the usual case
        yield from judged
        return
    moving = np.union1d(np.intersect1d(pulse, moves.moving), moves.stepping)
    walks = [walk for walk in bouts(moving) if walk[1] - walk[0] >= shortest]
    for bout, why_not in judged:
        if why_not:
            for part in _cut(bout, active, walks):
                yield part, moves.why_no_exercise(*part)
        else:
            yield bout, why_not


def _cut(bout: _Range, active: Instants, walks: Iterable[_Range]) -> Iterator[_Range]:
    """Yield the walks within a bout, and the bouts of the active minutes between them."""
    reached, last = bout
    for first, end in walks:
        # A walk consists of active minutes, so it never reaches over the edge of a bout.
        if reached <= first and end <= last:
            yield from bouts(_minutes_within(active, reached, first))
            yield first, end
            reached = end
    yield from bouts(_minutes_within(active, reached, last))


def _minutes_within(minutes: Instants, first: int, end: int) -> Instants:
    low, high = np.searchsorted(minutes, (first, end))
    return minutes[low:high]


def _candidate(
    patient: str, span: _Range, resolved: _Resolved, stepping: Instants, why_not: str
) -> SessionCandidate:
    start, end = span
    # The start names the record: the same bout has the same id however often it is derived.
    record = f"detected:{start}"
    walked_ms = len(_minutes_within(stepping, start // MINUTE_MS, end // MINUTE_MS)) * MINUTE_MS
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
        no_exercise=why_not,
    )


def _main_source(resolved: _Resolved, start: int, end: int) -> Source:
    """Return the source of most samples of a bout: of heart rate, else cadence, else steps."""
    for metric in DAY_METRICS:
        source = resolved[metric].main_source(start, end) if metric in resolved else None
        if source is not None:
            return source
    raise LookupError("a bout has samples")
