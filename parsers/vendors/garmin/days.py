"""Garmin's days and slots of a quarter of an hour to facts. Pure.

Both grow: sent again, the longer record counts, and of equally long ones that with the greater
totals. Totals of a day are totals, and are never added to samples.
"""

from collections.abc import Iterator

import numpy as np

from model.facts import DaySummary, Fact, Method, SampleBlock
from parsers.fields import JsonObject, head, kept_without, measure_of
from parsers.growing import size_of_stretch
from parsers.vendors.garmin.names import DAY_TOTALS, INTENSE_SECONDS, SLOT_COUNTS
from parsers.vendors.garmin.values import (
    GarminErrors,
    activity_word,
    garmin_blocks,
    garmin_date,
    garmin_length_s,
    garmin_source,
    garmin_start,
    mapped_points,
    summary_name,
)

_LONGEST_DAY_S = 172_800  # a date has 25 h in autumn, and more for who travels west
_LONGEST_SLOT_S = 900
_LONGEST_TYPE = 64  # letters of a type of activity in the name of a record
_SAMPLES = "timeOffsetHeartRateSamples"


def garmin_day(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield the totals of a day, and its heart rate every 15 s. The record grows during the day."""
    start, offset = garmin_start(record, where, errors)
    length_s = garmin_length_s(record, where, _LONGEST_DAY_S)
    # a day names no watch, and several watches of a person make one day at Garmin
    source = garmin_source(record, Method.BACKGROUND, errors)
    name = summary_name(record, where)
    totals = _totals(record, where, errors)
    # how far the day had come is its revision; Garmin sends a full day again, too
    revision = size_of_stretch(length_s, totals)
    fact_head = head(source, name, revision, (start, start + length_s * 1000), offset)
    # Totals without their date are lost, but the heart rate of the day has times of its own.
    dated = record.get("calendarDate"), f"{where}.calendarDate"
    day = kept_without(errors, None, garmin_date, *dated) if totals else None
    if day is not None:
        yield DaySummary(head=fact_head, local_date=day, values=totals)
    location = f"{where}.{_SAMPLES}"
    points = mapped_points(record.get(_SAMPLES), "heart_rate", start, location, errors)
    yield from garmin_blocks(fact_head, {"heart_rate": points}, location, errors)


def _totals(record: JsonObject, where: str, errors: GarminErrors) -> dict[str, float]:
    totals: dict[str, float] = {}
    for theirs, ours in DAY_TOTALS.items():
        stated = record.get(theirs), ours, f"{where}.{theirs}"
        figure = None if stated[0] is None else kept_without(errors, None, measure_of, *stated)
        if figure is not None:
            totals[ours] = figure
    # each may be missing, and a day without any minute says nothing
    minutes: list[float] = []
    for theirs in INTENSE_SECONDS:
        stated_s = record.get(theirs), "exercise_time", f"{where}.{theirs}", 1 / 60
        if stated_s[0] is not None:
            minutes += filter(None, [kept_without(errors, None, measure_of, *stated_s)])
    return totals | ({"exercise_time": round(sum(minutes), 6)} if minutes else {})


def garmin_slot(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[SampleBlock]:
    """Yield the counts of a slot of at most fifteen minutes, each over the slot.

    A slot has a record for each type of activity in it, and their counts add up. Mean heart rates
    and METs of a slot are left out: as a reading at an instant they would be wrong.
    """
    start, offset = garmin_start(record, where, errors)
    # a slot that is not over yet is shorter, and the longer one replaces it
    length_s = garmin_length_s(record, where, _LONGEST_SLOT_S)
    counts: dict[str, float] = {}
    for theirs, ours in SLOT_COUNTS.items():
        stated = record.get(theirs), ours, f"{where}.{theirs}"
        figure = None if stated[0] is None else kept_without(errors, None, measure_of, *stated)
        if figure is not None:
            counts[ours] = figure
    if not counts:
        return
    summary_name(record, where)  # a record that nothing names is refused
    # Start and type name a count, so that the same slot under another id replaces it. A type may be
    # any text, and a name may not.
    letters = filter(str.isalnum, activity_word(record, where, errors))
    name = f"epoch:{start // 1000}:{''.join(letters)[:_LONGEST_TYPE]}"
    # A slot has at least a second, for a count without an end would hold for ten minutes.
    # and so the length that a slot has is that of its count
    until = start + max(length_s, 1) * 1000
    source = garmin_source(record, Method.BACKGROUND, errors)
    of = head(source, name, size_of_stretch(length_s, counts), (start, until), offset)
    for metric, count in counts.items():
        yield SampleBlock(
            head=of,
            metric=metric,
            t=np.array([start], np.int64),
            v=np.array([round(count, 6)]),
            until=np.array([until], np.int64),
        )
