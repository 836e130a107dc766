"""The samples of a Polar exercise, in the three shapes that Polar writes. Pure.

An interval series begins with the exercise. A slot without a reading is null, empty, NaN or, for
the heart rate, 0: none of them is a sample.
"""

from collections.abc import Iterator
from statistics import median

from parsers.exports.local_times import placed_ms
from parsers.exports.polar_names import NO_READING, POLAR_SERIES
from parsers.fields import Unreadable, list_of, measure_of, number_within
from parsers.fit_types import ON_FOOT
from parsers.tracks.facts import STEPS_FROM

_Errors = list[Unreadable]
_Point = tuple[int, float]
_NOTHING = (None, "", "null", "NaN")


def polar_series(
    samples: object, start_ms: int, offset_min: int | None, kind: str, errors: _Errors
) -> Iterator[tuple[str, int, float]]:
    """Yield metric, instant (epoch ms) and value of each sample of an exercise of a type."""
    for name, points in _series(samples, start_ms, offset_min, errors):
        if name not in POLAR_SERIES:
            continue
        metric, factor = POLAR_SERIES[name]
        kept = _measured(metric, factor, points, errors)
        # Polar counts strides of one leg.
        is_strides = metric == "cadence" and kind in ON_FOOT and _are_strides(kept)
        for at, value in kept:
            yield metric, at, 2 * value if is_strides else value


def _are_strides(points: list[_Point]) -> bool:
    moving = [value for _, value in points if value]
    return bool(moving) and median(moving) <= STEPS_FROM


def _measured(
    metric: str, factor: float, points: Iterator[tuple[int, object]], errors: _Errors
) -> list[_Point]:
    kept = []
    for at, written in points:
        if written in _NOTHING:
            continue
        try:
            value = measure_of(_number(written), metric, f"samples.{metric}", factor)
        except Unreadable as error:
            errors.append(error)
            continue
        if value or metric not in NO_READING:
            kept.append((at, round(value, 6)))
    return kept


def _number(written: object) -> object:
    """Return a number that may be written as text; anything else is returned as it is."""
    if not isinstance(written, str):
        return written
    try:
        return float(written) if len(written) < len("-1234567890.123456") else written
    except ValueError:
        return written


def _series(
    samples: object, start_ms: int, offset_min: int | None, errors: _Errors
) -> Iterator[tuple[str, Iterator[tuple[int, object]]]]:
    """Yield the name and the points of each series."""
    if isinstance(samples, dict):
        for name, listed in samples.items():
            if name in POLAR_SERIES and isinstance(listed, list):
                yield name, _timed(listed, offset_min, errors)
        samples = samples.get("samples")
    for k, item in enumerate(samples if isinstance(samples, list) else []):
        if isinstance(item, dict):
            series = {name.replace("-", "_"): value for name, value in item.items()}
            name = str(series.get("sample_type", series.get("type", "")))
            yield name, _spaced(series, start_ms, f"samples[{k}]", errors)


def _timed(
    listed: list[object], offset_min: int | None, errors: _Errors
) -> Iterator[tuple[int, object]]:
    """Yield the points of a series that has a local time at each value."""
    for item in listed:
        if not isinstance(item, dict) or item.get("value") is None:
            continue
        try:
            yield placed_ms(item.get("dateTime"), offset_min, "samples.dateTime"), item["value"]
        except Unreadable as error:
            errors.append(error)


def _spaced(
    series: dict[str, object], start_ms: int, where: str, errors: _Errors
) -> Iterator[tuple[int, object]]:
    """Yield the points of a series with a value at each interval, which may be one text."""
    data = series.get("data", series.get("values"))
    rate_ms = series.get("intervalMillis")
    try:
        if rate_ms is None:
            rate_ms = 1000 * number_within(series.get("recording_rate"), 0.001, 86_400, where)
        step_ms = number_within(rate_ms, 1, 86_400_000, where)
        values = data.split(",") if isinstance(data, str) else list_of(data, where)
    except Unreadable as error:
        # Intervals of beats have no rate; they are not read.
        if str(series.get("sample_type", series.get("type", ""))) in POLAR_SERIES:
            errors.append(error)
        return
    for k, value in enumerate(values):
        at = start_ms + round(k * step_ms)
        yield at, value.strip() if isinstance(value, str) else value
