"""A row of the audit log as it leaves the system or is reviewed. Data only."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRow:
    """A row: its number, who did what with whose data, from where and why.

    `patient` is "" for a row about nobody, or about a patient who was erased.
    """

    number: int
    at_ms: int
    actor: str
    name: str
    role: str
    care_unit: str
    action: str
    patient: str
    object: str
    reason: str
    categories: Sequence[str] = ()
    door: str = ""
    address: str = ""
