"""What sources and the patient claim as sessions, before anything is made one. Never looks at samples.

Claims come from declared workouts and from the patient's own reports of a session.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from model.activities import TYPES
from model.answered_session import answered_sessions
from model.calendar import local_date
from model.codec import dumps, encode_fact, plain
from model.derived import Origin
from model.facts import AttributedFact, Instrument, OffsetOrigin, Report, Source, Workout

if TYPE_CHECKING:
    from datetime import date

EXERTION_SCALE = "borg-cr10"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCandidate:
    """A session as somebody told it, [start, end) in epoch ms. `records` are all record names it is known by.

    `gaps` are the times between parts that were made one session.
    """

    id: str
    start_ms: int
    end_ms: int
    type: str
    vendor_type: str
    source: Source
    record: str
    body: str
    origin: Origin = Origin.DECLARED
    exertion_cr10: float | None = None
    moving_ms: int | None = None
    records: frozenset[str] = frozenset()
    gaps: tuple[tuple[int, int], ...] = ()
    offset_min: int | None = None
    offset_origin: OffsetOrigin = OffsetOrigin.UNKNOWN

    @property
    def length_ms(self) -> int:
        """Return the elapsed time in ms."""
        return self.end_ms - self.start_ms


def type_family(claim: SessionCandidate) -> str:
    """Return the type family of a claim; a type that is no row is "other"."""
    return TYPES.get(claim.type, "other")


def session_id(patient: str, source: Source, record: str) -> str:
    """Return the id of a session: 32 hex digits, a hash of patient, source and record.

    Times and revision do not count, so that a corrected session keeps its id.
    """
    return sha256(dumps([patient, plain(source), record])).hexdigest()[:32]


def session_candidates(
    patient: str, workouts: Iterable[AttributedFact], reports: Iterable[AttributedFact]
) -> tuple[SessionCandidate, ...]:
    """Return every claim, by (start, id). Raises TypeError for a fact of another kind.

    A report that names a declared workout claims no session of its own.
    """
    declared = [
        _of_workout(patient, reported, _workout(reported)) for reported in current_facts(workouts)
    ]
    known = {claim.record for claim in declared}
    typed = [
        _of_report(patient, reported, result)
        for reported in current_facts(reports)
        if (result := _report(reported)).instrument is Instrument.SESSION
        and result.session not in known
    ]
    return tuple(sorted([*declared, *typed], key=lambda claim: (claim.start_ms, claim.id)))


def reported_exertions(
    claimed: Sequence[SessionCandidate], reports: Iterable[AttributedFact], zone: str
) -> Mapping[str, float]:
    """Return exertion (Borg CR10) by session id, as the patient answered last; other scales are not read.

    An answer that names no session concerns one that was told of, else one that was found on the answer's local date.
    """
    requested = [
        result for reported in _in_time(reports) if _says_exertion(result := _report(reported))
    ]
    named = _by_record(claimed)
    own = [_named(answer, named) for answer in requested]
    free = [
        answer.head.start_ms
        for answer, session in zip(requested, own, strict=True)
        if session is None
    ]
    concern = _concerned(free, claimed, zone)
    values: dict[str, float] = {}
    for result, session in zip(requested, own, strict=True):
        meant = session or concern[result.head.start_ms]
        if meant is not None and result.value is not None:
            values[meant.id] = result.value
    return values


def _says_exertion(report: Report) -> bool:
    return (
        report.value is not None
        and report.scale == EXERTION_SCALE
        and report.instrument in _ASKS_EXERTION
    )


def reported_types(
    claimed: Sequence[SessionCandidate], reports: Iterable[AttributedFact]
) -> Mapping[str, str]:
    """Return type by session id where the patient's own report of a session says one: manual wins for the type."""
    values: dict[str, str] = {}
    named = _by_record(claimed)
    for reported in _in_time(reports):
        result = _report(reported)
        session = _named(result, named)
        if (
            result.instrument is Instrument.SESSION
            and result.type in TYPES
            and result.type != "other"
            and session is not None
        ):
            values[session.id] = result.type
    return values


def _concerned(
    instants: Sequence[int], claimed: Iterable[SessionCandidate], zone: str
) -> Mapping[int, SessionCandidate | None]:
    """Return the session that an answer at each instant concerns, None for none.

    Sessions are found date by date, so those of other dates are not asked.
    """
    reported: list[SessionCandidate] = []
    values: dict[date, list[SessionCandidate]] = defaultdict(list)
    for claim in claimed:
        mine = (
            values[local_date(claim.start_ms, zone)]
            if claim.origin is Origin.DETECTED
            else reported
        )
        mine.append(claim)
    concern = answered_sessions(instants, reported)
    left: dict[date, list[int]] = defaultdict(list)
    for at in (at for at, session in concern.items() if session is None):
        left[local_date(at, zone)].append(at)
    for day, times in left.items():
        concern |= answered_sessions(times, values.get(day, ()))
    return concern


_ASKS_EXERTION = (Instrument.EXERTION, Instrument.SESSION)


def _in_time(reports: Iterable[AttributedFact]) -> list[AttributedFact]:
    """Return the reports by (start, content). Content costs most: it is worked out for those of one instant only."""
    by_start = groupby(sorted(current_facts(reports), key=_start), key=_start)
    return [reported for _, same in by_start for reported in _by_content(list(same))]


def _start(attributed_fact: AttributedFact) -> int:
    return attributed_fact.fact.head.start_ms


def _by_content(same: list[AttributedFact]) -> list[AttributedFact]:
    return sorted(same, key=lambda told: encode_fact(told.fact)) if len(same) > 1 else same


def _by_record(claimed: Iterable[SessionCandidate]) -> Mapping[str, Sequence[SessionCandidate]]:
    values: dict[str, list[SessionCandidate]] = defaultdict(list)
    for claim in claimed:
        for record in claim.records:
            values[record].append(claim)
    return values


def _named(
    report: Report, by_record: Mapping[str, Sequence[SessionCandidate]]
) -> SessionCandidate | None:
    """Return the session that a report names, or is; of several with that record the nearest in time."""
    name = report.session or (report.head.record if report.instrument is Instrument.SESSION else "")
    known = by_record.get(name, ())
    return min(
        known,
        key=lambda claim: (abs(claim.start_ms - report.head.start_ms), claim.id),
        default=None,
    )


def current_facts(facts: Iterable[AttributedFact]) -> list[AttributedFact]:
    """Return one fact a (source, record): the greater (revision, content, body). Storage does so too; twice is safe."""
    of: dict[tuple[Source, str], list[AttributedFact]] = defaultdict(list)
    for fact in facts:
        of[fact.fact.head.source, fact.fact.head.record].append(fact)
    return [max(many, key=_stands) if len(many) > 1 else many[0] for many in of.values()]


def _stands(attributed_fact: AttributedFact) -> tuple[int, bytes, str]:
    return (
        attributed_fact.fact.head.revision,
        encode_fact(attributed_fact.fact),
        attributed_fact.body,
    )


def _workout(attributed_fact: AttributedFact) -> Workout:
    if not isinstance(attributed_fact.fact, Workout):
        raise TypeError(f"a workout was expected, not {type(attributed_fact.fact).__name__}")
    return attributed_fact.fact


def _report(attributed_fact: AttributedFact) -> Report:
    if not isinstance(attributed_fact.fact, Report):
        raise TypeError(f"a report was expected, not {type(attributed_fact.fact).__name__}")
    return attributed_fact.fact


def _of_workout(
    patient: str, attributed_fact: AttributedFact, workout: Workout
) -> SessionCandidate:
    head = workout.head
    return SessionCandidate(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=workout.type,
        vendor_type=workout.vendor_type,
        source=head.source,
        record=head.record,
        body=attributed_fact.body,
        exertion_cr10=workout.exertion_cr10,
        moving_ms=workout.moving_ms,
        records=frozenset({head.record}),
        offset_min=head.offset_min,
        offset_origin=head.offset_origin,
    )


def _of_report(patient: str, attributed_fact: AttributedFact, report: Report) -> SessionCandidate:
    head = report.head
    return SessionCandidate(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=report.type,
        vendor_type=report.type,
        source=head.source,
        record=head.record,
        body=attributed_fact.body,
        origin=Origin.REPORTED,
        records=frozenset({head.record, report.session} - {""}),
        offset_min=head.offset_min,
        offset_origin=head.offset_origin,
    )
