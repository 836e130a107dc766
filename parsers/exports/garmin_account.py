"""The summaries of a Garmin account export: activities and days. Pure.

The recordings are FIT files beside them, and are read as such. The summaries add activities that
have no file, the type, the patient's exertion, and totals of dates, which are never added to what
was counted. Lengths are in milliseconds and distances in centimetres. Names and places are never
read.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from model.calendar import DAY_MS, MINUTE_MS
from model.errors import BodyError
from model.facts import DaySummary, DeviceType, Fact, Method, RejectKind, Source, Workout
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    first_value,
    head,
    kept_without,
    measure_of,
    number_within,
    object_of,
    optional_text,
    real_offset,
    rejects,
    text,
)
from parsers.growing import size_of_totals
from parsers.json_records import holds_marks, text_of
from parsers.local_times.beside_offsets import placed_ms
from parsers.vendors.garmin.names import ACTIVITY_TYPES
from parsers.word_tables import type_of_word

_Errors = list[Unreadable]
_VENDOR = "garmin"
_ACTIVITIES = "summarizedActivitiesExport"
_MARKS: tuple[tuple[bytes, ...], ...] = (
    (f'"{_ACTIVITIES}"'.encode(),),
    (b'"calendarDate"', b'"totalSteps"'),
    (b'"calendarDate"', b'"wellnessStartTimeGmt"'),
)
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[")
_BETWEEN = re.compile(r"[\s,]*")
_MOST_ITEMS = 40_000  # a century of dates, or twenty years with five activities a day
_LATEST_MS = 4_102_444_800_000.0  # 2100
# Garmin's name -> our name in Workout.summary, its factor, and the greatest figure.
_TOTALS: dict[str, tuple[str, float, float]] = {
    "distance": ("distance", 0.01, 1e9),
    "elevationGain": ("ascent", 0.01, 1e5),
    "avgHr": ("heart_rate_mean", 1, 1e3),
    "maxHr": ("heart_rate_max", 1, 1e3),
    "steps": ("steps", 1, 1e7),
}
# Our metric of a date -> the members that are added up for it; of alternatives the first.
_DAY_TOTALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("steps", ("totalSteps",)),
    ("distance", ("totalDistanceMeters", "wellnessDistanceMeters")),
    ("active_energy", ("activeKilocalories", "wellnessActiveKilocalories")),
    ("basal_energy", ("bmrKilocalories",)),
    # The other one is the mean of some days.
    ("resting_heart_rate", ("currentDayRestingHeartRate", "restingHeartRate")),
)
_INTENSE = ("moderateIntensityMinutes", "vigorousIntensityMinutes")


def is_garmin_account(head_bytes: bytes) -> bool:
    """Return whether a file holds summaries of activities or of days, by its first bytes."""
    if _BEGINS.match(head_bytes) is None:
        return False
    return holds_marks(head_bytes, _MARKS)


def read_garmin_account(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a file; BodyError when it is no list of summaries."""
    written = text_of(payload).removeprefix("\ufeff")
    errors: _Errors = []
    at = written.find(f'"{_ACTIVITIES}"')
    facts = _activities(written, at, errors) if at >= 0 else _days(written, errors)
    kept = tuple(facts)
    complete = all(error.kind is not RejectKind.DAMAGED for error in errors)
    yield Part(account="", facts=kept, rejects=rejects(errors), complete=complete)


def _listed(written: str, at: int, errors: _Errors) -> Iterator[Any]:
    """Yield the items of the first list behind a position, one at a time, up to any damage."""
    start = written.find("[", at)
    if start < 0:
        raise BodyError("@0", "not a list of summaries")
    decoder = json.JSONDecoder(parse_constant=lambda _name: None)
    position, count = start + 1, 0
    while True:
        # The pattern also matches nothing, so there is always a match.
        position = _BETWEEN.match(written, position).end()  # type: ignore[union-attr]
        if written[position : position + 1] == "]":
            return
        try:
            item, position = decoder.raw_decode(written, position)
        except RecursionError as error:
            raise BodyError(f"@{position}", "nested too deeply", RejectKind.TOO_MUCH) from error
        except ValueError:
            errors.append(Unreadable(f"@{position}", "not JSON, or cut off", RejectKind.DAMAGED))
            return
        yield item
        count += 1
        if count > _MOST_ITEMS:
            raise BodyError("@0", f"more than {_MOST_ITEMS} summaries", RejectKind.TOO_MUCH)


def _activities(written: str, at: int, errors: _Errors) -> Iterator[Fact]:
    """Yield the workouts; the sum of several legs is left out where its legs are there."""
    workouts: dict[str, Workout] = {}
    sums: set[str] = set()
    for k, item in enumerate(_listed(written, at, errors)):
        where = f"{_ACTIVITIES}[{k}]"
        try:
            record = object_of(item, where)
            name = _id(record.get("activityId"), f"{where}.activityId")
            workouts[name] = _activity(record, name, where, errors)
            if record.get("parentId") is not None:
                sums.add(_id(record["parentId"], f"{where}.parentId"))
        except Unreadable as error:
            errors.append(error.with_traceback(None))
    # The sum of a triathlon would be a second session over its legs.
    for name, workout in workouts.items():
        if name not in sums:
            yield workout


def _id(value: object, where: str) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) else text(value, where)


def _activity(record: JsonObject, name: str, where: str, errors: _Errors) -> Workout:
    begun = record.get("startTimeGmt")
    # null is what some exports write where the other one has it
    begun = record.get("beginTimestamp") if begun is None else begun
    start = _epoch_ms(begun, f"{where}.startTimeGmt")
    longest = float(LONGEST_WORKOUT_MS)
    # null is what some exports write for a length that nobody knows
    lengths_ms = [
        0.0
        if record.get(name) is None
        else kept_without(errors, 0.0, number_within, record[name], 0, longest, f"{where}.{name}")
        for name in ("duration", "elapsedDuration")
    ]
    timed_ms, length_ms = lengths_ms[0], max(lengths_ms)
    if not length_ms:
        raise Unreadable(where, "an activity without a length", RejectKind.RANGE)
    word = kept_without(errors, "", _type, record, f"{where}.activityType")
    span = start, start + round(length_ms)
    offset = kept_without(errors, None, _offset, record, start, f"{where}.startTimeLocal")
    effort = kept_without(errors, None, _effort, record, f"{where}.workoutRpe")
    return Workout(
        head=head(_source(Method.WORKOUT), f"garmin:{name}", 0, span, offset),
        type=type_of_word(ACTIVITY_TYPES, word, f"{where}.activityType", errors),
        vendor_type=word,
        moving_ms=round(timed_ms) or None,
        exertion_cr10=effort,
        summary=_summary(record, where, errors),
    )


def _source(method: Method) -> Source:
    return Source(vendor=_VENDOR, app="Garmin Connect", device_type=DeviceType.WATCH, method=method)


def _epoch_ms(value: object, where: str) -> int:
    """Return epoch ms, which some exports write as text in UTC."""
    if isinstance(value, str):
        return placed_ms(value, 0, where)
    ms = round(number_within(value, 0, _LATEST_MS, where))
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms


def _offset(record: JsonObject, start_ms: int, where: str) -> int | None:
    """Return the offset in minutes: by how much the local clock was ahead of UTC."""
    if record.get("startTimeLocal") is None:
        return None
    local_ms = _epoch_ms(record["startTimeLocal"], where)
    return real_offset(round((local_ms - start_ms) / MINUTE_MS), where)


def _type(record: JsonObject, where: str) -> str:
    value = record.get("activityType")
    if isinstance(value, dict):
        value = value.get("typeKey")
    return optional_text(value, where)


def _effort(record: JsonObject, where: str) -> float | None:
    """Return the exertion on CR10, of which Garmin keeps ten times the grade."""
    stated = first_value(record, "workoutRpe", "directWorkoutRpe")
    return None if stated is None else number_within(stated, 0, 100, where) / 10 or None


def _summary(record: JsonObject, where: str, errors: _Errors) -> dict[str, float]:
    summary = {}
    for theirs, (ours, factor, most) in _TOTALS.items():
        if record.get(theirs) is None:
            continue
        stated = record[theirs], 0, most / factor, f"{where}.{theirs}"
        figure = kept_without(errors, None, number_within, *stated)
        if figure:
            summary[ours] = round(figure * factor, 6)
    return summary


def _days(written: str, errors: _Errors) -> Iterator[Fact]:
    """Yield the totals of dates."""
    for k, item in enumerate(_listed(written, 0, errors)):
        where = f"days[{k}]"
        try:
            record = object_of(item, where)
            values = _day_values(record, where, errors)
            if values:
                yield _day(record, values, where)
        except Unreadable as error:
            errors.append(error.with_traceback(None))


def _day(record: JsonObject, values: dict[str, float], where: str) -> DaySummary:
    stated = record.get("calendarDate")
    if isinstance(stated, dict):
        stated = stated.get("date")
    location = f"{where}.calendarDate"
    try:
        day = date.fromisoformat(text(stated, location)[: len("2025-11-24")])
    except ValueError as error:
        raise Unreadable(location, "not a date") from error
    start = _midnight_ms(record, day, where)
    # It grows during the day, so the greatest counts.
    source, size = _source(Method.BACKGROUND), size_of_totals(values)
    fact_head = head(source, f"garmin:{day}", size, (start, start + DAY_MS), None)
    return DaySummary(head=fact_head, local_date=day, values=values)


def _midnight_ms(record: JsonObject, day: date, where: str) -> int:
    """Return when the date began, in UTC where the export does not say it."""
    begun = record.get("wellnessStartTimeGmt")
    if begun is not None:
        return _epoch_ms(begun, f"{where}.wellnessStartTimeGmt")
    return placed_ms(f"{day.isoformat()} 00:00:00", 0, where)


def _day_values(record: JsonObject, where: str, errors: _Errors) -> dict[str, float]:
    values: dict[str, float] = {}
    for metric, names in _DAY_TOTALS:
        name = next(filter(lambda name: record.get(name) is not None, names), "")
        if name:
            stated = record[name], metric, f"{where}.{name}"
            figure = kept_without(errors, None, measure_of, *stated)
            values |= {} if figure is None else {metric: figure}
    minutes = 0.0
    for name in _INTENSE:
        if record.get(name) is not None:
            stated = record[name], "exercise_time", f"{where}.{name}"
            minutes += kept_without(errors, 0.0, measure_of, *stated)
    return values | ({"exercise_time": minutes} if minutes else {})
