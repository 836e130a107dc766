"""Sessions and records of a file that lie apart in time. Pure.

Either the messages of sessions were written by another clock than the records, or the session of
these records has no message. Where they are more than an hour apart, what else the file states
decides. Where it states nothing, the times of the records hold, because there are more of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parsers.fit.activity.clock import RecordClock, Shift
from parsers.fit.activity.made import RecordedStretch, stretch_of_laps, stretch_of_records
from parsers.fit.activity.values import DEVICE_TIME_END, is_date, problem_at
from parsers.fit.errors import Code, FitProblem

if TYPE_CHECKING:
    from parsers.fit.columns import Floats
    from parsers.fit.file import FitFile

_ENOUGH_S = 600.0  # so much recorded time is evidence, whatever length a session states
_REST_S = 60.0  # records so near to a session are the end of it
_LATER_S = 300.0  # clocks may be so far ahead of the receipt


def is_apart(session: RecordedStretch, records: RecordedStretch) -> bool:
    """Return whether a session lies apart from records that are enough to be its own."""
    if not (is_date(session.first) and is_date(records.first)):
        return False
    enough = min((session.last - session.first) / 2, _ENOUGH_S)
    return not session.near(records) and records.last - records.first >= enough


def clock_of_sessions(
    fit: FitFile, stamps: Floats, latest: float, problems: list[FitProblem]
) -> RecordClock | None:
    """Return the records moved to the sessions where only they are of another clock, else None.

    `stamps` are the dates of the records. `latest` is when the file was received.
    """
    records, sessions = stretch_of_records(stamps), _stretch_of_sessions(fit)
    if not is_apart(sessions, records) or sessions.last > latest + _LATER_S:
        return None
    written = fit["activity"].numbers("timestamp")
    laps, support = stretch_of_laps(fit["lap"]), 0
    spans = [(laps.first, laps.last), *zip(written.tolist(), written.tolist(), strict=True)]
    for first, last in spans:
        witness = RecordedStretch(first=first, last=last)
        if is_date(first):
            support += int(witness.near(sessions)) - int(witness.near(records))
    if support <= 0:
        return None
    by = sessions.first - records.first
    shift = Shift(first=records.first, last=records.last, by=by, count=len(stamps))
    reason = "record messages moved: all of them were of another clock"
    problems.append(problem_at(Code.CLOCK, fit["record"], 0, reason, len(stamps)))
    everything = np.ones(len(stamps), dtype=np.bool_)
    return RecordClock(stamps=stamps + by, kept=everything, shifts=(shift,))


def _stretch_of_sessions(fit: FitFile) -> RecordedStretch:
    group = fit["session"]
    starts, elapsed = group.numbers("start_time"), group.numbers("total_elapsed_time")
    dated = (starts >= DEVICE_TIME_END) & (elapsed > 0)
    if not dated.any():
        return RecordedStretch()
    starts, elapsed = starts[dated], elapsed[dated]
    return RecordedStretch(first=float(starts.min()), last=float((starts + elapsed).max()))


def stretch_after(stamps: Floats, end: float) -> RecordedStretch:
    """Return the records after the last session, which has no usable message; empty for hardly any.

    `end` is when the last session with a message ended.
    """
    rest = stretch_of_records(stamps[stamps >= end])
    return rest if rest.last - rest.first >= _REST_S else RecordedStretch()
