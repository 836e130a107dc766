"""The workouts of Health Auto Export to facts: version 2 with an id, version 1 without. Pure.

The samples of a workout are a record of their own: sent again, perhaps grouped by other lengths of
time, they replace themselves entirely. A workout that comes without them says nothing about them,
because the app leaves them out at will. Positions are never read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from model.facts import Head, Method, RejectKind, Workout
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    free_record,
    head,
    kept_without,
    list_of,
    number_of,
    number_within,
    optional_text,
)
from parsers.local_times.moments import Moment, moment_of, placed_moment
from parsers.pauses import SHORTEST_PAUSE_MS, pauses_within
from parsers.phone.collected import Collected, phone_source, word_of
from parsers.phone.export_metrics import Setting
from parsers.phone.export_names import (
    INDOORS,
    OF_THE_TRACE,
    TRACE,
    WORKOUT_SERIES,
    WORKOUT_TOTALS,
    WORKOUT_WORDS,
)
from parsers.phone.export_units import written_unit
from parsers.phone.grids import grid_of
from parsers.phone.values import (
    APP,
    ValueColumn,
    Valued,
    add_values,
    by_hand,
    valued_items,
)
from parsers.word_tables import type_of_word

_GREATEST = 1e9  # of any total
_MOST_LEGS = 50
_INDOOR = frozenset({"indoor"})
_PAUSED, _RESUMED = frozenset({"pause", "motionpaused"}), frozenset({"resume", "motionresumed"})
_Errors = list[Unreadable]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The start of a workout with its clock, and its end in epoch ms."""

    start: Moment
    end_ms: int

    @property
    def ms(self) -> tuple[int, int]:
        return self.start.ms, self.end_ms


def add_workout(entry: JsonObject, where: str, setting: Setting, into: Collected) -> None:
    """Add a workout with its samples; raises Unreadable where it has no place in time."""
    errors: _Errors = []
    try:
        span = _span(entry, setting.zone)
        record = _record(entry, span, into.records)
    except Unreadable as error:
        raise Unreadable(f"{where}.{error.where}", error.why, error.kind) from error
    samples = Collected(refused=into.refused)
    lists = dict(_lists(entry, where, setting, samples))
    _add_series(lists, where, setting, samples)
    fact_head = _head(entry, record, span, setting, lists.values())
    workout = _workout(entry, fact_head, lists.get(TRACE, []), errors)
    legs = list(_legs(entry, workout, setting.zone, errors))
    into.facts.extend(legs or [workout])
    into.facts.extend(samples.series.of_record(f"{record}:samples"))
    for reason in errors:
        into.refused.add(where, None, reason)


def _span(entry: JsonObject, zone: str) -> _Span:
    start_name = "start" if entry.get("start") is not None else "startDate"
    end_name = "end" if entry.get("end") is not None else "endDate"
    start = placed_moment(entry.get(start_name), start_name, zone)
    end = placed_moment(entry.get(end_name), end_name, zone)
    if not 0 < end.ms - start.ms <= LONGEST_WORKOUT_MS:
        why = "not after the start by at most seven days"
        raise Unreadable(end_name, why, RejectKind.RANGE)
    return _Span(start=start, end_ms=end.ms)


def _record(entry: JsonObject, span: _Span, taken: set[str]) -> str:
    """Return the id of the app; without one, the start names the workout of its source.

    Tables have minutes only, so two workouts may have one start; `taken` holds those of the body.
    """
    for name in ("id", "workoutId"):
        stated = entry.get(name)
        # a relay may number its workouts
        is_number = isinstance(stated, int) and not isinstance(stated, bool)
        written = str(stated) if is_number else optional_text(stated, name)
        if written:
            return written
    return free_record(f"start:{span.start.ms}", taken)


def _lists(
    entry: JsonObject, where: str, setting: Setting, into: Collected
) -> Iterator[tuple[str, list[Valued]]]:
    """Yield the series of the workout by their names. Version 1 has totals of the same names."""
    for name in WORKOUT_SERIES:
        listed = entry.get(name)
        if isinstance(listed, list) and listed:
            yield name, valued_items(listed, f"{where}.{name}", setting.zone, into)
        elif not (listed is None or isinstance(listed, (list, dict))):
            into.refused.add(where, None, Unreadable(name, "neither a list nor a total"))


def _add_series(
    lists: dict[str, list[Valued]], where: str, setting: Setting, into: Collected
) -> None:
    for name, values in lists.items():
        followed = WORKOUT_SERIES[name]
        by_name = "heart_rate" if followed.metric == "heart_rate" else ""
        grid = grid_of((valued.at for valued in values), setting.grid(by_name))
        column = ValueColumn(followed, f"{where}.{name}", grid, Method.WORKOUT, setting.vendor)
        add_values(column, None, values, into)


def _head(
    entry: JsonObject, record: str, span: _Span, setting: Setting, lists: Iterable[list[Valued]]
) -> Head:
    """Return the head of a workout; without a source it has the device of its first samples."""
    device = _source_name(entry.get("source"))
    for values in lists:
        for valued in values[:1]:
            device = device or _source_name(valued.item.get("source"))
    method = Method.MANUAL if by_hand(entry) else Method.WORKOUT
    source = phone_source(setting.vendor, APP, device, method)
    return head(source, record, 0, span.ms, span.start.offset)


def _source_name(value: object) -> str:
    return word_of(value.get("name") if isinstance(value, dict) else value)


def _workout(entry: JsonObject, fact_head: Head, trace: list[Valued], errors: _Errors) -> Workout:
    word = kept_without(errors, "", optional_text, entry.get("name"), "name")
    summary = dict(_totals(entry, errors))
    length_ms = fact_head.end_ms - fact_head.start_ms
    if trace and all(valued.at.ms >= fact_head.end_ms for valued in trace):
        # The app sometimes puts the recovery in place of the trace, and makes means of it.
        errors.append(Unreadable(TRACE, "all of it after the end", RejectKind.RANGE))
        for name in OF_THE_TRACE:
            summary.pop(name, None)
    return Workout(
        head=fact_head,
        type=_type(entry, word, errors),
        vendor_type=word,
        moving_ms=_timer_ms(entry, length_ms, errors),
        pauses=_pauses(entry, fact_head, errors),
        summary=summary,
    )


def _type(entry: JsonObject, word: str, errors: _Errors) -> str:
    ours = type_of_word(WORKOUT_WORDS, _plain_word(word), "name", errors)
    location = entry.get("location")
    indoors = isinstance(location, str) and location.lower() in _INDOOR
    return INDOORS.get(ours, ours) if indoors or entry.get("isIndoor") is True else ours


def _plain_word(word: str) -> str:
    letters = [letter if letter.isalnum() else " " for letter in word.lower()]
    return "_".join("".join(letters).split())


def _timer_ms(entry: JsonObject, length_ms: int, errors: _Errors) -> int | None:
    """Return the time of the timer: a duration in seconds that is shorter than the workout."""
    if entry.get("duration") is None:
        return None
    longest_s = LONGEST_WORKOUT_MS // 1000
    duration = entry["duration"], 0, longest_s, "duration"
    timer_ms = round(kept_without(errors, 0.0, number_within, *duration) * 1000)
    return timer_ms if 0 < timer_ms <= length_ms - SHORTEST_PAUSE_MS else None


def _totals(entry: JsonObject, errors: _Errors) -> Iterator[tuple[str, float]]:
    """Yield the totals that the app states, in our units; a bad one costs itself only."""
    for path, (ours, metric) in WORKOUT_TOTALS.items():
        where, value = ".".join(path), _at(entry, path)
        # a list is a series of version 2, whose name is told where it is neither
        if not (value is None or isinstance(value, (dict, list)) or where in WORKOUT_SERIES):
            errors.append(Unreadable(where, "not an object"))
        if not isinstance(value, dict) or value.get("qty") is None:
            continue
        total = kept_without(errors, None, _total, value, metric, where)
        if total is not None:
            yield ours, total
    elevation = entry.get("elevation")
    if isinstance(elevation, dict) and elevation.get("ascent") is not None:
        climbed = {"qty": elevation["ascent"], "units": elevation.get("units")}
        ascent = kept_without(errors, None, _total, climbed, "altitude", "elevation.ascent")
        if ascent is not None:
            yield "ascent", ascent


def _at(entry: JsonObject, path: tuple[str, ...]) -> object:
    value: object = entry
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _total(value: JsonObject, metric: str, where: str) -> float | None:
    try:
        unit = written_unit(metric, value.get("units"))
    except Unreadable as error:
        raise Unreadable(f"{where}.{error.where}", error.why, error.kind) from error
    stated = number_of(value["qty"], f"{where}.qty") * unit.factor + unit.offset
    return number_within(stated, 0, _GREATEST, f"{where}.qty")


def _pauses(entry: JsonObject, fact_head: Head, errors: _Errors) -> tuple[tuple[int, int], ...]:
    """Return the pauses that events tell, where the export has events."""
    listed = _optional_list(entry, "workoutEvents", errors)
    stops: list[tuple[int, int | None]] = []
    stopped: int | None = None
    for at_ms, is_stop in sorted(_events(listed, errors)):
        if is_stop and stopped is None:
            stopped = at_ms
        elif not is_stop and stopped is not None:
            stops.append((stopped, at_ms))
            stopped = None
    if stopped is not None:
        stops.append((stopped, None))
    timer_ms = _timer_ms(entry, fact_head.end_ms - fact_head.start_ms, [])
    return pauses_within(stops, (fact_head.start_ms, fact_head.end_ms), timer_ms)


def _optional_list(entry: JsonObject, name: str, errors: _Errors) -> list[object]:
    nothing: list[object] = []
    written = nothing if entry.get(name) is None else entry[name]
    return kept_without(errors, nothing, list_of, written, name)


def _events(listed: list[object], errors: _Errors) -> Iterator[tuple[int, bool]]:
    """Yield the instant of each event that stops or starts the timer, and whether it stops it."""
    for event in listed:
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            continue
        word = _plain_word(event["type"]).replace("_", "")
        if word in _PAUSED | _RESUMED:
            named = "date" if event.get("date") is not None else "start"
            at = kept_without(errors, None, moment_of, event.get(named), f"workoutEvents.{named}")
            if at is not None and at.placed:
                yield at.ms, word in _PAUSED


def _legs(entry: JsonObject, workout: Workout, zone: str, errors: _Errors) -> Iterator[Workout]:
    """Yield the legs of a workout of several types; the intervals of one type are no legs."""
    activities = _optional_list(entry, "workoutActivities", errors)[:_MOST_LEGS]
    named = [(item, _word_of(item)) for item in activities if isinstance(item, dict)]
    types = {WORKOUT_WORDS.get(_plain_word(word)) for _, word in named if word}
    if len(types) <= 1:
        return
    for number, (item, word) in enumerate(named):
        try:
            span = _span(item, zone)
        except Unreadable as error:
            where = f"workoutActivities.{error.where}"
            errors.append(Unreadable(where, error.why, error.kind))
            continue
        record = f"{workout.head.record}:{number}"
        yield Workout(
            head=head(workout.head.source, record, 0, span.ms, span.start.offset),
            type=_type(item, word, errors),
            vendor_type=word,
            moving_ms=_timer_ms(item, span.end_ms - span.start.ms, errors),
            summary=dict(_totals(item, errors)),
        )


def _word_of(item: JsonObject) -> str:
    for name in ("name", "type", "activityType", "workoutActivityType"):
        if isinstance(item.get(name), str):
            return str(item[name])
    return ""
