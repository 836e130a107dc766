"""One object of Terra's `data` to facts: a workout, a day, measurements of the body, a night. Pure.

Times have an offset from UTC where the vendor behind Terra states one. A time without an offset is
the local time of a clock that nobody names, so it places nothing; the date of a day is read
without it. Positions and stages of sleep are never read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from model.facts import Deletion, Method, RejectKind, Source, Workout
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
)
from parsers.pauses import SHORTEST_PAUSE_MS
from parsers.phone.collected import Collected
from parsers.streams import SeriesByKey
from parsers.vendors.hubs.terra_names import (
    DAY_FIGURES,
    INTENSE_PATHS,
    NIGHT_FIGURES,
    NO_EXERCISE,
    TERRA_SERIES,
    TERRA_TOTALS,
    TERRA_TYPES,
    Path,
    TerraSeries,
)
from parsers.vendors.hubs.values import (
    HubDay,
    counts_between,
    hub_date,
    hub_midnight_ms,
    hub_source,
    short_list,
    shows_sleep,
    sleep_as_wear,
    workout_span,
)
from parsers.word_tables import type_of_word

_VENDOR = "terra"
_LOCAL = 1  # of `timestamp_localization`: times have the offset of the patient's clock
_BY_HAND, _DELETED = 2, 4  # of `upload_type` of a workout
_NIGHT_BY_HAND = 1  # of `upload_type` of a night
_TIMER = "timer_duration_seconds"
_LONGEST_TIMER_S = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraEntry:
    """An object of `data`: its members, its path, the vendor behind Terra, Terra's revision."""

    fields: JsonObject
    where: str
    provider: str
    revision: int

    @property
    def metadata(self) -> JsonObject:
        """Return the metadata."""
        return object_of(self.fields.get("metadata"), f"{self.where}.metadata")

    def at(self, path: Path) -> object:
        """Return what stands at a path, None where anything on the way is missing."""
        value: object = self.fields
        for name in path:
            if value is None:
                return None
            value = object_of(value, self.where).get(name)
        return value

    def path(self, path: Path) -> str:
        """Return a path in words."""
        return ".".join((self.where, *path))

    def time(self, value: object, where: str) -> "TerraTime":
        """Return an instant; an offset of zero is one only where times are said to be local."""
        ms, written = instant_of(value, where)
        is_local = self.metadata.get("timestamp_localization") == _LOCAL
        # vendors that state no offset have a zero there too
        return TerraTime(ms, written if written or is_local else None)

    def source(self, method: Method, into: Collected) -> Source:
        """Return who measured: the vendor behind Terra, and its device where one is named."""
        errors: list[Unreadable] = []
        where = self.path(("device_data",))
        nothing: JsonObject = {}
        device = kept_without(errors, nothing, _optional_object, self.at(("device_data",)), where)
        name = kept_without(errors, "", optional_text, device.get("name"), f"{where}.name")
        refuse(errors, into)
        return hub_source(_VENDOR, self.provider, name, method)


class TerraTime(NamedTuple):
    """An instant in epoch ms, and the offset of its clock in minutes, None where none is known."""

    ms: int
    offset: int | None


AddEntry: TypeAlias = Callable[[TerraEntry, Collected], None]


def refuse(errors: list[Unreadable], into: Collected) -> None:
    """Tell faults of optional fields."""
    for error in errors:
        into.refused.add("", None, error)


def _optional_object(value: object, where: str) -> JsonObject:
    return {} if value is None else object_of(value, where)


def _terra_name(metadata: JsonObject, where: str, start: TerraTime) -> str:
    """Return Terra's id of an object; its start where the vendor behind Terra has none."""
    named = metadata.get("summary_id")
    # a number keeps all its digits here
    if isinstance(named, int) and not isinstance(named, bool):
        return str(named)
    return optional_text(named, f"{where}.summary_id") or str(start.ms)


def _add_activity(entry: TerraEntry, into: Collected) -> None:
    """Add a workout with its samples, or what takes it back."""
    metadata, where = entry.metadata, entry.path(("metadata",))
    start = entry.time(metadata.get("start_time"), f"{where}.start_time")
    record = _terra_name(metadata, where, start)
    end = entry.time(metadata.get("end_time"), f"{where}.end_time")
    upload = metadata.get("upload_type")
    source = entry.source(Method.MANUAL if upload == _BY_HAND else Method.WORKOUT, into)
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
        of = head(source, f"deletion:{target}", entry.revision, (start.ms, start.ms), start.offset)
        into.facts.append(Deletion(head=of, target=target))


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
        listed = entry.at(row.path)
        for item in listed[-1:] if isinstance(listed, list) else ():
            try:
                reading = object_of(item, entry.where)
                at_ms = entry.time(reading.get(row.at), entry.where).ms
                read_s = number_within(reading.get(_TIMER), 0, _LONGEST_TIMER_S, entry.where)
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


def _totals(entry: TerraEntry, errors: list[Unreadable]) -> Iterator[tuple[str, float]]:
    """Yield the totals of a workout; a wrong one is an error, and the workout stays."""
    for path, (ours, most) in TERRA_TOTALS.items():
        try:
            value = entry.at(path)
            if value is not None:
                yield ours, number_within(value, 0, most, entry.path(path))
        except Unreadable as error:
            errors.append(error)


def _add_day(entry: TerraEntry, into: Collected) -> None:
    """Add the figures of a date, which grows and is sent again, and its samples."""
    metadata, where = entry.metadata, entry.path(("metadata",))
    by_hand = metadata.get("upload_type") == _BY_HAND
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
                seconds += number_within(value, 0, _LONGEST_TIMER_S, entry.path(path))
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
    named = _terra_name(metadata, where, start)
    # a device that measured sleep knows how long it lasted; a diary knows only its ends
    is_measured = entry.at(("sleep_durations_data", "asleep")) is not None
    if shows_sleep(source, is_measured=is_measured):
        of = head(source, f"night:{named}", entry.revision, (start.ms, end.ms), start.offset)
        into.facts.append(sleep_as_wear(of, f"{where}.end_time"))
    add_series(entry, source, start, into.series, into)
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


def add_series(
    entry: TerraEntry, source: Source, start: TerraTime, series: SeriesByKey, into: Collected
) -> None:
    """Add every list of samples of an object; each sample with its own fault if it has one."""
    for row in TERRA_SERIES:
        try:
            samples = short_list(entry.at(row.path), entry.path(row.path))
            read = list(_readings(entry, row, samples, into))
            if row.totals:
                _add_counts(entry, row, read, source, start, series)
            else:
                for time, value in read:
                    series.add(row.metric, source, time.offset, (time.ms, time.ms, value))
        except Unreadable as error:
            into.refused.add("", None, error)


def _readings(
    entry: TerraEntry, row: TerraSeries, samples: list[object], into: Collected
) -> Iterator[tuple[TerraTime, float]]:
    """Yield the samples of a list that have a value, in order."""
    for index, sample in enumerate(samples):
        try:
            item = object_of(sample, "")
            if item.get(row.member) is None:
                continue
            value = measure_of(item[row.member], row.metric, row.member)
            yield entry.time(item.get(row.at), row.at), value
        except Unreadable as error:
            into.refused.add(entry.path(row.path), index, error)


def _add_counts(
    entry: TerraEntry,
    row: TerraSeries,
    read: list[tuple[TerraTime, float]],
    source: Source,
    start: TerraTime,
    series: SeriesByKey,
) -> None:
    """Add the counts between the readings of a counter that begins with the object."""
    # a counter has one clock, that of the object which it counts for
    readings = [(time.ms, value) for time, value in read]
    where = entry.path(row.path)
    for point in counts_between(readings, start.ms, _stated(entry, row), where):
        series.add(row.metric, source, start.offset, point)


def _stated(entry: TerraEntry, row: TerraSeries) -> float | None:
    """Return the stated total of a counter, None where there is none that can be read."""
    for path in row.totals:
        try:
            value = entry.at(path)
            if value is not None:
                return measure_of(value, row.metric, entry.path(path))
        except Unreadable:
            continue  # told where totals are read
    return None


# kind of event -> what adds an object of its `data`
ENTRIES: dict[str, AddEntry] = {
    "activity": _add_activity,
    "daily": _add_day,
    "body": _add_body,
    "sleep": _add_night,
}
