"""Exercises and nights of Google Health: workouts, and the wear that a night shows. Pure.

Both have a name that stays, by which a deletion names them too. Of an exercise the version that was
changed last counts. Notes, splits and stages are never read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from model.facts import Joining, Method, RejectKind, SampleBlock, Source, Workout
from model.metrics import LONGEST_INTERVAL_MS
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    list_of,
    number_within,
    object_of,
)
from parsers.pauses import SHORTEST_PAUSE_MS, pauses_within
from parsers.phone.collected import word_of
from parsers.vendors.google_health.names import (
    EXERCISE_TYPES,
    GOOGLE_TOTALS,
    NIGHT_METRIC,
    RESTARTS,
    STOPS,
)
from parsers.vendors.google_health.sources import point_source
from parsers.vendors.google_health.times import google_number, interval_moments, seconds_ms
from parsers.word_tables import type_of_word

_ID = re.compile(r"[^/\x00-\x1f\x7f]{1,200}")
_MOST_EVENTS = 10_000
_EVENTS = "exercise.exerciseEvents"


def record_named(kind: str, name: object) -> str:
    """Return the record of a session by its name or id, "" for what is neither.

    A name ends in the id: `users/1/dataTypes/exercise/dataPoints/42`.

    >>> record_named("exercise", "users/1/dataTypes/exercise/dataPoints/42")
    'exercise:42'
    """
    # an id of 64 bits, which may come as a number
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    last = name.rsplit("/", 1)[-1] if isinstance(name, str) else ""
    return f"{kind}:{last}" if _ID.fullmatch(last) else ""


def point_record(kind: str, point: JsonObject, start_ms: int) -> str:
    """Return the record of a point: by its name, else by its start."""
    # A point of several sources that were joined names its own as `dataPointName`.
    named = record_named(kind, point.get("name") or point.get("dataPointName"))
    return named or f"{kind}:at {start_ms}"


def add_exercise(point: JsonObject, content: JsonObject, errors: list[Unreadable]) -> Workout:
    """Return the workout of an exercise; Unreadable where it has no time."""
    start, end, offset = interval_moments(content.get("interval"), "exercise.interval", errors)
    if end - start > LONGEST_WORKOUT_MS:
        raise Unreadable("exercise.interval", "longer than seven days", RejectKind.RANGE)
    # The name that a person gave it is never read: it may name places and people.
    word = word_of(content.get("exerciseType"))
    changed = content.get("updateTime")
    revision = (
        kept_without(errors, 0, _changed_ms, changed, "exercise.updateTime") if changed else 0
    )
    timer_ms = _timer_ms(content, end - start, errors)
    return Workout(
        head=head(
            point_source(point, Method.WORKOUT),
            point_record("exercise", point, start),
            revision,
            (start, end),
            offset,
        ),
        type=type_of_word(EXERCISE_TYPES, word.lower(), "exercise.exerciseType", errors),
        vendor_type=word,
        moving_ms=timer_ms,
        pauses=pauses_within(_stops(content, errors), (start, end), timer_ms),
        summary=dict(_totals(content, errors)),
    )


def _changed_ms(value: object, where: str) -> int:
    return instant_of(value, where)[0]


def _timer_ms(content: JsonObject, lasted_ms: int, errors: list[Unreadable]) -> int | None:
    """Return the time without pauses; None where none is stated, or it has no pauses."""
    if content.get("activeDuration") is None:
        return None
    where = "exercise.activeDuration"
    moving = kept_without(errors, 0, seconds_ms, content["activeDuration"], where)
    return moving if 0 < moving <= lasted_ms - SHORTEST_PAUSE_MS else None


def _stops(content: JsonObject, errors: list[Unreadable]) -> list[tuple[int, int | None]]:
    """Return the times at which the timer stood still, in order and apart."""
    listed = content.get("exerciseEvents")
    nothing: list[Any] = []
    events = kept_without(errors, nothing, list_of, nothing if listed is None else listed, _EVENTS)
    marks: list[tuple[int, bool]] = []
    for index, event in enumerate(events[:_MOST_EVENTS]):
        where = f"{_EVENTS}[{index}]"
        try:
            fields = object_of(event, where)
            kind = word_of(fields.get("exerciseEventType"))
            # the end of an exercise is that of its interval
            if kind in STOPS | RESTARTS:
                at, _ = instant_of(fields.get("eventTime"), f"{where}.eventTime")
                marks.append((at, kind in STOPS))
        except Unreadable as error:
            errors.append(error)
    return list(_paired(sorted(marks)))


def _paired(marks: list[tuple[int, bool]]) -> Iterator[tuple[int, int | None]]:
    began: int | None = None
    # A second stop before a restart, as of a pause within an automatic one, begins nothing new.
    for at, stops in marks:
        if stops and began is None:
            began = at
        elif not stops and began is not None:
            yield began, at
            began = None
    # Never restarted: how much of it is a pause is for the stated time of the timer to say.
    if began is not None:
        yield began, None


def _totals(content: JsonObject, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    stated = content.get("metricsSummary")
    nothing: Mapping[str, Any] = {}
    where = "exercise.metricsSummary"
    summary = kept_without(errors, nothing, object_of, {} if stated is None else stated, where)
    # shown beside the workout and never computed with
    for theirs, (ours, factor, most) in GOOGLE_TOTALS.items():
        if summary.get(theirs) is None:
            continue
        try:
            number = google_number(summary[theirs], f"{where}.{theirs}") * factor
            yield ours, round(number_within(number, 0, most, f"{where}.{theirs}"), 6)
        except Unreadable as error:
            errors.append(error)


def add_sleep(
    source: Source, point: JsonObject, content: JsonObject, errors: list[Unreadable]
) -> SampleBlock:
    """Return the wear that a night shows, from its beginning to its end."""
    start, end, offset = interval_moments(content.get("interval"), "sleep.interval", errors)
    if end - start > LONGEST_INTERVAL_MS:
        raise Unreadable("sleep.interval", "longer than 25 hours", RejectKind.RANGE)
    return SampleBlock(
        # Its time of stating orders its versions: an interval that is deleted compares with that.
        head=head(source, point_record("sleep", point, start), 0, (start, end), offset),
        metric=NIGHT_METRIC,
        t=np.array([start], np.int64),
        v=np.array([1.0]),
        until=np.array([end], np.int64),
        joining=Joining.RECORD,
    )
