"""A TCX file to facts: its activities as workouts, its trackpoints as sample blocks. Pure.

TCX has neither record nor revision. The record is the device and when the activity began; the
activity's own id is left out, because some programs write the same in every file. Of two versions
of a file, the one that was stated last counts, but a damaged one never replaces a complete one. A
damaged file gives what lies before the damage, and a reject. A file of courses or planned workouts
alone is refused.
"""

from collections.abc import Iterator

from model.errors import BodyError
from model.fact_properties import LAST_RECORD_MS, MADE_MARK
from model.facts import Fact, RejectKind, Workout
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_SESSION_MS
from parsers.fields import Unreadable, body_error, free_record
from parsers.fit.activity.clock import RecordClock
from parsers.pauses import pauses_in_gaps
from parsers.tracks.elements import TrackActivity, TrackFile, has_root
from parsers.tracks.facts import (
    count_steps,
    track_blocks,
    track_clock,
    track_gaps,
    track_head,
    track_record,
    track_rejects,
)
from parsers.tracks.tcx_elements import PLANS, ROOT_ELEMENT, read_tcx_elements
from parsers.tracks.track_types import TYPES_OF_TRACK, track_word
from parsers.word_tables import type_of_word

_APART_MS = 3_600_000  # laps so far from the trackpoints are of another clock
_MOST_FIGURE = 1e9  # of any total, in its unit; more is a writer's error


def is_tcx(payload: bytes) -> bool:
    """Return whether a file is TCX by its root element, whatever its encoding and prefix."""
    return has_root(payload, ROOT_ELEMENT)


def read_tcx(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a TCX file; BodyError when nothing can be kept.

    The account is empty: the envelope knows it.
    """
    file = read_tcx_elements(payload)
    if not file.activities and file.damage is not None:
        raise BodyError(f"@{file.damage}", "not XML, or cut off")
    _refuse_plans(file)
    facts: list[Fact] = []
    errors = file.errors
    length_ms = 0
    taken: set[str] = set()
    for activity in file.activities:
        name = free_record(track_record("tcx", activity), taken)
        timer_s = _sum(activity, "TotalTimeSeconds")
        clock = track_clock(activity, timer_s, context.received_ms, errors)
        kind = _kind(activity, errors)
        try:
            workout = _workout(activity, file, (name, kind), clock, errors)
        except Unreadable as error:
            errors.append(error.with_traceback(None))
        else:
            facts.append(workout)
            length_ms += workout.head.end_ms - workout.head.start_ms
        count_steps(activity, kind)
        facts += track_blocks(activity, file, name, clock, errors)
    if length_ms > MOST_SESSION_MS:
        raise BodyError("Activity", "activities of more than 15 days together", RejectKind.TOO_MUCH)
    yield Part(
        account="",
        facts=tuple(facts),
        rejects=track_rejects(file),
        complete=file.damage is None,
    )


def _kind(activity: TrackActivity, errors: list[Unreadable]) -> str:
    # The format knows three words, and some programs write words of their own.
    word = track_word(activity.sport)
    return type_of_word(TYPES_OF_TRACK, word, f"@{activity.offset}", errors)


def _refuse_plans(file: TrackFile) -> None:
    """Add a reject for each kind of what nobody did; BodyError where there is nothing else."""
    for name in file.plans:
        refusal = Unreadable(name, f"{PLANS[name]}: nothing that anybody did", RejectKind.UNKNOWN)
        if not file.activities:
            raise body_error(refusal)
        file.errors.append(refusal)
    if not file.activities:
        raise BodyError(ROOT_ELEMENT, "no activity in it", RejectKind.UNKNOWN)


def _workout(
    activity: TrackActivity,
    file: TrackFile,
    named: tuple[str, str],
    clock: RecordClock,
    errors: list[Unreadable],
) -> Workout:
    """Return the workout of an activity; `named` is its record and its type."""
    where = f"@{activity.offset}"
    start, end, made = _span(activity, clock, where, errors)
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "activity without a length of at most seven days"
        raise Unreadable(where, why, RejectKind.RANGE)
    timed_s = _timer_s(activity)
    # compared before it is rounded: the sum of large figures can be infinite
    if timed_s is not None and not 0 <= timed_s <= LONGEST_WORKOUT_MS / 1000:
        why = "moving time not between nothing and seven days"
        errors.append(Unreadable(where, why, RejectKind.RANGE))
        timed_s = None
    moving_ms = None if timed_s is None else round(timed_s * 1000)
    # A timer of 0 is what some writers put where they know none.
    paused_ms = max(0, end - start - moving_ms) if moving_ms else None
    return Workout(
        head=track_head(activity, file, named[0], (start, end)),
        type=named[1],
        vendor_type=activity.sport,
        moving_ms=moving_ms,
        pauses=pauses_in_gaps(track_gaps(clock), paused_ms),
        summary=_summary(activity, where, errors) | made,
    )


def _span(
    activity: TrackActivity, clock: RecordClock, where: str, errors: list[Unreadable]
) -> tuple[int, int, dict[str, float]]:
    """Return [start, end) in epoch ms from laps and trackpoints, and a mark if laps do not count.

    Laps far from the trackpoints are of another clock; the trackpoints are more, and stand.
    """
    laps, points = _lap_times(activity, clock), _point_times(clock, _timer_s(activity))
    if not laps and not points:
        raise Unreadable(where, "activity without a time", RejectKind.RANGE)
    if laps and points and not _near(laps, points):
        why = "laps at other times than the trackpoints"
        errors.append(Unreadable(where, why, RejectKind.RANGE))
        return points[0], points[1], {}
    if not laps:
        why = "no lap with a time: made from trackpoints"
        errors.append(Unreadable(where, why, RejectKind.RANGE))
        return points[0], points[1], {f"{MADE_MARK}records": 1.0}
    return min([*laps, *points]), max([*laps, *points]), {}


def _point_times(clock: RecordClock, timed_s: float | None) -> list[int]:
    """Return from when to when there are trackpoints in epoch ms, empty for none.

    The last one holds for its own second, unless the timer leaves no room for that.
    """
    if not len(clock.stamps):
        return []
    first = round(float(clock.stamps.min()) * 1000)
    last = round(float(clock.stamps.max()) * 1000)
    gaps = track_gaps(clock)
    # What was recorded, with a second for the last point before each gap and for the very last.
    running_ms = last - first + (len(gaps) + 1) * LAST_RECORD_MS
    for start, end in gaps:
        running_ms -= end - start
    is_held = not timed_s or abs(timed_s * 1000 - running_ms) < LAST_RECORD_MS / 2
    # a single point is no stretch of time
    return [first, last + LAST_RECORD_MS if is_held and last > first else last]


def _near(laps: list[int], points: list[int]) -> bool:
    return max(laps) + _APART_MS >= points[0] and min(laps) - _APART_MS <= points[1]


def _lap_times(activity: TrackActivity, clock: RecordClock) -> list[int]:
    """Return the starts and the ends of the laps in epoch ms."""
    times = []
    for lap in activity.laps:
        if lap.start_ms is None:
            continue
        start_ms = round(clock.corrected(lap.start_ms / 1000) * 1000)
        times.append(start_ms)
        timed_s = lap.figures.get("TotalTimeSeconds", 0.0)
        if 0 <= timed_s <= LONGEST_WORKOUT_MS / 1000:
            times.append(start_ms + round(timed_s * 1000))
    return times


def _timer_s(activity: TrackActivity) -> float | None:
    """Return the time of the timer in seconds, None when a lap does not state its own."""
    is_stated = all("TotalTimeSeconds" in lap.figures for lap in activity.laps)
    return _sum(activity, "TotalTimeSeconds") if is_stated else None


def _sum(activity: TrackActivity, figure: str) -> float | None:
    """Return the sum of a figure over the laps, None when no lap has it."""
    figures = [lap.figures[figure] for lap in activity.laps if figure in lap.figures]
    return sum(figures) if figures else None


def _summary(activity: TrackActivity, where: str, errors: list[Unreadable]) -> dict[str, float]:
    """Return the totals that the laps state; no mean is computed over several laps."""
    peaks = [lap.figures.get("MaximumHeartRateBpm", 0.0) for lap in activity.laps]
    stated = {
        "laps": float(len(activity.laps)),
        "distance": _sum(activity, "DistanceMeters"),
        "active_energy": _sum(activity, "Calories"),
        "heart_rate_max": max(peaks, default=0.0) or None,
    }
    if len(activity.laps) == 1:
        stated["heart_rate_mean"] = activity.laps[0].figures.get("AverageHeartRateBpm")
    summary = {}
    for name, value in stated.items():
        if value is None:
            continue
        if 0 <= value <= _MOST_FIGURE:
            summary[name] = round(value, 6)
        else:
            errors.append(Unreadable(where, "totals that cannot be", RejectKind.RANGE))
    return summary
