"""Detects sessions that nobody declared, in heart rate and steps.

Clinical definition section 3.3. A minute is active when its mean heart rate is at least moderate by
valid thresholds, or when it has 100 steps or more; cadence counts no steps here. A bout of active
minutes is exercise when it shows more than a heart rate (`movement`). Any other bout is kept as a
session that does not count. A bout over midnight is a single session, on the date of its start and
by what applies on that date (`midnights`). A detected session never replaces a declared or reported
session.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from model.calendar import MINUTE_MS
from model.derived.sessions import Origin
from model.facts import Instants, OffsetOrigin, Source
from model.intensity import ZoneThresholds
from stream.compute.detection.bouts import (
    MinuteRange,
    bouts,
    cut_at_walks,
    long_bouts,
    minutes_within,
)
from stream.compute.detection.midnights import Midnight, shortest_minutes
from stream.compute.detection.movement import BEFORE_MIN, Movement, movement_between
from stream.compute.series.reported_columns import DAY_METRICS
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.sessions.candidates import SessionCandidate, session_id
from stream.compute.sessions.date_inputs import DateInputs
from stream.compute.sessions.overlap import KnownSessions

WALKING_FROM = 0.5  # the share of minutes with steps from which a bout is a walk

_Resolved = Mapping[str, ResolvedMetric]


def detect_sessions(
    patient: str,
    inputs: Mapping[date, DateInputs],
    midnights: Mapping[date, Midnight],
    resolved: _Resolved,
    others: Sequence[SessionCandidate],
) -> list[SessionCandidate]:
    """Return candidates for the bouts that begin on the dates of `inputs`.

    A bout must be long enough to be a session, and no declared or reported session of `others` may
    absorb it. `midnights` has those before and after each date, by the date that begins there.
    """
    detected: list[SessionCandidate] = []
    sessions = KnownSessions(others)
    for day in sorted(inputs):
        before, after = midnights[day], midnights[day + timedelta(days=1)]
        shortest = shortest_minutes(inputs[day])
        moves = _moves_of_date(resolved, before, after)
        active = minutes_within(moves.active(inputs[day].thresholds), before.edge, after.edge)
        for (first, last), why_not in _bouts_of_date(
            moves, active, inputs[day].thresholds, shortest
        ):
            span = first * MINUTE_MS, last * MINUTE_MS
            if last - first >= shortest and not sessions.absorbs(span):
                detected.append(_candidate(patient, span, resolved, moves.stepping, why_not))
    return detected


def _moves_of_date(resolved: _Resolved, before: Midnight, after: Midnight) -> Movement:
    """Return what the samples of a date tell, with the half hour before it."""
    since = before.at - BEFORE_MIN
    moves = movement_between(resolved, since * MINUTE_MS, after.edge * MINUTE_MS)
    # What is left of a bout has no time before it: it was as active then.
    since = before.edge if before.is_within_bout else since
    return replace(moves, of_date=(before.at, after.at), since=since)


def _bouts_of_date(
    moves: Movement, active: Instants, thresholds: ZoneThresholds, shortest: int
) -> Iterator[tuple[MinuteRange, str]]:
    """Yield the bouts of a date with why each is no exercise, "" when it is.

    Those without movement are cut where a part of them has some. Without the cut, a walk on a day
    of fever would be lost in one long bout that does not count.
    """
    judged = [(bout, moves.why_no_exercise(*bout)) for bout in bouts(active)]
    if not any(why_not for _, why_not in judged):  # the usual case
        yield from judged
        return
    moving = np.intersect1d(active, moves.active_moving(thresholds), assume_unique=True)
    walks = long_bouts(moving, shortest)
    for bout, why_not in judged:
        if why_not:
            for part in cut_at_walks(bout, active, walks):
                yield part, moves.why_no_exercise(*part)
        else:
            yield bout, why_not


def _candidate(
    patient: str, span: MinuteRange, resolved: _Resolved, stepping: Instants, why_not: str
) -> SessionCandidate:
    start, end = span
    # The start names the record: the same bout has the same id however often it is derived.
    record = f"detected:{start}"
    walked_ms = len(minutes_within(stepping, start // MINUTE_MS, end // MINUTE_MS)) * MINUTE_MS
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
