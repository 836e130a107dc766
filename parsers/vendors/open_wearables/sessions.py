"""An event of a workout or of a night to facts. Pure.

A field that is missing or wrong costs that field only, unless it names the record or its time.
"""

from collections.abc import Iterator

from model.facts import Method, RejectKind, SampleBlock, Workout
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    number_within,
    object_of,
    optional_text,
    text,
    zone_offset,
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.vendors.hubs.values import shows_sleep, sleep_as_wear
from parsers.vendors.open_wearables.names import SUMMARY, WORKOUT_TYPES
from parsers.vendors.open_wearables.sources import clock_offset, device_source
from parsers.word_tables import type_of_word


def event_workout(data: JsonObject, errors: list[Unreadable]) -> Workout:
    """Return the workout of an event; Unreadable when it has no record or no time."""
    start, written = instant_of(data.get("start_time"), "data.start_time")
    end, _ = instant_of(data.get("end_time"), "data.end_time")
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        raise Unreadable(
            "data.end_time", "not after the start by at most seven days", RejectKind.RANGE
        )
    record = text(data.get("id"), "data.id")
    result = kept_without(errors, "", optional_text, data.get("type"), "data.type")
    zone = kept_without(errors, None, zone_offset, data.get("zone_offset"), "data.zone_offset")
    offset = clock_offset(zone, written)
    source = device_source(data.get("source"), "data.source", Method.WORKOUT, errors)
    summary = dict(_summary(data, errors))
    return Workout(
        head=head(source, record, 0, (start, end), offset),
        type=type_of_word(WORKOUT_TYPES, result, "data.type", errors),
        vendor_type=result,
        moving_ms=_timer_ms(summary, end - start),
        summary=summary,
    )


def event_night(data: JsonObject, errors: list[Unreadable]) -> Iterator[SampleBlock]:
    """Yield a night as wear of the device that measured it; sent again, it replaces itself."""
    start, written = instant_of(data.get("start_time"), "data.start_time")
    end, _ = instant_of(data.get("end_time"), "data.end_time")
    record = text(data.get("id"), "data.id")
    zone = kept_without(errors, None, zone_offset, data.get("zone_offset"), "data.zone_offset")
    source = device_source(data.get("source"), "data.source", Method.BACKGROUND, errors)
    # only that there are stages counts: a diary has none
    nothing: JsonObject = {}
    stages = {} if data.get("stages") is None else data["stages"]
    measured = kept_without(errors, nothing, object_of, stages, "data.stages").values()
    if shows_sleep(source, is_measured=any(minutes is not None for minutes in measured)):
        fact_head = head(source, f"night:{record}", 0, (start, end), clock_offset(zone, written))
        yield sleep_as_wear(fact_head, "data.end_time")


def _timer_ms(summary: dict[str, float], length_ms: int) -> int | None:
    """Return the time of the timer: a stated duration that is shorter than the workout.

    It is in seconds, so a difference below one is no pause. A duration as long as the workout, or
    of nothing, tells of no timer.
    """
    timer_ms = round(summary.get("duration", 0.0) * 1000)
    return timer_ms if 0 < timer_ms <= length_ms - SHORTEST_PAUSE_MS else None


def _summary(data: JsonObject, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    """Yield the sender's own totals; a bad total is an error, and the workout is still kept."""
    for result, (ours, most) in SUMMARY.items():
        try:
            if data.get(result) is not None:
                yield ours, number_within(data[result], 0, most, f"data.{result}")
        except Unreadable as error:
            errors.append(error)
