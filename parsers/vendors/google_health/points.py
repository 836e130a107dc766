"""Points of Google Health to facts: samples, counts of intervals, figures of dates. Pure.

    {"dataPoints": [{"name": ..., "dataSource": {...}, "heartRate": {...}}, ...],
     "nextPageToken": "..."}

Points have no name that stays, so they are streams: what is fetched again replaces itself. Counts
of several sources stand side by side, and are compared where they are used.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from model.calendar import DAY_MS
from model.facts import DaySummary, DeviceType, Method, RejectKind, Source
from model.metrics import LONGEST_INTERVAL_MS
from model.vendors.google_windows import PointShape
from parsers.fields import JsonObject, Unreadable, head, list_of, measure_of, object_of
from parsers.phone.collected import Collected, word_of
from parsers.vendors.google_health.exercises import add_exercise, add_sleep
from parsers.vendors.google_health.names import (
    ACTIVE_LEVELS,
    ACTIVE_MINUTES,
    CHEST,
    COUNTED_MINUTES,
    QUIET_LEVELS,
    TYPE_BY_MEMBER,
    ZONE_FACTORS,
    DataType,
    Measure,
)
from parsers.vendors.google_health.rhythm import google_notice
from parsers.vendors.google_health.sources import point_source
from parsers.vendors.google_health.times import (
    civil_date,
    google_number,
    interval_moments,
    midnight_ms,
    sample_moment,
)

_Errors: TypeAlias = list[Unreadable]
_MINUTE_MS = 60_000
_NO_VALUE = "no value"


def add_point(point: JsonObject, index: int, into: Collected) -> bool:
    """Add a point, item `index` of its list; return whether it is of a type that is read.

    Raises Unreadable for a point that cannot be placed in time, or has no value at all.
    """
    member = _member_of_type(point)
    if not member:
        return False
    row = TYPE_BY_MEMBER[member]
    # Optional members that cannot be read are told even where the point is refused.
    errors = list(_unreadable_source(point))
    try:
        _ADD[row.name](row, point, object_of(point[member], member), into, errors)
    finally:
        for error in errors:
            into.refused.add("dataPoints", index, error)
    return True


def _member_of_type(point: JsonObject) -> str:
    """Return the member that says of which type a point is, "" where none is known.

    A null beside it states nothing: some clients write one for each type that a point is not of.
    """
    members = list(filter(TYPE_BY_MEMBER.__contains__, point))
    stated = (member for member in members if point[member] is not None)
    return next(stated, members[0] if members else "")


def _unreadable_source(point: JsonObject) -> Iterator[Unreadable]:
    # The value stays, but from nobody: a night of no device shows no wear, and that is told.
    stated = point.get("dataSource")
    if stated is not None and not isinstance(stated, dict):
        yield Unreadable("dataSource", "not an object")


def _add_samples(
    row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    ms, offset = sample_moment(content.get("sampleTime"), f"{row.member}.sampleTime", errors)
    metadata = content.get("metadata")
    location = word_of(metadata.get("sensorLocation")) if isinstance(metadata, dict) else ""
    # A strap measures heart rate better than the watch that passes it on.
    worn = "CHEST_STRAP" if location == CHEST else ""
    source = point_source(point, Method.UNKNOWN, kind=worn)
    for quantity, value in _measured(row, content, errors):
        into.series.add(quantity.metric, source, offset, (ms, ms, value))


def _add_counts(
    row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    start, end, offset = _interval(row, content, errors)
    source = point_source(point, Method.UNKNOWN)
    for quantity, value in _measured(row, content, errors):
        into.series.add(quantity.metric, source, offset, (start, end, value))


def _measured(row: DataType, content: JsonObject, errors: _Errors) -> list[tuple[Measure, float]]:
    """Return the values of a point; Unreadable where it has none that can be read."""
    measured = []
    for quantity in row.quantities:
        if content.get(quantity.member) is None:
            continue
        where = f"{row.member}.{quantity.member}"
        try:
            number = google_number(content[quantity.member], where)
            value = measure_of(number, quantity.metric, where, quantity.factor)
            measured.append((quantity, round(value, 6)))
        except Unreadable as error:
            errors.append(error)
    # A value of 0 is written, so a point without any says nothing.
    if not (measured or errors):
        raise Unreadable(f"{row.member}.{row.quantities[0].member}", _NO_VALUE)
    return measured


def _interval(row: DataType, content: JsonObject, errors: _Errors) -> tuple[int, int, int | None]:
    where = f"{row.member}.interval"
    start, end, offset = interval_moments(content.get("interval"), where, errors)
    if end - start > LONGEST_INTERVAL_MS:
        raise Unreadable(where, "longer than 25 hours", RejectKind.RANGE)
    return start, end, offset


def _add_day(
    row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    where = f"{row.member}.date"
    day = civil_date(content.get("date"), where)
    start_ms = midnight_ms(day, where)
    values = {quantity.metric: value for quantity, value in _measured(row, content, errors)}
    if values:
        source = point_source(point, Method.BACKGROUND)
        # Google corrects such a figure down as well as up: the last statement counts.
        fact_head = head(
            source, day_record(row.name, str(day)), 0, (start_ms, start_ms + DAY_MS), None
        )
        into.facts.append(DaySummary(head=fact_head, local_date=day, values=values))


def day_record(data_type: str, day: str) -> str:
    """Return the record of the figure of a date, by which a deletion names it too."""
    return f"{data_type}:{day}"


def _add_zone_minutes(
    row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    """Add minutes in a zone as minutes of exercise: in the upper zones each counted twice."""
    start, end, offset = _interval(row, content, errors)
    where = f"{row.member}.activeZoneMinutes"
    zone = word_of(content.get("heartRateZone"))
    factor = ZONE_FACTORS.get(zone)
    if factor is None:
        raise Unreadable(f"{row.member}.heartRateZone", "not a zone that is known")
    counted = google_number(content.get("activeZoneMinutes"), where)
    minutes = measure_of(counted, ACTIVE_MINUTES, where, factor)
    # A minute may have a point for each zone, each a series of its own.
    source = point_source(point, Method.BACKGROUND, part=f"zone {zone.lower()}")
    into.series.add(ACTIVE_MINUTES, source, offset, (start, end, minutes))


def _add_levels(
    row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    """Add an interval of moderate or high activity as minutes of exercise, a quiet one as none."""
    start, end, offset = _interval(row, content, errors)
    level = word_of(content.get("activityLevelType"))
    if level not in ACTIVE_LEVELS | QUIET_LEVELS:
        raise Unreadable(f"{row.member}.activityLevelType", "not a level that is known")
    # A quiet interval is stated too: it shows that nothing is missing there.
    minutes = (end - start) / _MINUTE_MS if level in ACTIVE_LEVELS else 0.0
    source = point_source(point, Method.BACKGROUND, part="levels")
    into.series.add(ACTIVE_MINUTES, source, offset, (start, end, minutes))


def _add_active_minutes(
    row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    start, end, offset = _interval(row, content, errors)
    where = f"{row.member}.activeMinutesByActivityLevel"
    minutes = 0.0  # light activity is not exercise
    for index, entry in enumerate(list_of(content.get("activeMinutesByActivityLevel"), where)):
        at = f"{where}[{index}]"
        level = object_of(entry, at)
        if word_of(level.get("activityLevel")) in COUNTED_MINUTES:
            minutes += google_number(level.get("activeMinutes"), f"{at}.activeMinutes")
    source = point_source(point, Method.BACKGROUND, part="active minutes")
    value = measure_of(minutes, ACTIVE_MINUTES, where)
    into.series.add(ACTIVE_MINUTES, source, offset, (start, end, value))


def _add_exercise(
    _row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    into.facts.append(add_exercise(point, content, errors))


def _add_sleep(
    _row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    source = point_source(point, Method.BACKGROUND)
    # Sleep is read only as wear of the device that measured it; nobody wears a phone in bed.
    if _is_worn(source):
        into.facts.append(add_sleep(source, point, content, errors))


def _add_notice(
    _row: DataType, point: JsonObject, content: JsonObject, into: Collected, errors: _Errors
) -> None:
    notice = google_notice(point_source(point, Method.BACKGROUND), point, content, errors)
    if notice is not None:
        into.facts.append(notice)


def _is_worn(source: Source) -> bool:
    return source.device_type is DeviceType.WATCH and source.method is not Method.MANUAL


_Add: TypeAlias = Callable[[DataType, JsonObject, JsonObject, Collected, _Errors], Any]
_BY_SHAPE: Mapping[PointShape, _Add] = {
    PointShape.SAMPLE: _add_samples,
    PointShape.INTERVAL: _add_counts,
    PointShape.DAILY: _add_day,
    PointShape.EXERCISE: _add_exercise,
    PointShape.SLEEP: _add_sleep,
    PointShape.NOTICE: _add_notice,
}
_ADD: Mapping[str, _Add] = {
    **{row.name: _BY_SHAPE[row.shape] for row in TYPE_BY_MEMBER.values()},
    "active-zone-minutes": _add_zone_minutes,
    "activity-level": _add_levels,
    "active-minutes": _add_active_minutes,
}
