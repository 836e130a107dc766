"""Series of Fitbit's interface: readings and counts of one date on a local clock, and totals. Pure.

A date has its readings every second or minute. A mean of a minute is kept, and its source says so;
a mean of a longer time is no reading.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from model.calendar import MINUTE_MS, zone_offset_min
from model.facts import DeviceType, Method, RejectKind, Source
from parsers.bounds import MOST_RECORDS
from parsers.fields import JsonObject, Unreadable, list_of, measure_of, number_of, object_of
from parsers.phone.collected import Collected
from parsers.takeout.values import day_total
from parsers.vendors.polar.local_clock import LocalClock, clock_ms, date_of

_SECONDS, _MINUTES = "second", "minute"
_LONGEST_COUNT = 9  # digits
TRACKER = Source(vendor="fitbit", device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_OF_MINUTES = replace(TRACKER, app="Fitbit (minutes)")


def add_beats(series: JsonObject, day: date, clock: LocalClock, into: Collected) -> None:
    """Add the heart rate of a date."""
    where = "activities-heart-intraday"
    kind, interval = _grid(series, where)
    if kind != _SECONDS and interval > 1:
        raise Unreadable(where, "a mean over more than a minute is no reading", RejectKind.RANGE)
    source = TRACKER if kind == _SECONDS else _OF_MINUTES
    for at, offset, value, index in _placed(series, day, clock, where, into):
        try:
            beats = measure_of(value, "heart_rate", "value")
            into.series.add("heart_rate", source, offset, (at, at, beats))
        except Unreadable as error:
            into.refused.add(f"{where}.dataset", index, error)


def add_counts(series: JsonObject, day: date, clock: LocalClock, into: Collected) -> None:
    """Add the steps of a date: each entry is the count of its interval."""
    where = "activities-steps-intraday"
    kind, interval = _grid(series, where)
    if kind != _MINUTES:
        raise Unreadable(f"{where}.datasetType", "not minutes")
    for at, offset, value, index in _placed(series, day, clock, where, into):
        try:
            steps = measure_of(value, "steps", "value")
            point = at, at + interval * MINUTE_MS, steps
            into.series.add("steps", TRACKER, offset, point)
        except Unreadable as error:
            into.refused.add(f"{where}.dataset", index, error)


def _grid(series: JsonObject, where: str) -> tuple[str, int]:
    """Return the unit of a series and how many of them lie between two entries."""
    kind, interval = series.get("datasetType"), series.get("datasetInterval")
    kind = _MINUTES if kind is None else kind
    number = 1 if interval is None else number_of(interval, f"{where}.datasetInterval")
    if kind not in (_SECONDS, _MINUTES) or number not in (1, 5, 15):
        raise Unreadable(f"{where}.datasetType", "not seconds or minutes", RejectKind.UNKNOWN)
    return str(kind), int(number)


def _placed(
    series: JsonObject, day: date, clock: LocalClock, where: str, into: Collected
) -> list[tuple[int, int | None, Any, int]]:
    """Return instant, offset, value and index of each entry whose time can be read."""
    entries = list_of(series.get("dataset"), f"{where}.dataset")
    if len(entries) > MOST_RECORDS:
        raise Unreadable(f"{where}.dataset", "more entries than are read", RejectKind.TOO_MUCH)
    shown, values, indices = [], [], []
    for index, entry in enumerate(entries):
        try:
            fields = object_of(entry, "")
            shown.append(clock_ms(fields.get("time"), "time"))
            values.append(fields.get("value"))
            indices.append(index)
        except Unreadable as error:
            into.refused.add(f"{where}.dataset", index, error)
    # in their order, because a clock that goes back shows an hour twice
    instants = list(clock.instants(day, shown, f"{where}.dataset"))
    offsets = [offset_at(clock, at) for at in instants]
    return list(zip(instants, offsets, values, indices, strict=True))


def offset_at(clock: LocalClock, at_ms: int) -> int | None:
    """Return the offset of a clock at an instant, in minutes; None where nothing states it."""
    if clock.offset_min is not None:
        return clock.offset_min
    return zone_offset_min(at_ms, clock.zone) if clock.zone else None


def add_resting(entry: JsonObject, _clock: LocalClock, into: Collected) -> None:
    """Add the resting heart rate of a date, where the entry has one."""
    value = entry.get("value")
    # beside readings of a part of a date it is their mean, a text
    is_mean = isinstance(value, str) and value.isascii() and value[:1].isdigit()
    stated = {} if value is None or is_mean else object_of(value, "value")
    beats = stated.get("restingHeartRate")
    if beats is None:
        return
    day = date_of(entry.get("dateTime"), "dateTime")
    rate = measure_of(beats, "resting_heart_rate", "value.restingHeartRate")
    into.facts.append(day_total(TRACKER, "resting_heart_rate", day, {"resting_heart_rate": rate}))


def add_step_totals(entry: JsonObject, _clock: LocalClock, into: Collected) -> None:
    """Add the steps of a date, which are a total and are never added to the counts."""
    written = entry.get("value")
    # counts of a date are texts, those of an interval are numbers
    is_text = isinstance(written, str) and written.isascii() and written.isdecimal()
    steps = measure_of(int(str(written)[:_LONGEST_COUNT]) if is_text else written, "steps", "value")
    day = date_of(entry.get("dateTime"), "dateTime")
    into.facts.append(day_total(TRACKER, "steps", day, {"steps": steps}))
