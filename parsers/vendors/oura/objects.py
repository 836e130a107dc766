"""One object of Oura to facts: a workout, a session, a day, a period of sleep, an uptake. Pure.

Times are local with their offset from UTC; only those of heart rate are in UTC and say nothing of
the clock. Stages of sleep, moods, scores and temperatures are never read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.calendar import DAY_MS
from model.facts import (
    DaySummary,
    Deletion,
    DeviceType,
    Fact,
    Method,
    RejectKind,
    SampleBlock,
    Source,
    Workout,
)
from model.metrics import LONGEST_INTERVAL_MS
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_RECORDS, readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    list_of,
    measure_of,
    number_within,
    object_of,
    optional_text,
    text,
)
from parsers.streams import SeriesByKey
from parsers.vendors.figures import calendar_date, date_start_ms, day_figures, summary_figures
from parsers.vendors.oura.names import (
    HEART_RATE_METHODS,
    HEART_RATE_TYPE,
    OURA_ACTIVITIES,
    OURA_DAY_FIGURES,
    REJECTED_SLEEPS,
    SERIES_METRICS,
    WORKOUT_FIGURES,
    WORKOUT_METHODS,
)
from parsers.word_tables import type_of_word

OURA_NAME = "oura"
_LONGEST_STEP_S = 3_600  # between the samples of a series; Oura's have 300

# The first of these whose members an object has says what it is.
_MEMBERS: dict[str, frozenset[str]] = {
    HEART_RATE_TYPE: frozenset(("bpm", "timestamp")),
    "workout": frozenset(("activity", "start_datetime")),
    "sleep": frozenset(("bedtime_start",)),
    "session": frozenset(("start_datetime", "end_datetime", "type")),
    "daily_activity": frozenset(("day", "steps")),
    "vO2_max": frozenset(("vo2_max",)),
}


@dataclass(frozen=True, slots=True)
class _Object:
    """An object under way: its members, its path in the answer, its revision, what was wrong."""

    item: JsonObject
    where: str
    revision: int
    errors: list[Unreadable]

    def field(self, name: str) -> tuple[object, str]:
        """Return a member with its path."""
        return self.item.get(name), f"{self.where}.{name}"


def oura_source(method: Method = Method.BACKGROUND) -> Source:
    """Return a ring as a source; nothing tells which of its models it is."""
    return Source(vendor=OURA_NAME, device_type=DeviceType.UNKNOWN, method=method)


def kind_of_object(item: JsonObject) -> str:
    """Return the type of data that an object is, by its members; "" for none that is read."""
    for kind, members in _MEMBERS.items():
        if members <= item.keys():
            return kind
    return ""


def facts_of_object(
    item: JsonObject, where: str, revision: int, rates: SeriesByKey, errors: list[Unreadable]
) -> Iterator[Fact]:
    """Yield the facts of one object; a heart rate is added to `rates`.

    Raises Unreadable for an object of no type that is read, and for one without a name or a time.
    """
    kind = kind_of_object(item)
    # a page has thousands of them, and they belong to no object
    if kind == HEART_RATE_TYPE:
        _add_heart_rate(item, where, rates)
        return
    if kind not in _READERS:
        raise Unreadable(where, "a type of data that is not followed", RejectKind.UNKNOWN)
    yield from _READERS[kind](_Object(item, where, revision, errors))


def span_of_heart_rate(item: JsonObject) -> tuple[int, int] | None:
    """Return the time [start, end) of a workout or a day in epoch ms, None of anything else."""
    entry = _Object(item, "body", 0, [])
    try:
        if kind_of_object(item) == "workout":
            start, end, _ = _times(entry, "start_datetime", "end_datetime", LONGEST_WORKOUT_MS)
            return start, end
        if kind_of_object(item) == "daily_activity":
            start = _day(entry).head.start_ms
            return start, start + DAY_MS
    except Unreadable:
        return None
    return None


def _add_heart_rate(item: JsonObject, where: str, rates: SeriesByKey) -> None:
    # written as UTC wherever the ring was, so the offset says nothing
    at, _ = instant_of(item.get("timestamp"), f"{where}.timestamp")
    value = measure_of(item.get("bpm"), "heart_rate", f"{where}.bpm")
    origin = item.get("source")
    # in a workout the ring measures often, else every five minutes: two sources
    method = HEART_RATE_METHODS.get(origin if isinstance(origin, str) else "", Method.BACKGROUND)
    rates.add("heart_rate", oura_source(method), None, (at, at, value))


def _record(entry: _Object, kind: str) -> str:
    return f"{kind}:{text(*entry.field('id'))}"


def _times(entry: _Object, first: str, last: str, longest_ms: int) -> tuple[int, int, int | None]:
    """Return start and end in epoch ms, and the offset in minutes."""
    start, offset = instant_of(*entry.field(first))
    end, _ = instant_of(*entry.field(last))
    if not 0 < end - start <= longest_ms:
        raise Unreadable(
            f"{entry.where}.{last}", "not after the start, or too long", RejectKind.RANGE
        )
    return start, end, offset


def _workout(entry: _Object) -> Iterator[Fact]:
    start, end, offset = _times(entry, "start_datetime", "end_datetime", LONGEST_WORKOUT_MS)
    origin = kept_without(entry.errors, "", optional_text, *entry.field("source"))
    source = oura_source(WORKOUT_METHODS.get(origin, Method.BACKGROUND))
    word = kept_without(entry.errors, "", optional_text, *entry.field("activity"))
    yield Workout(
        head=head(source, _record(entry, "workout"), entry.revision, (start, end), offset),
        type=type_of_word(OURA_ACTIVITIES, word, f"{entry.where}.activity", entry.errors),
        vendor_type=word,
        summary=summary_figures(entry.item, WORKOUT_FIGURES, entry.where, entry.errors),
    )


def _session(entry: _Object) -> Iterator[Fact]:
    """Yield the heart rate of a guided rest; it is no exercise."""
    _times(entry, "start_datetime", "end_datetime", LONGEST_WORKOUT_MS)
    yield from _series(entry, _record(entry, "session"), SeriesByKey())


def _sleep(entry: _Object) -> Iterator[Fact]:
    """Yield the wear of a ring at night, with its heart rate and its variability.

    A period that its wearer has rejected is retracted.
    """
    record = _record(entry, "sleep")
    start, end, offset = _times(entry, "bedtime_start", "bedtime_end", LONGEST_INTERVAL_MS)
    if kept_without(entry.errors, "", optional_text, *entry.field("type")) in REJECTED_SLEEPS:
        named = head(oura_source(), f"{record}:deleted", entry.revision, (start, end), offset)
        yield Deletion(head=named, target=record)
        return
    series = SeriesByKey()
    # who sleeps with a ring wears it, also where it measured no pulse
    series.add("wear", oura_source(), offset, (start, end, 1.0))
    yield from _series(entry, record, series)


def _series(entry: _Object, record: str, series: SeriesByKey) -> Iterator[SampleBlock]:
    for name, metric in SERIES_METRICS.items():
        value, where = entry.field(name)
        try:
            if value is not None:
                _add_series(object_of(value, where), where, metric, series, entry.errors)
        except Unreadable as error:
            entry.errors.append(error)
    yield from series.of_record(record, entry.revision)


def _add_series(
    samples: JsonObject, where: str, metric: str, series: SeriesByKey, errors: list[Unreadable]
) -> None:
    """Add values at equal steps after an instant; null is a step without a reading."""
    first, offset = instant_of(samples.get("timestamp"), f"{where}.timestamp")
    step_s = number_within(samples.get("interval"), 1, _LONGEST_STEP_S, f"{where}.interval")
    items = list_of(samples.get("items"), f"{where}.items")
    if len(items) > MOST_RECORDS:
        raise Unreadable(f"{where}.items", "more samples than are read", RejectKind.TOO_MUCH)
    for index, value in enumerate(items):
        at = first + round(index * step_s * 1000)
        # null is a step in which the ring measured nothing
        if value is None or not readable(at):
            continue
        try:
            stated = measure_of(value, metric, f"{where}.items[{index}]")
            series.add(metric, oura_source(), offset, (at, at, stated))
        except Unreadable as error:
            errors.append(error)


def _daily_activity(entry: _Object) -> Iterator[Fact]:
    yield _day(entry)


def _day(entry: _Object) -> DaySummary:
    """Return the totals of a date, at the offset from UTC that the ring's clock had."""
    day = calendar_date(*entry.field("day"))
    at = entry.field("timestamp")
    nothing: tuple[int, int | None] = (0, None)
    offset = kept_without(entry.errors, nothing, instant_of, *at)[1]
    start = date_start_ms(day, offset)
    # where clocks change it is off by an hour; the date is what counts
    span = (start, start + DAY_MS)
    return DaySummary(
        head=head(oura_source(), _record(entry, "daily_activity"), entry.revision, span, offset),
        local_date=day,
        values=day_figures(entry.item, OURA_DAY_FIGURES, entry.where, entry.errors),
    )


def _uptake(entry: _Object) -> Iterator[Fact]:
    at, offset = instant_of(*entry.field("timestamp"))
    value, where = entry.field("vo2_max")
    if value is None:
        return
    series = SeriesByKey()
    series.add("vo2_max", oura_source(), offset, (at, at, measure_of(value, "vo2_max", where)))
    yield from series.of_record(_record(entry, "vO2_max"), entry.revision)


_READERS: dict[str, Callable[[_Object], Iterator[Fact]]] = {
    "workout": _workout,
    "session": _session,
    "sleep": _sleep,
    "daily_activity": _daily_activity,
    "vO2_max": _uptake,
}
