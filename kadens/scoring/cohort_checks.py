"""Finds contradictions among the lines of a cohort, beyond the form of each. Pure.

A check yields the number of the line and a sentence about it. No value is repeated, because a
cohort may come from anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from alerts.registry import RULES
from kadens.derivation.patient_rows import patient_row_problems
from kadens.scoring.arrived import comes_by_link
from kadens.scoring.cohort_files import (
    CohortDelivery,
    CohortHead,
    CohortPatient,
    TruthEvent,
    TruthLine,
    TruthSession,
    TruthWeek,
)
from model.calendar import DAY_MS

_LONGEST_MS = (
    4000 * DAY_MS
)  # ten years, which is what `kadens simulate` makes at most, and some days
FAMILIES = tuple(sorted({rule.family for rule in RULES}))
# A line's number, from 1, and what is wrong with the line.
LineMistake: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedLines:
    """The lines of a cohort, each with its number in its file."""

    patients: tuple[tuple[int, CohortPatient], ...]
    deliveries: tuple[tuple[int, CohortDelivery], ...]
    truth: tuple[tuple[int, TruthLine], ...]


def head_mistakes(head: CohortHead) -> Iterator[str]:
    """Yield what is wrong with the span of a cohort."""
    if head.ends_ms <= head.begins_ms:
        yield "ends must be after begins"
    elif head.ends_ms - head.begins_ms > _LONGEST_MS:
        yield f"ends must be at most {_LONGEST_MS // DAY_MS} days after begins"


def patient_mistakes(lines: NumberedLines) -> Iterator[LineMistake]:
    """Yield what is wrong with people: who is there twice, and what cannot be prescribed."""
    people: set[str] = set()
    linked: set[tuple[str, str]] = set()
    for number, person in lines.patients:
        if person.patient in people:
            yield number, "patient is that of an earlier line"
        people.add(person.patient)
        for account in person.accounts:
            if (account.connector, account.account) in linked:
                yield number, "accounts has one that is there already"
            linked.add((account.connector, account.account))
        for text in _own_mistakes(person):
            yield number, text


def delivery_mistakes(lines: NumberedLines) -> Iterator[LineMistake]:
    """Yield bodies that come by the link of nobody."""
    people = {person.patient for _, person in lines.patients}
    for number, row in lines.deliveries:
        if comes_by_link(row) and row.patient not in people:
            yield number, "patient must be one of patients.jsonl, because the body comes by a link"


def truth_mistakes(lines: NumberedLines) -> Iterator[LineMistake]:
    """Yield truth that is of nobody, or contradicts itself."""
    people = {person.patient for _, person in lines.patients}
    seen: set[tuple[object, ...]] = set()
    for number, line in lines.truth:
        # a line with two of them would count twice, and an empty one for nothing
        members = [row for row in (line.session, line.week, line.event) if row is not None]
        if len(members) != 1:
            yield number, "the line must have one of session, week and event"
            continue
        if members[0].patient not in people:
            yield number, "patient must be one of patients.jsonl"
        # it would count twice, and of two that differ only one could be true
        if (name := _truth_name(members[0])) in seen:
            yield number, f"{name[0]} is that of an earlier line"
        seen.add(name)
        for text in _truth_problems(members[0]):
            yield number, text


def _truth_name(row: TruthSession | TruthWeek | TruthEvent) -> tuple[object, ...]:
    """Return what names a line of truth: no two lines may have it."""
    if isinstance(row, TruthSession):
        return "session", row.patient, row.start_ms
    if isinstance(row, TruthWeek):
        return "week", row.patient, row.monday
    return "event", row.patient, row.event, row.family, row.from_ms


def _truth_problems(row: TruthSession | TruthWeek | TruthEvent) -> Iterator[str]:
    if isinstance(row, TruthSession):
        if row.end_ms <= row.start_ms:
            yield "session.end must be after its start"
    elif isinstance(row, TruthWeek):
        if row.monday.isoweekday() != 1:
            yield "week.monday must be a Monday"
    else:
        if row.family not in FAMILIES:
            yield f"event.family must be one of {', '.join(FAMILIES)}"
        if row.until_ms < row.from_ms:
            yield "event.until must not be before its from"


def _own_mistakes(person: CohortPatient) -> Iterator[str]:
    prescriptions = [row.as_written for row in person.prescriptions]
    yield from patient_row_problems(person.profiles, prescriptions, person.consents)
    yield from _late_versions(person)


def _late_versions(person: CohortPatient) -> Iterator[str]:
    """Yield prescriptions of which a later version was written before an earlier one."""
    written: dict[str, int] = {}
    # a version that is written later replaces the one before it, so the order must be that of time
    for row in sorted(person.prescriptions, key=lambda row: (row.id, row.version)):
        if (row.recorded or 0) < written.get(row.id, 0):
            yield "prescriptions: a version must not be recorded before the one before it"
        written[row.id] = row.recorded or 0
