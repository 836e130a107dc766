"""What sources and the patient claim as sessions, before anything is made one. Never looks at samples.

Claims come from declared workouts and from the patient's own reports of a session.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from ...model.activities import TYPES
from ...model.calendar import local_date
from ...model.codec import dumps, encode_fact, plain
from ...model.derived import Origin
from ...model.facts import Instrument, OffsetOrigin, Report, Source, Told, Workout
from ...model.occasion import concerned_each

if TYPE_CHECKING:
    from datetime import date

EXERTION_SCALE = "borg-cr10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A session as somebody told it, [start, end) in epoch ms. `records` are all record names it is known by.

    `gaps` are the times between parts that were made one session.
    """

    id: str
    start_ms: int
    end_ms: int
    type: str
    said: str
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


def family(claim: Claim) -> str:
    """Return the type family of a claim; a type that is no row is "other"."""
    return TYPES.get(claim.type, "other")


def session_id(patient: str, source: Source, record: str) -> str:
    """Return the id of a session: 32 hex digits, a hash of patient, source and record.

    Times and revision do not count, so that a corrected session keeps its id.
    """
    return sha256(dumps([patient, plain(source), record])).hexdigest()[:32]


def claims(patient: str, workouts: Iterable[Told], reports: Iterable[Told]) -> tuple[Claim, ...]:
    """Return every claim, by (start, id). Raises TypeError for a fact of another kind.

    A report that names a declared workout claims no session of its own.
    """
    declared = [_of_workout(patient, told, _workout(told)) for told in standing(workouts)]
    known = {claim.record for claim in declared}
    typed = [
        _of_report(patient, told, said)
        for told in standing(reports)
        if (said := _report(told)).instrument is Instrument.SESSION and said.session not in known
    ]
    return tuple(sorted([*declared, *typed], key=lambda claim: (claim.start_ms, claim.id)))


def exertions(claimed: Sequence[Claim], reports: Iterable[Told], zone: str) -> Mapping[str, float]:
    """Return exertion (Borg CR10) by session id, as the patient answered last; other scales are not read.

    An answer that names no session concerns one that was told of, else one that was found on the answer's local date.
    """
    asked = [said for told in _in_time(reports) if _says_exertion(said := _report(told))]
    named = _by_record(claimed)
    own = [_named(said, named) for said in asked]
    free = [said.head.start_ms for said, session in zip(asked, own, strict=True) if session is None]
    concern = _concerned(free, claimed, zone)
    found: dict[str, float] = {}
    for said, session in zip(asked, own, strict=True):
        meant = session or concern[said.head.start_ms]
        if meant is not None and said.value is not None:
            found[meant.id] = said.value
    return found


def _says_exertion(said: Report) -> bool:
    return said.value is not None and said.scale == EXERTION_SCALE and said.instrument in _ASKS_EXERTION


def types_said(claimed: Sequence[Claim], reports: Iterable[Told]) -> Mapping[str, str]:
    """Return type by session id where the patient's own report of a session says one: manual wins for the type."""
    found: dict[str, str] = {}
    named = _by_record(claimed)
    for told in _in_time(reports):
        said = _report(told)
        session = _named(said, named)
        if (
            said.instrument is Instrument.SESSION
            and said.type in TYPES
            and said.type != "other"
            and session is not None
        ):
            found[session.id] = said.type
    return found


def _concerned(instants: Sequence[int], claimed: Iterable[Claim], zone: str) -> Mapping[int, Claim | None]:
    """Return the session that an answer at each instant concerns, None for none.

    Sessions are found date by date, so those of other dates are not asked.
    """
    told: list[Claim] = []
    found: dict[date, list[Claim]] = defaultdict(list)
    for claim in claimed:
        mine = found[local_date(claim.start_ms, zone)] if claim.origin is Origin.DETECTED else told
        mine.append(claim)
    concern = concerned_each(instants, told)
    left: dict[date, list[int]] = defaultdict(list)
    for at in (at for at, session in concern.items() if session is None):
        left[local_date(at, zone)].append(at)
    for day, times in left.items():
        concern |= concerned_each(times, found.get(day, ()))
    return concern


_ASKS_EXERTION = (Instrument.EXERTION, Instrument.SESSION)


def _in_time(reports: Iterable[Told]) -> list[Told]:
    """Return the reports by (start, content). Content costs most: it is worked out for those of one instant only."""
    by_start = groupby(sorted(standing(reports), key=_start), key=_start)
    return [told for _, same in by_start for told in _by_content(list(same))]


def _start(told: Told) -> int:
    return told.fact.head.start_ms


def _by_content(same: list[Told]) -> list[Told]:
    return sorted(same, key=lambda told: encode_fact(told.fact)) if len(same) > 1 else same


def _by_record(claimed: Iterable[Claim]) -> Mapping[str, Sequence[Claim]]:
    found: dict[str, list[Claim]] = defaultdict(list)
    for claim in claimed:
        for record in claim.records:
            found[record].append(claim)
    return found


def _named(said: Report, by_record: Mapping[str, Sequence[Claim]]) -> Claim | None:
    """Return the session that a report names, or is; of several with that record the nearest in time."""
    name = said.session or (said.head.record if said.instrument is Instrument.SESSION else "")
    known = by_record.get(name, ())
    return min(known, key=lambda claim: (abs(claim.start_ms - said.head.start_ms), claim.id), default=None)


def standing(facts: Iterable[Told]) -> list[Told]:
    """Return one fact a (source, record): the greater (revision, content, body). Storage does so too; twice is safe."""
    of: dict[tuple[Source, str], list[Told]] = defaultdict(list)
    for told in facts:
        of[told.fact.head.source, told.fact.head.record].append(told)
    return [max(many, key=_stands) if len(many) > 1 else many[0] for many in of.values()]


def _stands(told: Told) -> tuple[int, bytes, str]:
    return told.fact.head.revision, encode_fact(told.fact), told.body


def _workout(told: Told) -> Workout:
    if not isinstance(told.fact, Workout):
        raise TypeError(f"a workout was expected, not {type(told.fact).__name__}")
    return told.fact


def _report(told: Told) -> Report:
    if not isinstance(told.fact, Report):
        raise TypeError(f"a report was expected, not {type(told.fact).__name__}")
    return told.fact


def _of_workout(patient: str, told: Told, said: Workout) -> Claim:
    head = said.head
    return Claim(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=said.type,
        said=said.said,
        source=head.source,
        record=head.record,
        body=told.body,
        exertion_cr10=said.exertion_cr10,
        moving_ms=said.moving_ms,
        records=frozenset({head.record}),
        offset_min=head.offset_min,
        offset_origin=head.offset_origin,
    )


def _of_report(patient: str, told: Told, said: Report) -> Claim:
    head = said.head
    return Claim(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=said.type,
        said=said.type,
        source=head.source,
        record=head.record,
        body=told.body,
        origin=Origin.REPORTED,
        records=frozenset({head.record, said.session} - {""}),
        offset_min=head.offset_min,
        offset_origin=head.offset_origin,
    )
