"""Divides a cohort by clinician: each has 100 patients, and a system of their own. Pure but reads.

No patient's alerts depend on another clinician's patients. So the parts may be played one after the
other or at the same time, and the result is the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kadens.scoring.arrived import comes_by_link, patients_in_body
from kadens.scoring.cohort_files import CohortDelivery, CohortFiles

PATIENTS_EACH = 100  # of a clinician


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """In which part each patient is, and whose each account is."""

    parts: Mapping[str, int]
    accounts: Mapping[tuple[str, str], str]


def divide(cohort: CohortFiles, each: int = PATIENTS_EACH) -> tuple[CohortFiles, ...]:
    """Return a cohort for each clinician: the next `each` patients with all that arrives of them.

    A body of several accounts is in each part that has one of them. One of nobody is in the first.
    """
    starts = range(0, len(cohort.patients), each)
    if len(starts) < 2:  # noqa: PLR2004 - nothing to divide
        return (cohort,)
    groups = [cohort.patients[start : start + each] for start in starts]
    index = _index(cohort, each)
    bodies: list[list[CohortDelivery]] = [[] for _ in groups]
    for delivery in cohort.deliveries:
        for number in _parts_of(delivery, cohort, index):
            bodies[number].append(delivery)
    return tuple(
        replace(cohort, patients=group, deliveries=tuple(own))
        for group, own in zip(groups, bodies, strict=True)
    )


def _index(cohort: CohortFiles, each: int) -> _Index:
    parts: dict[str, int] = {}
    accounts: dict[tuple[str, str], str] = {}
    for position, person in enumerate(cohort.patients):
        parts[person.patient] = position // each
        for account in person.accounts:
            accounts[account.connector, account.account] = person.patient
    return _Index(parts=parts, accounts=accounts)


def _parts_of(delivery: CohortDelivery, cohort: CohortFiles, index: _Index) -> Iterable[int]:
    # a body that comes by a link need not be opened, and most bodies do
    body = b"" if comes_by_link(delivery) else cohort.content(delivery)
    patients = patients_in_body(delivery, body, index.accounts)
    return sorted({index.parts.get(patient, 0) for patient in patients}) or [0]
