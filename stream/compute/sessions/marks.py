"""Applies marks: what a clinician or the patient says of whether a session was exercise.

Clinical definition section 3.3. A mark names a session by its record and by the span that it had,
so it holds however late data change the session's id, length or route. What applies is decided for
each session alone, so the order of facts and the dates that are derived together change nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from model.codec import encode_fact
from model.derived.sessions import Origin
from model.facts import MARKS, AttributedFact, Instants, Instrument, Report
from model.marks import CLINIC_VENDOR
from model.words.not_counted import marked_by
from stream.compute.sessions.candidates import SessionCandidate, as_report, current_facts
from stream.compute.sessions.overlap import SAME_SESSION_FROM

_Rank: TypeAlias = tuple[object, ...]


def with_marks(
    candidates: Sequence[SessionCandidate], reports: Iterable[AttributedFact]
) -> list[SessionCandidate]:
    """Return the candidates in their order; those marked as not exercise say so.

    Of the marks of a session the clinician's stand before the patient's, then the last stated. A
    mark as exercise takes back a mark as not exercise, and makes nothing else count.
    """
    marks = _best_first(reports)
    if not marks:  # the usual case
        return list(candidates)
    index = _index_of(marks)
    return [_marked(row, next(index.marks_of(row), None)) for row in candidates]


def marks_of(
    candidate: SessionCandidate, reports: Iterable[AttributedFact]
) -> Iterator[AttributedFact]:
    """Yield the marks that are about a session, the one that stands first."""
    return _index_of(_best_first(reports)).marks_of(candidate)


def _best_first(reports: Iterable[AttributedFact]) -> list[AttributedFact]:
    marks = [item for item in reports if as_report(item).instrument in MARKS]
    return sorted(current_facts(marks), key=_rank, reverse=True)


def _rank(mark: AttributedFact) -> _Rank:
    # The patient's phone may send an old mark late; it must not overrule whoever has asked since.
    is_clinical = mark.fact.head.source.vendor == CLINIC_VENDOR
    return is_clinical, mark.order, mark.body, encode_fact(mark.fact)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _MarkIndex:
    """Marks, the best first: by the record that they name, and their spans in epoch ms."""

    marks: Sequence[AttributedFact]
    by_record: Mapping[str, Sequence[int]]
    starts: Instants
    ends: Instants

    def marks_of(self, candidate: SessionCandidate) -> Iterator[AttributedFact]:
        """Yield the marks that are about a session, the best first."""
        # An app may send thousands of marks, so only those that name or meet the session are tried.
        meets = (self.starts < candidate.end_ms) & (self.ends > candidate.start_ms)
        positions = set(np.flatnonzero(meets).tolist())
        for record in candidate.records:
            positions.update(self.by_record.get(record, ()))
        for position in sorted(positions):
            if _is_about(as_report(self.marks[position]), candidate):
                yield self.marks[position]


def _index_of(marks: Sequence[AttributedFact]) -> _MarkIndex:
    by_record: dict[str, list[int]] = defaultdict(list)
    for position, mark in enumerate(marks):
        by_record[as_report(mark).session].append(position)
    return _MarkIndex(
        marks=marks,
        by_record=by_record,
        starts=np.array([mark.fact.head.start_ms for mark in marks], np.int64),
        ends=np.array([mark.fact.head.end_ms for mark in marks], np.int64),
    )


def _is_about(mark: Report, candidate: SessionCandidate) -> bool:
    """Return whether a mark is about this session."""
    start, end = mark.head.start_ms, mark.head.end_ms
    lengths = candidate.length_ms, end - start
    common = min(candidate.end_ms, end) - max(candidate.start_ms, start)
    is_named = bool(mark.session) and mark.session in candidate.records
    # A record that a long pause divides has several sessions, and a mark means those of its span.
    if is_named and (not candidate.is_part or start == end):
        return True
    # More of a bout may be sent later, and a bout of the span is no exercise either. But a workout
    # that somebody declares within it is a statement of its own, unless it is the same occasion.
    is_loose = is_named or candidate.origin is Origin.DETECTED
    compared = min(lengths) if is_loose else max(lengths)
    return common > 0 and common >= SAME_SESSION_FROM * compared


def _marked(candidate: SessionCandidate, mark: AttributedFact | None) -> SessionCandidate:
    report = None if mark is None else as_report(mark)
    if report is None or report.instrument is not Instrument.NOT_EXERCISE:
        return candidate
    who = "clinician" if report.head.source.vendor == CLINIC_VENDOR else "patient"
    return replace(candidate, no_exercise=marked_by(who, report.reason))
