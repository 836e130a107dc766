"""Days, nights and series of samples of Junction, to facts. Pure.

The same shapes come in events and in answers to what was asked for. A sample whose end is not
stated is never given one where a guess would change a figure.
"""

from datetime import date

from model.facts import Method, RejectKind, Source
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    instant_of,
    kept_without,
    measure_of,
    object_of,
    text,
)
from parsers.phone.collected import Collected, word_of
from parsers.vendors.hubs.junction_entry import (
    HubOrigin,
    hub_origin,
    junction_offset,
    junction_revision,
    object_or_none,
    refuse_all,
)
from parsers.vendors.hubs.junction_names import (
    INTENSE,
    JUNCTION_DAY,
    JUNCTION_NIGHT,
    JUNCTION_SERIES,
    NAPS,
    RESTING,
    WORN_SOURCES,
    JunctionSeries,
)
from parsers.vendors.hubs.values import (
    HubDay,
    hub_date,
    hub_midnight_ms,
    short_list,
    shows_sleep,
    sleep_as_wear,
)

_FLOATING = frozenset(("freestyle_libre", "abbott_libreview"))  # their times are in no zone


def add_day_summary(record: JsonObject, where: str, into: Collected) -> None:
    """Add the figures of a local date, which is sent again as it grows."""
    named = text(record.get("id"), f"{where}.id")
    errors: list[Unreadable] = []
    day = hub_date(record.get("calendar_date") or record.get("date"), f"{where}.calendar_date")
    origin = hub_origin(record.get("source"), f"{where}.source", into)
    dated = _dated(record, f"activity:{named}", day, origin, where, errors)
    for member, figure in JUNCTION_DAY.items():
        _add_figure(record, member, figure, dated, where, into)
    heart = kept_without(
        errors, dict[str, object](), object_or_none, record.get("heart_rate"), f"{where}.heart_rate"
    )
    location = f"{where}.heart_rate"
    _add_figure(heart, "resting_bpm", RESTING, dated, location, into)
    minutes = 0.0
    for member in INTENSE:
        if record.get(member) is not None:
            stated = record[member], "exercise_time", f"{where}.{member}"
            minutes += kept_without(errors, 0.0, measure_of, *stated)
    if minutes:
        into.facts.append(dated.figure("exercise_time", minutes, grows=True))
    refuse_all(errors, into)


def _dated(
    record: JsonObject,
    name: str,
    day: date,
    origin: HubOrigin,
    where: str,
    errors: list[Unreadable],
) -> HubDay:
    offset = junction_offset(record, where, errors)
    return HubDay(
        source=origin.source(Method.BACKGROUND),
        name=name,
        local_date=day,
        start_ms=hub_midnight_ms(day, offset, f"{where}.calendar_date"),
        offset=offset,
        revision=junction_revision(record, where, errors),
    )


def _add_figure(
    record: JsonObject,
    member: str,
    figure: tuple[str, bool],
    dated: HubDay,
    where: str,
    into: Collected,
) -> None:
    """Add a figure of a date, (its metric, whether it grows), where an object has it."""
    metric, grows = figure
    if record.get(member) is None:
        return
    try:
        value = measure_of(record[member], metric, f"{where}.{member}")
        into.facts.append(dated.figure(metric, value, grows=grows))
    except Unreadable as error:
        into.refused.add("", None, error)


def add_night_summary(record: JsonObject, where: str, into: Collected) -> None:
    """Add a night as wear of what measured it, with its resting heart rate and variability."""
    named = text(record.get("id"), f"{where}.id")
    start, _ = instant_of(record.get("bedtime_start"), f"{where}.bedtime_start")
    end, _ = instant_of(record.get("bedtime_stop"), f"{where}.bedtime_stop")
    errors: list[Unreadable] = []
    day = hub_date(record.get("calendar_date") or record.get("date"), f"{where}.calendar_date")
    origin = hub_origin(record.get("source"), f"{where}.source", into)
    dated = _dated(record, f"night:{named}", day, origin, where, errors)
    # what a nap states is no figure of its date, and would take the place of the night's
    figures = {} if word_of(record.get("type")) in NAPS else JUNCTION_NIGHT
    for member, figure in figures.items():
        _add_figure(record, member, figure, dated, where, into)
    if shows_sleep(dated.source, is_measured=origin.kind in WORN_SOURCES):
        fact_head = head(dated.source, f"night:{named}", dated.revision, (start, end), dated.offset)
        into.facts.append(sleep_as_wear(fact_head, f"{where}.bedtime_stop"))
    refuse_all(errors, into)


def add_samples(resource: str, group: JsonObject, where: str, into: Collected) -> None:
    """Add the samples of a series, all from one source: `{"source": ..., "data": [...]}`."""
    origin = hub_origin(group.get("source"), f"{where}.source", into)
    # these vendors write a local clock as if it were UTC
    if origin.provider in _FLOATING:
        why = "local times without an offset from UTC"
        raise Unreadable(f"{where}.source", why, RejectKind.UNKNOWN)
    source = origin.source(Method.UNKNOWN)
    for index, sample in enumerate(short_list(group.get("data"), f"{where}.data")):
        errors: list[Unreadable] = []
        try:
            item = object_of(sample, "")
            for row in JUNCTION_SERIES[resource]:
                _add_sample(item, row, source, errors, into)
        except Unreadable as error:
            errors.append(error)
        for fault in errors:
            into.refused.add(f"{where}.data", index, fault)


def _add_sample(
    item: JsonObject,
    row: JunctionSeries,
    source: Source,
    errors: list[Unreadable],
    into: Collected,
) -> None:
    """Add one sample. A count holds until its stated end; without one, nobody knows how long."""
    value = measure_of(item.get(row.member), row.metric, row.member)
    offset = junction_offset(item, "", errors)
    # older senders have one time, which is the start of an interval that nobody states
    begins = "start" if item.get("start") is not None else "timestamp"
    start, _ = instant_of(item.get(begins), begins)
    end = start
    if row.counts and item.get("end") is not None:
        end, _ = instant_of(item["end"], "end")
    if end < start:
        raise Unreadable("end", "before the start", RejectKind.RANGE)
    # steps without an end hold for a guessed time; a distance must not be guessed
    if row.metric == "distance" and end == start:
        # without an end it would be taken for the distance since the beginning
        raise Unreadable("end", "a distance without the end of its time")
    into.series.add(row.metric, source, offset, (start, end, value))
