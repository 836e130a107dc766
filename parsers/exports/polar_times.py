"""When a session of Polar's began and ended, and where it was paused. Pure."""

from dataclasses import dataclass
from typing import Any

from model.facts import RejectKind
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    kept_without,
    list_of,
    number_within,
    object_of,
)
from parsers.local_times.beside_offsets import duration_ms, length_ms, offset_of, placed_ms
from parsers.pauses import end_of_timer

_Errors = list[Unreadable]
POLAR_OFFSET = "timezoneOffset"
POLAR_OFFSETS = (POLAR_OFFSET, "timezoneOffsetMinutes", "start_time_utc_offset")
POLAR_STOPS = ("stopTime", "stop_time")
_STARTS = ("startTime", "start_time")


def polar_member(record: JsonObject, names: tuple[str, ...]) -> object:
    """Return the first member that is there, None for none; a dot leads into an object."""
    for name in names:
        value: object = record
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def polar_joined(record: JsonObject, session: JsonObject) -> JsonObject:
    """Return an exercise or a day with what its session states and it does not; null is nothing."""
    return session | {name: value for name, value in record.items() if value is not None}


def polar_offset(record: JsonObject, prefix: str, errors: _Errors) -> int | None:
    """Return the stated offset in minutes, None where there is none that can be read.

    `prefix` is what comes before its name in the path: `exercises[0].`.
    """
    for name in POLAR_OFFSETS:
        if record.get(name) is not None:
            return kept_without(errors, None, offset_of, record[name], f"{prefix}{name}")
    return None


def polar_placed(session: JsonObject, errors: _Errors) -> JsonObject:
    """Return a session with its offset under one name, and without one that cannot be read."""
    offset = polar_offset(session, "", errors)
    placed = {name: value for name, value in session.items() if name not in POLAR_OFFSETS}
    return placed if offset is None else placed | {POLAR_OFFSET: offset}


@dataclass(frozen=True, slots=True)
class PolarTimes:
    """Start and end of an exercise in epoch ms, and its pauses in order.

    `moving_ms` is the time without pauses, None where it is not known apart from the length.
    """

    start_ms: int
    end_ms: int
    moving_ms: int | None
    stops: tuple[tuple[int, int], ...]


def polar_times(
    record: JsonObject, session: JsonObject, offset_min: int | None, where: str, errors: _Errors
) -> PolarTimes:
    """Return when an exercise was; what it lacks is its session's."""
    joined = polar_joined(record, session)
    start = placed_ms(polar_member(joined, _STARTS), offset_min, f"{where}.startTime")
    timed_ms = kept_without(errors, 0, _timed_ms, joined, where)
    stops = _pauses(record, offset_min, where, errors)
    # The stated length is without pauses, so the stated end counts where there is one.
    end = end_of_timer(start, timed_ms, stops) if timed_ms else start
    stop = polar_member(record, POLAR_STOPS)
    stop = stop or (None if timed_ms else polar_member(session, POLAR_STOPS))
    if stop is not None:
        stopped = kept_without(errors, 0, placed_ms, stop, offset_min, f"{where}.stopTime")
        end = stopped if stopped > start else end
    if not 0 < end - start <= LONGEST_WORKOUT_MS:
        why = "exercise without a length of at most seven days"
        raise Unreadable(where, why, RejectKind.RANGE)
    # with neither an end nor a pause nothing tells whether the timer stood still
    is_timer = (stop is not None or end - start > timed_ms) and 0 < timed_ms <= end - start
    return PolarTimes(start, end, timed_ms if is_timer else None, tuple(stops))


def _timed_ms(record: JsonObject, where: str) -> int:
    """Return the stated length in ms, 0 where there is none."""
    if record.get("durationMillis") is not None:
        where = f"{where}.durationMillis"
        longest = float(LONGEST_WORKOUT_MS)
        return round(number_within(duration_ms(record["durationMillis"], where), 0, longest, where))
    duration = record.get("duration")
    return 0 if duration is None else length_ms(duration, f"{where}.duration")


def _pauses(
    record: JsonObject, offset_min: int | None, where: str, errors: _Errors
) -> list[tuple[int, int]]:
    """Return begin and end of each pause, in their order."""
    location = f"{where}.pauseTimes"
    pauses: list[tuple[int, int]] = []
    nothing: list[Any] = []
    listed = kept_without(errors, nothing, list_of, record.get("pauseTimes") or [], location)
    for item in listed:
        try:
            pause = object_of(item, location)
            begin = placed_ms(pause.get("startTime"), offset_min, f"{location}.startTime")
            pauses.append((begin, placed_ms(pause.get("endTime"), offset_min, location)))
        except Unreadable as error:
            errors.append(error.with_traceback(None))
    return sorted(pauses)
