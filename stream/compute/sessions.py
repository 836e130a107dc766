"""Which sessions there were: what sources and the patient claim, each physical session once. Never looks at samples.

Claims come from declared workouts and from the patient's own reports of a session. Two claims are one session when
type family, start and end agree within two minutes (clinical definition section 3.3); the better ranked source stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from ...model.activities import TYPES
from ...model.codec import dumps, encode_fact, plain
from ...model.facts import Instrument, Report, Source, Told, Workout
from ...model.occasion import concerned
from .hearts import identity, rank

SAME_WITHIN_MS = 120_000
EXERTION_SCALE = "borg-cr10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A session as somebody declared it, [start, end) in epoch ms. `records` are all record names it is known by."""

    id: str
    start_ms: int
    end_ms: int
    type: str
    said: str
    source: Source
    record: str
    body: str
    manual: bool = False
    exertion_cr10: float | None = None
    moving_ms: int | None = None
    records: frozenset[str] = frozenset()


def session_id(patient: str, source: Source, record: str) -> str:
    """Return the id of a session: 32 hex digits, a hash of patient, source and record.

    Times and revision do not count, so that a corrected session keeps its id.
    """
    return sha256(dumps([patient, plain(source), record])).hexdigest()[:32]


def claims(patient: str, workouts: Iterable[Told], reports: Iterable[Told]) -> tuple[Claim, ...]:
    """Return every session once, by (start, id). Raises TypeError for a fact of another kind."""
    declared = [_of_workout(patient, told, _workout(told)) for told in _standing(workouts)]
    known = {claim.record for claim in declared}
    typed = [
        _of_report(patient, told, said)
        for told in _standing(reports)
        if (said := _report(told)).instrument is Instrument.SESSION and said.session not in known
    ]
    return tuple(sorted(_collapsed([*declared, *typed]), key=lambda claim: (claim.start_ms, claim.id)))


def exertions(claimed: Sequence[Claim], reports: Iterable[Told]) -> Mapping[str, float]:
    """Return exertion (Borg CR10) by session id, as the patient answered last; other scales are not read."""
    by_record = {record: claim for claim in claimed for record in claim.records}
    found: dict[str, float] = {}
    for told in sorted(_standing(reports), key=lambda told: (told.fact.head.start_ms, encode_fact(told.fact))):
        said = _report(told)
        if said.value is None or said.scale != EXERTION_SCALE or said.instrument not in _ASKS_EXERTION:
            continue
        session = by_record.get(said.session or said.head.record) or concerned(said.head.start_ms, claimed)
        if session is not None:
            found[session.id] = said.value
    return found


_ASKS_EXERTION = (Instrument.EXERTION, Instrument.SESSION)


def _standing(facts: Iterable[Told]) -> list[Told]:
    """Return one fact a (source, record): the greater (revision, content, body). Storage does so too; twice is safe."""
    best: dict[tuple[Source, str], Told] = {}
    for told in sorted(facts, key=lambda told: (told.fact.head.revision, encode_fact(told.fact), told.body)):
        best[told.fact.head.source, told.fact.head.record] = told
    return list(best.values())


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
    )


def _of_report(patient: str, told: Told, said: Report) -> Claim:
    head = said.head
    names = {head.record, said.session} - {""}
    return Claim(
        id=session_id(patient, head.source, head.record),
        start_ms=head.start_ms,
        end_ms=head.end_ms,
        type=said.type,
        said=said.type,
        source=head.source,
        record=head.record,
        body=told.body,
        manual=True,
        records=frozenset(names),
    )


def _collapsed(all_claims: Sequence[Claim]) -> list[Claim]:
    kept: list[Claim] = []
    for claim in sorted(all_claims, key=_precedence):
        twin = next((n for n, better in enumerate(kept) if _same(better, claim)), None)
        if twin is None:
            kept.append(claim)
        else:
            kept[twin] = replace(kept[twin], records=kept[twin].records | claim.records)
    return kept


def _precedence(claim: Claim) -> tuple[bool, int, tuple[str, ...], str]:
    return claim.manual, rank(claim.source), identity(claim.source), claim.record


def _same(one: Claim, other: Claim) -> bool:
    starts, ends = abs(one.start_ms - other.start_ms), abs(one.end_ms - other.end_ms)
    return _family(one) == _family(other) and max(starts, ends) <= SAME_WITHIN_MS


def _family(claim: Claim) -> str:
    return TYPES.get(claim.type, "other")
