"""Finds contradictions in the profiles, prescriptions and consents of a manifest. Pure.

Manifests and cohorts are written by people, and both are checked here. A sentence begins with the
way to its field, and repeats no value.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from alerts.prescribing import prescribing_problems
from model.intensity import HeartProfile, profile_problems
from model.prescription import Prescription


class _Consented(Protocol):
    @property
    def from_ms(self) -> int: ...

    @property
    def to_ms(self) -> int | None: ...


def patient_row_problems(
    profiles: Sequence[HeartProfile],
    prescriptions: Sequence[Prescription],
    consented: Sequence[_Consented],
) -> Iterator[str]:
    """Yield what cannot be written of a patient, and what is there twice."""
    for number, profile in enumerate(profiles):
        yield from _each(f"profiles.{number}", profile_problems(profile))
    for number, prescription in enumerate(prescriptions):
        yield from _each(f"prescriptions.{number}", prescribing_problems(prescription))
    yield from _repeated("profiles", profiles, lambda row: row.valid_from)
    yield from _repeated("prescriptions", prescriptions, lambda row: (row.id, row.version))
    for number, consent in enumerate(consented):
        if consent.to_ms is not None and consent.to_ms < consent.from_ms:
            yield f"consents.{number}.to must not be before its `from`"


def _each(where: str, problems: Sequence[str]) -> Iterator[str]:
    for problem in problems:
        yield f"{where}: {problem}"


def _repeated(where: str, rows: Sequence[Any], key: Callable[[Any], object]) -> Iterator[str]:
    # A file has no order in which the later of two rows could replace the earlier one.
    known: set[object] = set()
    for number, row in enumerate(rows):
        # the database holds one row for each key, and would keep only the last of these
        if key(row) in known:
            yield f"{where}.{number} is there already: the same date or version twice"
        known.add(key(row))
