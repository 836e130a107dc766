"""The values of one list of an export as samples or totals of days, by how long they hold. Pure.

A count keeps the interval that it was counted over. A mean over more than a minute is no reading
and is left out, with the reason; the mean of a minute is kept, and its source says so.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from model.calendar import DAY_MS
from model.facts import DaySummary, Method, RejectKind, Source
from parsers.fields import JsonObject, Unreadable, head, measure_of, number_of, object_of
from parsers.local_times.moments import Moment, moment_of, placed_moment
from parsers.local_times.named_zone import NO_OFFSET
from parsers.phone.collected import Collected, phone_source, word_of
from parsers.phone.export_names import Followed, Held
from parsers.phone.export_units import written_unit
from parsers.phone.grids import DAYS, HOURS, LONGER, Grouping

APP = "Health Auto Export"
_DISTANCE = "distance"
_FRACTION = "oxygen_saturation"  # 0.97 and 97 are both written with the unit %
_AT = ("date", "startDate", "start")
_UNTIL = ("endDate", "end")
_EMPTY = Unreadable("date", "no time and no value")
_TRUE = frozenset({"true", "1", "yes"})


class Valued(NamedTuple):
    """A value with its time: its place in its list, where it begins, and the end if one is stated.

    `item` holds the members with the value and the source.
    """

    number: int
    at: Moment
    until: Moment | None
    item: JsonObject


class ValueColumn(NamedTuple):
    """What the values of a list have in common: our metric, its path, and how long they hold."""

    followed: Followed
    where: str
    grid: Grouping
    method: Method
    vendor: str


def add_values(
    column: ValueColumn, units: object, values: Sequence[Valued], into: Collected
) -> None:
    """Add the values of a list to what was found, each with its own fault if it has one.

    `units` is that of the list; a value with a unit of its own has that.
    """
    why = _no_use(column)
    if why and values:
        error = Unreadable("", why, RejectKind.RANGE)
        into.refused.add(column.where, values[0].number, error, len(values))
    if why:
        return
    add = _add_total if column.grid is DAYS else _add_sample
    nothing = Unreadable(column.followed.members[0], "no value")
    for valued in values:
        try:
            value = _measure(column.followed, valued.item, units)
            if value is None:
                into.refused.add(column.where, valued.number, nothing)
            else:
                add(column, valued, value, into)
        except Unreadable as error:
            into.refused.add(column.where, valued.number, error)


def _no_use(column: ValueColumn) -> str:
    """Return why the values of a list say nothing that can be judged; "" where they do."""
    if column.grid is LONGER:
        return "of more than a day, which is not read"
    if column.followed.held is Held.READING and column.grid in (HOURS, DAYS):
        return "a mean over more than a minute is no reading"
    return ""


def _measure(followed: Followed, item: JsonObject, units: object) -> float | None:
    """Return the value of an item in our unit, None where it has none."""
    for member in followed.members:
        if item.get(member) is not None:
            unit = written_unit(followed.metric, item.get("units") or units)
            number = number_of(item[member], member)
            if followed.metric == _FRACTION and 0 < number <= 1:
                number *= 100
            return measure_of(number, followed.metric, member, unit.factor, unit.offset)
    return None


def _add_sample(column: ValueColumn, valued: Valued, value: float, into: Collected) -> None:
    if not valued.at.placed:
        raise Unreadable("date", NO_OFFSET)
    metric, start_ms = column.followed.metric, valued.at.ms
    end_ms = start_ms
    if column.followed.held is Held.COUNT:
        end_ms = valued.until.ms if valued.until else start_ms + column.grid.ms
    if end_ms < start_ms:
        raise Unreadable("endDate", "before the start", RejectKind.RANGE)
    if metric == _DISTANCE and end_ms == start_ms:
        # without an end it would be taken for the distance since the beginning
        raise Unreadable("date", "a distance without the end of its time")
    point = (start_ms, end_ms, value)
    into.series.add(metric, _source(column, valued), valued.at.offset, point)


def _add_total(column: ValueColumn, valued: Valued, value: float, into: Collected) -> None:
    """Add the total or mean of a local date. A total grows during the day, so it has a revision."""
    followed, at = column.followed, valued.at
    day = at.local_date
    shown_ms = at.ms if at.local_ms is None else at.local_ms
    start_ms = at.ms - shown_ms % DAY_MS
    grows = followed.held is Held.COUNT
    fact_head = head(
        _source(column, valued),
        f"{followed.metric}:{day}",
        int(value * 1000) if grows else 0,
        (start_ms, start_ms + DAY_MS),
        at.offset,
    )
    into.facts.append(DaySummary(head=fact_head, local_date=day, values={followed.metric: value}))


def _source(column: ValueColumn, valued: Valued) -> Source:
    item = valued.item
    method = Method.MANUAL if "metadata" in item and by_hand(item) else column.method
    written = item.get("source")
    # A count says by its interval what it is. In one source, counts of other lengths replace it.
    is_count = column.followed.held is Held.COUNT
    app = APP if is_count or not column.grid.word else f"{APP} ({column.grid.word})"
    return _cached_source(column.vendor, app, written if isinstance(written, str) else "", method)


@lru_cache(maxsize=4096)
def _cached_source(vendor: str, app: str, written: str, method: Method) -> Source:
    return phone_source(vendor, app, word_of(written), method)


def by_hand(item: JsonObject) -> bool:
    """Return whether a value was entered by hand."""
    metadata = item.get("metadata")
    entered: Any = metadata.get("HKWasUserEntered") if isinstance(metadata, dict) else None
    return str(entered).lower() in _TRUE


def valued_items(listed: Sequence[object], where: str, zone: str, into: Collected) -> list[Valued]:
    """Return the items of a list that have a time, in order; `zone` is that of `moment_of`."""
    values: list[Valued] = []
    for index, item in enumerate(listed):
        if not item and isinstance(item, dict):
            into.refused.add(where, index, _EMPTY)
            continue
        try:
            values.append(_valued(index, object_of(item, ""), zone))
        except Unreadable as error:
            into.refused.add(where, index, error)
    return values


def _valued(index: int, item: JsonObject, zone: str) -> Valued:
    at, until = _first_of(item, _AT), _first_of(item, _UNTIL)
    begins = moment_of(item.get(at), at, zone)
    ends = None if item.get(until) is None else placed_moment(item[until], until, zone)
    return Valued(index, begins, ends, item)


def _first_of(item: JsonObject, names: Sequence[str]) -> str:
    for name in names:
        if item.get(name) is not None:
            return name
    return names[0]
