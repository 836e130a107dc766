"""Readings of a FIT file that belong to no recording: all-day heart rate, scales, nights. Pure.

A night is read only as the time in which a watch was worn; its stages are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.calendar import DAY_MS
from model.facts import DeviceType
from parsers.fit.activity.records import RecordTimes, dated_times, samples_of
from parsers.fit.activity.values import FIT_EPOCH
from parsers.fit.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.facts import Instants
    from parsers.fit.errors import FitProblem
    from parsers.fit.file import FitFile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Background:
    """Samples of one metric that belong to no recording.

    `until` has the end of each interval over which a count holds, None for readings of an instant.
    `device_type` is what the message itself says of the device, None where that is the file's.
    """

    metric: str
    samples: Samples
    until: Instants | None = None
    device_type: DeviceType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A metric in a message, the fields that may hold it, and values that are none."""

    message: str
    metric: str
    fields: tuple[str, ...]
    device_type: DeviceType | None = None
    from_value: float = np.inf  # values from here on are marks of the device
    above: float = -np.inf  # values up to here are marks as well


_READINGS = (
    _Reading(message="monitoring", metric="heart_rate", fields=("heart_rate",)),
    _Reading(
        message="monitoring_hr_data",
        metric="resting_heart_rate",
        # The other field is the mean of seven days; old watches have only that.
        fields=("current_day_resting_heart_rate", "resting_heart_rate"),
    ),
    _Reading(message="hrv_value", metric="heart_rate_variability_rmssd", fields=("value",)),
    # 0 and numbers below it say why there is no reading
    _Reading(
        message="respiration_rate",
        metric="respiratory_rate",
        fields=("respiration_rate",),
        above=0,
    ),
    _Reading(message="spo2_data", metric="oxygen_saturation", fields=("reading_spo2",), above=0),
    _Reading(
        message="weight_scale",
        metric="weight",
        fields=("weight",),
        device_type=DeviceType.SCALE,
        from_value=655.34,  # the scale is still weighing
    ),
    _Reading(
        message="blood_pressure", metric="blood_pressure_systolic", fields=("systolic_pressure",)
    ),
    _Reading(
        message="blood_pressure", metric="blood_pressure_diastolic", fields=("diastolic_pressure",)
    ),
)
BACKGROUND_MESSAGES = frozenset(
    {
        *("monitoring", "monitoring_info", "monitoring_hr_data", "hrv_value", "weight_scale"),
        *("blood_pressure", "sleep_level", "respiration_rate", "spo2_data"),
    }
)
_UNMEASURED = 0  # a level of sleep: the watch was not on the wrist, or saw nothing


def readings(fit: FitFile, problems: list[FitProblem]) -> Iterator[Background]:
    """Yield the readings of a file, each metric of each message on its own."""
    times: dict[str, RecordTimes] = {}
    for row in _READINGS:
        if not len(fit[row.message]):  # most files have no reading at all
            continue
        if row.message not in times:
            times[row.message] = dated_times(fit[row.message], problems)
        columns = samples_of(fit[row.message], {row.metric: row.fields}, times[row.message])
        for metric, samples in columns.items():
            kept = samples.where((samples.v < row.from_value) & (samples.v > row.above))
            if len(kept):
                yield Background(metric=metric, samples=kept, device_type=row.device_type)
    yield from _worn_nights(fit, problems)


def _worn_nights(fit: FitFile, problems: list[FitProblem]) -> Iterator[Background]:
    """Yield the time between the levels of sleep in which the watch measured any."""
    group = fit["sleep_level"]
    if not len(group):
        return
    times = dated_times(group, problems)
    order = np.flatnonzero(times.dated)
    order = order[np.argsort(times.stamps[order], kind="stable")]
    stamps, level = times.stamps[order], group.numbers("sleep_level")[order]
    ms = ((stamps + FIT_EPOCH) * 1000).astype(np.int64)
    measured = np.isfinite(level[:-1]) & (level[:-1] != _UNMEASURED)
    measured &= (np.diff(ms) > 0) & (np.diff(ms) <= DAY_MS)
    if measured.any():
        samples = Samples(t=ms[:-1][measured], v=np.ones(int(measured.sum())))
        yield Background(metric="wear", samples=samples, until=ms[1:][measured])
