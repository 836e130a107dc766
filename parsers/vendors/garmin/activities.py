"""Garmin's activities and their samples to facts. Pure.

An activity comes as a summary, once more with its samples, and again where the patient edited it.
Of two versions the last stated counts, however long it is, and a manual edit overrides what the
watch measured. What Move IQ found without being started has the method of the background. Positions
are never read.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

from model.fact_properties import LAST_RECORD_MS, MADE_MARK
from model.facts import Fact, Method, RejectKind, SampleBlock, Workout
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_RECORDS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
    text,
)
from parsers.pauses import SHORTEST_PAUSE_MS, pauses_in_gaps, pauses_within
from parsers.vendors.garmin.names import ACTIVITY_TOTALS, ACTIVITY_TYPES, SAMPLE_METRICS
from parsers.vendors.garmin.values import (
    GarminErrors,
    GarminPoint,
    activity_word,
    garmin_blocks,
    garmin_instant,
    garmin_length_s,
    garmin_offset,
    garmin_source,
    garmin_start,
    summary_name,
)
from parsers.word_tables import type_of_word

# Revisions of activities. Samples tell of pauses, and an edit stands above what was measured.
MEASURED, WITH_PAUSES, EDITED = 0, 1, 2
_LONGEST_WORKOUT_S = LONGEST_WORKOUT_MS // 1000
_TIMER = "timerDurationInSeconds"
_OFFSETS = ("startTimeOffsetInSeconds", "offsetInSeconds")

_Points: TypeAlias = dict[str, list[GarminPoint]]  # by metric


def garmin_activity(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield an activity as it is summed up."""
    yield _workout(record, where, errors, _activity_name(record, where, errors), MEASURED)


def garmin_edit(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield an activity that the patient edited; of several edits the last stated counts."""
    yield _workout(record, where, errors, _activity_name(record, where, errors), EDITED)


def garmin_move_iq(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield what Move IQ found: a stretch that looked like an activity, started by nobody."""
    start, offset = garmin_start(record, where, errors, _offset_name(record))
    length_s = garmin_length_s(record, where, _LONGEST_WORKOUT_S)
    if not length_s:
        raise Unreadable(f"{where}.durationInSeconds", "no duration", RejectKind.RANGE)
    theirs = activity_word(record, where, errors)
    source = garmin_source(record, Method.BACKGROUND, errors)
    span = (start, start + length_s * 1000)
    yield Workout(
        head=head(source, f"moveiq:{summary_name(record, where)}", length_s, span, offset),
        type=type_of_word(ACTIVITY_TYPES, theirs, f"{where}.activityType", errors),
        vendor_type=theirs,
    )


def _offset_name(record: JsonObject) -> str:
    # the only list whose offset may have another name
    return next((name for name in _OFFSETS if record.get(name) is not None), _OFFSETS[0])


def garmin_details(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield an activity with its samples, at most one a second.

    The workout equals what the summary of the activity gives when it comes alone. The samples have
    a record of their own, so that a later summary does not replace them. Without a usable summary
    the workout is made from the samples.
    """
    nothing: JsonObject = {}
    written = record.get("summary"), f"{where}.summary"
    summary = kept_without(errors, nothing, object_of, *written)
    # either of them may hold the id, and both name the same activity
    of_both = {**summary, "activityId": _of_either(record, summary, "activityId")}
    of_both["summaryId"] = _of_either(summary, record, "summaryId")
    name = _activity_name(of_both, where, errors)
    none: list[object] = []
    samples = kept_without(errors, none, _listed, record.get("samples"), f"{where}.samples")
    points = _points(samples, where, errors)
    try:
        workout = _workout(of_both, f"{where}.summary", errors, name, MEASURED)
        workout = _with_pauses(workout, _timer(samples))
    except Unreadable as error:
        errors.append(error)
        workout = _made(of_both, where, errors, name, points)
    yield workout
    yield from _samples(points, where, errors, workout)


def _of_either(first: JsonObject, other: JsonObject, name: str) -> object:
    value = first.get(name)
    return other.get(name) if value is None else value


def _made(
    record: JsonObject, where: str, errors: GarminErrors, name: str, points: _Points
) -> Workout:
    """Return the workout that samples make; Unreadable where they are no stretch of time."""
    location = f"{where}.samples"
    instants: set[int] = set()
    for readings in points.values():
        instants.update(at for at, _ in readings)
    times = sorted(instants)
    if not times or not 0 < times[-1] - times[0] < LONGEST_WORKOUT_MS:
        raise Unreadable(location, "no summary, and no samples of a workout", RejectKind.RANGE)
    errors.append(Unreadable(location, "no usable summary: made from samples", RejectKind.RANGE))
    theirs = activity_word(record, f"{where}.summary", errors)
    written = record.get("startTimeOffsetInSeconds")
    offset = kept_without(errors, None, garmin_offset, written, f"{where}.startTimeOffsetInSeconds")
    span = (times[0], times[-1] + LAST_RECORD_MS)
    return Workout(
        head=head(garmin_source(record, Method.WORKOUT, errors), name, MEASURED, span, offset),
        type=type_of_word(ACTIVITY_TYPES, theirs, f"{where}.activityType", errors),
        vendor_type=theirs,
        pauses=pauses_in_gaps(pairwise(times), None),
        summary={f"{MADE_MARK}records": 1.0},
    )


def _workout(
    record: JsonObject, where: str, errors: GarminErrors, name: str, revision: int
) -> Workout:
    start, offset = garmin_start(record, where, errors)
    length_s = garmin_length_s(record, where, _LONGEST_WORKOUT_S)
    if not length_s:
        raise Unreadable(f"{where}.durationInSeconds", "no duration", RejectKind.RANGE)
    theirs = activity_word(record, where, errors)
    method = Method.MANUAL if record.get("manual") is True else Method.WORKOUT
    summary = {}
    for member, (ours, most) in ACTIVITY_TOTALS.items():
        try:
            if record.get(member) is not None:
                summary[ours] = number_within(record[member], 0, most, f"{where}.{member}")
        except Unreadable as error:
            errors.append(error)
    span = (start, start + length_s * 1000)
    return Workout(
        head=head(garmin_source(record, method, errors), name, revision, span, offset),
        type=type_of_word(ACTIVITY_TYPES, theirs, f"{where}.activityType", errors),
        vendor_type=theirs,
        summary=summary,
    )


def _listed(value: object, where: str) -> list[object]:
    samples = [] if value is None else list_of(value, where)
    if len(samples) > MOST_RECORDS:
        raise Unreadable(where, "more samples than are read", RejectKind.TOO_MUCH)
    return samples


def _points(samples: list[object], where: str, errors: GarminErrors) -> _Points:
    points: _Points = {}
    for index, sample in enumerate(samples):
        location = f"{where}.samples[{index}]"
        try:
            _sample(object_of(sample, location), location, errors, points)
        except Unreadable as error:
            errors.append(error)
    return points


def _timer(samples: list[object]) -> list[GarminPoint]:
    """Return what the timer showed, in seconds, at the instants of samples, in order."""
    shown: list[GarminPoint] = []
    for sample in samples:
        try:
            record = object_of(sample, "")
            at = garmin_instant(record.get("startTimeInSeconds"), "")
            shown.append((at, number_within(record.get(_TIMER), 0, _LONGEST_WORKOUT_S, "")))
        except Unreadable:
            continue  # told with the sample, or no timer
    return sorted(shown)


def _with_pauses(workout: Workout, timer: list[GarminPoint]) -> Workout:
    """Return the workout with the pauses that its timer shows; it lasts to the last sample then.

    What Garmin states as its length may be the time of the timer.
    """
    stops: list[tuple[int, int]] = []
    for (before, shown), (at, later) in pairwise(timer):
        # the clock went on, and the timer did not
        stopped_ms = at - before - round((later - shown) * 1000)
        if SHORTEST_PAUSE_MS < stopped_ms <= at - before:
            stops.append((at - stopped_ms, at))
    if not stops:
        return workout
    start, end = workout.head.start_ms, max(workout.head.end_ms, timer[-1][0])
    pauses = pauses_within(stops, (start, end), None)
    # the timer counts from the beginning, so its last value is all of it
    moving_ms = round(timer[-1][1] * 1000)
    if not pauses or not 0 < moving_ms <= end - start <= LONGEST_WORKOUT_MS:
        return workout
    fact_head = replace(workout.head, end_ms=end, revision=WITH_PAUSES)
    return replace(workout, head=fact_head, pauses=pauses, moving_ms=moving_ms)


def _samples(
    points: _Points, where: str, errors: GarminErrors, workout: Workout
) -> Iterator[SampleBlock]:
    fact_head = workout.head
    samples_head = head(
        fact_head.source,
        f"{fact_head.record}:samples",
        fact_head.revision,
        (fact_head.start_ms, fact_head.end_ms),
        fact_head.offset_min,
    )
    yield from garmin_blocks(samples_head, points, f"{where}.samples", errors)


def _sample(sample: JsonObject, where: str, errors: GarminErrors, points: _Points) -> None:
    """Add the readings of one sample to `points`."""
    at = garmin_instant(sample.get("startTimeInSeconds"), f"{where}.startTimeInSeconds")
    for theirs, ours in SAMPLE_METRICS.items():
        value = sample.get(theirs)
        if value is None:
            continue
        try:
            points.setdefault(ours, []).append((at, measure_of(value, ours, f"{where}.{theirs}")))
        except Unreadable as error:
            errors.append(error)


def _activity_name(record: JsonObject, where: str, errors: GarminErrors) -> str:
    """Return the record's name: the activity's id, which its summary, details and edits share.

    Without an id that can be read it is the name of the summary.
    """
    activity = record.get("activityId")
    if isinstance(activity, int) and not isinstance(activity, bool):
        return f"activity:{activity}"
    # some gateways write it as text, because it may be longer than a float holds
    if activity is not None:
        word = kept_without(errors, "", text, activity, f"{where}.activityId")
        if word:
            return f"activity:{word}"
    return summary_name(record, where)
