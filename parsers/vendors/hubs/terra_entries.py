"""One object of Terra's `data` to facts: a workout, a day, measurements of the body, a night. Pure.

Times have an offset from UTC where the vendor behind Terra states one. A time without an offset is
the local time of a clock that nobody names, so it places nothing; the date of a day is read
without it. Positions and stages of sleep are never read.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from model.facts import Method
from parsers.fields import Unreadable, head, kept_without, measure_of, number_within
from parsers.phone.collected import Collected
from parsers.vendors.hubs.terra_entry import (
    LONGEST_TERRA_S,
    TERRA_BY_HAND,
    TerraEntry,
    TerraTime,
    add_series,
    refuse,
    terra_name,
)
from parsers.vendors.hubs.terra_names import DAY_FIGURES, INTENSE_PATHS, NIGHT_FIGURES, Path
from parsers.vendors.hubs.terra_workouts import add_terra_workout
from parsers.vendors.hubs.values import (
    HubDay,
    hub_date,
    hub_midnight_ms,
    shows_sleep,
    sleep_as_wear,
)

_NIGHT_BY_HAND = 1  # of `upload_type` of a night


AddEntry: TypeAlias = Callable[[TerraEntry, Collected], None]


def _add_day(entry: TerraEntry, into: Collected) -> None:
    """Add the figures of a date, which grows and is sent again, and its samples."""
    metadata, where = entry.metadata, entry.path(("metadata",))
    by_hand = metadata.get("upload_type") == TERRA_BY_HAND
    source = entry.source(Method.MANUAL if by_hand else Method.BACKGROUND, into)
    written = metadata.get("start_time")
    day = hub_date(written, f"{where}.start_time")
    try:
        offset = entry.time(written, f"{where}.start_time").offset
    except Unreadable:
        offset = None  # a date needs none; its samples have offsets of their own
    start_ms = hub_midnight_ms(day, offset, f"{where}.start_time")
    # a day of Terra has no id: user and date name it, whatever device is told beside them
    dated = HubDay(
        source=source,
        name=f"day:{day}",
        local_date=day,
        start_ms=start_ms,
        offset=offset,
        revision=entry.revision,
    )
    _add_figures(entry, DAY_FIGURES, dated, into)
    minutes = _intense_minutes(entry, into)
    if minutes:
        into.facts.append(dated.figure("exercise_time", minutes, grows=True))
    add_series(entry, source, TerraTime(start_ms, offset), into.series, into)


def _intense_minutes(entry: TerraEntry, into: Collected) -> float:
    """Return the minutes of exercise that a day states, 0 where it states none."""
    seconds = 0.0
    for path in INTENSE_PATHS:
        try:
            value = entry.at(path)
            if value is not None:
                seconds += number_within(value, 0, LONGEST_TERRA_S, entry.path(path))
        except Unreadable as error:
            into.refused.add("", None, error)
    return seconds / 60


def _add_figures(
    entry: TerraEntry, figures: Mapping[Path, tuple[str, bool]], dated: HubDay, into: Collected
) -> None:
    for path, (metric, grows) in figures.items():
        try:
            value = entry.at(path)
            if value is not None:
                measured = measure_of(value, metric, entry.path(path))
                into.facts.append(dated.figure(metric, measured, grows=grows))
        except Unreadable as error:
            into.refused.add("", None, error)


def _add_body(entry: TerraEntry, into: Collected) -> None:
    """Add measurements of the body, each at its own time."""
    source = entry.source(Method.UNKNOWN, into)
    add_series(entry, source, TerraTime(0, None), into.series, into)


def _add_night(entry: TerraEntry, into: Collected) -> None:
    """Add a night as wear, with the heart rate in it."""
    metadata, where = entry.metadata, entry.path(("metadata",))
    by_hand = metadata.get("upload_type") == _NIGHT_BY_HAND
    source = entry.source(Method.MANUAL if by_hand else Method.BACKGROUND, into)
    start = entry.time(metadata.get("start_time"), f"{where}.start_time")
    end = entry.time(metadata.get("end_time"), f"{where}.end_time")
    named = terra_name(metadata, where, start)
    # a device that measured sleep knows how long it lasted; a diary knows only its ends
    errors: list[Unreadable] = []
    asleep = kept_without(errors, None, entry.at, ("sleep_durations_data", "asleep"))
    refuse(errors, into)
    is_measured = asleep is not None
    if shows_sleep(source, is_measured=is_measured):
        fact_head = head(source, f"night:{named}", entry.revision, (start.ms, end.ms), start.offset)
        into.facts.append(sleep_as_wear(fact_head, f"{where}.end_time"))
    add_series(entry, source, start, into.series, into)
    # what a nap states is no figure of its date, and would take the place of the night's
    if metadata.get("is_nap") is True:
        return
    day = hub_date(metadata.get("end_time"), f"{where}.end_time")
    dated = HubDay(
        source=source,
        name=f"night:{named}",
        local_date=day,
        start_ms=hub_midnight_ms(day, end.offset, f"{where}.end_time"),
        offset=end.offset,
        revision=entry.revision,
    )
    _add_figures(entry, NIGHT_FIGURES, dated, into)


# kind of event -> what adds an object of its `data`
ENTRIES: dict[str, AddEntry] = {
    "activity": add_terra_workout,
    "daily": _add_day,
    "body": _add_body,
    "sleep": _add_night,
}
