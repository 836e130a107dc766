"""A session that laps, lengths or records make, where a file has no usable session. Pure.

A session message that cannot be used is not the end of a recording: its laps, the lengths of a pool
and its records still say when somebody exercised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from model.fact_properties import LAST_RECORD_MS
from parsers.bounds import LONGEST_WORKOUT_MS, readable
from parsers.fit.activity.values import (
    DEVICE_TIME_END,
    enum_word,
    fit_epoch_ms,
    is_date,
    milliseconds,
    problem_at,
)
from parsers.fit.errors import Code, FitProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile
    from parsers.fit.group import Group

SPAN_FIELDS = ("start_time", "timestamp", "total_elapsed_time", "total_timer_time")
_PAUSE_S = 300.0  # without a record, in a workout that is made from records
_APART_S = 3600.0  # laps so far from the records are of another clock
_AT_REST = 0  # the type of a length in which nobody swam
_IN_A_POOL = ("swimming", "lap_swimming")
_MESSAGE = {"laps": "lap", "lengths": "length", "records": "record"}
_LAST_S = LAST_RECORD_MS / 1000
# Messages that name a sport, the nearest to the recording first.
_NAME_SPORT = ("session", "sport", "lap", "workout")


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSession:
    """A session: [start_ms, start_ms + length_ms) UTC; the length is the elapsed time.

    `sport` and `sub_sport` are profile names, the number as text where the profile has no name, and
    "" if absent. `exertion_cr10` is workout_rpe / 10 and `feel` is 0..100; both are None when not
    answered. `offset` is the byte at which the session message begins. `made_from` is "laps",
    "lengths" or "records" where the file has no usable session message, else "". `gaps` are the
    times between the laps or lengths, or the longer ones without a record, of what a session is
    made from, [start, end) in epoch ms.
    """

    start_ms: int
    length_ms: int
    sport: str = ""
    sub_sport: str = ""
    moving_ms: int | None = None
    exertion_cr10: float | None = None
    feel: float | None = None
    totals: dict[str, float] = field(default_factory=dict)
    segment: int = 0
    offset: int = 0
    made_from: str = ""
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def usable(self) -> bool:
        """Whether it has a date and a length that a session can have."""
        return readable(self.start_ms) and 0 < self.length_ms <= LONGEST_WORKOUT_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStretch:
    """A stretch of time in FIT seconds, and the seconds of it in which nothing was recorded.

    `gaps` are the longer times without a record, or the times between laps.
    """

    first: float = math.nan
    last: float = math.nan
    idle: float = 0.0
    gaps: tuple[tuple[float, float], ...] = ()

    def near(self, other: RecordedStretch) -> bool:
        """Return whether both are known and at most an hour apart."""
        return other.first - _APART_S <= self.last and self.first <= other.last + _APART_S


def stretch_of_records(stamps: Floats) -> RecordedStretch:
    """Return from when to when there are records; `stamps` are their dates in any order."""
    if not len(stamps):
        return RecordedStretch()
    ordered = stamps if bool((np.diff(stamps) >= 0).all()) else np.sort(stamps)
    steps = np.diff(ordered)
    long = np.flatnonzero(steps > _PAUSE_S)
    # The record before a gap holds for its own second.
    begins = ordered[long] + _LAST_S
    gaps = tuple(zip(begins.tolist(), ordered[long + 1].tolist(), strict=True))
    idle = float((ordered[long + 1] - begins).sum())
    return RecordedStretch(first=float(ordered[0]), last=float(ordered[-1]), idle=idle, gaps=gaps)


def stretch_of_laps(group: Group) -> RecordedStretch:
    """Return from when to when there are laps; `idle` is what their timers leave out.

    The lengths of a pool are laps too, but for those in which nobody swam.
    """
    starts, lengths, timers = _spans_of(group)
    usable = (starts >= DEVICE_TIME_END) & (lengths > 0) & (lengths * 1000 <= LONGEST_WORKOUT_MS)
    usable &= group.numbers("length_type") != _AT_REST
    if not usable.any():
        return RecordedStretch()
    starts, lengths, timers = starts[usable], lengths[usable], timers[usable]
    first, last = float(starts.min()), float((starts + lengths).max())
    active = float(np.where(timers > 0, np.minimum(timers, lengths), lengths).sum())
    idle = max(0.0, last - first - active)
    return RecordedStretch(first=first, last=last, idle=idle, gaps=_between(starts, lengths))


def _spans_of(group: Group) -> tuple[Floats, Floats, Floats]:
    """Return starts, lengths and timers; a lap without a start ends when it was written."""
    starts, written, elapsed, timers = (group.numbers(name) for name in SPAN_FIELDS)
    dated = starts >= DEVICE_TIME_END
    lengths = np.where(elapsed > 0, elapsed, np.where(dated, written - starts, timers))
    return np.where(dated, starts, written - lengths), lengths, timers


def _between(starts: Floats, lengths: Floats) -> tuple[tuple[float, float], ...]:
    """Return the times between laps in which no lap ran."""
    order = np.argsort(starts, kind="stable")
    begins, reached = starts[order], np.maximum.accumulate((starts + lengths)[order])
    apart = np.flatnonzero(begins[1:] > reached[:-1])
    return tuple(zip(reached[apart].tolist(), begins[apart + 1].tolist(), strict=True))


def made_sessions(
    fit: FitFile, records: RecordedStretch, stated: Sequence[FitSession], problems: list[FitProblem]
) -> list[FitSession]:
    """Return the session that laps, lengths or records make; tell of it; empty without any."""
    laps, made = stretch_of_laps(fit["lap"]), "laps"
    if not is_date(laps.first):
        laps, made = stretch_of_laps(fit["length"]), "lengths"
    origin, span = "records", replace(records, last=records.last + _LAST_S)
    if is_date(laps.first) and (laps.near(records) or not is_date(records.first)):
        origin, span = made, _joined(laps, records)
    # a single record is no stretch of time
    if not is_date(span.first) or span.last <= span.first + _LAST_S:
        # what is wrong with a session message is told of already
        if is_date(records.first) and not len(fit["session"]):
            reason = "no session message, and no stretch of records to make one from"
            problems.append(problem_at(Code.NO_SESSION, fit["record"], 0, reason))
        return []
    base = stated[0] if stated else FitSession(start_ms=0, length_ms=0)
    sports = _sport(fit)
    if origin == "lengths" and not sports[0]:
        sports = _IN_A_POOL
    return [_made(fit, span, origin, base, sports, problems)]


def made_of_rest(
    fit: FitFile, rest: RecordedStretch, problems: list[FitProblem]
) -> list[FitSession]:
    """Return the session that records behind the last usable session message make, and tell of it.

    Its sport is that of a message without times, else it is not known: other messages are of the
    sessions before. Empty where `rest` is.
    """
    if not is_date(rest.first):
        return []
    group = fit["session"]
    undated = np.flatnonzero(~(group.numbers("start_time") >= DEVICE_TIME_END))
    sport = _sport_of(group, int(undated[-1])) if len(undated) else ("", "")
    span = replace(rest, last=rest.last + _LAST_S)
    return [_made(fit, span, "records", FitSession(start_ms=0, length_ms=0), sport, problems)]


def _made(
    fit: FitFile,
    span: RecordedStretch,
    origin: str,
    base: FitSession,
    sports: tuple[str, str],
    problems: list[FitProblem],
) -> FitSession:
    group = fit[_MESSAGE[origin]]
    reason = f"no session message: made from {origin}"
    problems.append(problem_at(Code.NO_SESSION, group, 0, reason))
    # A length that no session can have is refused later, as that of a session message is.
    return replace(
        base,
        start_ms=fit_epoch_ms(span.first),
        length_ms=milliseconds(span.last - span.first),
        moving_ms=milliseconds(span.last - span.first - span.idle),
        sport=sports[0],
        sub_sport=sports[1],
        segment=int(group.segment[0]),
        offset=int(group.offsets[0]),
        made_from=origin,
        gaps=tuple((fit_epoch_ms(a), fit_epoch_ms(b)) for a, b in span.gaps),
    )


def _joined(laps: RecordedStretch, records: RecordedStretch) -> RecordedStretch:
    """Return the laps with the records around them: a watch that stops has an unfinished lap."""
    if not is_date(records.first):
        return laps
    first, last = min(laps.first, records.first), laps.last
    if records.last > last:
        last = records.last + _LAST_S
    return replace(laps, first=first, last=last)


def _sport(fit: FitFile) -> tuple[str, str]:
    """Return the sport and sub-sport that the first message with a sport names."""
    for message in _NAME_SPORT:
        group = fit[message]
        sports = group.numbers("sport")
        named = np.flatnonzero(np.isfinite(sports))
        if len(named):
            return _sport_of(group, int(named[0]))
    return "", ""


def _sport_of(group: Group, row: int) -> tuple[str, str]:
    sport, sub_sport = (float(group.numbers(name)[row]) for name in ("sport", "sub_sport"))
    return enum_word("sport", sport), enum_word("sub_sport", sub_sport)
