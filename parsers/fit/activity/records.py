"""The records of a FIT file: when each was written, by a clock that may have jumped; their columns.

Pure. FIT seconds become integer epoch milliseconds (UTC) in the columns only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.activity.clock import MOST_RUNS, RecordClock, Testimony, settle_clock, tail_steps
from parsers.fit.activity.values import (
    DEVICE_TIME_END,
    FIT_EPOCH,
    LAST_TIME,
    TIMER_EVENT,
    TIMER_STOPS,
    device_time,
    problem_at,
)
from parsers.fit.errors import Code, FitProblem
from parsers.fit.samples import Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group

_EVENT_S = 2.0  # an event may be written a little before the last record
_FRACTION = "fractional_cadence"  # the part of a turn that `cadence` leaves out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordTimes:
    """FIT seconds of all messages of a group, and which of them are dates that are kept."""

    stamps: Floats
    dated: NDArray[np.bool_]


def dated_times(group: Group, problems: list[FitProblem]) -> RecordTimes:
    """Return the times of the messages of a group; tell of those that are no dates."""
    stamps = group.numbers("timestamp")
    device_time(problems, group, stamps)
    late = np.flatnonzero(stamps > LAST_TIME)
    if len(late):
        reason = f"{group.name} messages with a time that no file can hold"
        problems.append(problem_at(Code.NO_TIME, group, int(late[0]), reason, len(late)))
    dated = (stamps >= DEVICE_TIME_END) & (stamps <= LAST_TIME)
    return RecordTimes(stamps=stamps, dated=dated)


def settled_clock(
    fit: FitFile,
    times: RecordTimes,
    odd: NDArray[np.intp],
    latest: float,
    problems: list[FitProblem],
) -> RecordClock | None:
    """Return the settled clock of the records, None where nothing changes; tell what changed."""
    record, rows = fit["record"], np.flatnonzero(times.dated)
    stamps = times.stamps[rows]
    # What lies before the damage may be noise. Its end is cut first, so that it is no jump.
    end = len(stamps) if fit.complete else _sensible_end(fit, rows, stamps)
    # A file with very many jumps has no order at all, and each jump costs a look at all events.
    odd = odd[odd < end - 1] if len(odd) < MOST_RUNS else odd[:0]
    paused = _stopped(fit["event"], record.offsets[rows], stamps, odd) if len(odd) else []
    testimony = _testimony(fit, latest) if len(odd) else Testimony()
    clock = settle_clock(stamps[:end], odd, paused, testimony, damaged=not fit.complete)
    noise = len(stamps) - int(clock.kept.sum())
    if noise:
        first = int(np.flatnonzero(~clock.kept)[0]) if end - int(clock.kept.sum()) else end
        reason = "record messages of a damaged file with times that make no sense"
        problems.append(problem_at(Code.NOISE, record, int(rows[first]), reason, noise))
    if clock.shifts:
        reason = "record messages moved: the clock jumped in the middle"
        problems.append(problem_at(Code.CLOCK, record, int(rows[0]), reason, clock.moved))
    if not noise and not clock.shifts:
        return None
    tail = len(stamps) - end
    return replace(
        clock,
        stamps=np.concatenate([clock.stamps, stamps[end:]]),
        kept=np.concatenate([clock.kept, np.zeros(tail, dtype=np.bool_)]),
    )


def _sensible_end(fit: FitFile, rows: NDArray[np.intp], stamps: Floats) -> int:
    """Return how many of the records of a damaged file make sense by their times."""
    odd = tail_steps(stamps)
    stopped = _stopped(fit["event"], fit["record"].offsets[rows], stamps, odd)
    noise = [at for at, paused in zip(odd.tolist(), stopped, strict=True) if not paused]
    return noise[0] + 1 if noise else len(stamps)


def corrected_times(times: RecordTimes, clock: RecordClock) -> RecordTimes:
    """Return the times with those of the settled clock."""
    stamps, dated = times.stamps.copy(), times.dated.copy()
    stamps[times.dated] = clock.stamps
    dated[times.dated] = clock.kept
    return RecordTimes(stamps=stamps, dated=dated)


def _testimony(fit: FitFile, latest: float) -> Testimony:
    """Return what a file states about its time besides its records."""
    session, activity = fit["session"], fit["activity"]
    elapsed, timer = session.numbers("total_elapsed_time"), session.numbers("total_timer_time")
    starts = session.numbers("start_time")
    written = [*session.numbers("timestamp")[-1:], *activity.numbers("timestamp")[-1:]]
    return Testimony(
        elapsed=_total(elapsed),
        timer=_total(timer),
        written=tuple(map(float, written)),
        spans=tuple(zip(starts.tolist(), (starts + elapsed).tolist(), strict=True)),
        events=bool((fit["event"].numbers("event") == TIMER_EVENT).any()),
        latest=latest,
    )


def _total(values: Floats) -> float:
    known = values[np.isfinite(values) & (values > 0)]
    return float(known.sum()) if len(known) else math.nan


def _stopped(
    group: Group, offsets: NDArray[np.uint32], stamps: Floats, odd: NDArray[np.intp]
) -> list[bool]:
    """Return for each odd step whether the timer was stopped there, by place or by time."""
    stops = np.isin(group.numbers("event_type"), TIMER_STOPS)
    stops &= group.numbers("event") == TIMER_EVENT
    places, times = np.asarray(group.offsets)[stops], group.numbers("timestamp")[stops]
    stopped = []
    for at in odd.tolist():
        # A watch may write the event just before the last record that it belongs to.
        there = (places > offsets[max(at - 1, 0)]) & (places < offsets[at + 1])
        # Some programs write all events before the records.
        then = (times >= stamps[at] - _EVENT_S) & (times < stamps[at + 1])
        stopped.append(bool((there | then).any()))
    return stopped


def samples_of(
    group: Group, wanted: dict[str, tuple[str, ...]], times: RecordTimes
) -> dict[str, Samples]:
    """Return the samples of each column, from the first of its profile fields that has a value."""
    if not len(group):
        return {}
    # All columns share the instants, so undated messages get a 0 here and are left out below.
    dated = times.dated
    instants = np.where(dated, (times.stamps + FIT_EPOCH) * 1000, 0).astype(np.int64)
    samples = {}
    for name, fields in wanted.items():
        values = _any_of(group, fields)
        if values is not None and name == "cadence" and _FRACTION in group:
            values = values + np.nan_to_num(group.numbers(_FRACTION))
        if values is not None and (valid := dated & np.isfinite(values)).any():
            samples[name] = Samples(t=instants, v=values).where(valid)
    return samples


def _any_of(group: Group, fields: tuple[str, ...]) -> Floats | None:
    floats: Floats | None = None
    for name in fields:
        if name in group:
            values = group.numbers(name)
            floats = values if floats is None else np.where(np.isnan(floats), values, floats)
    return floats
