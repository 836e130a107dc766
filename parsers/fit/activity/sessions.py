"""The sessions of a FIT file: as declared, settled with the rest of the file, or made from it.

Pure. A session tells its start and its end several times, and so do its laps and records.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from parsers.fit.activity.apart import is_apart, stretch_after
from parsers.fit.activity.made import (
    SPAN_FIELDS,
    FitSession,
    RecordedStretch,
    made_of_rest,
    made_sessions,
    stretch_of_laps,
    stretch_of_records,
)
from parsers.fit.activity.values import (
    DEVICE_TIME_END,
    FIT_EPOCH,
    device_time,
    enum_word,
    fit_epoch_ms,
    is_date,
    milliseconds,
    problem_at,
)
from parsers.fit.errors import Code, FitProblem

if TYPE_CHECKING:
    from parsers.fit.activity.clock import RecordClock
    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group

TOTALS: dict[str, tuple[str, ...]] = {
    "distance": ("total_distance",),
    "active_energy": ("total_calories",),
    "heart_rate_mean": ("avg_heart_rate",),
    "heart_rate_max": ("max_heart_rate",),
    "ascent": ("total_ascent",),
}
_SESSION_FIELDS = (
    *SPAN_FIELDS,
    "sport",
    "sub_sport",
    "workout_rpe",
    "workout_feel",
    *chain.from_iterable(TOTALS.values()),
)
# Readings of one instant that lie so near to each other agree.
_AGREE_S = 120.0


def read_sessions(
    fit: FitFile, stamps: Floats, clock: RecordClock | None, problems: list[FitProblem]
) -> list[FitSession]:
    """Return the sessions of a file, with what is wrong added to `problems`.

    `stamps` are the dates of the records. `clock` is None where it did not jump.
    """
    records = stretch_of_records(stamps)
    group = fit["session"]
    device_time(problems, group, group.numbers("start_time"))
    columns = {name: group.numbers(name).tolist() for name in _SESSION_FIELDS}
    stated = {row: _times(columns, row, clock) for row in range(len(group))}
    _tell_undated(group, columns["start_time"], stated, problems)
    stated = {row: times for row, times in stated.items() if is_date(times.start)}
    apart = _apart(fit, stated, records, problems)
    stated = {row: times for row, times in stated.items() if row not in apart}
    sessions = []
    for row, times in _settled(fit, stated, records).items():
        if times.doubt:
            problems.append(problem_at(Code.CONTRADICTION, group, row, times.doubt))
        sessions.append(_session(group, columns, row, times))
    usable = [session for session in sessions if session.usable]
    if not usable:
        # What was answered on the watch stays, unless the message is noise.
        answered = [_session(group, columns, row, apart[row]) for row in apart if fit.complete]
        return [*sessions, *made_sessions(fit, records, [*sessions, *answered], problems)]
    if not fit.complete or len(usable) < len(group):
        end = max(session.start_ms + session.length_ms for session in usable)
        rest = stretch_after(stamps, end / 1000 - FIT_EPOCH)
        sessions += made_of_rest(fit, rest, problems)
    return sessions


def _apart(
    fit: FitFile, stated: dict[int, _Times], records: RecordedStretch, problems: list[FitProblem]
) -> dict[int, _Times]:
    """Return the sessions that are of another time than the records, by row; tell of them.

    In a damaged file each of them is noise. In another file it must be all of them, because a
    session may have no records.
    """
    apart = {row: times for row, times in stated.items() if is_apart(times.stretch, records)}
    if fit.complete and len(apart) < len(stated):
        return {}
    for row in apart:
        reason = "session at another time than all records"
        code = Code.CONTRADICTION if fit.complete else Code.NOISE
        problems.append(problem_at(code, fit["session"], row, reason))
    return apart


def _tell_undated(
    group: Group, starts: list[float], stated: dict[int, _Times], problems: list[FitProblem]
) -> None:
    """Add a problem for the sessions that name no date on which they can have begun."""
    rows: list[int] = []
    for row, times in stated.items():
        # a time since power-up has a problem of its own already
        is_known = starts[row] < DEVICE_TIME_END
        if not is_date(times.start) and not is_known:
            rows.append(row)
    if rows:
        reason = "session messages without a date on which they began"
        problems.append(problem_at(Code.NO_TIME, group, rows[0], reason, len(rows)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Times:
    """When a session was, as one message tells it: FIT seconds, NaN where it does not."""

    start: float
    length: float
    written: float
    timer: float
    doubt: str = ""

    @property
    def stretch(self) -> RecordedStretch:
        return RecordedStretch(first=self.start, last=self.start + self.length)


def _times(columns: dict[str, list[float]], row: int, clock: RecordClock | None) -> _Times:
    start, written, elapsed, timer = (columns[name][row] for name in SPAN_FIELDS)
    doubt = ""
    if clock is not None:
        gained = clock.corrected(start) - start - (clock.corrected(written) - written)
        start, written = clock.corrected(start), clock.corrected(written)
        if math.isfinite(gained) and gained:
            # The device took the elapsed time from two clocks.
            is_own = columns["timestamp"].count(columns["timestamp"][row]) == 1
            elapsed = written - start if is_own else _without_jump(elapsed, gained)
    # The message is written when the session ends.
    lengths = (elapsed, written - start if is_date(start) else math.nan, timer)
    known = list(filter(math.isfinite, lengths))
    length = next((value for value in known if value > 0), max(known, default=0.0))
    if not is_date(start) and is_date(written) and length > 0:
        start, doubt = written - length, "session without a start: it ends when it was written"
    elif math.isfinite(elapsed) and elapsed <= 0 < length:
        doubt = "session without an elapsed time: its other times give the length"
    return _Times(start=start, length=length, written=written, timer=timer, doubt=doubt)


def _without_jump(elapsed: float, gained: float) -> float:
    """Return the elapsed time without the seconds by which the clock jumped in it."""
    return elapsed - gained if elapsed > gained else elapsed


def _settled(
    fit: FitFile, stated: dict[int, _Times], records: RecordedStretch
) -> dict[int, _Times]:
    """Return the times of the sessions that most of the file supports, by row.

    Sessions of a file follow each other, so that each begins where the one before it was written.
    """
    rows, settled = list(stated), {}
    written = [times.written for times in stated.values()]
    for row, times in stated.items():
        # A summary gives all its sessions the time of its own; that is the end of none.
        if written.count(times.written) > 1:
            stated = stated | {row: replace(times, written=math.nan)}
    for k, row in enumerate(rows):
        begin = stated[rows[k - 1]].written if k else records.first
        end = stated[rows[k + 1]].start if k + 1 < len(rows) else records.last
        settled[row] = _supported(fit, stated[row], begin, end, alone=len(rows) == 1)
    return settled


def _supported(fit: FitFile, times: _Times, begin: float, end: float, *, alone: bool) -> _Times:
    """Return times that most readings support; `begin` and `end` are what others say of them."""
    declared = times.start, times.start + times.length
    starts = [declared[0], times.written - times.length, begin]
    ends = [declared[1], times.written, end]
    if _agree(starts) and _agree(ends):
        return times
    laps = stretch_of_laps(fit["lap"]) if alone else RecordedStretch()
    first = _most_supported([*starts, laps.first])
    # A start that nothing supports says nothing about the end either.
    ends[0] = first + times.length
    timed = first + times.timer if alone else math.nan
    last = _most_supported([*ends, laps.last, timed])
    if last <= first or (first, last) == declared:
        return times
    doubt = "session with other times than the rest of the file supports"
    return replace(times, start=first, length=last - first, doubt=doubt)


def _agree(readings: list[float]) -> bool:
    known = list(filter(is_date, readings))
    return not known or max(known) - min(known) <= _AGREE_S


def _most_supported(readings: list[float]) -> float:
    """Return the first reading, which was declared, unless it is alone and others agree."""
    known = list(filter(is_date, readings))
    support = [_agreeing(value, known) for value in known]
    # Where nothing supports anything, what was declared stands.
    return known[0] if support[0] > 1 else known[support.index(max(support))]


def _agreeing(value: float, readings: list[float]) -> int:
    return sum(abs(other - value) <= _AGREE_S for other in readings)


def _session(group: Group, columns: dict[str, list[float]], row: int, times: _Times) -> FitSession:
    def number(*names: str) -> float:
        for name in names:
            if math.isfinite(columns[name][row]):
                return columns[name][row]
        return math.nan

    totals = {}
    for name, names in TOTALS.items():
        value = number(*names)
        if not math.isnan(value):
            totals[name] = value
    moving, effort, feel = map(number, ("total_timer_time", "workout_rpe", "workout_feel"))
    return FitSession(
        start_ms=fit_epoch_ms(times.start),
        length_ms=milliseconds(times.length),
        sport=enum_word("sport", number("sport")),
        sub_sport=enum_word("sub_sport", number("sub_sport")),
        moving_ms=None if math.isnan(moving) else milliseconds(moving),
        # The format stores ten times the grade on Borg CR10.
        exertion_cr10=None if math.isnan(effort) else effort / 10,
        feel=None if math.isnan(feel) else feel,
        totals=totals,
        segment=int(group.segment[row]),
        offset=int(group.offsets[row]),
    )
