"""A FIT file to facts: its sessions as workouts, its records as sample blocks. Pure.

FIT has neither record nor revision. The record is the file's own identity: which device wrote it,
and when it was begun. Of two versions of a file, the version with more messages counts. Positions
are never read. A damaged file gives what lies before the damage, and a reject.
"""

import hashlib
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from model.columns.build import split_at_gaps
from model.errors import BodyError
from model.facts import (
    BLOCK,
    DeviceType,
    Fact,
    Head,
    Method,
    OffsetOrigin,
    Parsed,
    Reject,
    RejectKind,
    SampleBlock,
    Source,
    Workout,
)
from model.metrics import METRIC
from model.storable import LAST_MS
from parsers.bounds import (
    EARLIEST_MS,
    LONGEST_GAP_MS,
    LONGEST_WORKOUT_MS,
    MOST_FILE_SESSIONS,
    MOST_SESSION_MS,
    readable,
)
from parsers.fields import grouped
from parsers.fit import (
    MESSAGES,
    Activity,
    Code,
    FitError,
    FitProblem,
    FitSession,
    Samples,
    decode,
    read_activity,
    timer_stops,
)
from parsers.fit.samples import doubled, rounded, samples_in_order, samples_within
from parsers.fit_types import MAKERS, ON_FOOT, type_of
from parsers.lazy_readers import single_part
from parsers.pauses import pauses_within

_VENDOR = "files"
_MOST_EXERTION = 10.0  # the end of Borg's scale CR10
MOST_TOTAL = 1e9  # of anything that a session sums up, in its unit


_Stops: TypeAlias = tuple[tuple[int, int | None], ...]

_TOO_MUCH = (
    Code.TOO_LARGE,
    Code.TOO_MANY_SEGMENTS,
    Code.TOO_MANY_MESSAGES,
    Code.TOO_MANY_DEFINITIONS,
)
_KINDS: dict[Code, RejectKind] = dict.fromkeys(
    (*_TOO_MUCH, Code.EMPTY_MESSAGES), RejectKind.TOO_MUCH
) | dict.fromkeys((Code.DEVICE_TIME, Code.LOCAL_TIME, Code.NO_TIME), RejectKind.RANGE)


def parse_fit(body: bytes) -> Parsed:
    """Return the facts of one FIT file; BodyError when there is nothing to keep.

    The account is empty: the envelope knows it.
    """
    # A file may hold numbers of any size. What overflows is outside of the bounds and refused
    # there.
    with np.errstate(all="ignore"):
        return _parse(body)


read_fit = single_part(parse_fit)


def _parse(body: bytes) -> Parsed:
    activity, stops, messages, complete, problems = _decoded(body)
    rejects = [_reject(problem) for problem in problems]
    reported = _Reported(activity, stops, revision=messages)
    facts: list[Fact] = [*reported.workouts(rejects), *reported.blocks(rejects)]
    return Parsed(account="", facts=tuple(facts), rejects=grouped(rejects), complete=complete)


def _decoded(body: bytes) -> tuple[Activity, _Stops, int, bool, tuple[FitProblem, ...]]:
    """Return activity, timer stops, number of messages, whether all is present, and problems.

    The decoded file itself is released, because it holds the bytes of all messages.
    """
    try:
        fit = decode(body, messages=MESSAGES, arrays=False)
    except FitError as error:
        raise BodyError(f"@{error.offset}", error.reason, _kind(error.code)) from error
    if len(fit["session"]) > MOST_FILE_SESSIONS:
        raise BodyError("session", f"more than {MOST_FILE_SESSIONS} sessions", RejectKind.TOO_MUCH)
    activity = read_activity(fit)
    if sum(_length(session) for session in activity.sessions) > MOST_SESSION_MS:
        raise BodyError("session", "sessions of more than 15 days together", RejectKind.TOO_MUCH)
    problems = (*fit.problems, *activity.problems)
    return activity, timer_stops(fit["event"]), fit.messages, fit.complete, problems


def _length(session: FitSession) -> int:
    return session.length_ms if 0 < session.length_ms <= LONGEST_WORKOUT_MS else 0


def _reject(problem: FitProblem) -> Reject:
    return Reject(
        where=f"@{problem.offset}",
        why=f"{problem.code}: {problem.reason}",
        kind=_kind(problem.code),
        count=problem.count,
    )


def _kind(code: Code) -> RejectKind:
    return _KINDS.get(code, RejectKind.DAMAGED)


def _impossible(session: FitSession, why: str) -> Reject:
    return Reject(where=f"@{session.offset}", why=why, kind=RejectKind.RANGE)


class _Reported:
    """Makes the facts of one activity, which share a record, a revision and a device."""

    def __init__(self, activity: Activity, stops: _Stops, revision: int) -> None:
        self.activity = activity
        self.stops = stops
        self.revision = revision
        self.record = _identity(activity)

    def head(self, source: Source, record: str, span: tuple[int, int]) -> Head:
        offset = self.activity.offset_min
        return Head(
            source=source,
            record=record,
            revision=self.revision,
            start_ms=span[0],
            end_ms=span[1],
            offset_min=offset,
            offset_origin=OffsetOrigin.UNKNOWN if offset is None else OffsetOrigin.SOURCE,
        )

    def source(self, method: Method, *, heart: bool = False) -> Source:
        device = self.activity.device
        kind = MAKERS.get(device.manufacturer, DeviceType.UNKNOWN)
        if heart and device.heart_from == "strap":
            kind = DeviceType.STRAP
        return Source(
            vendor=_VENDOR,
            app=device.manufacturer,
            device=device.product,
            device_type=kind,
            method=method,
        )

    def workouts(self, rejects: list[Reject]) -> Iterator[Workout]:
        values: dict[str, Workout] = {}
        for session in self.activity.sessions:
            if not readable(session.start_ms):
                rejects.append(_impossible(session, "session not between the years 2000 and 2100"))
            elif not 0 < session.length_ms <= LONGEST_WORKOUT_MS:
                rejects.append(
                    _impossible(session, "session without a length of at most seven days")
                )
            else:
                workout = self._workout(session, rejects)
                # A file may repeat a session message; the first counts.
                values.setdefault(workout.head.record, workout)
        yield from values.values()

    def _workout(self, session: FitSession, rejects: list[Reject]) -> Workout:
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
        moving_ms = self._moving(session, rejects)
        return Workout(
            head=self.head(
                self.source(Method.WORKOUT),
                # A file may hold several sessions, so start and length are part of the record.
                f"{self.record}:{session.start_ms}-{session.length_ms}",
                span,
            ),
            type=type_of(session.sport, session.sub_sport),
            vendor_type="/".join(named),
            moving_ms=moving_ms,
            pauses=pauses_within(self.stops, span, moving_ms),
            exertion_cr10=exertion,
            summary=self._summary(session, rejects),
        )

    def _moving(self, session: FitSession, rejects: list[Reject]) -> int | None:
        moving = session.moving_ms
        if moving is not None and not 0 <= moving <= LONGEST_WORKOUT_MS:
            rejects.append(_impossible(session, "moving time not between nothing and seven days"))
            return None
        return moving

    def _summary(self, session: FitSession, rejects: list[Reject]) -> dict[str, float]:
        result = session.totals | ({} if session.feel is None else {"feel": session.feel})
        kept = {name: value for name, value in result.items() if 0 <= value <= MOST_TOTAL}
        if len(kept) < len(result):
            rejects.append(_impossible(session, "totals that cannot be"))
        return kept

    def blocks(self, rejects: list[Reject]) -> Iterator[SampleBlock]:
        """Yield the blocks of the records, releasing each metric's samples, then the background."""
        for metric in tuple(self.activity.samples):
            samples = self.activity.samples.pop(metric)
            steps = doubled(samples, self._on_foot()) if metric == "cadence" else samples
            source = self.source(Method.WORKOUT, heart=metric == "heart_rate")
            yield from self._parts(source, self.record, metric, steps, rejects)
        for metric, samples in self.activity.background.items():
            source = self.source(Method.BACKGROUND)
            yield from self._parts(source, f"{self.record}:background", metric, samples, rejects)

    def _on_foot(self) -> list[tuple[int, int]]:
        return [
            (session.start_ms, session.start_ms + session.length_ms)
            for session in self.activity.sessions
            if type_of(session.sport, session.sub_sport) in ON_FOOT
        ]

    def _parts(
        self, source: Source, record: str, metric: str, samples: Samples, rejects: list[Reject]
    ) -> Iterator[SampleBlock]:
        row = METRIC[metric]
        kept = samples_within(samples, (EARLIEST_MS, LAST_MS), (row.floor, row.ceiling))
        if len(kept) < len(samples):
            why = "samples with a time or value outside of what is read"
            refused = len(samples) - len(kept)
            rejects.append(
                Reject(where=f"record.{metric}", why=why, kind=RejectKind.RANGE, count=refused)
            )
        kept = samples_in_order(rounded(kept))
        for part, some in enumerate(split_at_gaps(kept.t, BLOCK, LONGEST_GAP_MS)):
            t, v = kept.t[some], kept.v[some]
            head = self.head(source, record, (int(t[0]), int(t[-1]) + 1))
            yield SampleBlock(head=head, metric=metric, t=t, v=v, part=part)


def _identity(activity: Activity) -> str:
    """Return the file's identity: a hash, so that no serial number gets into a fact."""
    device = activity.device
    begun: int | None = device.created
    if begun is None:
        # A file without a time of writing began with its first session or sample.
        starts = [session.start_ms for session in activity.sessions]
        starts += [
            int(samples.t.min())
            for samples in (*activity.samples.values(), *activity.background.values())
        ]
        begun = min(starts, default=0)
    words = (device.manufacturer, device.product, device.serial, activity.file_type, str(begun))
    return f"fit:{hashlib.sha256('/'.join(words).encode()).hexdigest()[:24]}"
