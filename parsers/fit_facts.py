"""A FIT file to facts: its sessions as workouts, its records as sample blocks. Pure.

FIT has neither record nor revision. The record is which device recorded, and when that began; the
file's name for itself is left out, because some devices write the same in every file. Of two
versions of a file, the one that was stated last counts, but a damaged one never replaces a complete
one. Positions are never read. A damaged file gives what lies before the damage, and a reject. A
file that is no recording, such as a course, is refused.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from model.calendar import DAY_MS
from model.columns.build import split_at_gaps
from model.errors import BodyError
from model.fact_properties import MADE_MARK
from model.facts import (
    BLOCK,
    DaySummary,
    DeviceType,
    Fact,
    Head,
    Instants,
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
from model.received import Context, Part
from model.storable import LAST_MS
from parsers.bounds import (
    EARLIEST_MS,
    LONGEST_GAP_MS,
    LONGEST_WORKOUT_MS,
    MOST_FILE_SESSIONS,
    MOST_SESSION_MS,
    readable,
)
from parsers.fields import free_record, grouped
from parsers.fit import (
    MESSAGES,
    Activity,
    Code,
    FitError,
    FitProblem,
    FitSession,
    Samples,
    decode,
    read_activities,
)
from parsers.fit.activity.recordings import recordings_of
from parsers.fit.samples import doubled, rounded, samples_in_order, samples_within
from parsers.fit_types import MAKERS, ON_FOOT, type_of
from parsers.pauses import pauses_within

_VENDOR = "files"
_OF_HEART = ("heart_rate", "rr_interval")  # what a strap measures and the watch writes down
_MOST_EXERTION = 10.0  # the end of Borg's scale CR10
MOST_TOTAL = 1e9  # of anything that a session sums up, in its unit

_TOO_MUCH = (
    Code.TOO_LARGE,
    Code.TOO_MANY_SEGMENTS,
    Code.TOO_MANY_MESSAGES,
    Code.TOO_MANY_DEFINITIONS,
)
_KINDS: dict[Code, RejectKind] = dict.fromkeys(
    (*_TOO_MUCH, Code.EMPTY_MESSAGES), RejectKind.TOO_MUCH
) | dict.fromkeys(
    (
        *(Code.DEVICE_TIME, Code.LOCAL_TIME, Code.NO_TIME),
        *(Code.NO_SESSION, Code.CONTRADICTION, Code.CLOCK, Code.OUTSIDE),
    ),
    RejectKind.RANGE,
)


def parse_fit(body: bytes, received_ms: int = 0) -> Parsed:
    """Return the facts of one FIT file; BodyError when there is nothing to keep.

    The account is empty: the envelope knows it. `received_ms` is epoch ms, 0 where it is not known.
    """
    # A file may hold numbers of any size. What overflows is outside of the bounds and refused
    # there.
    with np.errstate(all="ignore"):
        return _parse(body, received_ms)


def read_fit(payload: bytes, context: Context) -> Iterator[Part]:
    """Yield the only part of a FIT file, as `parse_fit` reads it."""
    parsed = parse_fit(payload, context.received_ms)
    yield Part(account="", facts=parsed.facts, rejects=parsed.rejects, complete=parsed.complete)


def _parse(body: bytes, received_ms: int) -> Parsed:
    activities, complete, problems = _decoded(body, received_ms)
    rejects = [_reject(problem) for problem in problems]
    recordings = recordings_of(activities, rejects)
    for activity in recordings:
        rejects += [_reject(problem) for problem in activity.problems]
    facts: list[Fact] = []
    taken: set[str] = set()
    for activity in recordings:
        reported = _Reported(
            activity, revision=int(complete), record=free_record(_identity(activity), taken)
        )
        facts += [*reported.workouts(rejects), *reported.blocks(rejects), *reported.days()]
    if not facts and not rejects:
        why = "neither a session nor a record nor a reading of all day"
        rejects.append(Reject(where="file_id", why=why, kind=RejectKind.UNKNOWN))
    return Parsed(account="", facts=tuple(facts), rejects=grouped(rejects), complete=complete)


def _decoded(body: bytes, received_ms: int) -> tuple[list[Activity], bool, tuple[FitProblem, ...]]:
    """Return the files of the chain, whether all is present, and the problems.

    The decoded file itself is released, because it holds the bytes of all messages.
    """
    try:
        fit = decode(body, messages=MESSAGES, arrays=False)
    except FitError as error:
        raise BodyError(f"@{error.offset}", error.reason, _kind(error.code)) from error
    if len(fit["session"]) > MOST_FILE_SESSIONS:
        raise BodyError("session", f"more than {MOST_FILE_SESSIONS} sessions", RejectKind.TOO_MUCH)
    activities = list(read_activities(fit, received_ms))
    length_ms = sum(map(_length, activities))
    if length_ms > MOST_SESSION_MS:
        raise BodyError("session", "sessions of more than 15 days together", RejectKind.TOO_MUCH)
    return activities, fit.complete, fit.problems


def _length(activity: Activity) -> int:
    return sum(session.length_ms for session in activity.sessions if session.usable)


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

    def __init__(self, activity: Activity, revision: int, record: str) -> None:
        self.activity = activity
        self.revision = revision
        self.record = record

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

    def source(self, method: Method, *, strap: bool = False) -> Source:
        device = self.activity.device
        kind = MAKERS.get(device.manufacturer, DeviceType.UNKNOWN)
        if strap:
            kind = DeviceType.STRAP
        return Source(
            vendor=_VENDOR,
            app=device.manufacturer,
            device=device.product,
            device_type=kind,
            method=method,
        )

    def workouts(self, rejects: list[Reject]) -> Iterator[Workout]:
        seen: set[tuple[int, int]] = set()
        for session in self.activity.sessions:
            span = (session.start_ms, session.length_ms)
            if not readable(session.start_ms):
                rejects.append(_impossible(session, "session not between the years 2000 and 2100"))
            elif not session.usable:
                rejects.append(
                    _impossible(session, "session without a length of at most seven days")
                )
            # A file may repeat a session message; the first counts.
            elif span not in seen:
                # The length is no part of the record: a file that is sent again may have another.
                yield self._workout(session, f"{self.record}:{len(seen)}", rejects)
                seen.add(span)

    def _workout(self, session: FitSession, record: str, rejects: list[Reject]) -> Workout:
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
        moving_ms = self._moving(session, rejects)
        return Workout(
            head=self.head(self.source(Method.WORKOUT), record, span),
            type=type_of(session.sport, session.sub_sport),
            vendor_type="/".join(named),
            moving_ms=moving_ms,
            pauses=self._pauses(session, span, moving_ms),
            exertion_cr10=exertion,
            summary=self._summary(session, rejects),
        )

    def _pauses(
        self, session: FitSession, span: tuple[int, int], moving_ms: int | None
    ) -> tuple[tuple[int, int], ...]:
        """Return the stops of the timer, else the gaps of a workout that is made from records."""
        if session.gaps and not self.activity.stops:
            return pauses_within(session.gaps, span, None)
        return pauses_within(self.activity.stops, span, moving_ms)

    def _moving(self, session: FitSession, rejects: list[Reject]) -> int | None:
        moving = session.moving_ms
        if moving is not None and not 0 <= moving <= LONGEST_WORKOUT_MS:
            rejects.append(_impossible(session, "moving time not between nothing and seven days"))
            return None
        return moving

    def _summary(self, session: FitSession, rejects: list[Reject]) -> dict[str, float]:
        result = session.totals | ({} if session.feel is None else {"feel": session.feel})
        if session.exertion_cr10 is not None:
            # as the watch wrote it: ten times the grade
            result |= {"workout_rpe": round(session.exertion_cr10 * 10, 6)}
        if session.made_from:
            result |= {f"{MADE_MARK}{session.made_from}": 1.0}
        kept = {name: value for name, value in result.items() if 0 <= value <= MOST_TOTAL}
        if len(kept) < len(result):
            rejects.append(_impossible(session, "totals that cannot be"))
        return kept

    def blocks(self, rejects: list[Reject]) -> Iterator[SampleBlock]:
        """Yield the blocks of the records, releasing each metric's samples, then the background."""
        for metric in tuple(self.activity.samples):
            samples = self.activity.samples.pop(metric)
            steps = doubled(samples, self._on_foot()) if metric == "cadence" else samples
            strap = metric in _OF_HEART and self._strap_in_records()
            source = self.source(Method.WORKOUT, strap=strap)
            yield from self._parts(source, self.record, metric, steps, rejects)
        if self.activity.beats is not None:
            source, beats = self.source(Method.WORKOUT, strap=True), self.activity.beats
            yield from self._parts(source, f"{self.record}:beats", "heart_rate", beats, rejects)
        for part in self.activity.background:
            source = self.source(Method.BACKGROUND)
            if part.device_type is not None:
                source = replace(source, device_type=part.device_type)
            yield from self._parts(
                source,
                f"{self.record}:background",
                part.metric,
                part.samples,
                rejects,
                part.until,
            )

    def days(self) -> Iterator[DaySummary]:
        """Yield what the counters of all day state of each local date."""
        device = _device_hash(self.activity)
        for total in self.activity.day_totals:
            values = {name: round(v, 6) for name, v in total.values.items()}
            name = f"fit:{device}:{total.local_date.isoformat()}"
            of = self.head(
                self.source(Method.BACKGROUND), name, (total.start_ms, total.start_ms + DAY_MS)
            )
            # It grows during the day, so the greatest of all files of the day stays.
            of = replace(of, revision=round(sum(values.values())))
            yield DaySummary(head=of, local_date=total.local_date, values=values)

    def _strap_in_records(self) -> bool:
        """Return whether the records' heart rate is a strap's.

        A strap that hands over its beats in messages of its own was out of reach of the watch.
        """
        return self.activity.device.heart_from == "strap" and self.activity.beats is None

    def _on_foot(self) -> list[tuple[int, int]]:
        return [
            (session.start_ms, session.start_ms + session.length_ms)
            for session in self.activity.sessions
            if type_of(session.sport, session.sub_sport) in ON_FOOT
        ]

    def _parts(
        self,
        source: Source,
        record: str,
        metric: str,
        samples: Samples,
        rejects: list[Reject],
        until: Instants | None = None,
    ) -> Iterator[SampleBlock]:
        row = METRIC[metric]
        ends = None if until is None else dict(zip(samples.t.tolist(), until.tolist(), strict=True))
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
            held = None if ends is None else _ends_of(t, ends)
            last = int(t[-1]) + 1 if held is None else int(held.max())
            head = self.head(source, record, (int(t[0]), last))
            yield SampleBlock(head=head, metric=metric, t=t, v=v, part=part, until=held)


def _ends_of(t: Instants, ends: dict[int, int]) -> Instants:
    return np.fromiter(map(ends.__getitem__, t.tolist()), np.int64, len(t))


def _device_hash(activity: Activity) -> str:
    """Return what names a device, so that no serial number gets into a fact."""
    device = activity.device
    words = (device.manufacturer, device.product, device.serial)
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:24]


def _identity(activity: Activity) -> str:
    """Return what names a recording: its device and its begin.

    A hash, so that no serial number gets into a fact. What the file states as its time of writing
    is left out: some devices write a constant.
    """
    device = activity.device
    begun = str(activity.begun_ms or 0)
    words = (device.manufacturer, device.product, device.serial, activity.file_type, begun)
    return f"fit:{hashlib.sha256('/'.join(words).encode()).hexdigest()[:24]}"
