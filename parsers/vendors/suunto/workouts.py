"""One workout of Suunto to a fact: its span, its pauses, its totals. Pure.

`totalTime` is the time of the timer, without pauses, and `stopTime` is the end. A new workout often
comes without `stopTime`: until it is known, the end is the earliest that it can be, which is after
the timer and the pauses that are stated. Positions and how the patient felt are never read.
"""

from collections.abc import Iterable, Iterator

from model.facts import DeviceType, Method, RejectKind, Source, Workout
from parsers.bounds import LONGEST_WORKOUT_MS, readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    list_of,
    number_of,
    number_within,
    object_of,
    optional_text,
    real_offset,
)
from parsers.pauses import end_of_timer, pauses_within
from parsers.vendors.suunto.names import HEART_TOTALS, SUUNTO_ACTIVITIES, SUUNTO_TOTALS
from parsers.word_tables import type_of_word

SUUNTO_VENDOR = "suunto"
_PAUSES = "PauseMarkerExtension"
_LONGEST_S = LONGEST_WORKOUT_MS // 1000
_MOST_EXTENSIONS, _MOST_MARKERS = 100, 10_000
_MOST_BPM = 1e3
_ROUNDING_MS = 1_000  # a timer and an end may each be rounded
_LATEST_MS = 2**53  # beyond any year that is read

_Errors = list[Unreadable]
_Pause = tuple[int, int]
_Pauses = tuple[_Pause, ...]


def suunto_workout(record: JsonObject, key: str, where: str, errors: _Errors) -> Workout:
    """Return a workout; `key` names it, "" where it has none. Raises Unreadable without a span.

    Of two versions the one with its end stands, and above both an edited one.
    """
    start = _instant(record.get("startTime"), f"{where}.startTime")
    timer = record.get("totalTime"), f"{where}.totalTime"
    timer_ms = kept_without(errors, None, _length_ms, *timer)
    stop = record.get("stopTime"), start, f"{where}.stopTime"
    stop_ms = kept_without(errors, None, _stop_ms, *stop)
    stops = _stops(record, where, errors)
    end = _end(start, timer_ms, stop_ms, stops, where)
    written = record.get("timeOffsetInMinutes"), f"{where}.timeOffsetInMinutes"
    offset = kept_without(errors, None, _offset, *written)
    number = record.get("activityId"), f"{where}.activityId"
    word = kept_without(errors, "", _activity, *number)
    revision = 2 * (record.get("isEdited") is True) + (stop_ms is not None)
    # An activity without a key is named by its start, as its source has no other name for it.
    named = key or f"start:{start}"
    moving_ms = _moving_ms(timer_ms, end - start, where, errors)
    pauses = pauses_within(stops, (start, end), moving_ms)
    return Workout(
        head=head(_source(record), named, revision, (start, end), offset),
        type=type_of_word(SUUNTO_ACTIVITIES, word, f"{where}.activityId", errors),
        vendor_type=word,
        moving_ms=moving_ms,
        pauses=_as_timed(pauses, end - start, moving_ms),
        summary=dict(_totals(record, where, errors)),
    )


def _instant(value: object, where: str) -> int:
    ms = number_of(value, where)
    if not 0 <= ms < _LATEST_MS or not readable(int(ms)):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return int(ms)


def _length_ms(value: object, where: str) -> int | None:
    return None if value is None else round(number_within(value, 0, _LONGEST_S, where) * 1000)


def _stop_ms(value: object, start: int, where: str) -> int | None:
    if value is None:
        return None
    stop = _instant(value, where)
    if not 0 < stop - start <= LONGEST_WORKOUT_MS:
        why = "not after the start by at most seven days"
        raise Unreadable(where, why, RejectKind.RANGE)
    return stop


def _end(
    start: int, timer_ms: int | None, stop_ms: int | None, stops: Iterable[_Pause], where: str
) -> int:
    # there may be pauses that no marker tells of, so the end that is stated counts before the sum
    if stop_ms is not None:
        return stop_ms
    # a workout of no length is a mark, and not exercise
    if not timer_ms:
        raise Unreadable(where, "neither an end nor a length", RejectKind.RANGE)
    end = end_of_timer(start, timer_ms, stops)
    if end - start > LONGEST_WORKOUT_MS:
        raise Unreadable(where, "longer than seven days with its pauses", RejectKind.RANGE)
    return end


def _moving_ms(timer_ms: int | None, elapsed_ms: int, where: str, errors: _Errors) -> int | None:
    """Return the time of the timer, None where it is longer than the workout."""
    if timer_ms is None or timer_ms <= elapsed_ms + _ROUNDING_MS:
        return None if timer_ms is None else min(timer_ms, elapsed_ms)
    errors.append(Unreadable(f"{where}.totalTime", "longer than the workout", RejectKind.RANGE))
    return None


def _offset(value: object, where: str) -> int | None:
    if value is None:
        return None
    return real_offset(round(number_within(value, -_MOST_BPM, _MOST_BPM, where)), where)


def _activity(value: object, where: str) -> str:
    """Return the number of an activity as text; "" where none is stated."""
    # a number here and a word elsewhere, so that it is kept as text
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return optional_text(value, where)


def _source(record: JsonObject) -> Source:
    # without the watch's name: some versions of a workout lack it, and they must be one source
    method = Method.MANUAL if record.get("isManuallyAdded") is True else Method.WORKOUT
    return Source(vendor=SUUNTO_VENDOR, device_type=DeviceType.WATCH, method=method)


def _totals(record: JsonObject, where: str, errors: _Errors) -> Iterator[tuple[str, float]]:
    """Yield the totals that are stated, by our names."""
    for theirs, (ours, most) in SUUNTO_TOTALS.items():
        stated = record.get(theirs), 0, most, f"{where}.{theirs}"
        if stated[0] is not None:
            figure = kept_without(errors, None, number_within, *stated)
            yield from () if figure is None else ((ours, figure),)
    nothing: JsonObject = {}
    written = record.get("hrdata"), f"{where}.hrdata"
    heart = kept_without(errors, nothing, _optional_object, *written)
    for ours, members in HEART_TOTALS.items():
        # several generations of the interface stand beside each other in one body
        name = next(filter(lambda member: heart.get(member) is not None, members), "")
        if name:
            stated = heart[name], 0, _MOST_BPM, f"{where}.hrdata.{name}"
            figure = kept_without(errors, None, number_within, *stated)
            yield from () if figure is None else ((ours, figure),)


def _optional_object(value: object, where: str) -> JsonObject:
    return {} if value is None else object_of(value, where)


def _stops(record: JsonObject, where: str, errors: _Errors) -> list[tuple[int, int]]:
    """Return the times at which the timer stood still, in order and apart."""
    stops: list[tuple[int, int]] = []
    for marker, location in _markers(record, where, errors):
        try:
            marked = object_of(marker, location)
            begin = _instant(marked.get("startTime"), f"{location}.startTime")
            until = _instant(marked.get("endTime"), f"{location}.endTime")
            stops.append((begin, until))
        except Unreadable as error:
            errors.append(error)
    # markers of several extensions may overlap, and pauses must not
    apart: list[tuple[int, int]] = []
    reached = 0
    for begin, until in sorted(stops):
        if until > max(begin, reached):
            apart.append((max(begin, reached), until))
            reached = until
    return apart


def _as_timed(pauses: _Pauses, elapsed_ms: int, timer_ms: int | None) -> _Pauses:
    """Return the pauses, the longest of them shorter where the time of the timer leaves no room.

    Markers are set a little later than the timer stops. What is more than their rounding stays: the
    pauses and the timer then contradict each other, and the pauses are told one by one.
    """
    paused_ms = sum(end - begin for begin, end in pauses)
    beyond_ms = 0 if timer_ms is None else paused_ms - (elapsed_ms - timer_ms)
    if not 0 < beyond_ms <= _ROUNDING_MS:
        return pauses
    longest = max(pauses, key=lambda pause: (pause[1] - pause[0], -pause[0]))
    # the end of the longest: a rounding vanishes in it
    shorter = longest[0], longest[1] - beyond_ms
    kept = [shorter if pause == longest else pause for pause in pauses]
    return tuple(kept) if shorter[0] < shorter[1] else pauses


def _markers(record: JsonObject, where: str, errors: _Errors) -> Iterator[tuple[object, str]]:
    """Yield the markers of pauses with their paths, from every extension that holds some."""
    none: list[object] = []
    location = f"{where}.extensions"
    written = record.get("extensions"), location, _MOST_EXTENSIONS
    for position, extension in enumerate(kept_without(errors, none, _some, *written)):
        if not isinstance(extension, dict) or extension.get("type") != _PAUSES:
            continue
        of_list = f"{location}[{position}].pauseMarkers"
        listed = extension.get("pauseMarkers"), of_list, _MOST_MARKERS
        for number, marker in enumerate(kept_without(errors, none, _some, *listed)):
            yield marker, f"{of_list}[{number}]"


def _some(value: object, where: str, most: int) -> list[object]:
    listed = [] if value is None else list_of(value, where)
    if len(listed) > most:
        raise Unreadable(where, f"more than {most} entries", RejectKind.TOO_MUCH)
    return listed
