"""Decides for each midnight where the bouts of the date before it end. Pure.

A bout that crosses midnight belongs to the date of its start, with all of its minutes (clinical
definition section 3.3). So the minutes of a date begin where that bout of the evening before ended,
and no minute belongs to two dates. Both dates look at the same two hours on either side of midnight
and by what applies on the earlier date. So each of them can be derived without the other.

A bout is followed where it lies in these hours, together with the five minutes of rest that are
around it. What lasts longer is cut at midnight: a fever of days must not become one session, and a
date must not depend on samples that lie ever further away. A walk over midnight in such a long bout
is followed itself.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

from model.calendar import HOUR_MS, MINUTE_MS, local_date, midnight
from model.facts import Instants
from model.intensity import ZoneThresholds
from stream.compute.detection.bouts import (
    END_INACTIVE,
    MinuteRange,
    bouts,
    cut_at_walks,
    long_bouts,
    part_over,
)
from stream.compute.detection.movement import MODERATE_EDGE, Movement, movement_between
from stream.compute.series.reported_columns import HEART, STEPS
from stream.compute.series.resolved_metric import ResolvedMetric
from stream.compute.sessions.date_inputs import DateInputs

# On either side of midnight, our default. It is longer than what is usually prescribed. A longer
# bout has a session on one date at least, and loses to the cut what is too short to be another.
FOLLOWED_MS = 2 * HOUR_MS

_FOLLOWED = FOLLOWED_MS // MINUTE_MS
_Resolved = Mapping[str, ResolvedMetric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Midnight:
    """Where the minutes of a date end and those of the next begin, for bouts; in epoch minutes.

    `at` is midnight. `edge` is the end of the bout of the earlier date that crosses it, else `at`.
    `is_within_bout` says that a bout of the earlier date was cut at the edge. An answer before
    `answers_until` that names no session is about the sessions of the earlier date.
    """

    at: int
    edge: int
    is_within_bout: bool
    answers_until: int


def midnights_of(
    inputs: Mapping[date, DateInputs],
    inputs_on: Callable[[date], DateInputs],
    resolved: _Resolved,
    zone: str,
) -> dict[date, Midnight]:
    """Return the midnights before and after each date of `inputs`, by the date that begins there.

    `inputs_on` returns what applies on any other date of `zone`, an IANA zone.
    """
    by_date: dict[date, Midnight] = {}
    for begun in sorted({*inputs, *(day + timedelta(days=1) for day in inputs)}):
        ended = begun - timedelta(days=1)
        of_ended = inputs[ended] if ended in inputs else inputs_on(ended)
        by_date[begun] = _midnight(-(-midnight(begun, zone) // MINUTE_MS), of_ended, resolved)
    return by_date


def answered_date(at_ms: int, zone: str, midnights: Mapping[date, Midnight]) -> date:
    """Return the date whose detected sessions an answer at an instant may be about."""
    day = local_date(at_ms, zone)
    begun = midnights.get(day)
    is_late = begun is not None and at_ms < begun.answers_until * MINUTE_MS
    return day - timedelta(days=1) if is_late else day


def shortest_minutes(inputs: DateInputs) -> int:
    """Return how many minutes a bout must have to be a session."""
    return -(-inputs.shortest_ms // MINUTE_MS)


def _midnight(at: int, inputs: DateInputs, resolved: _Resolved) -> Midnight:
    """Return the midnight at an epoch minute; `inputs` are those of the date that ends there."""
    quiet = Midnight(at=at, edge=at, is_within_bout=False, answers_until=at)
    if _is_quiet(resolved, at, inputs.thresholds):
        return quiet
    start, end = at - _FOLLOWED, at + _FOLLOWED
    moves = movement_between(resolved, start * MINUTE_MS, end * MINUTE_MS)
    active = moves.active(inputs.thresholds)
    part = part_over(active, at)
    # A part has one bout at most. One that begins after midnight is not of the earlier date.
    bout = next(chain(bouts(part), [(at, at)]))
    if bout[0] >= at:
        return quiet
    pieces = _pieces(bout, part, moves, inputs, at)
    first, edge = next((piece for piece in pieces if piece[0] < at < piece[1]), (at, at))
    is_session = edge - first >= shortest_minutes(inputs)
    return Midnight(
        at=at,
        edge=edge,
        is_within_bout=edge < bout[1],
        answers_until=_next_bout(active, edge, at + _FOLLOWED) if is_session else at,
    )


def _is_quiet(resolved: _Resolved, at: int, thresholds: ZoneThresholds) -> bool:
    """Return whether no sample shows activity just before midnight, as on most nights."""
    start_ms, end_ms = (at - END_INACTIVE) * MINUTE_MS, at * MINUTE_MS
    if STEPS in resolved and (resolved[STEPS].within(start_ms, end_ms).v > 0).any():
        return False
    if HEART not in resolved or not thresholds.valid:
        return True
    heart = resolved[HEART].within(start_ms, end_ms)
    return not (heart.v >= thresholds.edges[MODERATE_EDGE]).any()


def _pieces(
    bout: MinuteRange, part: Instants, moves: Movement, inputs: DateInputs, at: int
) -> Iterable[MinuteRange]:
    """Return the pieces of a bout of the earlier date that may be followed over midnight.

    `part` are the active minutes around it. A bout with too little movement is cut at its walks, as
    within a date. That it has no other sign of exercise then need not be known: where somebody
    walks, a source tells of movement.
    """
    is_followed = _is_followed(part, at)
    if is_followed and moves.is_moving(*bout):
        return (bout,)
    moving = moves.active_moving(inputs.thresholds)
    walks = long_bouts(moving, shortest_minutes(inputs))
    if is_followed:
        return cut_at_walks(bout, part, walks)
    return walks if _is_followed(part_over(moving, at), at) else ()


def _is_followed(part: Instants, at: int) -> bool:
    """Return whether a part and the rest around it lie within what is looked at."""
    if not len(part):
        return False
    first, last = int(part[0]), int(part[-1])
    return first - END_INACTIVE >= at - _FOLLOWED and last + END_INACTIVE < at + _FOLLOWED


def _next_bout(active: Instants, edge: int, last: int) -> int:
    """Return where the first bout after an edge begins, `last` when there is none."""
    later = bouts(active[active >= edge])
    return later[0][0] if later else last
