"""Times, names and sources in Garmin's records. Pure.

Times are epoch seconds UTC, with the offset in seconds that the watch was set to. An offset is what
the clock of the watch showed, not a time zone.
"""

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias

import numpy as np

from model.columns.build import split_at_gaps, to_columns
from model.facts import BLOCK, DeviceType, Head, Method, RejectKind, SampleBlock, Source
from parsers.bounds import LONGEST_GAP_MS, readable
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    measure_of,
    number_of,
    number_within,
    object_of,
    optional_text,
    real_offset,
    text,
)

GarminErrors: TypeAlias = list[Unreadable]
GarminPoint: TypeAlias = tuple[int, float]  # epoch ms and value
_VENDOR = "garmin"
_MOST_SECONDS = 2**33  # beyond any year that is read; larger numbers would overflow later
_MOST_DIGITS = len("172800")  # seconds of two days
_OFFSET = "startTimeOffsetInSeconds"


def garmin_start(
    record: JsonObject, where: str, errors: GarminErrors, offset_name: str = _OFFSET
) -> tuple[int, int | None]:
    """Return the start (epoch ms) and the offset (minutes east of UTC, None if absent)."""
    start = garmin_instant(record.get("startTimeInSeconds"), f"{where}.startTimeInSeconds")
    written = record.get(offset_name), f"{where}.{offset_name}"
    return start, kept_without(errors, None, garmin_offset, *written)


def garmin_length_s(record: JsonObject, where: str, longest_s: int) -> int:
    """Return how long a record lasts, in whole seconds."""
    location = f"{where}.durationInSeconds"
    return int(number_within(record.get("durationInSeconds"), 0, longest_s, location))


def garmin_offset(written: object, where: str) -> int | None:
    """Return seconds east of UTC as minutes, None for null."""
    if written is None:
        return None
    # the watch may be set to half and quarter hours, and some clocks are a few seconds off
    minutes = number_within(written, -_MOST_SECONDS, _MOST_SECONDS, where) / 60
    return real_offset(round(minutes), where)


def garmin_instant(value: object, where: str) -> int:
    """Return epoch seconds as epoch ms."""
    # a fraction is cut: Garmin states whole seconds, and some gateways write them as floats
    seconds = number_of(value, where)
    if not 0 <= seconds < _MOST_SECONDS or not readable(int(seconds * 1000)):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return int(seconds * 1000)


def garmin_date(value: object, where: str) -> date:
    """Return a calendar date."""
    written = text(value, where)
    # Python takes other forms of ISO 8601 as well, which Garmin never writes
    if len(written) != len("2026-11-20"):
        raise Unreadable(where, "not a date")
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Unreadable(where, "not a date") from error


def summary_name(record: JsonObject, where: str) -> str:
    """Return Garmin's own name of a record, which it keeps when it sends the record again."""
    return text(record.get("summaryId"), f"{where}.summaryId")


def activity_word(record: JsonObject, where: str, errors: GarminErrors) -> str:
    """Return Garmin's word for the type of activity, "" where none is stated."""
    field = f"{where}.activityType"
    return kept_without(errors, "", optional_text, record.get("activityType"), field)


def garmin_source(record: JsonObject, method: Method, errors: GarminErrors) -> Source:
    """Return the watch that recorded."""
    device = kept_without(errors, "", optional_text, record.get("deviceName"), "deviceName")
    return Source(vendor=_VENDOR, device=device, device_type=DeviceType.WATCH, method=method)


def mapped_points(
    values: object, metric: str, start_ms: int, where: str, errors: GarminErrors
) -> list[GarminPoint]:
    """Return the values of a map from seconds after the start, `{"15": 75}`; null is empty."""
    nothing: JsonObject = {}
    written = {} if values is None else values, where
    points: list[GarminPoint] = []
    for offset_s, value in kept_without(errors, nothing, object_of, *written).items():
        try:
            at = start_ms + _seconds_after(offset_s, where) * 1000
            points.append((at, measure_of(value, metric, where)))
        except Unreadable as error:
            errors.append(error)
    return points


def _seconds_after(written: str, where: str) -> int:
    # checked before it is read: a key of thousands of digits is no number here
    if not written.isascii() or not written.isdecimal() or len(written) > _MOST_DIGITS:
        raise Unreadable(where, "not a number of seconds after the start")
    return int(written)


def garmin_blocks(
    fact_head: Head, points: Mapping[str, list[GarminPoint]], where: str, errors: GarminErrors
) -> list[SampleBlock]:
    """Return points of one record, by metric, as blocks.

    An instant that cannot be read is an error.
    """
    blocks: list[SampleBlock] = []
    for metric, readings in points.items():
        kept = [point for point in readings if readable(point[0])]
        if len(kept) < len(readings):
            why = "not between the years 2000 and 2100"
            errors.append(Unreadable(where, why, RejectKind.RANGE))
        if kept:
            blocks += _cut(fact_head, metric, kept)
    return blocks


def _cut(fact_head: Head, metric: str, points: list[GarminPoint]) -> list[SampleBlock]:
    t, v = to_columns(points)
    # sums of floats differ in their last digits by the order of adding
    v = np.round(v, 6)
    blocks: list[SampleBlock] = []
    for part, some in enumerate(split_at_gaps(t, BLOCK, LONGEST_GAP_MS)):
        span = int(t[some][0]), int(t[some][-1]) + 1
        block = SampleBlock(
            head=head(
                fact_head.source, fact_head.record, fact_head.revision, span, fact_head.offset_min
            ),
            metric=metric,
            t=t[some],
            v=v[some],
            part=part,
        )
        blocks.append(block)
    return blocks
