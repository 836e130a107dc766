"""A workout in an answer of Huawei to facts: its span, its totals, its samples. Pure.

A workout is named by its start, because that is how events name it. It is in milliseconds, and a
sample in nanoseconds. Samples come only where they were asked for. Positions are never read.
"""

from collections.abc import Iterator

from model.facts import Fact, Head, Method, RejectKind, Source, Workout
from parsers.bounds import readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    first_value,
    head,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
    optional_text,
    text,
    zone_offset,
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.streams import SeriesByKey
from parsers.vendors.huawei_names import (
    HUAWEI_SAMPLES,
    HUAWEI_TOTALS,
    HUAWEI_TYPES,
    NO_HUAWEI_EXERCISE,
)
from parsers.vendors.hubs.values import workout_span
from parsers.vendors.open_wearables.names import device_type
from parsers.word_tables import type_of_word

HUAWEI_VENDOR = "huawei"
LONGEST_STAMP = 15  # digits; epoch ms have 13
_NANOSECONDS = 1_000_000  # in a millisecond: only samples are timed so finely
_MOST_SAMPLES = 100_000  # of one workout
_MOST_SUMMARIES = 1_000
_NUMBERS = ("floatValue", "integerValue", "longValue", "doubleValue")


def huawei_facts(record: JsonObject, where: str, errors: list[Unreadable]) -> Iterator[Fact]:
    """Yield a workout, and the samples that came with it."""
    if kept_without([], "", _word, record, where) in NO_HUAWEI_EXERCISE:
        why = "a type that is no exercise"
        raise Unreadable(f"{where}.activityType", why, RejectKind.UNKNOWN)
    workout = _workout(record, where, errors)
    yield workout
    series = SeriesByKey()
    for number, (point, path) in enumerate(_points(record, where, errors)):
        if number == _MOST_SAMPLES:
            why = f"more than {_MOST_SAMPLES} samples"
            errors.append(Unreadable(f"{where}.details", why, RejectKind.TOO_MUCH))
            break
        try:
            _add_sample(object_of(point, path), workout.head, path, series)
        except Unreadable as error:
            errors.append(error)
    yield from series.of_record(f"{workout.head.record}:samples")


def huawei_record(start_ms: int) -> str:
    """Return the name of a workout."""
    return f"activity:{start_ms}"


def _workout(record: JsonObject, where: str, errors: list[Unreadable]) -> Workout:
    start = huawei_instant(record.get("startTime"), f"{where}.startTime")
    end = huawei_instant(record.get("endTime"), f"{where}.endTime")
    span = workout_span(start, end, f"{where}.endTime")
    zone = record.get("timeZone"), f"{where}.timeZone"
    offset = kept_without(errors, None, zone_offset, *zone)
    word = kept_without(errors, "", _word, record, where)
    return Workout(
        head=head(_source(record, where, errors), huawei_record(start), 0, span, offset),
        type=type_of_word(HUAWEI_TYPES, word, f"{where}.activityType", errors),
        vendor_type=word,
        moving_ms=_moving_ms(record, span, where, errors),
        summary=dict(_totals(record, where, errors)),
    )


def huawei_instant(value: object, where: str) -> int:
    """Return an instant in epoch ms, which comes as a whole number or as a text of digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) <= LONGEST_STAMP else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(where, "not a whole number of milliseconds")
    if not readable(value):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return value


def _word(record: JsonObject, where: str) -> str:
    value = first_value(record, "activityType", "activityTypeId")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return optional_text(value, f"{where}.activityType").lower()


def _source(record: JsonObject, where: str, errors: list[Unreadable]) -> Source:
    nothing: JsonObject = {}
    written = record.get("device") or {}, f"{where}.device"
    device = kept_without(errors, nothing, object_of, *written)
    names = []
    for member in ("manufacturer", "modelNum"):
        field = f"{where}.device.{member}"
        names.append(kept_without(errors, "", optional_text, device.get(member), field))
    name = " ".join(filter(None, names))
    return Source(
        vendor=HUAWEI_VENDOR, device=name, device_type=device_type("", name), method=Method.WORKOUT
    )


def _moving_ms(
    record: JsonObject, span: tuple[int, int], where: str, errors: list[Unreadable]
) -> int | None:
    value = record.get("activeTime")
    if value is None:
        return None
    length_ms = span[1] - span[0]
    stated = value, 0, 1e10, f"{where}.activeTime"
    moving_ms = round(kept_without(errors, 0.0, number_within, *stated))
    return moving_ms if 0 < moving_ms <= length_ms - SHORTEST_PAUSE_MS else None


def _totals(
    record: JsonObject, where: str, errors: list[Unreadable]
) -> Iterator[tuple[str, float]]:
    """Yield the totals of a workout: points of data types, each with its fields."""
    location = f"{where}.activitySummary.dataSummary"
    try:
        summary = object_of(record.get("activitySummary") or {}, f"{where}.activitySummary")
        points = list_of(summary.get("dataSummary") or [], location)
    except Unreadable as error:
        errors.append(error)
        return
    for index, point in enumerate(points[:_MOST_SUMMARIES]):
        try:
            path = f"{location}[{index}]"
            yield from _fields(object_of(point, path), path, errors)
        except Unreadable as error:
            errors.append(error)


def _fields(point: JsonObject, where: str, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    # "com.huawei.continuous.distance.total": a word of the name says what was measured
    kinds = text(point.get("dataTypeName"), f"{where}.dataTypeName").split(".")
    for item in list_of(point.get("value"), f"{where}.value"):
        field = object_of(item, f"{where}.value")
        for kind in kinds:
            total = HUAWEI_TOTALS.get((kind, str(field.get("fieldName"))))
            number = _number(field)
            if total is not None and number is not None:
                stated = number, 0, total[1], f"{where}.value"
                figure = kept_without(errors, None, number_within, *stated)
                yield from () if figure is None else ((total[0], figure),)


def _number(field: JsonObject) -> object:
    return first_value(field, *_NUMBERS)


def _points(
    record: JsonObject, where: str, errors: list[Unreadable]
) -> Iterator[tuple[object, str]]:
    """Yield the samples of a workout with their paths; they lie in the lists of collectors."""
    none: list[object] = []
    listed = record.get("details") or none, f"{where}.details"
    for index, item in enumerate(kept_without(errors, none, list_of, *listed)):
        path = f"{where}.details[{index}]"
        nothing: JsonObject = {}
        collector = kept_without(errors, nothing, object_of, item, path)
        written = collector.get("samplePoints") or none, f"{path}.samplePoints"
        for number, point in enumerate(kept_without(errors, none, list_of, *written)):
            yield point, f"{path}.samplePoints[{number}]"


def _add_sample(point: JsonObject, fact_head: Head, where: str, series: SeriesByKey) -> None:
    kinds = text(point.get("dataTypeName"), f"{where}.dataTypeName").split(".")
    for item in list_of(point.get("value"), f"{where}.value"):
        field = object_of(item, f"{where}.value")
        metrics = (HUAWEI_SAMPLES.get((kind, str(field.get("fieldName")))) for kind in kinds)
        metric, number = next(filter(None, metrics), ""), _number(field)
        if metric and number is not None:
            at = _sampled_ms(point.get("startTime"), f"{where}.startTime")
            value = measure_of(number, metric, f"{where}.value")
            series.add(metric, fact_head.source, fact_head.offset_min, (at, at, value))


def _sampled_ms(value: object, where: str) -> int:
    """Return the instant of a sample, which comes in nanoseconds, in epoch ms."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(where, "not a whole number of nanoseconds")
    return huawei_instant(value // _NANOSECONDS, where)
