"""The metrics of Health Auto Export to samples and totals of days. Pure.

    {"name": "heart_rate", "units": "count/min", "data": [{"date": ..., "Avg": 64.5}, ...]}

Sleep is read only as wear of the device that measured it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from model.facts import DeviceType, Method, RejectKind
from parsers.fields import JsonObject, Unreadable, list_of, object_of, text
from parsers.local_times.moments import Moment, placed_moment
from parsers.phone.collected import Collected, phone_source, word_of
from parsers.phone.export_names import (
    ASLEEP,
    BY_SECONDS,
    EXPORTED_METRICS,
    IN_BED,
    NOT_FOLLOWED,
    SLEEP,
    SLEPT,
    STOOD,
)
from parsers.phone.grids import MINUTES, UNGROUPED, Grouping, grid_of, stated_grid
from parsers.phone.values import APP, ValueColumn, Valued, add_values, valued_items

_WEAR = "wear"
_LONGEST_SLEEP_MS = 24 * 3_600_000
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known of an export besides its bytes.

    `grouping` is the app's word for how it grouped values, "" where it is not told. `zone` is the
    IANA zone of local times without an offset, "" where it is unknown.
    """

    vendor: str
    grouping: str = ""
    zone: str = ""

    def grid(self, series: str) -> Grouping | None:
        """Return how long values of a series hold by the app's word, None where it tells none."""
        return stated_grid(self.grouping, UNGROUPED if series in BY_SECONDS else MINUTES)


def add_metric(entry: JsonObject, where: str, setting: Setting, into: Collected) -> None:
    """Add what one metric holds; raises Unreadable where it is no metric that is known."""
    name = text(entry.get("name"), f"{where}.name")
    if name in NOT_FOLLOWED:
        return
    listed = entry.get("data")
    items = [] if listed is None else list_of(listed, f"{where}.data")
    path = f"{where}.data"
    if name == SLEEP:
        _add_sleep(items, path, setting, into)
    elif name == STOOD:
        _add_hours_stood(valued_items(items, path, setting.zone, into), setting, into)
    elif name in EXPORTED_METRICS:
        values = valued_items(items, path, setting.zone, into)
        add_named(name, entry.get("units"), values, path, setting, into)
    else:
        raise Unreadable(f"{where}.name", "an unknown metric", RejectKind.UNKNOWN)


def add_named(
    name: str,
    units: object,
    values: Sequence[Valued],
    where: str,
    setting: Setting,
    into: Collected,
) -> None:
    """Add the values of a metric that is followed, under each of its own metrics."""
    grid = grid_of((valued.at for valued in values), setting.grid(name))
    for followed in EXPORTED_METRICS[name]:
        column = ValueColumn(followed, where, grid, Method.BACKGROUND, setting.vendor)
        add_values(column, units, values, into)


def _add_hours_stood(values: Sequence[Valued], setting: Setting, into: Collected) -> None:
    """Add the hours in which a watch saw its wearer stand: it was worn in them."""
    grid = grid_of((valued.at for valued in values), setting.grid(STOOD))
    for valued in values:
        stood = valued.item.get("qty")
        has_stood = isinstance(stood, (int, float)) and stood >= 1
        # the number of hours of a day does not say which they were
        if has_stood and grid.ms <= _HOUR_MS and valued.at.placed:
            _add_wear(valued.item, (valued.at, valued.at.ms + _HOUR_MS), setting, into)


def _add_sleep(items: Sequence[object], where: str, setting: Setting, into: Collected) -> None:
    """Add sleep as wear: a night with its start and end, or one part of it after the other."""
    for index, item in enumerate(items):
        try:
            sleep = object_of(item, "")
            if _is_measured(sleep):
                _add_wear(sleep, _asleep(sleep, setting.zone), setting, into)
        except Unreadable as error:
            into.refused.add(where, index, error)


def _asleep(sleep: JsonObject, zone: str) -> tuple[Moment, int]:
    """Return the start of a sleep and its end in epoch ms."""
    start = "sleepStart" if sleep.get("sleepStart") is not None else "startDate"
    end = "sleepEnd" if sleep.get("sleepEnd") is not None else "endDate"
    at, until = (placed_moment(sleep.get(name), name, zone) for name in (start, end))
    if not 0 < until.ms - at.ms <= _LONGEST_SLEEP_MS:
        raise Unreadable(end, "not after the start by at most a day", RejectKind.RANGE)
    return at, until.ms


def _is_measured(item: JsonObject) -> bool:
    """Return whether a device measured the sleep; Unreadable for a kind of it that is unknown."""
    kind = item.get("value")
    if kind is None:
        # a night: hours of each kind, of which the measured ones are above 0
        hours = [item.get(name) for name in SLEPT]
        return any(isinstance(hour, (int, float)) and hour > 0 for hour in hours)
    word = text(kind, "value").lower()
    if word not in ASLEEP | IN_BED:
        raise Unreadable("value", "an unknown kind of sleep", RejectKind.UNKNOWN)
    return word in ASLEEP


def _add_wear(
    item: JsonObject, span: tuple[Moment, int], setting: Setting, into: Collected
) -> None:
    device = word_of(item.get("source") or item.get("sleepSource"))
    source = phone_source(setting.vendor, APP, device, Method.BACKGROUND)
    # nobody wears a phone in bed
    if source.device_type is not DeviceType.PHONE:
        at, until_ms = span
        into.series.add(_WEAR, source, at.offset, (at.ms, until_ms, 1.0))
