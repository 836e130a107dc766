"""Takes the time off a session in which its recording ran on although nobody exercised any more.

Clinical definition section 3.3. A watch that was not stopped makes three hours of a walk to a cafe.
Such a session is longer than three times the prescribed one, and very light for half of its time.
What counts is its active part: the stretches of very light heart rate are taken out like pauses.
All numbers are our defaults.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import numpy as np

from model.calendar import MINUTE_MS, local_date
from model.derived.sessions import Origin
from model.intensity import ZoneThresholds
from model.prescribing.credit import is_credited
from model.prescription import Prescription, longest_minutes
from stream.compute.intensity.zones import held_values, zone_times_between
from stream.compute.pieces import Pieces, union_of_spans
from stream.compute.series.reported_columns import HEART
from stream.compute.series.resolved_series import ResolvedSeries
from stream.compute.sessions.candidates import SessionCandidate
from stream.compute.sessions.date_inputs import DateInputs
from stream.compute.sessions.session_rows import WindowSamples

LONGER_THAN = 3  # times the prescribed length
VERY_LIGHT_SHARE = 0.5
SHORTEST_REST_MS = 5 * MINUTE_MS  # as long as ends a bout
# A few beats more for a moment, as at a counter, do not end a rest.
LONGEST_STIR_MS = MINUTE_MS


def without_forgotten(
    candidates: Iterable[SessionCandidate],
    inputs_on: Callable[[date], DateInputs],
    samples: WindowSamples,
    zone: str,
) -> list[SessionCandidate]:
    """Return the candidates in their order, each forgotten one with its active part.

    `inputs_on` returns what applies on a local date of `zone`, an IANA zone.
    """
    heart = samples.series(HEART)
    kept: list[SessionCandidate] = []
    for candidate in candidates:
        # Only a device has a clock to stop; a bout is active throughout.
        if heart is None or candidate.origin is not Origin.DECLARED:
            kept.append(candidate)
        else:
            inputs = inputs_on(local_date(candidate.start_ms, zone))
            kept.append(_active_part(candidate, inputs, heart))
    return kept


def _active_part(
    candidate: SessionCandidate, inputs: DateInputs, heart: ResolvedSeries
) -> SessionCandidate:
    """Return the candidate without its rests where it was forgotten, else as it is."""
    longest_ms = _prescribed_ms(candidate, inputs.prescribed)
    if not longest_ms or candidate.timer_ms <= LONGER_THAN * longest_ms:
        return candidate
    if not inputs.thresholds.valid:
        return candidate
    outside = heart.without(candidate.pauses)
    start, end, timer_ms = candidate.start_ms, candidate.end_ms, candidate.timer_ms
    zones = zone_times_between(outside, start, end, inputs.thresholds, timer_ms)
    if zones.very_light < VERY_LIGHT_SHARE * timer_ms:
        return candidate
    rests = _rests(outside.within(start, end), end, inputs.thresholds)
    # A pause without a place lies where nothing is known, and beyond that in the rests.
    unknown_ms = candidate.running_ms - held_values(outside, start, end).known_ms
    active = replace(
        candidate, pauses=union_of_spans([*candidate.pauses, *rests]), unplaced_ms=0, rests=rests
    )
    unplaced_ms = min(candidate.unplaced_ms, unknown_ms, active.running_ms)
    return replace(active, unplaced_ms=unplaced_ms)


def _prescribed_ms(candidate: SessionCandidate, prescribed: Iterable[Prescription]) -> int:
    """Return the longest session that is prescribed of its type in ms, 0 without any."""
    minutes = 0
    for row in prescribed:
        if is_credited(row, candidate.type):
            minutes = max(minutes, longest_minutes(row))
    return minutes * MINUTE_MS


def _rests(heart: ResolvedSeries, end_ms: int, thresholds: ZoneThresholds) -> Pieces:
    """Return the stretches of very light heart rate, each at least `SHORTEST_REST_MS` long.

    `heart` has the samples of the session outside of its pauses.
    """
    held_until = np.minimum(np.append(heart.t[1:], end_ms), heart.t + heart.hold)
    is_light = heart.v < thresholds.edges[0]
    begins, ends = heart.t[is_light], held_until[is_light]
    if not len(begins):
        return ()
    breaks = begins[1:] - ends[:-1] >= LONGEST_STIR_MS
    first = np.append(True, breaks)
    last = np.append(breaks, True)
    spans = zip(begins[first].tolist(), ends[last].tolist(), strict=True)
    return tuple((begin, end) for begin, end in spans if end - begin >= SHORTEST_REST_MS)
