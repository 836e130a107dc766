"""Suunto's samples of all day to facts: heart, steps, energy, and sleep as wear. Pure.

    {"timestamp": "2026-05-17T02:13:00.000+02:00", "entryData": {"HR": 61, "StepCount": 12, ...}}

A sample belongs to no record and replaces itself by its time. A sleep has an id, and is told again
when it changes. Of sleep only the time is read in which the watch was worn.
"""

from collections.abc import Iterator, Sequence

from model.facts import DeviceType, Fact, Method, RejectKind, Source
from model.metrics import LONGEST_INTERVAL_MS
from parsers.fields import JsonObject, Unreadable, instant_of, measure_of, object_of, text
from parsers.streams import SeriesByKey
from parsers.vendors.suunto.names import (
    ASLEEP_MEMBERS,
    RECOVERY_MEMBERS,
    SUUNTO_SAMPLES,
    UNREAD_MEMBERS,
)
from parsers.vendors.suunto.workouts import SUUNTO_VENDOR

_SOURCE = Source(vendor=SUUNTO_VENDOR, device_type=DeviceType.WATCH, method=Method.BACKGROUND)
_SLOWEST_BPM = 10  # no heart beats slower: such a number may count beats a second

_Errors = list[Unreadable]


def suunto_samples(samples: Sequence[object], where: str, errors: _Errors) -> Iterator[Fact]:
    """Yield the sleeps of a list of samples, then its series as streams."""
    series = SeriesByKey()
    for index, sample in enumerate(samples):
        location = f"{where}[{index}]"
        try:
            record = object_of(sample, location)
            entry = object_of(record.get("entryData"), f"{location}.entryData")
            # the answer to a request names no kind, so the sample itself tells
            if ASLEEP_MEMBERS & entry.keys():
                yield from _asleep(entry, f"{location}.entryData")
            elif not RECOVERY_MEMBERS & entry.keys():
                _add(record, entry, location, series, errors)
        except Unreadable as error:
            errors.append(error)
    yield from series.stream()


def _asleep(entry: JsonObject, where: str) -> Iterator[Fact]:
    """Yield a sleep as wear; a sleep that is told again under its id replaces itself."""
    start, offset = instant_of(entry.get("BedtimeStart"), f"{where}.BedtimeStart")
    end, _ = instant_of(entry.get("BedtimeEnd"), f"{where}.BedtimeEnd")
    if not 0 < end - start <= LONGEST_INTERVAL_MS:
        why = "not after the start by at most 25 hours"
        raise Unreadable(f"{where}.BedtimeEnd", why, RejectKind.RANGE)
    named = entry.get("SleepId")
    # without an id its beginning names it: two sleeps do not begin at once
    name = str(start) if named is None else _id(named, f"{where}.SleepId")
    series = SeriesByKey()
    series.add("wear", _SOURCE, offset, (start, end, 1.0))
    yield from series.of_record(f"sleep:{name}")


def _id(value: object, where: str) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else text(value, where)


def _add(
    record: JsonObject, entry: JsonObject, where: str, series: SeriesByKey, errors: _Errors
) -> None:
    """Add the values of one sample; of a count it is not said how long it holds."""
    at, offset = instant_of(record.get("timestamp"), f"{where}.timestamp")
    for theirs, (ours, factor) in SUUNTO_SAMPLES.items():
        location = f"{where}.entryData.{theirs}"
        try:
            if entry.get(theirs) is not None:
                value = _value(entry[theirs], ours, location, factor)
                series.add(ours, _SOURCE, offset, (at, at, value))
        except Unreadable as error:
            errors.append(error)
    if not entry.keys() & (SUUNTO_SAMPLES.keys() | UNREAD_MEMBERS):
        why = "nothing that is known"
        raise Unreadable(f"{where}.entryData", why, RejectKind.UNKNOWN)


def _value(written: object, metric: str, where: str, factor: float) -> float:
    # joules become kilocalories with endless digits
    value = round(measure_of(written, metric, where, factor), 6)
    if metric == "heart_rate" and 0 < value < _SLOWEST_BPM:
        raise Unreadable(where, "no beats a minute", RejectKind.RANGE)
    return value
