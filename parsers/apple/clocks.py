"""Times in Apple Health exports: those of records, and the clock times of single beats. Pure.

Records have `2024-03-01 07:14:22 -0800`. The offset is that of the phone when it made the export.
Some versions write the clock as the phone's settings have it, with 12 hours. Beats have a clock
time without a date, as the phone's language writes it.
"""

import re
from datetime import UTC, datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from model.calendar import DAY_MS, MINUTE_MS
from model.columns.build import EncodedTexts, local_instants
from model.facts import Instants, RejectKind
from parsers.bounds import readable
from parsers.fields import Unreadable, real_offset
from parsers.local_times.halves import hours_of_clock

_LOCAL = 19  # characters of a time without its offset, as of `2024-03-01 07:14:22`
_TIME = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})[T ]?([^\W\d_][^\d+-]*?)?\s*"
    r"([0-9]{1,2}):?([0-9]{2}):?([0-9]{2})(?:[.,][0-9]{1,9})?"
    r"\s*(.*?)\s*(?:([+-])([0-9]{2}):?([0-9]{2})|Z)"
)
_OFFSET = re.compile(rb" ([+-])([0-9]{2})([0-5][0-9])")
# Hours, minutes and seconds, with a point, a comma or an Arabic sign before the parts of a second.
_CLOCK = re.compile(r"(\D*)(\d{1,2})[:.](\d{2})[:.](\d{2})(?:[.,\u066b](\d{1,6}))?(\D*)", re.DOTALL)
_HOURS, _SIXTY = 24, 60
_NO_MARK = " .\t\n\u202f\u00a0\u200e\u200f"
_TOLERANCE_MS = 2_000  # of a beat before or after its record, whose times have no parts of seconds

TimeColumns: TypeAlias = tuple[Instants, NDArray[np.int64]]  # epoch ms, offset in minutes


def time_of(text: str, where: str) -> tuple[int, int]:
    """Return a written time as epoch ms and offset from UTC in minutes; Unreadable for no such."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise Unreadable(where, "not a time")
    # Some languages have the half of the day before the hour.
    year, month, day, half, *clock = match.groups()[:7]
    hour, minute, second = map(int, clock)
    hours = _hours_of(hour, half or match[8])
    if len(hours) != 1:
        raise Unreadable(where, "not a time")
    try:
        local = datetime(int(year), int(month), int(day), hours[0], minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(where, "not a time that exists") from error
    offset = int(match[10] or 0) * 60 + int(match[11] or 0)
    offset = real_offset(-offset if match[9] == "-" else offset, where)
    ms = round(local.timestamp()) * 1000 - offset * MINUTE_MS
    if not readable(ms):
        raise Unreadable(where, "not between the years 2000 and 2100", RejectKind.RANGE)
    return ms, offset


def times_of(texts: EncodedTexts) -> TimeColumns | None:
    """Return times in the usual form as columns; None when one of them is in another.

    `texts` has the codes of 25 characters for each. The result is what `time_of` gives for each.
    """
    codes = texts.copy()
    if not bool((codes[:, 10] == ord(" ")).all()):
        return None
    codes[:, 10] = ord("T")
    ends = np.ascontiguousarray(codes[:, _LOCAL:]).view("S6").ravel()
    ms, offsets = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    for written in np.unique(ends):
        minutes, of = _minutes_of(bytes(written)), ends == written
        local = local_instants(codes[of]) if minutes is not None else None
        if minutes is None or local is None:
            return None
        ms[of], offsets[of] = local - minutes * MINUTE_MS, minutes
    return (ms, offsets) if readable(int(ms.min())) and readable(int(ms.max())) else None


def _minutes_of(written: bytes) -> int | None:
    match = _OFFSET.fullmatch(written)
    if match is None:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    try:
        return real_offset(-minutes if match[1] == b"-" else minutes, "")
    except Unreadable:
        return None


def beat_time(text: str, span: tuple[int, int], offset_min: int) -> int | None:
    """Return the epoch ms of a clock time within the record of a span; None where it has no place.

    The date is that which puts it into the record: the day of its start, or the next after
    midnight. A half of the day in an unknown language is the one that fits.
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    marks = match[1] + match[6]
    hour, minute, second = int(match[2]), int(match[3]), int(match[4])
    if minute >= _SIXTY or second >= _SIXTY:
        return None
    fraction = match[5] or "0"
    within_ms = (minute * 60 + second) * 1000 + round(int(fraction) * 1000 / 10 ** len(fraction))
    midnight = (span[0] + offset_min * MINUTE_MS) // DAY_MS * DAY_MS - offset_min * MINUTE_MS
    places = []
    for some in _hours_of(hour, marks):
        for day in (-1, 0, 1):
            at = midnight + day * DAY_MS + some * 3_600_000 + within_ms
            if span[0] - _TOLERANCE_MS <= at <= span[1] + _TOLERANCE_MS:
                places.append(at)
    return places[0] if len(places) == 1 else None


def _hours_of(hour: int, marks: str) -> list[int]:
    """Return the hours of 24 that an hour with the words around it may be."""
    if not marks.strip(_NO_MARK):
        return [hour] if hour < _HOURS else []
    return hours_of_clock(hour, marks)
