"""The lists of Polar's fourth interface: sessions, samples of days, beats, nights. Pure.

A list has its records under one name, some of them once more inside an object of another name. A
session has local times with an offset beside them or none, and a sample of a day so many
milliseconds after its midnight. Samples of two devices of a date are two records.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.facts import Fact, OffsetOrigin, Source
from parsers.exports.polar_flow import polar_session, underscored
from parsers.exports.polar_times import POLAR_OFFSET, polar_placed
from parsers.fields import (
    JsonObject,
    Unreadable,
    first_value,
    instant_of,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
    text,
)
from parsers.local_times.beside_offsets import duration_ms
from parsers.streams import SeriesByKey
from parsers.vendors.polar.days import POLAR_WATCH, Errors, day_totals, placed_series, worn_night
from parsers.vendors.polar.local_clock import LocalClock, date_of, moment_ms

_LEAST_INTERVAL_MS = 1.0
_LONGEST_DAY_MS = DAY_MS + HOUR_MS
_SAMPLED = {"heart_rate": "heartRate", "rr_interval": "ppInterval"}


def session_of_list(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield a session; where it states no offset, its times are placed by the patient's zone."""
    # its reader knows only paths within a session
    own: Errors = []
    session = polar_placed(underscored(record), own)
    # where it states its offset, the patient may have been anywhere
    states = POLAR_OFFSET in session
    if not states and clock.places:
        session[POLAR_OFFSET] = _offset_at(session, clock, where)
    for fact in polar_session(session, own):
        yield fact if states else _without_offset(fact)
    for error in own:
        errors.append(Unreadable(f"{where}.{error.where}", error.why, error.kind))


def _offset_at(session: JsonObject, clock: LocalClock, where: str) -> float:
    """Return the minutes east of UTC on the clock at which a session began."""
    stated = first_value(session, "startTime", "start_time")
    day = date_of(stated, f"{where}.startTime")
    after_ms = moment_ms(str(stated).removesuffix("Z"), day, f"{where}.startTime")
    at_ms = clock.instant(day, f"{where}.startTime", after_ms)
    # the same clock read as UTC: the difference is the offset of the zone at that moment
    shown_ms = LocalClock(offset_min=0).instant(day, where, after_ms)
    return (shown_ms - at_ms) / MINUTE_MS


def _without_offset(fact: Fact) -> Fact:
    # what the zone says of the patient, the source did not say
    head = replace(fact.head, offset_min=None, offset_origin=OffsetOrigin.UNKNOWN)
    return replace(fact, head=head)


def heart_rate_of_list(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield the continuous heart rate of a date."""
    day = date_of(record.get("date"), f"{where}.date")
    points = _points(record.get("samples"), "heart_rate", f"{where}.samples", errors)
    name = f"polar:heart_rate:{day.isoformat()}"
    yield from placed_series("heart_rate", name, day, clock, points)


def beats_of_list(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield the intervals between the beats of a date, a record for each device."""
    day = date_of(record.get("date"), f"{where}.date")
    # beats of two devices never join: their clocks differ by more than a beat
    devices = list_of(record.get("ppiSamplesPerDevice") or [], f"{where}.ppiSamplesPerDevice")
    for k, item in enumerate(devices):
        path = f"{where}.ppiSamplesPerDevice[{k}]"
        try:
            device = object_of(item, path)
            listed = _in_contact(device.get("ppiSamples"))
            points = _points(listed, "rr_interval", f"{path}.ppiSamples", errors)
        except Unreadable as error:
            errors.append(error)
            continue
        named = _device(device, "recordingDevice", k)
        name = f"polar:beats:{day.isoformat()}:{named}"
        for block in placed_series("rr_interval", name, day, clock, points):
            fact_head = replace(block.head, source=replace(POLAR_WATCH, device=named))
            yield replace(block, head=fact_head)


def _in_contact(listed: object) -> object:
    """Return the samples without those that the watch measured off the skin."""
    if not isinstance(listed, list):
        return [] if listed is None else listed
    return [item for item in listed if not (isinstance(item, dict) and _is_off(item))]


def _is_off(sample: JsonObject) -> bool:
    return sample.get("skinContact") is False


def _device(record: JsonObject, name: str, ordinal: int) -> str:
    """Return the short name of a device, its path in the list where it has none."""
    named = record.get(name)
    for key in ("uuid", "deviceId"):
        stated = named.get(key) if isinstance(named, dict) else None
        if isinstance(stated, str) and stated.isascii() and stated.isprintable():
            return stated[:64]
    return str(ordinal)


def _points(listed: object, metric: str, where: str, errors: Errors) -> list[tuple[int, float]]:
    """Return (ms after midnight, value) of the samples of a metric."""
    points = []
    theirs = _SAMPLED[metric]
    for k, item in enumerate(list_of(listed or [], where)):
        path = f"{where}[{k}]"
        try:
            sample = object_of(item, path)
            after = number_within(sample.get("offsetMillis"), 0, _LONGEST_DAY_MS, path)
            value = measure_of(sample.get(theirs), metric, f"{path}.{theirs}")
        except Unreadable as error:
            errors.append(error)
            continue
        points.append((round(after), value))
    return points


def steps_of_list(
    record: JsonObject, clock: LocalClock, where: str, errors: Errors
) -> Iterator[Fact]:
    """Yield the steps of a date by their intervals, a record for each device."""
    day = date_of(record.get("date"), f"{where}.date")
    devices = list_of(record.get("activitiesPerDevice") or [], f"{where}.activitiesPerDevice")
    for k, item in enumerate(devices):
        path = f"{where}.activitiesPerDevice[{k}]"
        try:
            device = object_of(item, path)
            samples = list_of(device.get("activitySamples") or [], f"{path}.activitySamples")
        except Unreadable as error:
            errors.append(error)
            continue
        # two watches of a day have counted the same steps: they stay apart, and are compared
        series = SeriesByKey()
        named = _device(device, "deviceReference", k)
        source = replace(POLAR_WATCH, device=named)
        for n, sample in enumerate(samples):
            try:
                where_steps = f"{path}.activitySamples[{n}]"
                _add_steps(sample, (day, clock, source), series, where_steps, errors)
            except Unreadable as error:
                errors.append(error)
        yield from series.of_record(f"polar:steps:{day.isoformat()}:{named}")


def _add_steps(
    sample: object,
    of: tuple[date, LocalClock, Source],
    series: SeriesByKey,
    where: str,
    errors: Errors,
) -> None:
    day, clock, source = of
    held = object_of(sample, where).get("stepSamples")
    if held is None:
        return
    steps = object_of(held, f"{where}.stepSamples")
    values = list_of(steps.get("steps") or [], f"{where}.stepSamples.steps")
    if not values:
        return
    step_ms = duration_ms(steps.get("interval"), f"{where}.stepSamples.interval")
    if not _LEAST_INTERVAL_MS <= step_ms <= DAY_MS:
        raise Unreadable(f"{where}.stepSamples.interval", "not an interval of samples")
    # the time of day may stand alone, with the date in the object around it
    begun = moment_ms(steps.get("startTime"), day, f"{where}.stepSamples.startTime")
    start = clock.of_date(day).instant(day, where, begun)
    for k, value in enumerate(values):
        path = f"{where}.stepSamples.steps[{k}]"
        # null is an interval in which nothing was measured; a bad count costs its own interval
        count = value or 0, "steps", path
        stated = kept_without(errors, 0.0, measure_of, *count)
        if stated:
            at = start + round(k * step_ms)
            until = start + round((k + 1) * step_ms)
            series.add("steps", source, clock.of_date(day).offset_min, (at, until, stated))


def night_of_list(
    record: JsonObject, _clock: LocalClock, where: str, _errors: Errors
) -> Iterator[Fact]:
    """Yield a night as time in which the watch was worn."""
    day = date_of(record.get("sleepDate"), f"{where}.sleepDate")
    result: dict[str, Any] = object_of(record.get("sleepResult"), f"{where}.sleepResult")
    night = object_of(result.get("hypnogram"), f"{where}.sleepResult.hypnogram")
    start, offset = instant_of(night.get("sleepStart"), f"{where}.sleepStart")
    end, _ = instant_of(night.get("sleepEnd"), f"{where}.sleepEnd")
    yield from worn_night(f"polar:sleep:{day.isoformat()}", start, end, offset, where)


def recharge_of_list(
    record: JsonObject, clock: LocalClock, where: str, _errors: Errors
) -> Iterator[Fact]:
    """Yield the heart-rate variability of a night, which Polar gives as RMSSD; 0 is none."""
    day = date_of(text(record.get("sleepResultDate"), f"{where}.sleepResultDate"), where)
    # an absent figure is written as 0
    stated = record.get("meanNightlyRecoveryRmssd")
    if stated:
        metric = "heart_rate_variability_rmssd"
        value = measure_of(stated, metric, f"{where}.meanNightlyRecoveryRmssd")
        name = f"polar:recharge:{day.isoformat()}"
        yield day_totals(name, day, clock.of_date(day), {metric: value}, where)
