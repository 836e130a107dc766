"""The clock of a recording: where it jumped, and what the records' times are without that.

A watch may begin with the time of its last use, or be set right in the middle. Its records then lie
hours or days apart although they followed each other. A pause looks alike; what tells them apart is
whether the timer was stopped, and whether the stated lengths hold the gap. Pure: times are
seconds since any epoch, in the order of the file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from parsers.fit.columns import Floats

# Smaller steps are pauses, or a clock that is trimmed; an hour itself is that of summer time.
_BACK_S, _FORWARD_S = 900.0, 3600.0
_DAY_S = 86_400.0  # nobody resumes later than that
_STALE_S = 120.0  # so short is what is recorded before a satellite gives the time
_NEAR_S = 300.0  # a session begins and ends so near to its records
MOST_RUNS = 64  # more jumps than that are disorder, not a clock
_COVERS = 0.9  # of the records laid end to end; the timer then ran through all of them
_TAIL = 10  # records before the damage that may be noise themselves
_TAIL_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What a file states about its time besides its records, in seconds; NaN where it does not.

    `elapsed` and `timer` are of all sessions together. `written` are times of messages that end a
    recording. `spans` are the sessions as declared, `laps` what else is declared with a length.
    `events`: whether the file tells of its timer. `latest` is when the file was received: no right
    clock is later.
    """

    elapsed: float = math.nan
    timer: float = math.nan
    written: tuple[float, ...] = ()
    spans: tuple[tuple[float, float], ...] = ()
    laps: tuple[tuple[float, float], ...] = ()
    events: bool = False
    latest: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """`count` records from `first` to `last` (as recorded) happened `by` seconds later."""

    first: float
    last: float
    by: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordClock:
    """The corrected times of the records, which of them are kept, and the shifts that were made."""

    stamps: Floats
    kept: NDArray[np.bool_]
    shifts: tuple[Shift, ...] = ()

    @property
    def moved(self) -> int:
        """How many records were moved."""
        return sum(shift.count for shift in self.shifts)

    def corrected(self, time: float) -> float:
        """Return a time of another message, as the records around it were corrected."""
        for shift in self.shifts:
            if shift.first - _NEAR_S <= time <= shift.last + _NEAR_S:
                return time + shift.by
        return time


def odd_steps(stamps: Floats) -> NDArray[np.intp]:
    """Return after which records the time jumps."""
    steps = np.diff(stamps)
    return np.flatnonzero((steps < -_BACK_S) | (steps >= _FORWARD_S))


def settle_clock(
    stamps: Floats,
    odd: NDArray[np.intp],
    paused: Sequence[bool],
    testimony: Testimony,
    *,
    damaged: bool,
) -> RecordClock:
    """Return the times of the records without jumps of the clock.

    `odd` are the records before a jump (`odd_steps`), and `paused` whether the timer was stopped
    there. In a damaged file a short run with times of its own is noise and is left out.
    """
    everything = np.ones(len(stamps), dtype=np.bool_)
    if not len(odd) or len(odd) >= MOST_RUNS:
        return RecordClock(stamps=stamps, kept=everything)
    pieces = _pieces(stamps, odd.tolist())
    runs, begin = [], 0
    for k, (at, stopped) in enumerate(zip(odd.tolist(), paused, strict=True)):
        if not stopped and _is_jump(pieces, k, testimony):
            runs.append(slice(begin, at + 1))
            begin = at + 1
    runs.append(slice(begin, len(stamps)))
    anchor = _anchor(stamps, runs, testimony)
    if damaged:
        for run in runs:
            everything[run] = _length(run) * _TAIL > _length(runs[anchor])
        runs = [run for run in runs if everything[run.start]]
        anchor = max(range(len(runs)), key=lambda k: _length(runs[k]))
    return _shifted(stamps, everything, runs, anchor)


def _pieces(stamps: Floats, odd: list[int]) -> list[tuple[float, float]]:
    """Return the first and the last time of the records between two odd steps."""
    pieces, begin = [], 0
    for at in (*odd, len(stamps) - 1):
        piece = stamps[begin : at + 1]
        pieces.append((float(piece.min()), float(piece.max())))
        begin = at + 1
    return pieces


def _length(run: slice) -> int:
    return int(run.stop - run.start)


def _is_jump(pieces: list[tuple[float, float]], k: int, testimony: Testimony) -> bool:
    """Return whether the step behind a piece is a jump of the clock, not a pause or a new leg."""
    (first, before), (after, last) = pieces[k], pieces[k + 1]
    if _other_session(before, after, testimony.spans):
        return False
    if after > before:
        stale = k == 0 and before - first <= _STALE_S
        return _is_leap(after - before, testimony, stale=stale)
    if not any(begin <= last and after <= end for begin, end in pieces[: k + 1]):
        return not _are_out_of_order(pieces[: k + 2], testimony)
    # The same minutes twice: either recorded twice, or the clock was set back. The timer knows.
    return testimony.timer >= _COVERS * sum(end - begin for begin, end in pieces)


def _other_session(before: float, after: float, spans: tuple[tuple[float, float], ...]) -> bool:
    def at(time: float) -> int:
        for k, (first, last) in enumerate(spans):
            if first <= time <= last:
                return k
        return -1

    return len(spans) > 1 and -1 not in (at(before), at(after)) and at(before) != at(after)


def _are_out_of_order(pieces: list[tuple[float, float]], testimony: Testimony) -> bool:
    """Return whether pieces that were written in another order lie where the file says."""
    stated = [span for span in (*testimony.spans, *testimony.laps) if not math.isnan(sum(span))]
    if not stated:
        return False
    first, last = min(stated)[0], max(end for _, end in stated)
    return all(first - _NEAR_S <= begin and end <= last + _NEAR_S for begin, end in pieces)


def _is_leap(gap: float, testimony: Testimony, *, stale: bool) -> bool:
    """Return whether the clock leapt over a gap, in which nobody stopped the timer.

    `stale`: whether only a short beginning lies before the gap.
    """
    # The timer would hold what was recorded and lost, and the stated length a pause.
    if testimony.timer >= gap:
        return False
    if testimony.elapsed < gap or gap > _DAY_S:
        return True
    return testimony.timer < gap if testimony.events else stale


def _anchor(stamps: Floats, runs: list[slice], testimony: Testimony) -> int:
    """Return the run whose clock was right: the one that most of the file agrees with.

    Times that are written at the end count, because a clock is set right and not wrong.
    """
    longest = max(map(_length, runs))

    def support(k: int) -> tuple[bool, int, int]:
        times = stamps[runs[k]]
        first, last = float(times.min()), float(times.max())
        written = sum(first <= time <= last + _FORWARD_S for time in testimony.written)
        past = last <= testimony.latest + _NEAR_S
        return (past, written + (_length(runs[k]) == longest), k)

    return max(range(len(runs)), key=support)


def _shifted(
    stamps: Floats, kept: NDArray[np.bool_], runs: list[slice], anchor: int
) -> RecordClock:
    """Return the clock with every run moved next to its neighbour, from the anchor outwards."""
    out = stamps.copy()
    small = np.diff(stamps)
    small = small[(small > 0) & (small <= _TAIL_S)]
    step = float(np.median(small)) if len(small) else 1.0
    shifts = []
    for k in [*range(anchor - 1, -1, -1), *range(anchor + 1, len(runs))]:
        run, beside = runs[k], out[runs[k + 1 if k < anchor else k - 1]]
        times = stamps[run]
        first, last = float(times.min()), float(times.max())
        by = float(beside.min()) - step - last
        if k > anchor:
            by = float(beside.max()) + step - first
        # A run between two jumps may leave its neighbours where they belong.
        left = step - by if k > anchor else step + by
        if not len(odd_steps(np.array((0.0, left)))):
            continue
        out[run] = times + by
        shifts.append(Shift(first=first, last=last, by=by, count=_length(run)))
    return RecordClock(stamps=out, kept=kept, shifts=tuple(shifts))


def tail_steps(stamps: Floats) -> NDArray[np.intp]:
    """Return after which of the last records of a damaged file the time makes no sense.

    Where a file breaks off, its last records may be noise, with a time of its own.
    """
    begin = max(0, len(stamps) - _TAIL - 1)
    steps = np.diff(stamps[begin:])
    return begin + np.flatnonzero((steps < 0) | (steps > _TAIL_S))
