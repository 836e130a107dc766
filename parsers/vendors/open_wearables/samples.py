"""The samples of a series one by one, each with the path of what is wrong in it. Pure.

What many samples share is read once, which must give the same as reading it in each.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from model.facts import Method, RejectKind, Source
from model.metrics import METRIC
from model.words.units import unit_conversion
from parsers.bounds import MOST_SERIES
from parsers.fields import (
    JsonObject,
    Unreadable,
    instant_of,
    kept_without,
    measure_of,
    object_of,
    zone_offset,
)
from parsers.vendors.open_wearables.names import SERIES
from parsers.vendors.open_wearables.sources import clock_offset, device_source


class SampleContext(NamedTuple):
    """What the samples of one device have in common. It is read once, not for each sample."""

    source: Source
    factor: float
    shift: float
    zone: int | None


class SampleReading(NamedTuple):
    """One sample that could be read."""

    source: Source
    offset: int | None
    ms: int
    value: float
    is_total: bool


def too_many_series() -> Unreadable:
    """Return the fault of a batch that is from too many devices."""
    return Unreadable(
        "data.samples", f"more than {MOST_SERIES} devices and offsets", RejectKind.TOO_MUCH
    )


def sample_readings(
    samples: list[Any], series: str, errors: list[Unreadable]
) -> Iterator[SampleReading]:
    """Yield the samples that can be read; `errors` gets the others, and fields left out."""
    known: dict[object, SampleContext] = {}
    for index, sample in enumerate(samples):
        if len(known) > MOST_SERIES:
            raise too_many_series()
        own: list[Unreadable] = []
        try:
            yield _reading(object_of(sample, ""), series, known, own)
        except Unreadable as error:
            own.append(error)
        for reason in own:
            where = f"data.samples[{index}].{reason.where}".rstrip(".")
            errors.append(Unreadable(where, reason.why, reason.kind))


def _reading(
    sample: JsonObject, series: str, known: dict[object, SampleContext], errors: list[Unreadable]
) -> SampleReading:
    """Read one sample.

    The paths of its errors begin at the sample: building full paths for every sample would be slow.
    """
    source = sample.get("source")
    if not isinstance(source, dict):
        source = {"provider": source}  # for the key only
    # Thousands of samples share few contexts. The key has every member that a context is made of.
    key = (
        sample.get("type"),
        sample.get("unit"),
        sample.get("zone_offset"),
        source.get("provider"),
        source.get("device"),
    )
    try:
        context = known[key]
    except (KeyError, TypeError):  # TypeError: a list or an object where a text should be
        context = sample_context(sample, series, errors)
        # A context with a field that cannot be read is made anew, so that each sample says so.
        if not errors:
            known[key] = context
    ms, written = instant_of(sample.get("timestamp"), "timestamp")
    value = measure_of(sample.get("value"), SERIES[series], "value", context.factor, context.shift)
    offset = clock_offset(context.zone, written)
    return SampleReading(context.source, offset, ms, value, sample.get("is_daily_total") is True)


def sample_context(sample: JsonObject, series: str, errors: list[Unreadable]) -> SampleContext:
    """Read what is the same in many samples.

    Only texts and null pass, so that the members are a key under which the result is kept.
    """
    stated = sample.get("type")
    if stated is not None and not _is_of_series(stated, series):
        raise Unreadable("type", "not the type of its series", RejectKind.UNKNOWN)
    unit = sample.get("unit")
    row = unit_conversion(unit, METRIC[SERIES[series]].unit) if isinstance(unit, str) else None
    if row is None:
        raise Unreadable("unit", f"not a unit of {SERIES[series]}", RejectKind.UNKNOWN)
    zone = kept_without(errors, None, zone_offset, sample.get("zone_offset"), "zone_offset")
    source = device_source(sample.get("source"), "source", Method.UNKNOWN, errors)
    return SampleContext(source, row.factor, row.offset, zone)


def _is_of_series(value: object, series: str) -> bool:
    """Return whether a sample's own type names the series, perhaps by its other name."""
    return value == series or (isinstance(value, str) and SERIES.get(value) == SERIES[series])
