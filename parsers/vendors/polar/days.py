"""Polar's days as its third interface answers them: totals, steps, heart rate, nights. Pure.

A day has a date and clock times without an offset, except a night, whose times have one. A day is
one record for each kind of data: sent again, it replaces itself. Sleep shows only that the watch
was worn; its stages, scores and loads are never read.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeAlias

from model.calendar import DAY_MS, MINUTE_MS
from model.facts import DaySummary, DeviceType, Fact, Method, RejectKind, Source
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    list_of,
    measure_of,
    object_of,
)
from parsers.local_times.beside_offsets import duration_ms
from parsers.streams import SeriesByKey
from parsers.vendors.polar.local_clock import LocalClock, clock_ms, date_of, moment_ms

Errors: TypeAlias = list[Unreadable]
ReadDay: TypeAlias = Callable[[JsonObject, LocalClock, str, Errors], Iterator[Fact]]

POLAR_WATCH = Source(
    vendor="polar", app="Polar Flow", device_type=DeviceType.WATCH, method=Method.BACKGROUND
)
_LONGEST_NIGHT_MS = DAY_MS
# Polar's total of a day -> our metric.
_TOTALS = {
    "steps": "steps",
    "distance_from_steps": "distance",
    "active_calories": "active_energy",
    "calories": "total_energy",
}
_AT_LEAST_MODERATE = frozenset(("MODERATE", "VIGOROUS"))
_NOT_WORN = "NON_WEAR"


def activity_of_day(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield the totals of a date, and its steps and zones where they came with it."""
    if isinstance(record.get("steps"), dict):
        # the samples alone have the steps as an object
        yield from samples_of_day(record, clock, where, errors)
        return
    day = _day_of(record, where)
    clock = clock.of_date(day)
    values: dict[str, float] = {}
    for theirs, ours in _TOTALS.items():
        stated = record.get(theirs)
        if stated is not None:
            figure = kept_without(errors, None, measure_of, stated, ours, f"{where}.{theirs}")
            values |= {} if figure is None else {ours: figure}
    if values:
        yield day_totals(f"polar:{day.isoformat()}", day, clock, values, where)
    if record.get("samples") is not None:
        nothing: JsonObject = {}
        samples = kept_without(errors, nothing, object_of, record["samples"], f"{where}.samples")
        yield from _samples(samples, day, record, clock, f"{where}.samples", errors)


def day_totals(
    record: str, day: date, clock: LocalClock, values: dict[str, float], where: str
) -> DaySummary:
    """Return totals of a date; of a total that grows, the greater number of steps counts."""
    start = clock.instant(day, where) if clock.places else _midnight_utc(day)
    offset = clock.offset_min
    fact_head = head(
        POLAR_WATCH, record, round(values.get("steps", 0)), (start, start + DAY_MS), offset
    )
    return DaySummary(head=fact_head, local_date=day, values=values)


def _midnight_utc(day: date) -> int:
    # totals have a date of their own, so nothing has to be placed exactly
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS


def _day_of(record: JsonObject, where: str) -> date:
    """Return the date of a day, which some answers state only as the beginning of its times."""
    for name in ("date", "start_time"):
        if record.get(name) is not None:
            return date_of(record[name], f"{where}.{name}")
    raise Unreadable(f"{where}.date", "not a date")


def samples_of_day(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield the steps and the zones of a date by their intervals."""
    day = _day_of(record, where)
    yield from _samples(record, day, {}, clock.of_date(day), where, errors)


def _samples(
    record: JsonObject, day: date, of_day: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    series = SeriesByKey()
    # without it only the last zone is lost, because nobody knows how long that held
    end = kept_without(errors, None, _end_ms, of_day.get("end_time"), day, f"{where}.end_time")
    for name, add in (("steps", _add_steps), ("activity_zones", _add_zones)):
        if record.get(name) is None:
            continue
        path = f"{where}.{name}"
        try:
            add(object_of(record[name], path), (day, clock, end), series, path, errors)
        except Unreadable as error:
            errors.append(error)
    yield from series.of_record(f"polar:activity:{day.isoformat()}")


def _end_ms(value: object, day: date, where: str) -> int | None:
    return None if value is None else moment_ms(value, day, where)


_Day: TypeAlias = tuple[date, LocalClock, int | None]


def _add_steps(
    record: JsonObject, of: _Day, series: SeriesByKey, where: str, errors: Errors
) -> None:
    """Add the steps of each interval, whose length the answer states."""
    day, clock, _ = of
    stated = record.get("interval_ms")
    # An interval that nobody states is a minute, as in every answer that was published.
    stated = MINUTE_MS if stated is None else stated
    length = round(duration_ms(stated, f"{where}.interval_ms"))
    shown, values = [], []
    for k, item in enumerate(list_of(record.get("samples") or [], f"{where}.samples")):
        path = f"{where}.samples[{k}]"
        try:
            sample = object_of(item, path)
            steps = measure_of(sample.get("steps"), "steps", f"{path}.steps")
            shown.append(moment_ms(sample.get("timestamp"), day, f"{path}.timestamp"))
        except Unreadable as error:
            errors.append(error)
            continue
        values.append(steps)
    for at, steps in zip(clock.instants(day, shown, where), values, strict=True):
        # a minute without a step says nothing that the wear beside it does not say
        if steps:
            series.add("steps", POLAR_WATCH, clock.offset_min, (at, at + length, steps))


def _add_zones(
    record: JsonObject, of: _Day, series: SeriesByKey, where: str, errors: Errors
) -> None:
    """Add worn time and time of at least moderate activity; a zone holds until the next begins."""
    day, clock, end = of
    shown, zones = [], []
    for k, item in enumerate(list_of(record.get("samples") or [], f"{where}.samples")):
        path = f"{where}.samples[{k}]"
        try:
            sample = object_of(item, path)
            shown.append(moment_ms(sample.get("timestamp"), day, f"{path}.timestamp"))
        except Unreadable as error:
            errors.append(error)
            continue
        zones.append(str(sample.get("zone")))  # a list or an object is no zone that is known
    # The last zone holds to the end of what was recorded, or nobody knows how long.
    placed = list(clock.instants(day, [*shown, *([] if end is None else [end])], where))
    for at, until, zone in zip(placed, placed[1:], zones, strict=False):
        # what was not worn measured nothing, and a clock that goes back makes no interval
        if zone == _NOT_WORN or not at < until:
            continue
        series.add("wear", POLAR_WATCH, clock.offset_min, (at, until, 1.0))
        if zone in _AT_LEAST_MODERATE:
            minutes = (until - at) / MINUTE_MS
            series.add("exercise_time", POLAR_WATCH, clock.offset_min, (at, until, minutes))


def heart_rate_of_day(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield the continuous heart rate of a date; 0 is no reading."""
    day = _day_of(record, where)
    name = f"{where}.heart_rate_samples"
    points = []
    for k, item in enumerate(list_of(record.get("heart_rate_samples"), name)):
        try:
            sample = object_of(item, f"{name}[{k}]")
            value = measure_of(sample.get("heart_rate"), "heart_rate", f"{name}[{k}].heart_rate")
            shown = clock_ms(sample.get("sample_time"), f"{name}[{k}].sample_time")
        except Unreadable as error:
            errors.append(error)
            continue
        points.append((shown, value))
    yield from placed_series(
        "heart_rate", f"polar:heart_rate:{day.isoformat()}", day, clock, points
    )


def placed_series(
    metric: str, record: str, day: date, clock: LocalClock, points: list[tuple[int, float]]
) -> Iterator[Fact]:
    """Yield samples of a date as a record; a point is ms after midnight and a value, 0 for none."""
    # 0 is what Polar writes where its sensor saw no pulse
    clock, series = clock.of_date(day), SeriesByKey()
    shown = [after_ms for after_ms, _ in points]
    for at, (_, value) in zip(clock.instants(day, shown, metric), points, strict=True):
        if value:
            series.add(metric, POLAR_WATCH, clock.offset_min, (at, at, value))
    yield from series.of_record(record)


def night_of_day(
    record: JsonObject, _clock: LocalClock, where: str, _errors: Errors
) -> Iterator[Fact]:
    """Yield a night as time in which the watch was worn."""
    day = _day_of(record, where)
    start, offset = instant_of(record.get("sleep_start_time"), f"{where}.sleep_start_time")
    end, _ = instant_of(record.get("sleep_end_time"), f"{where}.sleep_end_time")
    yield from worn_night(f"polar:sleep:{day.isoformat()}", start, end, offset, where)


def worn_night(record: str, start: int, end: int, offset: int | None, where: str) -> Iterator[Fact]:
    """Yield a time in which the watch was worn, [start, end) in epoch ms."""
    if not 0 < end - start <= _LONGEST_NIGHT_MS:
        raise Unreadable(where, "a night without a length of at most a day", RejectKind.RANGE)
    series = SeriesByKey()
    series.add("wear", POLAR_WATCH, offset, (start, end, 1.0))
    yield from series.of_record(record)


def recharge_of_day(
    record: JsonObject, clock: LocalClock, where: str, _errors: Errors
) -> Iterator[Fact]:
    """Yield the heart-rate variability of a night, which Polar gives as RMSSD."""
    day = _day_of(record, where)
    # its means of heart rate and of breathing are of the night alone, and are not kept
    stated = record.get("heart_rate_variability_avg")
    if stated is not None:
        metric = "heart_rate_variability_rmssd"
        value = measure_of(stated, metric, f"{where}.heart_rate_variability_avg")
        record_name = f"polar:recharge:{day.isoformat()}"
        yield day_totals(record_name, day, clock.of_date(day), {metric: value}, where)


def load_of_day(
    _record: JsonObject, _clock: LocalClock, where: str, _errors: Errors
) -> Iterator[Fact]:
    """Refuse a day's training load: Polar's own judgement, and no measurement."""
    raise Unreadable(where, "a training load of Polar, which is not kept", RejectKind.UNKNOWN)
