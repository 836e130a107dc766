"""Garmin's nights and snapshots to facts: sleep as wear, heart rate variability. Pure.

A night is tentative first and final later, and the patient may set its times by hand. Of sleep only
the time is read in which the watch was worn, never its stages.
"""

from collections.abc import Iterator

from model.facts import DaySummary, Fact, Head, Method, RejectKind, SampleBlock
from parsers.fields import (
    JsonObject,
    Unreadable,
    head,
    kept_without,
    list_of,
    measure_of,
    object_of,
    optional_text,
)
from parsers.streams import SeriesByKey
from parsers.vendors.garmin.names import SNAPSHOT_MEANS, SNAPSHOT_SAMPLES, VALIDATIONS
from parsers.vendors.garmin.values import (
    GarminErrors,
    GarminPoint,
    garmin_blocks,
    garmin_date,
    garmin_instant,
    garmin_length_s,
    garmin_offset,
    garmin_source,
    garmin_start,
    mapped_points,
    summary_name,
)

_LONGEST_S = 86_400
_MOST_NAPS = 50
_RMSSD = "heart_rate_variability_rmssd"
_OFF_WRIST, _BY_HAND = "OFF_WRIST", "MANUAL"
_RANK_BITS = 20  # more than the seconds of any night


def garmin_night(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield a night and its naps as wear.

    A final night stands above a tentative one, however long they are; of two alike the longer one
    stands. What the patient typed is kept, but shows no wear.
    """
    start, offset = garmin_start(record, where, errors)
    length_s = garmin_length_s(record, where, _LONGEST_S)
    name = summary_name(record, where)
    # the rank counts before the length, so it stands in the higher bits
    rank, method = _validated(record.get("validation"), f"{where}.validation", errors)
    if rank is not None and length_s:
        source, revision = garmin_source(record, method, errors), (rank << _RANK_BITS) + length_s
        span = start, start + length_s * 1000
        yield from _worn(head(source, name, revision, span, offset))
    yield from _naps(record, where, name, errors)


def _validated(value: object, where: str, errors: GarminErrors) -> tuple[int | None, Method]:
    """Return the rank of a validation, None where the watch was not worn, and the method."""
    word = kept_without(errors, "", optional_text, value, where)
    if word and word not in VALIDATIONS:
        errors.append(Unreadable(where, "an unknown validation", RejectKind.UNKNOWN))
    # Garmin guessed from other data that the patient slept
    if word == _OFF_WRIST:
        return None, Method.BACKGROUND
    method = Method.MANUAL if word == _BY_HAND else Method.BACKGROUND
    return VALIDATIONS.get(word, 0), method


def _worn(fact_head: Head) -> Iterator[SampleBlock]:
    series = SeriesByKey()
    series.add(
        "wear", fact_head.source, fact_head.offset_min, (fact_head.start_ms, fact_head.end_ms, 1.0)
    )
    yield from series.of_record(fact_head.record, fact_head.revision)


def _naps(record: JsonObject, where: str, name: str, errors: GarminErrors) -> Iterator[SampleBlock]:
    listed = [] if record.get("naps") is None else record["naps"]
    none: list[object] = []
    naps = kept_without(errors, none, list_of, listed, f"{where}.naps")
    if len(naps) > _MOST_NAPS:
        why = f"more than {_MOST_NAPS} naps"
        errors.append(Unreadable(f"{where}.naps", why, RejectKind.TOO_MUCH))
    for number, nap in enumerate(naps[:_MOST_NAPS]):
        location = f"{where}.naps[{number}]"
        try:
            yield from _nap(object_of(nap, location), location, name, errors)
        except Unreadable as error:
            errors.append(error)


def _nap(nap: JsonObject, where: str, name: str, errors: GarminErrors) -> Iterator[SampleBlock]:
    start = garmin_instant(nap.get("napStartTimeInSeconds"), f"{where}.napStartTimeInSeconds")
    length = {"durationInSeconds": nap.get("napDurationInSeconds")}
    length_s = garmin_length_s(length, where, _LONGEST_S)
    written = nap.get("napOffsetInSeconds"), f"{where}.napOffsetInSeconds"
    offset = kept_without(errors, None, garmin_offset, *written)
    rank, method = _validated(nap.get("napValidation"), f"{where}.napValidation", errors)
    if rank is None or not length_s:
        return
    source, revision = garmin_source(nap, method, errors), (rank << _RANK_BITS) + length_s
    span = start, start + length_s * 1000
    yield from _worn(head(source, f"{name}:nap:{start // 1000}", revision, span, offset))


def garmin_variability(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield the variability of a night every five minutes, and its mean as a figure of the date.

    A mean alone has no length, and only what names a record and places it in time is demanded.
    """
    start, offset = garmin_start(record, where, errors)
    timed = record, where, _LONGEST_S
    # absent is no fault here, and what is there must be a number
    is_timed = record.get("durationInSeconds") is not None
    length_s = kept_without(errors, 0, garmin_length_s, *timed) if is_timed else 0
    source = garmin_source(record, Method.BACKGROUND, errors)
    name = summary_name(record, where)
    fact_head = head(source, name, length_s, (start, start + length_s * 1000), offset)
    location = f"{where}.lastNightAvg"
    mean = record.get("lastNightAvg")
    figure = (
        None if mean is None else kept_without(errors, None, measure_of, mean, _RMSSD, location)
    )
    dated = record.get("calendarDate"), f"{where}.calendarDate"
    day = None if figure is None else kept_without(errors, None, garmin_date, *dated)
    if figure is not None and day is not None:
        yield DaySummary(head=fact_head, local_date=day, values={_RMSSD: figure})
    location = f"{where}.hrvValues"
    points = mapped_points(record.get("hrvValues"), _RMSSD, start, location, errors)
    yield from garmin_blocks(fact_head, {_RMSSD: points}, location, errors)


def garmin_snapshot(record: JsonObject, where: str, errors: GarminErrors) -> Iterator[Fact]:
    """Yield the heart rate of a snapshot of two minutes, and its variability at its start."""
    start, offset = garmin_start(record, where, errors)
    length_s = garmin_length_s(record, where, _LONGEST_S)
    source = garmin_source(record, Method.BACKGROUND, errors)
    span = start, start + length_s * 1000
    fact_head = head(source, summary_name(record, where), length_s, span, offset)
    listed = [] if record.get("summaries") is None else record["summaries"]
    points: dict[str, list[GarminPoint]] = {}
    none: list[object] = []
    for number, item in enumerate(
        kept_without(errors, none, list_of, listed, f"{where}.summaries")
    ):
        location = f"{where}.summaries[{number}]"
        try:
            _add_summary(object_of(item, location), location, start, points, errors)
        except Unreadable as error:
            errors.append(error)
    yield from garmin_blocks(fact_head, points, f"{where}.summaries", errors)


def _add_summary(
    item: JsonObject,
    where: str,
    start: int,
    points: dict[str, list[GarminPoint]],
    errors: GarminErrors,
) -> None:
    """Add what one summary of a snapshot holds; a kind that is not needed adds nothing."""
    kind = optional_text(item.get("summaryType"), f"{where}.summaryType")
    if kind in SNAPSHOT_SAMPLES:
        metric, location = SNAPSHOT_SAMPLES[kind], f"{where}.epochSummaries"
        points[metric] = mapped_points(item.get("epochSummaries"), metric, start, location, errors)
    # a variability is that of a stretch by its nature, so its mean is a reading
    if kind in SNAPSHOT_MEANS and item.get("avgValue") is not None:
        metric, location = SNAPSHOT_MEANS[kind], f"{where}.avgValue"
        points[metric] = [(start, measure_of(item["avgValue"], metric, location))]
