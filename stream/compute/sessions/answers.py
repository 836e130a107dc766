"""Assigns the patient's answers to sessions.

An answer that names a session belongs to it. Any other answer belongs to a nearby declared or
reported session, else to a session detected on the date of the answer; after a bout over midnight
that date may be the one before. So a new declared session can take an answer from a detected
session.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby

from model.answered_session import answered_sessions
from model.calendar import local_date
from model.codec import encode_fact
from model.derived.sessions import Origin
from model.facts import AttributedFact, Instrument, Report
from model.words.activities import TYPES
from model.words.borg_scales import on_cr10
from stream.compute.sessions.candidates import SessionCandidate, as_report, current_facts

_WITH_EXERTION = (Instrument.EXERTION, Instrument.SESSION)
_ByRecord = Mapping[str, Sequence[SessionCandidate]]
_DateOf = Callable[[int], date]


def reported_exertions(
    candidates: Sequence[SessionCandidate],
    reports: Iterable[AttributedFact],
    zone: str,
    date_of: _DateOf,
) -> Mapping[str, float]:
    """Return the last reported exertion on Borg CR10, by session id.

    An answer on Borg 6-20 counts by the words that both scales share, and one on any other scale is
    ignored. `zone` is the patient's IANA zone. `date_of` returns the date of the detected sessions
    that an answer at an instant (epoch ms) may be about.
    """
    answers = [report for report in _in_time(reports) if _exertion(report) is not None]
    by_record = _by_record(candidates)
    named = [_named_session(answer, by_record) for answer in answers]
    unnamed_at: list[int] = []
    for answer, session in zip(answers, named, strict=True):
        if session is None:
            unnamed_at.append(answer.head.start_ms)
    nearby = _nearby_sessions(unnamed_at, candidates, zone, date_of)
    exertions: dict[str, float] = {}
    # Answers are in order of time, so the last answer of a session overwrites those before.
    for answer, session in zip(answers, named, strict=True):
        meant = session or nearby[answer.head.start_ms]
        exertion = _exertion(answer)
        if meant is not None and exertion is not None:
            exertions[meant.id] = exertion
    return exertions


def reported_types(
    candidates: Sequence[SessionCandidate], reports: Iterable[AttributedFact]
) -> Mapping[str, str]:
    """Return the type that the patient reported, by session id.

    It takes precedence over the type that a device declared.
    """
    types: dict[str, str] = {}
    by_record = _by_record(candidates)
    for report in _in_time(reports):
        if report.instrument is not Instrument.SESSION:
            continue
        # "other" says less than what the device declared.
        if report.type not in TYPES or report.type == "other":
            continue
        session = _named_session(report, by_record)
        if session is not None:
            types[session.id] = report.type
    return types


def recalled_by_date(reports: Iterable[AttributedFact], zone: str) -> Mapping[date, int]:
    """Return how many sessions of a week the patient told of, by the local date of the answer.

    Of several answers on a date the last one holds.
    """
    recalled: dict[date, int] = {}
    weekly = [item for item in reports if as_report(item).instrument is Instrument.WEEK]
    for report in _in_time(weekly):
        if report.value is not None:
            recalled[local_date(report.head.start_ms, zone)] = int(report.value)
    return recalled


def _exertion(report: Report) -> float | None:
    """Return the exertion of an answer on Borg CR10, None for any other answer."""
    if report.value is None or report.instrument not in _WITH_EXERTION:
        return None
    return on_cr10(report.value, report.scale)


def _named_session(report: Report, by_record: _ByRecord) -> SessionCandidate | None:
    """Return the session that a report names or declares, None when no known session matches.

    Records are unique within a source only. Of several sessions with the same record, the nearest
    in time is returned.
    """
    # A report of a session that names no other session is itself the candidate.
    own = report.head.record if report.instrument is Instrument.SESSION else ""
    sessions = by_record.get(report.session or own, ())
    at_ms = report.head.start_ms
    return min(sessions, key=lambda row: (abs(row.start_ms - at_ms), row.id), default=None)


def _nearby_sessions(
    instants: Sequence[int],
    candidates: Iterable[SessionCandidate],
    zone: str,
    date_of: _DateOf,
) -> Mapping[int, SessionCandidate | None]:
    """Return the session to which an answer at each instant belongs, None for no session.

    A date is derived without the sessions detected on other dates, so an answer never belongs to a
    session detected on another date.
    """
    known: list[SessionCandidate] = []
    detected: dict[tuple[bool, date], list[SessionCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.origin is Origin.DETECTED:
            day = local_date(candidate.start_ms, zone)
            detected[bool(candidate.no_exercise), day].append(candidate)
        else:
            known.append(candidate)
    # Three passes: a declared session takes an answer before any detected session may, and what is
    # no exercise takes only what is left.
    sessions = answered_sessions(instants, known)
    for no_exercise in (False, True):
        for day, times in _unanswered(sessions, date_of).items():
            sessions |= answered_sessions(times, detected.get((no_exercise, day), ()))
    return sessions


def _unanswered(
    sessions: Mapping[int, SessionCandidate | None], date_of: _DateOf
) -> dict[date, list[int]]:
    """Return the instants that belong to no session so far, by their date."""
    left: dict[date, list[int]] = defaultdict(list)
    for at_ms, session in sessions.items():
        if session is None:
            left[date_of(at_ms)].append(at_ms)
    return left


def _in_time(reports: Iterable[AttributedFact]) -> list[Report]:
    """Return the current reports by (start, content)."""
    ordered: list[Report] = []
    for _, group in groupby(sorted(current_facts(reports), key=_start_ms), key=_start_ms):
        same_instant = list(map(as_report, group))
        # Encoding is expensive, so it is used only to order reports of the same instant.
        ordered += sorted(same_instant, key=encode_fact) if len(same_instant) > 1 else same_instant
    return ordered


def _start_ms(report: AttributedFact) -> int:
    return report.fact.head.start_ms


def _by_record(candidates: Iterable[SessionCandidate]) -> _ByRecord:
    by_record: dict[str, list[SessionCandidate]] = defaultdict(list)
    for candidate in candidates:
        for record in candidate.records:
            by_record[record].append(candidate)
    return by_record
