"""Which versions of prescriptions an alert is about. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model.calendar import local_date
from model.messages.alert_event import FindingState
from model.prescription import Prescription, in_force

_NAMED = ("prescription", "prescriptions")
# A device that is silent and questions without an answer are about nothing that is prescribed.
_OF_NO_PRESCRIPTION = frozenset({"data", "answers"})


def implicated_versions(
    family: str,
    findings: Iterable[FindingState],
    prescriptions: Iterable[Prescription],
    zone: str,
) -> tuple[str, ...]:
    """Return the versions that an alert of a family is about, each once, as ID/VERSION.

    They are those that the evidence names, else those in force when the finding began to hold.
    Findings on which the alert no longer rests are left out.
    """
    if family in _OF_NO_PRESCRIPTION:
        return ()
    versions = tuple(prescriptions)
    names: set[str] = set()
    for finding in findings:
        if finding.current:
            names |= set(_in_evidence(finding.evidence)) or _names_then(finding, versions, zone)
    return tuple(sorted(names))


def _names_then(finding: FindingState, versions: tuple[Prescription, ...], zone: str) -> set[str]:
    # an instant before: what begins with a midnight is about the day that ended
    held = in_force(versions, local_date(finding.at_ms - 1, zone))
    return {f"{row.id}/{row.version}" for row in held}


def _in_evidence(evidence: Mapping[str, Any]) -> Iterator[str]:
    """Yield the versions that evidence names, also in the rows of a list."""
    for name, value in evidence.items():
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            if isinstance(row, dict) and name in _NAMED:
                yield f"{row['id']}/{row['version']}"
            elif isinstance(row, dict):
                yield from _in_evidence(row)
