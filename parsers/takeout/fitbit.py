"""Fitbit's export by Google Takeout: one JSON list a file, to facts. Pure.

    heart_rate-2024-03-01.json       [{"dateTime": "03/01/24 08:00:05", "value": {"bpm": 62, ...}}]
    steps-2024-03-01.json            [{"dateTime": "03/01/24 08:00:00", "value": "12"}]
    resting_heart_rate-2024-03-01.json, exercise-0.json, demographic_vo2_max-2024-03-01.json

No file names a zone. What a device sent at an instant (heart rate, steps, the start of an exercise)
is in UTC: the entries of a day begin at the person's midnight in UTC. What belongs to a date
(resting heart rate, VO2max) has that date only. Sleep has the local clock, which nothing here can
place, so it is refused. Steps, distance and calories look alike; only the name of the file tells
which it is, so `fitbit_steps` is a format of its own, and the others are not read.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from model.errors import BodyError
from model.facts import DeviceType, Method, RejectKind, Source, Workout
from model.received import Context, Part
from parsers.bounds import LONGEST_WORKOUT_MS, readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    measure_of,
    number_within,
    object_of,
    optional_text,
)
from parsers.fitbit_exercises import figures_of_exercise, timer_of_exercise
from parsers.phone.collected import Collected
from parsers.takeout.fitbit_names import (
    BY_HAND,
    BY_ITSELF,
    EXERCISES,
    FILE_MARKS,
    FITBIT_TYPES,
    HEART_RATES,
    RESTING_RATES,
    SLEEP_LOG,
    VO2MAX_VALUES,
)
from parsers.takeout.values import day_total, each_entry, only_part, parsed_json
from parsers.word_tables import type_of_word

_VENDOR = "fitbit"
_MINUTE_MS = 60_000
_LONGEST_COUNT = 9  # digits
_TIME = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{2})(?: ([0-9]{2}):([0-9]{2}):([0-9]{2}))?")
_ENTRY = re.compile(rb'\s*\[\s*\{\s*"(?:dateTime|logId|date)"\s*:')
_TRACKER = Source(vendor=_VENDOR, device_type=DeviceType.WATCH, method=Method.BACKGROUND)


def is_fitbit(first: bytes) -> bool:
    """Return whether a file is one of Fitbit's lists whose entries tell what they are."""
    return _ENTRY.match(first) is not None and _kind(first) != ""


def is_fitbit_count(first: bytes) -> bool:
    """Return whether a file is a list of times and values, which only its name tells apart."""
    return _ENTRY.match(first) is not None and b'"value"' in first and _kind(first) == ""


def _kind(first: bytes) -> str:
    for mark, kind in FILE_MARKS:
        if mark.search(first):
            return kind
    return ""


def read_fitbit(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a file; BodyError where it is no list of Fitbit's."""
    kind = _kind(payload[:65_536])
    if kind == SLEEP_LOG:
        why = "sleep in local time without a zone, which cannot be placed"
        raise BodyError("@0", why, RejectKind.UNKNOWN)
    if kind not in _ADD:
        raise BodyError("@0", "not a list of Fitbit's that is read", RejectKind.UNKNOWN)
    into = Collected()
    each_entry(parsed_json(payload), "", into, _ADD[kind])
    yield from only_part(into)


def read_fitbit_steps(payload: bytes, _context: Context) -> Iterator[Part]:
    """Yield the only part of a file of steps: each is a count of its minute."""
    into = Collected()
    each_entry(parsed_json(payload), "", into, _add_steps)
    yield from only_part(into)


def _ms(value: object, where: str) -> int:
    """Return a time in UTC, `03/01/24 08:00:05`, as epoch ms."""
    parts = _TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None or parts[4] is None:
        raise Unreadable(where, "not a time of Fitbit's")
    month, day, year, hour, minute, second = map(int, parts.groups())
    try:
        ms = int(datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError as error:
        raise Unreadable(where, "not a time that exists") from error
    if not readable(ms * 1000):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms * 1000


def _date(value: object, where: str) -> date:
    parts = _TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise Unreadable(where, "not a date of Fitbit's")
    try:
        return date(2000 + int(parts[3]), int(parts[1]), int(parts[2]))
    except ValueError as error:
        raise Unreadable(where, "not a date that exists") from error


def _add_heart(entry: JsonObject, into: Collected) -> None:
    value = object_of(entry.get("value"), "value")
    # What is written then is the last reading, or a usual one.
    if value.get("confidence") == 0:
        raise Unreadable("value.confidence", "no contact with the skin", RejectKind.RANGE)
    at = _ms(entry.get("dateTime"), "dateTime")
    beats = measure_of(value.get("bpm"), "heart_rate", "value.bpm")
    into.series.add("heart_rate", _TRACKER, None, (at, at, beats))


def _add_steps(entry: JsonObject, into: Collected) -> None:
    at = _ms(entry.get("dateTime"), "dateTime")
    value = entry.get("value")
    steps = measure_of(_count(value), "steps", "value")
    # Each entry is a minute; the file has none for minutes without a step, or a zero.
    into.series.add("steps", _TRACKER, None, (at, at + _MINUTE_MS, steps))


def _count(value: object) -> object:
    """Return a count that is written as a text as a number, anything else as it is."""
    is_count = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(str(value)[:_LONGEST_COUNT]) if is_count else value


def _add_resting(entry: JsonObject, into: Collected) -> None:
    value = object_of(entry.get("value"), "value")
    if not value.get("value"):
        return  # 0 and null are what is written for a date without one
    day = _date(value.get("date") or entry.get("dateTime"), "value.date")
    beats = measure_of(value["value"], "resting_heart_rate", "value.value")
    into.facts.append(day_total(_TRACKER, "resting_heart_rate", day, {"resting_heart_rate": beats}))


def _add_vo2max(entry: JsonObject, into: Collected) -> None:
    value = object_of(entry.get("value"), "value")
    name = "filteredDemographicVO2Max" if "filteredDemographicVO2Max" in value else "runVO2Max"
    uptake = measure_of(value.get(name), "vo2_max", f"value.{name}")
    day = _date(entry.get("dateTime"), "dateTime")
    into.facts.append(day_total(_TRACKER, "vo2_max", day, {"vo2_max": uptake}))


def _add_exercise(entry: JsonObject, into: Collected) -> None:
    start = _ms(entry.get("startTime"), "startTime")
    lasted = number_within(entry.get("duration"), 0, LONGEST_WORKOUT_MS, "duration")
    if not lasted:
        raise Unreadable("duration", "a session of no length", RejectKind.RANGE)
    # Without it, an exercise that was edited would be another one.
    log = entry.get("logId")
    if isinstance(log, bool) or not isinstance(log, int):
        raise Unreadable("logId", "not a number")
    errors: list[Unreadable] = []
    named = kept_without(errors, "", optional_text, entry.get("activityName"), "activityName")
    changed = entry.get("lastModified")
    revision = kept_without(errors, 0, _ms, changed, "lastModified") if changed else 0
    word = named.lower().replace(" ", "_")
    into.facts.append(
        Workout(
            head=head(
                _recorder(entry, errors), f"log:{log}", revision, (start, start + int(lasted)), None
            ),
            type=type_of_word(FITBIT_TYPES, word, "activityName", errors),
            vendor_type=named,
            moving_ms=timer_of_exercise(entry, int(lasted), errors),
            summary=dict(figures_of_exercise(entry, errors)),
        )
    )
    for error in errors:
        into.refused.add("", None, error)


def _recorder(entry: JsonObject, errors: list[Unreadable]) -> Source:
    kind = entry.get("logType")
    method = {BY_HAND: Method.MANUAL, BY_ITSELF: Method.BACKGROUND}.get(
        kind if isinstance(kind, str) else "", Method.WORKOUT
    )
    written = entry.get("source")
    source = written if isinstance(written, dict) else {}
    name = kept_without(errors, "", optional_text, source.get("name"), "source.name")
    device = DeviceType.PERSON if method is Method.MANUAL else DeviceType.WATCH
    return Source(vendor=_VENDOR, device=name, device_type=device, method=method)


_ADD = {
    HEART_RATES: _add_heart,
    RESTING_RATES: _add_resting,
    EXERCISES: _add_exercise,
    VO2MAX_VALUES: _add_vo2max,
}
