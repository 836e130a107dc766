"""The workouts of an export to facts: span, type, legs, pauses, exertion and totals. Pure.

A workout has no id. Its record is a hash of its source, type and start, so that a later export with
another end replaces it, shorter or longer. Routes are never read.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from model.calendar import zone_offset_min
from model.facts import Method, RejectKind, Source, Workout
from model.metrics import METRIC
from model.storable import LONGEST_WORD
from model.versions.receipt import AHEAD_MS, MEASURED_LATER
from model.words.units import unit_conversion
from parsers.apple.clocks import time_of
from parsers.apple.devices import source_of
from parsers.apple.elements import Element
from parsers.apple.lanes import ENTERED, ZONE_KEY, metadata_of, number_of_text
from parsers.apple.names import (
    FIGURES,
    INDOOR_TYPES,
    LEG_TYPES,
    OLD_TOTALS,
    PAUSES,
    STATISTICS,
    TYPE_PREFIX,
    TYPES_OF_APPLE,
)
from parsers.bounds import LONGEST_WORKOUT_MS, MOST_FILE_SESSIONS
from parsers.fields import Unreadable, head, kept_without
from parsers.pauses import SHORTEST_PAUSE_MS, pauses_within
from parsers.word_tables import type_of_word

_MOST_FIGURE = 1e9
_TIMER_UNITS = {"": 60_000, "min": 60_000, "s": 1_000, "hr": 3_600_000}
_AMOUNT = re.compile(r"\s*(\S+)\s+(\S+)\s*")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_YES, _INDOOR, _ASCENT = "1", "HKIndoorWorkout", "HKElevationAscended"
_TYPE, _OTHER, _MULTISPORT = "workoutActivityType", "Other", "multisport"

Efforts = list[tuple[int, float]]  # (epoch ms, grade of 1 to 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known around a workout: the receipt in epoch ms, and efforts that people entered."""

    received_ms: int = 0
    efforts: Efforts = field(default_factory=list)


def workouts_of(element: Element, around: Around, errors: list[Unreadable]) -> Iterator[Workout]:
    """Yield the workout of an element, or its legs where it is a multisport with legs."""
    try:
        entire = _workout(element, element, around, errors)
    except Unreadable as error:
        errors.append(error.with_traceback(None))
        return
    # Each new workout holds one activity, interval training several: only a multisport has legs.
    legs = list(_legs(element, around, errors)) if entire.type == _MULTISPORT else []
    yield from legs or (entire,)


def _legs(element: Element, around: Around, errors: list[Unreadable]) -> Iterator[Workout]:
    for number, leg in enumerate(element.named("WorkoutActivity")):
        if number == MOST_FILE_SESSIONS:
            errors.append(Unreadable("WorkoutActivity", "too many legs", RejectKind.TOO_MUCH))
            return
        try:
            yield _workout(leg, element, around, errors)
        except Unreadable as error:
            errors.append(error.with_traceback(None))


def _workout(part: Element, workout: Element, around: Around, errors: list[Unreadable]) -> Workout:
    """Return a workout, or a leg of one: `part` has the times, `workout` the source."""
    span, offset = _span(part, around)
    stated = metadata_of(part) if part is workout else {**metadata_of(workout), **metadata_of(part)}
    offset = kept_without(errors, offset, zoned_offset, span[0], stated.get(ZONE_KEY, ""), offset)
    word, kind = _type(part, workout, stated, errors)
    timer_ms = kept_without(errors, None, _timer_ms, part.attributes, span[1] - span[0])
    record = _record(workout, word if part is workout else f"{word}/leg", span[0])
    return Workout(
        head=head(_source(workout, stated), record, 0, span, offset),
        type=kind,
        vendor_type=word,
        moving_ms=timer_ms,
        pauses=pauses_within(_stops(part, workout, errors), span, timer_ms),
        exertion_cr10=_effort(span, around.efforts),
        summary=_summary(part, stated, errors),
    )


def _span(part: Element, around: Around) -> tuple[tuple[int, int], int]:
    """Return [start, end) in epoch ms and the offset in minutes as written."""
    at, offset = time_of(part.attributes.get("startDate", ""), "Workout.startDate")
    until, _ = time_of(part.attributes.get("endDate", ""), "Workout.endDate")
    if not 0 < until - at <= LONGEST_WORKOUT_MS:
        why = "not after the start by at most seven days"
        raise Unreadable("Workout.endDate", why, RejectKind.RANGE)
    # One that lies in the future, as when entered by hand, must not cost the rest of the export.
    if around.received_ms and until > around.received_ms + AHEAD_MS:
        raise Unreadable("Workout.endDate", MEASURED_LATER, RejectKind.RANGE)
    return (at, until), offset


def zoned_offset(at_ms: int, zone: str, written: int) -> int:
    """Return the offset of a stated zone at an instant, `written` where no zone is stated.

    The written offset is that of the phone when it made the export, perhaps in another country.
    """
    if not zone:
        return written
    try:
        if _ZONE.fullmatch(zone):
            return zone_offset_min(at_ms, zone)
    except (LookupError, ValueError, OSError):
        pass
    raise Unreadable(f"MetadataEntry.{ZONE_KEY}", "not a time zone", RejectKind.UNKNOWN)


def _source(workout: Element, stated: Mapping[str, str]) -> Source:
    by_hand = stated.get(ENTERED) == _YES
    attributes = workout.attributes
    source = source_of(attributes.get("sourceName", ""), attributes.get("device", ""), by_hand)
    return source if by_hand else replace(source, method=Method.WORKOUT)


def _record(workout: Element, word: str, at_ms: int) -> str:
    """Return the identity of a workout: a hash, so that no name gets into a fact."""
    words = f"{workout.attributes.get('sourceName', '')}/{word}/{at_ms}"
    return f"apple:{hashlib.sha256(words.encode('utf-8', 'replace')).hexdigest()[:24]}"


def _type(
    part: Element, workout: Element, stated: Mapping[str, str], errors: list[Unreadable]
) -> tuple[str, str]:
    """Return the vendor's word and our type; a leg without a word shows it by its distance."""
    written = part.attributes.get(_TYPE, "" if part is not workout else _OTHER)
    if not written:
        return "", _type_of_leg(part)
    word = written.removeprefix(TYPE_PREFIX)[:LONGEST_WORD]
    kind = type_of_word(TYPES_OF_APPLE, word, f"Workout.{_TYPE}", errors)
    return word, INDOOR_TYPES.get(kind, kind) if stated.get(_INDOOR) == _YES else kind


def _type_of_leg(leg: Element) -> str:
    for statistic in leg.named("WorkoutStatistics"):
        kind = LEG_TYPES.get(statistic.attributes.get("type", ""))
        if kind:
            return kind
    return _OTHER.lower()


def _timer_ms(attributes: Mapping[str, str], length_ms: int) -> int | None:
    """Return the time of the timer, None where it ran all the time or is not stated.

    It is a stated duration that is shorter than the workout by more than its rounding.
    """
    if not attributes.get("duration"):
        return None
    unit_ms = _TIMER_UNITS.get(attributes.get("durationUnit", ""))
    if unit_ms is None:
        raise Unreadable("Workout.durationUnit", "not a unit of time", RejectKind.UNKNOWN)
    # a number that is read may still be too great for a whole one
    timer_ms = number_of_text(attributes["duration"], "Workout.duration") * unit_ms
    return round(timer_ms) if 0 < timer_ms <= length_ms - SHORTEST_PAUSE_MS else None


def _stops(
    part: Element, workout: Element, errors: list[Unreadable]
) -> list[tuple[int, int | None]]:
    """Return when the workout stood still, by a person or by motion, in order and apart."""
    events: set[tuple[int, bool, str]] = set()
    for element in (part, workout, *workout.named("WorkoutActivity")):
        for event in element.named("WorkoutEvent"):
            if event.attributes.get("type", "") in PAUSES:
                at = kept_without(errors, None, _event_ms, event.attributes)
                if at is not None:
                    events.add((at, *PAUSES[event.attributes["type"]]))
    return _apart(sorted(events))


def _event_ms(attributes: Mapping[str, str]) -> int:
    return time_of(attributes.get("date", ""), "WorkoutEvent.date")[0]


def _apart(events: Iterable[tuple[int, bool, str]]) -> list[tuple[int, int | None]]:
    stops: list[tuple[int, int | None]] = []
    stopped: set[str] = set()
    begun = 0
    for at, stops_here, by in events:
        # A pause by motion may lie within one by hand: the timer runs when both are over.
        if stops_here and not stopped:
            begun = at
        if not stops_here and stopped and not stopped - {by}:
            stops.append((begun, at))
        (stopped.add if stops_here else stopped.discard)(by)
    return [*stops, (begun, None)] if stopped else stops


def _effort(span: tuple[int, int], efforts: Efforts) -> float | None:
    """Return the effort that somebody entered for a workout: it has the times of the workout."""
    for at, grade in efforts:
        if span[0] <= at < span[1]:
            return grade
    return None


def _summary(
    part: Element, stated: Mapping[str, str], errors: list[Unreadable]
) -> dict[str, float]:
    """Return the totals that are stated; those of old exports where there are no newer ones."""
    summary: dict[str, float] = {}
    # Since iOS 15 the totals are here; exports of before have attributes.
    for statistic in part.named("WorkoutStatistics"):
        attributes = statistic.attributes
        metric = STATISTICS.get(attributes.get("type", ""), "")
        for attribute, ending in FIGURES.items():
            if metric and attribute in attributes:
                figure = metric, attributes[attribute], attributes.get("unit", "")
                _add(summary, f"{metric}{ending}", figure, errors)
    for attribute, unit, metric in OLD_TOTALS:
        if metric not in summary and attribute in part.attributes:
            figure = metric, part.attributes[attribute], part.attributes.get(unit, "")
            _add(summary, metric, figure, errors)
    amount = _AMOUNT.fullmatch(stated.get(_ASCENT, ""))
    if amount:
        _add(summary, "ascent", ("distance", amount[1], amount[2]), errors)
    return summary


def _add(
    summary: dict[str, float], name: str, figure: tuple[str, str, str], errors: list[Unreadable]
) -> None:
    """Add a total to a summary: (metric, figure, unit) as written. Totals of two parts are added.

    A distance on foot and one by bicycle, for instance, are both a distance.
    """
    value = kept_without(errors, None, _figure, figure)
    if value is not None:
        both = summary.get(name, 0.0) + value if name == figure[0] else value
        summary[name] = round(both, 6)


def _figure(figure: tuple[str, str, str]) -> float:
    metric, written, unit = figure
    conversion = unit_conversion(unit, METRIC[metric].unit)
    where = f"Workout.{metric}"
    if conversion is None:
        raise Unreadable(where, f"not a unit of {metric}", RejectKind.UNKNOWN)
    value = number_of_text(written, where) * conversion.factor + conversion.offset
    if not 0 <= value <= _MOST_FIGURE:
        raise Unreadable(where, "a total that cannot be", RejectKind.RANGE)
    return value
