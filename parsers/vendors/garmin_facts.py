"""One record of Garmin to facts: a day, a slot of 15 minutes, an activity, its samples. Pure.

Times are epoch seconds UTC, with the offset in seconds that the watch was set to. Days and slots
grow: sent again, they replace the older record if they last longer, so their duration is their
revision. Of an activity the last stated version counts, however long it is. A manual edit overrides
what the watch measured.
"""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from model.columns.build import split_at_gaps, to_columns
from model.fact_properties import LAST_RECORD_MS, MADE_MARK
from model.facts import (
    BLOCK,
    DaySummary,
    DeviceType,
    Fact,
    Head,
    Method,
    RejectKind,
    SampleBlock,
    Source,
    Workout,
)
from parsers.bounds import LONGEST_GAP_MS, LONGEST_WORKOUT_MS, MOST_RECORDS, readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    list_of,
    measure_of,
    number_of,
    number_within,
    object_of,
    optional_text,
    real_offset,
    text,
)
from parsers.pauses import pauses_in_gaps
from parsers.vendors.garmin_names import ACTIVITY_TOTALS, ACTIVITY_TYPES, DAY_TOTALS, SAMPLE_METRICS
from parsers.word_tables import type_of_word

_VENDOR = "garmin"
MEASURED, EDITED = 0, 1  # revisions of activities: an edit stands above what was measured
_MOST_SECONDS = 2**33  # beyond any year that is read; larger numbers would overflow later
_DAY_S = 86_400
_LONGEST_WORKOUT_S = LONGEST_WORKOUT_MS // 1000
_LONGEST_TYPE = 64  # letters of a type of activity in the name of a record
_LONGEST_EPOCH_S = 900  # a slot has fifteen minutes

_Errors: TypeAlias = list[Unreadable]
_Points: TypeAlias = dict[str, list[tuple[int, float]]]  # epoch ms and value, by metric
ReadRecord: TypeAlias = Callable[[JsonObject, str, _Errors], Iterator[Fact]]


def _day(record: JsonObject, where: str, errors: _Errors) -> Iterator[Fact]:
    """Yield the totals of a day, and its heart rate every 15 s. The record grows during the day."""
    start, length_s, offset = _times(record, where, _DAY_S, errors)
    source = _source(record, Method.BACKGROUND, errors)
    name = _name(record, where)
    of = head(source, name, length_s, (start, start + length_s * 1000), offset)
    totals = {}
    for theirs, ours in DAY_TOTALS.items():
        try:
            if record.get(theirs) is not None:
                totals[ours] = measure_of(record[theirs], ours, f"{where}.{theirs}")
        except Unreadable as error:
            errors.append(error)
    # Totals without their date are lost, but the heart rate of the day has times of its own.
    dated = record.get("calendarDate"), f"{where}.calendarDate"
    day = kept_without(errors, None, _date, *dated) if totals else None
    if day is not None:
        yield DaySummary(head=of, local_date=day, values=totals)
    yield from _day_heart_rate(record, where, errors, of)


def _day_heart_rate(
    record: JsonObject, where: str, errors: _Errors, of: Head
) -> Iterator[SampleBlock]:
    """Yield the heart rate of a day: a map from seconds after its start to beats a minute."""
    location = f"{where}.timeOffsetHeartRateSamples"
    samples = record.get("timeOffsetHeartRateSamples")
    points = []
    for offset_s, value in object_of({} if samples is None else samples, location).items():
        try:
            at = of.start_ms + _seconds_after(offset_s, location) * 1000
            points.append((at, measure_of(value, "heart_rate", location)))
        except Unreadable as error:
            errors.append(error)
    yield from _blocks(of, "heart_rate", points, location, errors)


def _seconds_after(written: str, where: str) -> int:
    if not written.isascii() or not written.isdecimal() or len(written) > len("86400"):
        raise Unreadable(where, "not a number of seconds after the start")
    return int(written)


def _epoch(record: JsonObject, where: str, errors: _Errors) -> Iterator[Fact]:
    """Yield the steps of a slot of at most fifteen minutes, as one count over the slot.

    A slot has a record for each type of activity in it, and their counts add up. Mean heart rates
    and METs of a slot are left out: as a reading at an instant they would be wrong.
    """
    start, length_s, offset = _times(record, where, _LONGEST_EPOCH_S, errors)
    if record.get("steps") is None:
        return
    steps = measure_of(record["steps"], "steps", f"{where}.steps")
    _name(record, where)  # a record that nothing names is refused
    # Start and type name a count, so that the same slot under another id replaces it. A type may be
    # any text, and a name may not.
    letters = filter(str.isalnum, _activity_type(record, where, errors))
    name = f"epoch:{start // 1000}:{''.join(letters)[:_LONGEST_TYPE]}"
    # A slot has at least a second, for a count without an end would hold for ten minutes.
    until = start + max(length_s, 1) * 1000
    source = _source(record, Method.BACKGROUND, errors)
    yield SampleBlock(
        head=head(source, name, length_s, (start, until), offset),
        metric="steps",
        t=np.array([start], np.int64),
        v=np.array([steps]),
        until=np.array([until], np.int64),
    )


def _activity(record: JsonObject, where: str, errors: _Errors) -> Iterator[Fact]:
    yield _workout(record, where, errors, _activity_name(record, where), MEASURED)


def _edited_activity(record: JsonObject, where: str, errors: _Errors) -> Iterator[Fact]:
    """Yield an activity that the patient edited; of several edits the last stated counts."""
    yield _workout(record, where, errors, _activity_name(record, where), EDITED)


def _details(record: JsonObject, where: str, errors: _Errors) -> Iterator[Fact]:
    """Yield an activity with its samples, at most one a second.

    The workout equals what the summary of the activity gives when it comes alone. The samples have
    a record of their own, so that a later summary does not replace them. Without a usable summary
    the workout is made from the samples.
    """
    nothing: JsonObject = {}
    written = record.get("summary"), f"{where}.summary"
    summary = kept_without(errors, nothing, object_of, *written)
    of_both = {**summary, "activityId": record.get("activityId", summary.get("activityId"))}
    if of_both.get("summaryId") is None:
        of_both["summaryId"] = record.get("summaryId")
    name = _activity_name(of_both, where)
    points = _points(record, where, errors)
    try:
        workout = _workout(of_both, f"{where}.summary", errors, name, MEASURED)
    except Unreadable as error:
        errors.append(error)
        workout = _made(of_both, where, errors, name, points)
    yield workout
    yield from _samples(points, where, errors, workout)


def _made(record: JsonObject, where: str, errors: _Errors, name: str, points: _Points) -> Workout:
    """Return the workout that samples make; Unreadable where they are no stretch of time."""
    location = f"{where}.samples"
    instants: set[int] = set()
    for readings in points.values():
        instants.update(at for at, _ in readings)
    times = sorted(instants)
    if not times or not 0 < times[-1] - times[0] < LONGEST_WORKOUT_MS:
        raise Unreadable(location, "no summary, and no samples of a workout", RejectKind.RANGE)
    errors.append(Unreadable(location, "no usable summary: made from samples", RejectKind.RANGE))
    theirs = _activity_type(record, f"{where}.summary", errors)
    written = record.get("startTimeOffsetInSeconds")
    offset = kept_without(errors, None, _offset, written, f"{where}.startTimeOffsetInSeconds")
    span = (times[0], times[-1] + LAST_RECORD_MS)
    return Workout(
        head=head(_source(record, Method.WORKOUT, errors), name, MEASURED, span, offset),
        type=type_of_word(ACTIVITY_TYPES, theirs, f"{where}.activityType", errors),
        vendor_type=theirs,
        pauses=pauses_in_gaps(pairwise(times), None),
        summary={f"{MADE_MARK}records": 1.0},
    )


def _workout(record: JsonObject, where: str, errors: _Errors, name: str, revision: int) -> Workout:
    start, length_s, offset = _times(record, where, _LONGEST_WORKOUT_S, errors)
    if not length_s:
        raise Unreadable(f"{where}.durationInSeconds", "no duration", RejectKind.RANGE)
    theirs = _activity_type(record, where, errors)
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
        head=head(_source(record, method, errors), name, revision, span, offset),
        type=type_of_word(ACTIVITY_TYPES, theirs, f"{where}.activityType", errors),
        vendor_type=theirs,
        summary=summary,
    )


def _points(record: JsonObject, where: str, errors: _Errors) -> _Points:
    listed = record.get("samples")
    samples = [] if listed is None else list_of(listed, f"{where}.samples")
    if len(samples) > MOST_RECORDS:
        raise Unreadable(f"{where}.samples", "more samples than are read", RejectKind.TOO_MUCH)
    points: _Points = {}
    for index, sample in enumerate(samples):
        location = f"{where}.samples[{index}]"
        try:
            _sample(object_of(sample, location), location, errors, points)
        except Unreadable as error:
            errors.append(error)
    return points


def _samples(
    points: _Points, where: str, errors: _Errors, workout: Workout
) -> Iterator[SampleBlock]:
    of = workout.head
    samples_head = head(
        of.source, f"{of.record}:samples", of.revision, (of.start_ms, of.end_ms), of.offset_min
    )
    for metric, columns_of in points.items():
        yield from _blocks(samples_head, metric, columns_of, f"{where}.samples", errors)


def _sample(sample: JsonObject, where: str, errors: _Errors, points: _Points) -> None:
    """Add the readings of one sample to `points`."""
    at = _instant(sample.get("startTimeInSeconds"), f"{where}.startTimeInSeconds")
    for theirs, ours in SAMPLE_METRICS.items():
        value = sample.get(theirs)
        if value is None:
            continue
        try:
            points.setdefault(ours, []).append((at, measure_of(value, ours, f"{where}.{theirs}")))
        except Unreadable as error:
            errors.append(error)


def _blocks(
    of: Head, metric: str, points: list[tuple[int, float]], where: str, errors: _Errors
) -> Iterator[SampleBlock]:
    """Yield points of one record as blocks; an instant that cannot be read is an error."""
    kept = [point for point in points if readable(point[0])]
    if len(kept) < len(points):
        errors.append(Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE))
    if not kept:
        return
    t, v = to_columns(kept)
    v = np.round(v, 6)
    for part, some in enumerate(split_at_gaps(t, BLOCK, LONGEST_GAP_MS)):
        span = int(t[some][0]), int(t[some][-1]) + 1
        yield SampleBlock(
            head=head(of.source, of.record, of.revision, span, of.offset_min),
            metric=metric,
            t=t[some],
            v=v[some],
            part=part,
        )


def _times(
    record: JsonObject, where: str, longest_s: int, errors: _Errors
) -> tuple[int, int, int | None]:
    """Return start (epoch ms), duration (s) and offset (minutes east of UTC, None if absent)."""
    start = _instant(record.get("startTimeInSeconds"), f"{where}.startTimeInSeconds")
    length = number_within(
        record.get("durationInSeconds"), 0, longest_s, f"{where}.durationInSeconds"
    )
    written = record.get("startTimeOffsetInSeconds")
    offset = kept_without(errors, None, _offset, written, f"{where}.startTimeOffsetInSeconds")
    return start, int(length), offset


def _offset(written: object, where: str) -> int | None:
    """Return seconds east of UTC as minutes, None for null."""
    if written is None:
        return None
    minutes = number_within(written, -_MOST_SECONDS, _MOST_SECONDS, where) / 60
    return real_offset(round(minutes), where)


def _activity_type(record: JsonObject, where: str, errors: _Errors) -> str:
    field = f"{where}.activityType"
    return kept_without(errors, "", optional_text, record.get("activityType"), field)


def _instant(value: object, where: str) -> int:
    seconds = number_of(value, where)
    if not 0 <= seconds < _MOST_SECONDS or not readable(int(seconds * 1000)):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return int(seconds * 1000)


def _date(value: object, where: str) -> date:
    written = text(value, where)
    if len(written) != len("2026-11-20"):
        raise Unreadable(where, "not a date")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Unreadable(where, "not a date") from error


def _name(record: JsonObject, where: str) -> str:
    return text(record.get("summaryId"), f"{where}.summaryId")


def _activity_name(record: JsonObject, where: str) -> str:
    """Return the record's name: the activity's id, which its summary, details and edits share."""
    activity = record.get("activityId")
    if isinstance(activity, int) and not isinstance(activity, bool):
        return f"activity:{activity}"
    if activity is not None:
        return f"activity:{text(activity, f'{where}.activityId')}"
    return text(record.get("summaryId"), f"{where}.summaryId")


def _source(record: JsonObject, method: Method, errors: _Errors) -> Source:
    device = kept_without(errors, "", optional_text, record.get("deviceName"), "deviceName")
    return Source(vendor=_VENDOR, device=device, device_type=DeviceType.WATCH, method=method)


# The lists whose records hold data, and what reads one record: (record, its path, errors).
READERS: dict[str, ReadRecord] = {
    "dailies": _day,
    "epochs": _epoch,
    "activities": _activity,
    "manuallyUpdatedActivities": _edited_activity,
    "activityDetails": _details,
}
