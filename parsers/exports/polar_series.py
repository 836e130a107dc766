"""The samples of a Polar exercise, in the three shapes that Polar writes. Pure.

An interval series begins with the exercise. A slot without a reading is null, empty, NaN or, for
the heart rate, 0: none of them is a sample.
"""

from collections.abc import Iterator
from itertools import islice
from math import nan
from statistics import median

from model.calendar import DAY_MS
from model.errors import BodyError
from model.facts import RejectKind
from model.metrics import METRIC
from parsers.exports.polar_names import NO_READING, POLAR_SERIES
from parsers.fields import Unreadable, first_value, kept_without, list_of, number_within
from parsers.fit_types import ON_FOOT
from parsers.local_times.beside_offsets import duration_ms, placed_ms
from parsers.tracks.facts import STEPS_FROM

_Errors = list[Unreadable]
_Point = tuple[int, float]
_LONGEST_NUMBER = 20  # characters
_MOST_POINTS = 500_000  # of a file: six days with a value each second
_LEAST_STEP_MS = 1.0
_NOTHING = (None, "", "null", "NaN")
_TYPES = ("sample_type", "type")


def polar_series(
    samples: object, start_ms: int, offset_min: int | None, kind: str, errors: _Errors
) -> Iterator[tuple[str, int, float]]:
    """Yield metric, instant (epoch ms) and value of each sample of an exercise of a type."""
    count = 0
    for name, points in _series(samples, start_ms, offset_min, errors):
        if name not in POLAR_SERIES:
            continue
        metric, factor = POLAR_SERIES[name]
        some = list(islice(points, _MOST_POINTS))
        count += len(some)
        if count >= _MOST_POINTS:
            why = f"{_MOST_POINTS} or more values of an exercise"
            raise BodyError("samples", why, RejectKind.TOO_MUCH)
        kept = _measured(metric, factor, some, errors)
        # Polar counts strides of one leg.
        is_strides = metric == "cadence" and kind in ON_FOOT and _are_strides(kept)
        for at, value in kept:
            yield metric, at, 2 * value if is_strides else value


def _are_strides(points: list[_Point]) -> bool:
    moving = [value for _, value in points if value]
    return bool(moving) and median(moving) <= STEPS_FROM


def _measured(
    metric: str, factor: float, points: list[tuple[int, object]], errors: _Errors
) -> list[_Point]:
    """Return the readings of a series; tell once of values that are none."""
    row, kept, is_odd = METRIC[metric], [], False
    for at, written in points:
        if written is None or written in _NOTHING:
            continue
        value = _number(written) * factor
        # False for NaN as well. No error is made for each of them: there may be very many.
        if not row.floor <= value <= row.ceiling:
            is_odd = True
        elif value or metric not in NO_READING:
            kept.append((at, round(value, 6)))
    if is_odd:
        errors.append(Unreadable(f"samples.{metric}", "values that are no readings"))
    return kept


def _number(written: object) -> float:
    """Return a number, which may be written as text; NaN for anything else."""
    is_number = isinstance(written, int | float) and not isinstance(written, bool)
    if not is_number and not (isinstance(written, str) and len(written) < _LONGEST_NUMBER):
        return nan
    try:
        return float(written)  # type: ignore[arg-type]  # one of both
    except (ValueError, OverflowError):
        return nan


def _series(
    samples: object, start_ms: int, offset_min: int | None, errors: _Errors
) -> Iterator[tuple[str, Iterator[tuple[int, object]]]]:
    """Yield the name and the points of each series."""
    if isinstance(samples, dict):
        for name, listed in samples.items():
            if name in POLAR_SERIES and isinstance(listed, list):
                yield name, _timed(listed, offset_min, errors)
        samples = samples.get("samples")
    nothing: list[object] = []
    written = nothing if samples is None else samples
    for k, item in enumerate(kept_without(errors, nothing, list_of, written, "samples")):
        if not isinstance(item, dict):
            errors.append(Unreadable(f"samples[{k}]", "not an object"))
            continue
        series = {name.replace("-", "_"): value for name, value in item.items()}
        name = first_value(series, *_TYPES)
        if name is None:
            errors.append(Unreadable(f"samples[{k}]", "samples of no type"))
        yield str(name), _spaced(series, start_ms, f"samples[{k}]", errors)


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
            errors.append(error.with_traceback(None))


def _spaced(
    series: dict[str, object], start_ms: int, where: str, errors: _Errors
) -> Iterator[tuple[int, object]]:
    """Yield the points of a series with a value at each interval, which may be one text."""
    data = first_value(series, "data", "values")
    if not data:
        return  # a sensor that was not there, mostly without an interval as well
    rate_ms = first_value(series, "intervalMillis", "interval")
    try:
        if rate_ms is None:
            rate_ms = 1000 * number_within(series.get("recording_rate"), 0.001, 86_400, where)
        step_ms = number_within(duration_ms(rate_ms, where), _LEAST_STEP_MS, DAY_MS, where)
        values = data.split(",") if isinstance(data, str) else list_of(data, where)
    except Unreadable as error:
        # Intervals of beats have no rate; they are not read.
        if str(first_value(series, *_TYPES)) in POLAR_SERIES:
            errors.append(error.with_traceback(None))
        return
    for k, value in enumerate(values):
        at = start_ms + round(k * step_ms)
        yield at, value.strip() if isinstance(value, str) else value
