"""The sessions of a recording as workouts. Pure.

A session costs itself when it has no usable time, and a field of it costs that field only.
"""

from collections.abc import Iterator

from model.fact_properties import MADE_MARK
from model.facts import Method, Reject, RejectKind, Workout
from parsers.bounds import LONGEST_WORKOUT_MS, readable
from parsers.fit import FitSession
from parsers.fit_facts.recording import FitRecording
from parsers.fit_types import type_of
from parsers.pauses import pauses_within

_MOST_EXERTION = 10.0  # the end of Borg's scale CR10
_MOST_TOTAL = 1e9  # of anything that a session sums up, in its unit


def session_workouts(recording: FitRecording, rejects: list[Reject]) -> Iterator[Workout]:
    """Yield the workout of every session that can be one; `rejects` gets what cannot."""
    seen: set[tuple[int, int]] = set()
    for session in recording.activity.sessions:
        span = (session.start_ms, session.length_ms)
        if not readable(session.start_ms):
            rejects.append(_impossible(session, "session not between the years 2000 and 2100"))
        elif not session.usable:
            rejects.append(_impossible(session, "session without a length of at most seven days"))
        # A file may repeat a session message; the first counts.
        elif span not in seen:
            # The length is no part of the record: a file that is sent again may have another.
            yield _workout(recording, session, f"{recording.record}:{len(seen)}", rejects)
            seen.add(span)


def _workout(
    recording: FitRecording, session: FitSession, record: str, rejects: list[Reject]
) -> Workout:
    span = (session.start_ms, session.start_ms + session.length_ms)
    exertion = session.exertion_cr10
    if exertion is not None and not 0 <= exertion <= _MOST_EXERTION:
        rejects.append(_impossible(session, "exertion not on the scale 0 to 10"))
        exertion = None
    named = (
        [session.sport, session.sub_sport]
        if session.sub_sport not in ("", "generic")
        else [session.sport]
    )
    if session.sport.isdigit():
        why = "a sport that is not known"
        where = f"@{session.offset}"
        rejects.append(Reject(where=where, why=why, kind=RejectKind.UNKNOWN))
    moving_ms = _moving(session, rejects)
    return Workout(
        head=recording.head(recording.source(Method.WORKOUT), record, span),
        type=type_of(session.sport, session.sub_sport),
        vendor_type="/".join(named),
        moving_ms=moving_ms,
        pauses=_pauses(recording, session, span, moving_ms),
        exertion_cr10=exertion,
        summary=_summary(session, rejects),
    )


def _pauses(
    recording: FitRecording, session: FitSession, span: tuple[int, int], moving_ms: int | None
) -> tuple[tuple[int, int], ...]:
    """Return the stops of the timer, else the gaps of a workout that is made from records."""
    if session.gaps and not recording.activity.stops:
        return pauses_within(session.gaps, span, None)
    return pauses_within(recording.activity.stops, span, moving_ms)


def _moving(session: FitSession, rejects: list[Reject]) -> int | None:
    moving = session.moving_ms
    if moving is not None and not 0 <= moving <= LONGEST_WORKOUT_MS:
        rejects.append(_impossible(session, "moving time not between nothing and seven days"))
        return None
    return moving


def _summary(session: FitSession, rejects: list[Reject]) -> dict[str, float]:
    result = session.totals | ({} if session.feel is None else {"feel": session.feel})
    if session.exertion_cr10 is not None:
        # as the watch wrote it: ten times the grade
        result |= {"workout_rpe": round(session.exertion_cr10 * 10, 6)}
    if session.made_from:
        result |= {f"{MADE_MARK}{session.made_from}": 1.0}
    kept = {name: value for name, value in result.items() if 0 <= value <= _MOST_TOTAL}
    if len(kept) < len(result):
        rejects.append(_impossible(session, "totals that cannot be"))
    return kept


def _impossible(session: FitSession, why: str) -> Reject:
    return Reject(where=f"@{session.offset}", why=why, kind=RejectKind.RANGE)
