"""An object of Terra's `data`: its members, its times and who measured, and its samples. Pure.

A time without an offset is the local time of a clock that nobody names, so it places nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from model.facts import Method, Source
from parsers.fields import (
    JsonObject,
    Unreadable,
    instant_of,
    kept_without,
    measure_of,
    object_of,
    optional_text,
)
from parsers.phone.collected import Collected
from parsers.streams import SeriesByKey
from parsers.vendors.hubs.terra_names import TERRA_SERIES, Path, TerraSeries
from parsers.vendors.hubs.values import counts_between, hub_source, short_list

TERRA_BY_HAND = 2  # of `upload_type` of a workout and a day
LONGEST_TERRA_S = 1e6  # of a timer, and of the exercise of a day
_VENDOR = "terra"
_LOCAL = 1  # of `timestamp_localization`: times have the offset of the patient's clock


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
        for depth, name in enumerate(path):
            if value is None:
                return None
            value = object_of(value, self.path(path[:depth])).get(name)
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


def refuse(errors: list[Unreadable], into: Collected) -> None:
    """Tell faults of optional fields."""
    for error in errors:
        into.refused.add("", None, error)


def _optional_object(value: object, where: str) -> JsonObject:
    return {} if value is None else object_of(value, where)


def terra_name(metadata: JsonObject, where: str, start: TerraTime) -> str:
    """Return Terra's id of an object; its start where the vendor behind Terra has none."""
    named = metadata.get("summary_id")
    # a number keeps all its digits here
    if isinstance(named, int) and not isinstance(named, bool):
        return str(named)
    return optional_text(named, f"{where}.summary_id") or str(start.ms)


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
