"""Samples in answers of Withings: those of a day, and those of a night. Pure.

They belong to no record, so each instant of a series keeps one value. Stages of sleep, breathing
and snoring are never read.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model.facts import Method, RejectKind, SampleBlock, Source
from model.metrics import LONGEST_INTERVAL_MS
from parsers.bounds import MOST_RECORDS
from parsers.fields import Unreadable, measure_of, number_within, object_of
from parsers.streams import SeriesByKey
from parsers.vendors.withings.items import ListedItem, is_worn_device, written_second
from parsers.vendors.withings.names import COUNT_METRICS, INSTANT_METRICS, SLEEP_METRICS

_LONGEST_COUNT_S = 3_600
_LEAST_COUNT_MS = 1_000  # a count without a length would hold for a guessed time


def intraday_samples(
    samples: Mapping[str, Any], where: str, errors: list[Unreadable]
) -> Iterator[SampleBlock]:
    """Yield the samples of a map by instants; counts hold for the seconds that stand beside them.

    What cannot be read is in `errors`. Raises Unreadable for more than are read.
    """
    if len(samples) > MOST_RECORDS:
        raise Unreadable(where, "more samples than are read", RejectKind.TOO_MUCH)
    series = SeriesByKey()
    for position, (written, value) in enumerate(samples.items()):
        path = f"{where}[{position}]"
        try:
            at = written_second(written, path)
            _add_sample(at, ListedItem(object_of(value, path), path, errors), series)
        except Unreadable as error:
            errors.append(error)
    yield from series.stream()


def _add_sample(at: int, item: ListedItem, series: SeriesByKey) -> None:
    # each sample names its device: a watch and a phone may take turns
    source = item.source(Method.BACKGROUND)
    for name, metric in INSTANT_METRICS.items():
        _add(item, name, metric, source, (at, at), series)
    length, where = item.field("duration")
    if length is None:
        # a count without its time is that of no minute
        if any(item.item.get(name) is not None for name in COUNT_METRICS):
            raise Unreadable(where, "counts without the length of their time")
        return
    length_ms = round(number_within(length, 0, _LONGEST_COUNT_S, where) * 1000)
    for name, metric in COUNT_METRICS.items():
        _add(item, name, metric, source, (at, at + max(length_ms, _LEAST_COUNT_MS)), series)


def _add(
    item: ListedItem,
    name: str,
    metric: str,
    source: Source,
    span: tuple[int, int],
    series: SeriesByKey,
) -> None:
    value, where = item.field(name)
    if value is None:
        return
    try:
        series.add(metric, source, None, (*span, measure_of(value, metric, where)))
    except Unreadable as error:
        item.errors.append(error)


def night_samples(pieces: Iterable[ListedItem]) -> Iterator[SampleBlock]:
    """Yield what pieces of nights hold: heart rate, and that a watch was worn."""
    series = SeriesByKey()
    for of in pieces:
        try:
            _add_piece(of, series)
        except Unreadable as error:
            of.errors.append(error)
    yield from series.stream()


def _add_piece(item: ListedItem, series: SeriesByKey) -> None:
    start, end = item.times(LONGEST_INTERVAL_MS)
    source = item.source(Method.BACKGROUND)
    # a mat under a mattress measures a heart, and nobody wears it
    if is_worn_device(source):
        series.add("wear", source, None, (start, end, 1.0))
    for name, metric in SLEEP_METRICS.items():
        if item.item.get(name) is None:
            continue
        points = item.inner(name)
        for written in points.item:
            try:
                at = written_second(written, points.where)
                value = measure_of(points.item[written], metric, points.where)
                series.add(metric, source, None, (at, at, value))
            except Unreadable as error:
                item.errors.append(error)
