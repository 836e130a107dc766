"""Logs of Fitbit's interface: exercises to workouts, and nights to the wear that they show. Pure.

Places, stages of sleep and heart-rate zones are never read.
"""

from datetime import date

import numpy as np

from model.calendar import DAY_MS
from model.facts import DeviceType, Method, RejectKind, SampleBlock, Source, Workout
from model.metrics import LONGEST_INTERVAL_MS
from parsers.bounds import LONGEST_WORKOUT_MS
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    number_within,
    optional_text,
)
from parsers.fitbit_exercises import figures_of_exercise, timer_of_exercise
from parsers.phone.collected import Collected, word_of
from parsers.takeout.fitbit_names import BY_HAND, BY_ITSELF, FITBIT_TYPES
from parsers.vendors.fitbit_api.series import TRACKER, offset_at
from parsers.vendors.polar.local_clock import LocalClock, date_of, moment_ms
from parsers.word_tables import type_of_word

_METHODS = {BY_HAND: Method.MANUAL, BY_ITSELF: Method.BACKGROUND}


def add_log(entry: JsonObject, clock: LocalClock, into: Collected) -> None:
    """Add an exercise: of a list of logs with an offset, or of a day on the local clock."""
    start, offset = _start(entry, clock)
    lasted = number_within(entry.get("duration"), 0, LONGEST_WORKOUT_MS, "duration")
    if not lasted:
        raise Unreadable("duration", "a session of no length", RejectKind.RANGE)
    errors: list[Unreadable] = []
    changed = entry.get("lastModified")
    revision = kept_without(errors, 0, _instant, changed, "lastModified") if changed else 0
    # The two lists name the same thing differently.
    member = "name" if entry.get("activityName") is None else "activityName"
    named = kept_without(errors, "", optional_text, entry.get(member), member)
    word = named.lower().replace(" ", "_")
    span = start, start + int(lasted)
    into.facts.append(
        Workout(
            head=head(_recorder(entry), f"log:{_log(entry)}", revision, span, offset),
            type=type_of_word(FITBIT_TYPES, word, member, errors),
            vendor_type=named,
            moving_ms=timer_of_exercise(entry, int(lasted), errors),
            summary=dict(figures_of_exercise(entry, errors)),
        )
    )
    for error in errors:
        into.refused.add("activities", None, error)


def _start(entry: JsonObject, clock: LocalClock) -> tuple[int, int | None]:
    """Return the start in epoch ms, and its offset in minutes."""
    written = entry.get("startTime")
    # a list of logs states the offset with each start
    if isinstance(written, str) and len(written) > len("2026-03-01T08:00:00.000"):
        return instant_of(written, "startTime")
    day = date_of(entry.get("startDate") or entry.get("originalStartTime"), "startDate")
    at = clock.instant(day, "startTime", moment_ms(written, day, "startTime"))
    return at, offset_at(clock, at)


def _instant(value: object, where: str) -> int:
    return instant_of(value, where)[0]


def _log(entry: JsonObject) -> int:
    log = entry.get("logId")
    # beyond 2^53 as well: the ids of Fitbit have 64 bits
    if isinstance(log, bool) or not isinstance(log, int):
        raise Unreadable("logId", "not a number")
    return log


def _recorder(entry: JsonObject) -> Source:
    method = _METHODS.get(word_of(entry.get("logType")), Method.WORKOUT)
    written = entry.get("source")
    device = word_of(written.get("name")) if isinstance(written, dict) else ""
    kind = DeviceType.PERSON if method is Method.MANUAL else DeviceType.WATCH
    return Source(vendor=TRACKER.vendor, device=device, device_type=kind, method=method)


def add_night(entry: JsonObject, clock: LocalClock, into: Collected) -> None:
    """Add the wear that a night shows, unless a person typed it in."""
    if entry.get("logType") == BY_HAND:
        return
    day = date_of(entry.get("startTime"), "startTime")
    start = _local(entry, "startTime", day, clock)
    end = _local(entry, "endTime", day, clock)
    if not start < end <= start + LONGEST_INTERVAL_MS:
        raise Unreadable("endTime", "not after the start by at most 25 hours", RejectKind.RANGE)
    into.facts.append(
        SampleBlock(
            head=head(TRACKER, f"sleep:{_log(entry)}", 0, (start, end), offset_at(clock, start)),
            metric="wear",
            t=np.array([start], np.int64),
            v=np.array([1.0]),
            until=np.array([end], np.int64),
        )
    )


def _local(entry: JsonObject, member: str, day: date, clock: LocalClock) -> int:
    after_ms = moment_ms(entry.get(member), day, member)
    # each date has its own offset, and a night ends on the next one
    own = date.fromordinal(day.toordinal() + after_ms // DAY_MS)
    return clock.instant(own, member, after_ms % DAY_MS)
