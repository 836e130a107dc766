"""Finds when a device was worn and when a phone was carried.

Clinical definition section 3.3. Heart rate shows that a device was worn. A source may also state
it, as with sleep that a watch measured or hours in which it saw its wearer stand. Step counts say
nothing about wear, because they read 0 also when the device lies on a table. Steps of a phone show
that it was carried, between the first and the last of a date. Each date is judged by its own
samples, so that it can be derived by itself.
"""

from collections.abc import Iterable, Iterator
from datetime import date, time

import numpy as np
from numpy.typing import NDArray

from model.calendar import HOUR_MS, MINUTE_MS, local_instant
from model.facts import (
    NOT_ALL_DAY_METHODS,
    NOT_ALL_DAY_TYPES,
    UNWORN_METHODS,
    UNWORN_TYPES,
    DeviceType,
    Instants,
    Source,
)
from stream.compute.pieces import Pieces, cut_out, pieces_ms, union_of_spans
from stream.compute.series.reported_columns import WEAR, ReportedSeries

# A common watch reads the heart every five to ten minutes at rest, our default.
WEAR_GAP_MS = 10 * MINUTE_MS
# Between these hours people exercise, our default.
WAKING_FROM, WAKING_UNTIL = time(6), time(22)


def is_on_patient(source: Source) -> bool:
    """Return whether a source is carried or worn, so that a lack of its data means something.

    A person, a scale or a form without data means nothing.
    """
    return source.device_type not in UNWORN_TYPES and source.method not in UNWORN_METHODS


def is_worn_all_day(source: Source) -> bool:
    """Return whether a source is worn all day, so that what is over waits until it has synced."""
    is_worn_so = source.device_type not in NOT_ALL_DAY_TYPES
    return is_worn_so and source.method not in NOT_ALL_DAY_METHODS


def worn_minutes(worn: Pieces) -> int:
    """Return how many minutes a device was worn, from `worn_spans`; each is counted once."""
    return pieces_ms(worn) // MINUTE_MS


def unseen_minutes(worn: Pieces, day: date, zone: str) -> int:
    """Return the longest time in full minutes from 06 to 22 in which nothing was worn.

    `day` is a local date in `zone`, an IANA zone, and `worn` are the `worn_spans` of that date.
    """
    start, end = local_instant(day, WAKING_FROM, zone), local_instant(day, WAKING_UNTIL, zone)
    longest = max((last - first for first, last in cut_out(start, end, worn)), default=0)
    return longest // MINUTE_MS


def phone_minutes(steps: Iterable[ReportedSeries], start_ms: int, end_ms: int) -> int:
    """Return the minutes from the first to the last step of a phone in [start_ms, end_ms).

    Both minutes belong to it. Of several phones the one with the most minutes counts; 0 without any
    steps. A count of more than an hour does not tell when in it the phone was carried. `steps`
    holds steps as reported, with a series for each source.
    """
    most = 0
    for series in steps:
        if series.source.device_type is DeviceType.PHONE:
            counted = series.within(start_ms, end_ms).accepted()
            t = counted.t[(counted.v > 0) & _is_fine(counted)] // MINUTE_MS
            most = max(most, int(t[-1] - t[0]) + 1 if len(t) else 0)
    return most


def worn_spans(shown: Iterable[ReportedSeries], start_ms: int, end_ms: int) -> Pieces:
    """Return when a device was worn in [start_ms, end_ms), as pieces of full minutes.

    A minute was worn when it lies between two accepted samples of one worn source at most ten
    minutes apart. The minutes of both samples belong to it; a sample without such a neighbour shows
    no wear. A minute was worn, too, when a worn source tells so of some of it. What a phone tells
    or measures shows no wear. `shown` holds heart rate and told wear as reported, a series for each
    source.
    """
    spans: list[tuple[int, int]] = []
    for series in shown:
        if _is_worn(series.source):
            accepted = series.within(start_ms, end_ms).accepted()
            spans += _reported_wear(accepted) if series.metric == WEAR else _spans(accepted.t)
    return union_of_spans(spans)


def _is_worn(source: Source) -> bool:
    """Return whether a source is a device that is worn; a phone is only carried."""
    return is_on_patient(source) and source.device_type is not DeviceType.PHONE


def _is_fine(series: ReportedSeries) -> NDArray[np.bool_]:
    """Return which parts of counts belong to a count of at most an hour, bool[n]."""
    if series.length is None:
        return np.ones(len(series.t), np.bool_)
    return series.length <= HOUR_MS


def _reported_wear(wear: ReportedSeries) -> Iterator[tuple[int, int]]:
    """Yield the full minutes of each run of minutes that a source tells to be worn."""
    if wear.length is None:
        return
    # Without its end, an instant of wear shows none, as a single heart rate does.
    minutes = wear.t[(wear.v > 0) & (wear.length > 0)] // MINUTE_MS
    before_gap = np.flatnonzero(minutes[1:] - minutes[:-1] > 1).tolist()
    first = 0
    for last in (*before_gap, len(minutes) - 1):
        if last >= first:
            yield int(minutes[first]) * MINUTE_MS, (int(minutes[last]) + 1) * MINUTE_MS
        first = last + 1


def _spans(t: Instants) -> Iterator[tuple[int, int]]:
    """Yield the full minutes of each run of near samples, runs of a single sample left out."""
    # A date has room for few gaps, and most have none, so the runs are walked one by one.
    before_gap = np.flatnonzero(t[1:] - t[:-1] > WEAR_GAP_MS).tolist()
    first = 0
    for last in (*before_gap, len(t) - 1):
        if last > first:
            begin, end = int(t[first]), int(t[last])
            yield begin // MINUTE_MS * MINUTE_MS, (end // MINUTE_MS + 1) * MINUTE_MS
        first = last + 1
