"""What a FIT file declares: sessions, device, local offset, and sample columns of its records.

FIT seconds become integer epoch milliseconds (UTC). No clock is read, nothing is checked for
plausibility, and no position is read. Times below 0x10000000 count from when a device was switched
on: they are reported, never taken for a date.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.activity.apart import clock_of_sessions
from parsers.fit.activity.beats import strap_beats
from parsers.fit.activity.clock import odd_steps
from parsers.fit.activity.device import Device, read_device, read_offset
from parsers.fit.activity.intervals import beat_intervals
from parsers.fit.activity.records import (
    RecordTimes,
    corrected_times,
    dated_times,
    samples_of,
    settled_clock,
)
from parsers.fit.activity.sessions import read_sessions
from parsers.fit.activity.values import FIT_EPOCH, enum_word, first_known, fit_epoch_ms, problem_at
from parsers.fit.background.counters import DayTotal, counts
from parsers.fit.background.readings import BACKGROUND_MESSAGES, Background, readings
from parsers.fit.errors import Code, FitProblem
from parsers.fit.timer_events import TimerStops, timer_stops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.fit.activity.clock import RecordClock
    from parsers.fit.activity.made import FitSession
    from parsers.fit.activity.records import RecordTimes
    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group
    from parsers.fit.samples import Samples

MESSAGES = BACKGROUND_MESSAGES | {
    *(
        "file_id",
        "device_info",
        "activity",
        "session",
        "lap",
        "length",
        "event",
        "sport",
        "workout",
    ),
    *("record", "hr", "hrv", "course"),
}
"""The messages that `read_activity` looks at: `decode(data, messages=MESSAGES)`."""

# Sample column -> profile fields; the first field with a value counts.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "heart_rate": ("heart_rate",),
    "cadence": ("cadence",),
    "speed": ("enhanced_speed", "speed"),
    "distance": ("distance",),
    "power": ("power",),
    "altitude": ("enhanced_altitude", "altitude"),
    "temperature": ("temperature",),
    "respiratory_rate": ("enhanced_respiration_rate", "respiration_rate"),
}
_OUTSIDE_S = 60  # records so near to a session are the end of it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Activity:
    """Everything that one file of a chain declares.

    `beats` is the heart rate of a strap that handed it over in messages of its own. `background`
    has samples of all-day monitoring, which belong to no recording, and `day_totals` what its
    counters state of local dates. `begun_ms` is when the recording began by its first dated
    message, None where nothing is dated. `stops` are the times in which the timer stood still
    (`timer_stops`), by the settled clock.
    """

    file_type: str
    sessions: tuple[FitSession, ...]
    device: Device
    offset_min: int | None
    samples: dict[str, Samples]
    beats: Samples | None
    background: tuple[Background, ...]
    day_totals: tuple[DayTotal, ...]
    begun_ms: int | None
    stops: TimerStops
    problems: tuple[FitProblem, ...]


def read_activities(fit: FitFile, received_ms: int = 0) -> Iterator[Activity]:
    """Yield what each file of a chain declares, in the order of the chain.

    `received_ms` is epoch ms, 0 where it is not known.
    """
    previous: Activity | None = None
    for part in fit.parts():
        activity = read_activity(part, received_ms)
        if previous is not None and not len(part["file_id"]):
            # Without an identity of its own it continues the file before, as beats of a strap do.
            offset_min = activity.offset_min
            activity = replace(
                activity,
                file_type=previous.file_type,
                device=replace(previous.device, heart_from=activity.device.heart_from),
                offset_min=previous.offset_min if offset_min is None else offset_min,
            )
        yield activity
        previous = activity


def read_activity(fit: FitFile, received_ms: int = 0) -> Activity:
    """Return what a decoded file declares; messages that the file lacks give empty parts.

    Never raises an error of its own: what is wrong becomes a problem.
    """
    problems: list[FitProblem] = []
    record = fit["record"]
    times, clock = _settled_times(fit, received_ms, problems)
    stamps = times.stamps[times.dated]
    sessions = tuple(read_sessions(fit, stamps, clock, problems))
    _tell_outside(record, times, sessions, problems)
    offset_min = read_offset(fit["activity"], problems)
    if offset_min is None:
        offset_min = read_offset(fit["monitoring_info"], problems)
    counted, day_totals = counts(fit, offset_min)
    background = (*readings(fit, problems), *counted)
    beats = strap_beats(fit["hr"])
    samples = samples_of(record, _COLUMNS, times)
    intervals = beat_intervals(fit, times)
    if intervals is not None:
        samples["rr_interval"] = intervals
    return Activity(
        file_type=_file_type(fit),
        sessions=sessions,
        device=read_device(fit),
        offset_min=offset_min,
        samples=samples,
        beats=beats,
        background=background,
        day_totals=tuple(day_totals),
        begun_ms=_begun(stamps, sessions, beats, background),
        stops=timer_stops(fit["event"], clock),
        problems=tuple(problems),
    )


def _settled_times(
    fit: FitFile, received_ms: int, problems: list[FitProblem]
) -> tuple[RecordTimes, RecordClock | None]:
    """Return the times of the records, and the clock by which they were corrected, if any."""
    times = dated_times(fit["record"], problems)
    stamps = times.stamps[times.dated]
    # Hardly any recording has a jump, and what is known of the timer is only read for those.
    odd = odd_steps(stamps)
    clock = None
    latest = received_ms / 1000 - FIT_EPOCH if received_ms else math.inf
    if len(odd) or not fit.complete:
        clock = settled_clock(fit, times, odd, latest, problems)
    if clock is None and fit.complete:
        clock = clock_of_sessions(fit, stamps, latest, problems)
    return (times if clock is None else corrected_times(times, clock)), clock


def _file_type(fit: FitFile) -> str:
    """Return the profile's word for what a file is, "" where it does not state it."""
    word = enum_word("file", first_known(fit["file_id"].numbers("type")))
    # Some programs that write courses leave the type out.
    is_course = not word and len(fit["course"]) and not len(fit["session"])
    return "course" if is_course else word


def _tell_outside(
    record: Group,
    times: RecordTimes,
    sessions: tuple[FitSession, ...],
    problems: list[FitProblem],
) -> None:
    """Tell of records that lie in no session; they stay as samples."""
    usable = [session for session in sessions if session.usable]
    if not usable or not times.dated.any():
        return
    instants = times.stamps * 1000 + FIT_EPOCH * 1000
    outside = times.dated.copy()
    for session in usable:
        first = session.start_ms - _OUTSIDE_S * 1000
        last = session.start_ms + session.length_ms + _OUTSIDE_S * 1000
        outside &= ~((instants >= first) & (instants <= last))
    rows = np.flatnonzero(outside)
    if len(rows):
        reason = "record messages outside of every session"
        problems.append(problem_at(Code.OUTSIDE, record, int(rows[0]), reason, len(rows)))


def _begun(
    stamps: Floats,
    sessions: tuple[FitSession, ...],
    beats: Samples | None,
    background: tuple[Background, ...],
) -> int | None:
    """Return when a recording began: what is written first, so that a cut file agrees with it."""
    if len(stamps):
        return fit_epoch_ms(float(stamps[0]))
    starts = [session.start_ms for session in sessions]
    if not starts:
        starts = [int(part.samples.t.min()) for part in background]
    if not starts and beats is not None:
        starts = [int(beats.t.min())]
    return min(starts, default=None)
