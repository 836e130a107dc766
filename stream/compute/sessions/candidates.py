"""Candidates for sessions: what sources declare and patients report, without samples.

A report that names a recorded workout is about that workout. Other reports meet the sessions of
their time in `duplicates` or `overlap`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256

from model.calendar import MINUTE_MS
from model.codec import dumps, encode_fact, plain
from model.derived.sessions import MADE_FROM, Origin
from model.fact_properties import unplaced_pause_ms
from model.facts import AttributedFact, Instrument, OffsetOrigin, Report, Source, Workout
from model.versions.version_order import VersionOrder
from model.words.activities import TYPES
from stream.compute.pieces import Pieces, cut_out, pieces_ms, union_of_spans
from stream.compute.series.sources import source_key, source_rank
from stream.compute.sessions.versions import WorkoutVersions, latest_versions

_ORIGIN_ORDER: tuple[Origin, ...] = (Origin.DECLARED, Origin.REPORTED, Origin.DETECTED)
# A pause so long ends the session (clinical definition section 3.3).
ENDS_SESSION_MS = 60 * MINUTE_MS
_ROUNDING_MS = 2_000  # an event and a total may each be a second off


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCandidate:
    """What may be a session, [start_ms, end_ms) in epoch ms.

    `records` holds its own record and those of its duplicates. `pauses` are the times in which
    nobody exercised: pauses as the source tells them, and the breaks between merged parts. They are
    pieces, [start, end) in epoch ms. `unplaced_ms` is paused time of which only the length is
    known. `rests` are those of the pauses in which nobody told the device to stop. `made_from` is
    one of `MADE_FROM` where a reader made the session, else "". `no_exercise` says why the session
    is no exercise at all, "" when it is one. `is_part` says that a long pause divides the record
    into several sessions.
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
    pauses: Pieces = ()
    unplaced_ms: int = 0
    rests: Pieces = ()
    made_from: str = ""
    offset_min: int | None = None
    offset_origin: OffsetOrigin = OffsetOrigin.UNKNOWN
    no_exercise: str = ""
    is_part: bool = False

    @property
    def length_ms(self) -> int:
        """Return the elapsed time in ms."""
        return self.end_ms - self.start_ms

    @property
    def running(self) -> Pieces:
        """Return the pieces of the session outside of its pauses."""
        return cut_out(self.start_ms, self.end_ms, self.pauses)

    @property
    def running_ms(self) -> int:
        """Return the time of the running pieces in ms, in which unplaced pauses still are."""
        return self.length_ms - pieces_ms(self.pauses)

    @property
    def timer_ms(self) -> int:
        """Return the time that was exercised: the elapsed time in ms without all paused time."""
        return self.running_ms - self.unplaced_ms


def start_and_id(candidate: SessionCandidate) -> tuple[int, str]:
    """Return the key that sorts candidates by time.

    The id decides between candidates of the same start, so that their order is always the same.
    """
    return candidate.start_ms, candidate.id


def better_first(candidate: SessionCandidate) -> tuple[object, ...]:
    """Return the key that sorts the better of two sessions first (clinical definition section 3.3).

    Declared before reported before detected, then the better ranked source, then the shorter
    session, then the one that tells more. Only between sessions that tell the same does a name
    decide, because some order must be the same on every computer.
    """
    tells_less = (
        type_family(candidate) == "other",
        candidate.exertion_cr10 is None,
        candidate.moving_ms is None,
    )
    name = (candidate.type, source_key(candidate.source), candidate.record, candidate.id)
    return (
        _ORIGIN_ORDER.index(candidate.origin),
        source_rank(candidate.source),
        candidate.length_ms,
        candidate.start_ms,
        *tells_less,
        *name,
    )


def type_family(candidate: SessionCandidate) -> str:
    """Return the type family of a candidate; "other" for a type that is not in the table."""
    return TYPES.get(candidate.type, "other")


def session_id(patient: str, source: Source, record: str, part: int = 0) -> str:
    """Return the id of a session: 32 hex digits, a hash of patient, source and record.

    Times and revision do not count, so that a corrected session keeps its id. `part` numbers the
    sessions of a record that a long pause divides.
    """
    names = [patient, _plain_source(source), record]
    return sha256(dumps([*names, part] if part else names)).hexdigest()[:32]


@lru_cache(maxsize=256)
def _plain_source(source: Source) -> object:
    # a window names the same few sources for each of its sessions
    return plain(source)


def stated_candidates(
    patient: str, workouts: Iterable[AttributedFact], reports: Iterable[AttributedFact]
) -> tuple[SessionCandidate, ...]:
    """Return the candidates of declared workouts and reported sessions, by (start, id).

    A report that names a declared workout is about that workout and is no candidate of its own.
    Raises TypeError for a fact of another kind.
    """
    candidates: list[SessionCandidate] = []
    for workout in latest_versions(current_facts(workouts)):
        candidates += _parts(patient, _of_workout(patient, workout))
    # The app may name the workout that a watch declared: then both are the same session.
    declared: set[str] = set()
    for candidate in candidates:
        declared |= candidate.records
    for report in current_facts(reports):
        fact = as_report(report)
        if fact.instrument is Instrument.SESSION and fact.session not in declared:
            candidates.append(_of_report(patient, report, fact))
    return tuple(sorted(candidates, key=start_and_id))


def _parts(patient: str, workout: SessionCandidate) -> list[SessionCandidate]:
    """Return the sessions of a workout: a long pause ends one, and another one follows it."""
    long = [(start, end) for start, end in workout.pauses if end - start >= ENDS_SESSION_MS]
    spans = cut_out(workout.start_ms, workout.end_ms, long)
    if not long or not spans:
        return [workout]
    # A total of all parts that is what the pauses leave is also known of each part.
    is_moving = workout.moving_ms is not None and (
        abs(workout.moving_ms - workout.running_ms) <= _ROUNDING_MS
    )
    parts = parts_in(patient, workout, spans)
    return [replace(part, moving_ms=part.running_ms) for part in parts] if is_moving else parts


def parts_in(patient: str, candidate: SessionCandidate, spans: Pieces) -> list[SessionCandidate]:
    """Return a part of a candidate for each of some spans, [start, end) in epoch ms.

    `patient` is the pseudonym that ids are made with.
    """
    parts: list[SessionCandidate] = []
    for number, (start, end) in enumerate(spans):
        part = replace(
            candidate,
            id=session_id(patient, candidate.source, candidate.record, number),
            start_ms=start,
            end_ms=end,
            # the total of all parts says nothing of one part
            moving_ms=None,
            unplaced_ms=0,
            pauses=tuple(pause for pause in candidate.pauses if start <= pause[0] < end),
            is_part=True,
        )
        parts.append(part)
    return parts


def current_facts(facts: Iterable[AttributedFact]) -> list[AttributedFact]:
    """Return for each (source, record) the fact with the greatest (order, body, content).

    Storage selects by the same rule, and selecting twice changes nothing.
    """
    by_record: dict[tuple[Source, str], list[AttributedFact]] = defaultdict(list)
    for fact in facts:
        # A record is a fact's identity within its source only; two vendors may use the same name.
        by_record[fact.fact.head.source, fact.fact.head.record].append(fact)
    return list(map(_latest, by_record.values()))


def _latest(same: list[AttributedFact]) -> AttributedFact:
    # The order needs an encoding of each fact, and most records have one fact only.
    return max(same, key=_revision_order) if len(same) > 1 else same[0]


def as_report(attributed: AttributedFact) -> Report:
    """Return the report of an attributed fact; raises TypeError when it is another kind."""
    if not isinstance(attributed.fact, Report):
        raise TypeError(f"a report was expected, not {type(attributed.fact).__name__}")
    return attributed.fact


def _revision_order(attributed: AttributedFact) -> tuple[VersionOrder, str, bytes]:
    return attributed.order, attributed.body, encode_fact(attributed.fact)


def _of_workout(patient: str, versions: WorkoutVersions) -> SessionCandidate:
    attributed = versions.attributed
    workout = attributed.fact
    if not isinstance(workout, Workout):
        raise TypeError(f"a workout was expected, not {type(workout).__name__}")
    head = workout.head
    return SessionCandidate(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=workout.type,
        vendor_type=workout.vendor_type,
        source=head.source,
        record=head.record,
        body=attributed.body,
        exertion_cr10=workout.exertion_cr10,
        # a timer of 0 was not kept, and tells nothing
        moving_ms=workout.moving_ms or None,
        pauses=union_of_spans(workout.pauses),
        unplaced_ms=unplaced_pause_ms(workout),
        records=versions.records,
        made_from=next((name for name in MADE_FROM if name in workout.summary), ""),
        offset_min=head.offset_min,
        offset_origin=head.offset_origin,
    )


def _of_report(patient: str, attributed: AttributedFact, report: Report) -> SessionCandidate:
    head = report.head
    return SessionCandidate(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=report.type,
        vendor_type=report.type,
        source=head.source,
        record=head.record,
        body=attributed.body,
        origin=Origin.REPORTED,
        # The workout that it names may come later; an answer that names it then finds this session.
        records=frozenset({head.record, report.session} - {""}),
        offset_min=head.offset_min,
        offset_origin=head.offset_origin,
    )
