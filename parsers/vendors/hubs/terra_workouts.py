"""A workout of Terra, or what takes it back. Pure."""

from collections.abc import Iterator

from model.facts import Deletion, Method, RejectKind, Source, Workout
from parsers.fields import Unreadable, head, number_of, number_within, object_of
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.phone.collected import Collected
from parsers.streams import SeriesByKey
from parsers.vendors.hubs.terra_entry import (
    LONGEST_TERRA_S,
    TERRA_BY_HAND,
    TerraEntry,
    TerraTime,
    add_series,
    refuse,
    terra_name,
)
from parsers.vendors.hubs.terra_names import (
    NO_EXERCISE,
    TERRA_SERIES,
    TERRA_TOTALS,
    TERRA_TYPES,
    Path,
)
from parsers.vendors.hubs.values import workout_span
from parsers.word_tables import type_of_word

_DELETED = 4  # of `upload_type` of a workout
_TIMER = "timer_duration_seconds"


def add_terra_workout(entry: TerraEntry, into: Collected) -> None:
    """Add a workout with its samples, or what takes it back."""
    metadata, where = entry.metadata, entry.path(("metadata",))
    start = entry.time(metadata.get("start_time"), f"{where}.start_time")
    record = terra_name(metadata, where, start)
    end = entry.time(metadata.get("end_time"), f"{where}.end_time")
    upload = metadata.get("upload_type")
    source = entry.source(Method.MANUAL if upload == TERRA_BY_HAND else Method.WORKOUT, into)
    # a workout that is taken back comes with all that it was
    if upload == _DELETED:
        _delete(entry, source, record, start, into)
        return
    span = workout_span(start.ms, end.ms, f"{where}.end_time")
    series = SeriesByKey()
    add_series(entry, source, start, series, into)
    # whatever the type is, what was measured meanwhile was measured
    word = _activity_word(metadata.get("type"), f"{where}.type", into)
    if word in NO_EXERCISE:
        error = Unreadable(f"{where}.type", "a type that is no exercise", RejectKind.UNKNOWN)
        into.refused.add("", None, error)
    else:
        errors: list[Unreadable] = []
        into.facts.append(
            Workout(
                head=head(source, record, entry.revision, span, start.offset),
                type=type_of_word(TERRA_TYPES, word, f"{where}.type", errors),
                vendor_type=word,
                moving_ms=_moving_ms(entry, span),
                summary=dict(_totals(entry, errors)),
            )
        )
        refuse(errors, into)
    into.facts.extend(series.of_record(f"{record}:samples", entry.revision))


def _delete(
    entry: TerraEntry, source: Source, record: str, start: TerraTime, into: Collected
) -> None:
    # a workout and its samples are two records, and each is taken back by its own name
    for target in (record, f"{record}:samples"):
        fact_head = head(
            source, f"deletion:{target}", entry.revision, (start.ms, start.ms), start.offset
        )
        into.facts.append(Deletion(head=fact_head, target=target))


def _activity_word(value: object, where: str, into: Collected) -> str:
    """Return the number of an activity as text, "" without one."""
    if value is None:
        return ""
    try:
        number = number_of(value, where)
    except Unreadable as error:
        into.refused.add("", None, error)
        return ""
    # 8 and 8.0 are the same activity
    return f"{number:g}"


def _moving_ms(entry: TerraEntry, span: tuple[int, int]) -> int | None:
    """Return the time of the timer, None where no samples tell of it or it never stood still.

    The timer of the last sample says how long it had stood still by then.
    """
    # the lists have readings of their own, and the latest of them all knows the timer best
    last_ms, timer_s = span[0], None
    for row in TERRA_SERIES:
        for item in _last(entry, row.path):
            try:
                reading = object_of(item, entry.where)
                at_ms = entry.time(reading.get(row.at), entry.where).ms
                read_s = number_within(reading.get(_TIMER), 0, LONGEST_TERRA_S, entry.where)
            except Unreadable:
                continue  # told where the samples are read
            if at_ms >= last_ms:
                last_ms, timer_s = at_ms, read_s
    if timer_s is None:
        return None
    # up to the last sample only: what came after it is taken as moving
    paused_ms = last_ms - span[0] - round(timer_s * 1000)
    moving_ms = span[1] - span[0] - paused_ms
    return moving_ms if paused_ms > SHORTEST_PAUSE_MS and moving_ms > 0 else None


def _last(entry: TerraEntry, path: Path) -> list[object]:
    """Return the last sample of a list, none where there is no such list."""
    try:
        listed = entry.at(path)
    except Unreadable:
        return []  # told where the samples are read
    return listed[-1:] if isinstance(listed, list) else []


def _totals(entry: TerraEntry, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    """Yield the totals of a workout; a wrong one is an error, and the workout stays."""
    for path, (ours, most) in TERRA_TOTALS.items():
        try:
            value = entry.at(path)
            if value is not None:
                yield ours, number_within(value, 0, most, entry.path(path))
        except Unreadable as error:
            errors.append(error)
