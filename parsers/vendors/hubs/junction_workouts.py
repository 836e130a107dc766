"""Workouts of Junction and the streams of samples that belong to them, to facts. Pure.

The same shapes come in events and in answers to what was asked for.
"""

from collections.abc import Iterator

from model.facts import Method, RejectKind, Workout
from parsers.bounds import readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    measure_of,
    number_of,
    number_within,
    optional_text,
    text,
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.phone.collected import Collected
from parsers.streams import SeriesByKey
from parsers.vendors.hubs.junction_entry import (
    HubOrigin,
    hub_origin,
    junction_offset,
    junction_revision,
    refuse_all,
)
from parsers.vendors.hubs.junction_names import JUNCTION_SPORTS, JUNCTION_TOTALS, STREAM_COLUMNS
from parsers.vendors.hubs.values import short_list, workout_span
from parsers.word_tables import type_of_word

_LONGEST_S = 1e6
_LATEST_S = 2**33  # beyond any year that is read


def add_workout_summary(record: JsonObject, where: str, into: Collected) -> str:
    """Add a workout, and return its id."""
    named = text(record.get("id"), f"{where}.id")
    start, _ = instant_of(record.get("time_start"), f"{where}.time_start")
    end, _ = instant_of(record.get("time_end"), f"{where}.time_end")
    span = workout_span(start, end, f"{where}.time_end")
    errors: list[Unreadable] = []
    sport = kept_without(errors, "", _sport, record.get("sport"), f"{where}.sport")
    origin = hub_origin(record.get("source"), f"{where}.source", into)
    into.facts.append(
        Workout(
            head=head(
                origin.source(Method.WORKOUT),
                f"workout:{named}",
                junction_revision(record, where, errors),
                span,
                junction_offset(record, where, errors),
            ),
            type=type_of_word(JUNCTION_SPORTS, sport, f"{where}.sport", errors),
            vendor_type=sport,
            moving_ms=_moving_ms(record, span, where, errors),
            summary=dict(_totals(record, where, errors)),
        )
    )
    refuse_all(errors, into)
    return named


def _sport(value: object, where: str) -> str:
    """Return the stable word for a sport; an older sender gives only the word."""
    if isinstance(value, dict):
        named = value.get("slug") or value.get("name")
        return optional_text(named, f"{where}.slug").lower().replace(" ", "_")
    return optional_text(value, where).lower().replace(" ", "_")


def _moving_ms(
    record: JsonObject, span: tuple[int, int], where: str, errors: list[Unreadable]
) -> int | None:
    """Return the time of the timer, None where it is as long as the workout or not stated."""
    if record.get("moving_time") is None:
        return None
    stated = record["moving_time"], 0, _LONGEST_S, f"{where}.moving_time"
    moving_ms = round(kept_without(errors, 0.0, number_within, *stated) * 1000)
    return moving_ms if 0 < moving_ms <= span[1] - span[0] - SHORTEST_PAUSE_MS else None


def _totals(
    record: JsonObject, where: str, errors: list[Unreadable]
) -> Iterator[tuple[str, float]]:
    for member, (ours, most) in JUNCTION_TOTALS.items():
        try:
            if record.get(member) is not None:
                yield ours, number_within(record[member], 0, most, f"{where}.{member}")
        except Unreadable as error:
            errors.append(error)


def add_stream(
    record: JsonObject, named: str, origin: HubOrigin, offset: int | None, into: Collected
) -> None:
    """Add the samples of a workout: columns beside a column of times in epoch seconds."""
    source, series = origin.source(Method.WORKOUT), SeriesByKey()
    times = short_list(record.get("time"), "time")
    for column, metric in STREAM_COLUMNS.items():
        try:
            values = _column(record.get(column), column, len(times))
        except Unreadable as error:
            into.refused.add("", None, error)
            continue
        for index, (at, value) in enumerate(zip(times, values, strict=False)):
            try:
                if value is not None:
                    at_ms = _instant(at, "time")
                    point = at_ms, at_ms, measure_of(value, metric, "")
                    series.add(metric, source, offset, point)
            except Unreadable as error:
                into.refused.add(column, index, error)
    into.facts.extend(series.of_record(f"workout:{named}:samples"))


def _column(value: object, where: str, length: int) -> list[object]:
    """Return the values beside the times of a stream, none where the column is missing."""
    values = short_list(value, where)
    if values and len(values) != length:
        raise Unreadable(where, "another length than its times", RejectKind.DAMAGED)
    return values


def _instant(value: object, where: str) -> int:
    seconds = number_of(value, where)
    if not 0 <= seconds < _LATEST_S or not readable(int(seconds * 1000)):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return int(seconds * 1000)
