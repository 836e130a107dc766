"""Objects of Junction to facts: workouts, days, nights, samples, streams of workouts. Pure.

Times are instants in UTC; beside them stands the offset of the patient's clock in seconds, or null.
The same shapes come in events and in answers to what was asked for.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from model.facts import DeviceType, Method, RejectKind, Source, Workout
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
    object_of,
    optional_text,
    real_offset,
    text,
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.phone.collected import Collected, word_of
from parsers.streams import SeriesByKey
from parsers.vendors.hubs.junction_names import (
    BY_HAND_SOURCE,
    INTENSE,
    JUNCTION_DAY,
    JUNCTION_NIGHT,
    JUNCTION_SERIES,
    JUNCTION_SPORTS,
    JUNCTION_TOTALS,
    NAPS,
    RESTING,
    SOURCE_TYPES,
    STREAM_COLUMNS,
    WORN_SOURCES,
    JunctionSeries,
)
from parsers.vendors.hubs.values import (
    HubDay,
    hub_date,
    hub_midnight_ms,
    hub_source,
    short_list,
    shows_sleep,
    sleep_as_wear,
    workout_span,
)
from parsers.word_tables import type_of_word

_VENDOR = "junction"
_MOST_SECONDS = 1e9  # of an offset: larger numbers would overflow later
_LONGEST_S = 1e6
_LATEST_S = 2**33  # beyond any year that is read
_FLOATING = frozenset(("freestyle_libre", "abbott_libreview"))  # their times are in no zone


class HubOrigin(NamedTuple):
    """The vendor behind the hub, and the kind of source, as Junction names them."""

    provider: str
    kind: str
    device: str

    def source(self, method: Method) -> Source:
        """Return the source; what was typed into an app was measured by nobody."""
        # the patient typed it in
        by_hand = Method.MANUAL if self.kind == BY_HAND_SOURCE else method
        known = SOURCE_TYPES.get(self.kind, DeviceType.UNKNOWN)
        return hub_source(_VENDOR, self.provider, self.device, by_hand, known)


def hub_origin(value: object, where: str, into: Collected) -> HubOrigin:
    """Return the origin of an object; what is missing of it stays empty."""
    errors: list[Unreadable] = []
    nothing: JsonObject = {}
    source = kept_without(errors, nothing, _object, value, where)
    words = []
    for names in (("provider", "slug"), ("type",), ("device_id",)):
        written = next(filter(None, map(source.get, names)), None)
        words.append(kept_without(errors, "", optional_text, written, f"{where}.{names[0]}"))
    for error in errors:
        into.refused.add("", None, error)
    return HubOrigin(*words)


def _object(value: object, where: str) -> JsonObject:
    return {} if value is None else object_of(value, where)


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
                _revision(record, where, errors),
                span,
                _offset(record, where, errors),
            ),
            type=type_of_word(JUNCTION_SPORTS, sport, f"{where}.sport", errors),
            vendor_type=sport,
            moving_ms=_moving_ms(record, span, where, errors),
            summary=dict(_totals(record, where, errors)),
        )
    )
    _refuse(errors, into)
    return named


def _refuse(errors: list[Unreadable], into: Collected) -> None:
    for error in errors:
        into.refused.add("", None, error)


def _sport(value: object, where: str) -> str:
    """Return the stable word for a sport; an older sender gives only the word."""
    if isinstance(value, dict):
        named = value.get("slug") or value.get("name")
        return optional_text(named, f"{where}.slug").lower().replace(" ", "_")
    return optional_text(value, where).lower().replace(" ", "_")


def _offset(record: JsonObject, where: str, errors: list[Unreadable]) -> int | None:
    field = f"{where}.timezone_offset".lstrip(".")
    return kept_without(errors, None, _minutes, record.get("timezone_offset"), field)


def _minutes(value: object, where: str) -> int | None:
    """Return seconds east of UTC as minutes, None for null."""
    if value is None:
        return None
    return real_offset(
        round(number_within(value, -_MOST_SECONDS, _MOST_SECONDS, where) / 60), where
    )


def _revision(record: JsonObject, where: str, errors: list[Unreadable]) -> int:
    """Return when Junction last changed an object, in epoch ms; 0 where it does not say."""
    if record.get("updated_at") is None:
        return 0
    at = record["updated_at"], f"{where}.updated_at"
    return kept_without(errors, 0, _instant_ms, *at)


def _instant_ms(value: object, where: str) -> int:
    return instant_of(value, where)[0]


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


def add_day_summary(record: JsonObject, where: str, into: Collected) -> None:
    """Add the figures of a local date, which is sent again as it grows."""
    named = text(record.get("id"), f"{where}.id")
    errors: list[Unreadable] = []
    day = hub_date(record.get("calendar_date") or record.get("date"), f"{where}.calendar_date")
    origin = hub_origin(record.get("source"), f"{where}.source", into)
    dated = _dated(record, f"activity:{named}", day, origin, where, errors)
    for member, figure in JUNCTION_DAY.items():
        _add_figure(record, member, figure, dated, where, into)
    heart = kept_without(
        errors, dict[str, object](), _object, record.get("heart_rate"), f"{where}.heart_rate"
    )
    location = f"{where}.heart_rate"
    _add_figure(heart, "resting_bpm", RESTING, dated, location, into)
    minutes = 0.0
    for member in INTENSE:
        if record.get(member) is not None:
            stated = record[member], "exercise_time", f"{where}.{member}"
            minutes += kept_without(errors, 0.0, measure_of, *stated)
    if minutes:
        into.facts.append(dated.figure("exercise_time", minutes, grows=True))
    _refuse(errors, into)


def _dated(
    record: JsonObject,
    name: str,
    day: date,
    origin: HubOrigin,
    where: str,
    errors: list[Unreadable],
) -> HubDay:
    offset = _offset(record, where, errors)
    return HubDay(
        source=origin.source(Method.BACKGROUND),
        name=name,
        local_date=day,
        start_ms=hub_midnight_ms(day, offset, f"{where}.calendar_date"),
        offset=offset,
        revision=_revision(record, where, errors),
    )


def _add_figure(
    record: JsonObject,
    member: str,
    figure: tuple[str, bool],
    dated: HubDay,
    where: str,
    into: Collected,
) -> None:
    """Add a figure of a date, (its metric, whether it grows), where an object has it."""
    metric, grows = figure
    if record.get(member) is None:
        return
    try:
        value = measure_of(record[member], metric, f"{where}.{member}")
        into.facts.append(dated.figure(metric, value, grows=grows))
    except Unreadable as error:
        into.refused.add("", None, error)


def add_night_summary(record: JsonObject, where: str, into: Collected) -> None:
    """Add a night as wear of what measured it, with its resting heart rate and variability."""
    named = text(record.get("id"), f"{where}.id")
    start, _ = instant_of(record.get("bedtime_start"), f"{where}.bedtime_start")
    end, _ = instant_of(record.get("bedtime_stop"), f"{where}.bedtime_stop")
    errors: list[Unreadable] = []
    day = hub_date(record.get("calendar_date") or record.get("date"), f"{where}.calendar_date")
    origin = hub_origin(record.get("source"), f"{where}.source", into)
    dated = _dated(record, f"night:{named}", day, origin, where, errors)
    # what a nap states is no figure of its date, and would take the place of the night's
    figures = {} if word_of(record.get("type")) in NAPS else JUNCTION_NIGHT
    for member, figure in figures.items():
        _add_figure(record, member, figure, dated, where, into)
    if shows_sleep(dated.source, is_measured=origin.kind in WORN_SOURCES):
        of = head(dated.source, f"night:{named}", dated.revision, (start, end), dated.offset)
        into.facts.append(sleep_as_wear(of, f"{where}.bedtime_stop"))
    _refuse(errors, into)


def add_samples(resource: str, group: JsonObject, where: str, into: Collected) -> None:
    """Add the samples of a series, all from one source: `{"source": ..., "data": [...]}`."""
    origin = hub_origin(group.get("source"), f"{where}.source", into)
    # these vendors write a local clock as if it were UTC
    if origin.provider in _FLOATING:
        why = "local times without an offset from UTC"
        raise Unreadable(f"{where}.source", why, RejectKind.UNKNOWN)
    source = origin.source(Method.UNKNOWN)
    for index, sample in enumerate(short_list(group.get("data"), f"{where}.data")):
        errors: list[Unreadable] = []
        try:
            item = object_of(sample, "")
            for row in JUNCTION_SERIES[resource]:
                _add_sample(item, row, source, errors, into)
        except Unreadable as error:
            errors.append(error)
        for fault in errors:
            into.refused.add(f"{where}.data", index, fault)


def _add_sample(
    item: JsonObject,
    row: JunctionSeries,
    source: Source,
    errors: list[Unreadable],
    into: Collected,
) -> None:
    """Add one sample. A count holds until its stated end; without one, nobody knows how long."""
    value = measure_of(item.get(row.member), row.metric, row.member)
    offset = _offset(item, "", errors)
    # older senders have one time, which is the start of an interval that nobody states
    begins = "start" if item.get("start") is not None else "timestamp"
    start, _ = instant_of(item.get(begins), begins)
    end = start
    if row.counts and item.get("end") is not None:
        end, _ = instant_of(item["end"], "end")
    if end < start:
        raise Unreadable("end", "before the start", RejectKind.RANGE)
    # steps without an end hold for a guessed time; a distance must not be guessed
    if row.metric == "distance" and end == start:
        # without an end it would be taken for the distance since the beginning
        raise Unreadable("end", "a distance without the end of its time")
    into.series.add(row.metric, source, offset, (start, end, value))


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
