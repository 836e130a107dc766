"""Rows of the audit log as FHIR R4 AuditEvent, shaped like IHE's Basic Audit Log Patterns (BALP).

A row says who did what with whose data, from where and why. It holds no health value. The patient
is a pseudonym, and of an address there is only its class.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from fhir_r4.elements import TERMINOLOGY, FhirResource, concept, known_patient, link_to
from model.audit_log.exported import ExportedRow
from model.calendar import rfc3339

_IDS = UUID("2b1c0f0e-8f0e-5d0c-9a3a-3c1f2f6f9a77")
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_OURS = "urn:kadens"
_SUCCESS, _MINOR_FAILURE = "0", "4"
# What an action did, by its last word; a word that is not here changed something.
_ACTIONS: Mapping[str, str] = {
    **dict.fromkeys(("read", "list", "show", "verify", "tokens"), "R"),
    **dict.fromkeys(("add", "give", "open", "invite", "token", "draft", "record", "door"), "C"),
    **dict.fromkeys(("erase", "remove", "discard", "drop"), "D"),
    **dict.fromkeys(("signin", "signout", "export", "begin"), "E"),
}


def audit_resources(rows: Iterable[ExportedRow]) -> Iterator[FhirResource]:
    """Yield an AuditEvent for each row, and before them each patient once."""
    events = list(rows)
    for pseudonym in dict.fromkeys(row.patient for row in events if row.patient):
        yield known_patient(pseudonym)
    yield from map(audit_event, events)


def audit_event(row: ExportedRow) -> FhirResource:
    """Return a row of the log as an AuditEvent."""
    refused = row.action.endswith(".refused")
    made: FhirResource = {
        "resourceType": "AuditEvent",
        "id": str(uuid5(_IDS, str(row.number))),
        "type": _coding(_DICOM, "110110", "Patient Record"),
        "subtype": [_coding(f"{_OURS}:audit-action", row.action)],
        "action": _ACTIONS.get(row.action.rpartition(".")[2], "U"),
        "recorded": rfc3339(row.at_ms),
        "outcome": _MINOR_FAILURE if refused else _SUCCESS,
        "agent": [_user(row)],
        "source": _source(row),
    }
    if row.reason:
        made["purposeOfEvent"] = [{"text": row.reason}]
    entities = [*_whose(row), *_what(row)]
    return {**made, "entity": entities} if entities else made


def _user(row: ExportedRow) -> dict[str, Any]:
    who: dict[str, Any] = {"identifier": {"system": f"{_OURS}:person", "value": row.actor}}
    if row.name:
        who["display"] = row.name
    made = {
        "type": concept(f"{TERMINOLOGY}/v3-ParticipationType", "IRCP"),
        "role": [{"text": row.role}],
        "who": who,
        "requestor": True,
    }
    # the class of an address, never the address
    return {**made, "network": {"address": row.address, "type": "5"}} if row.address else made


def _source(row: ExportedRow) -> dict[str, Any]:
    """Return what noted the row: the door, and the care unit for which it was done."""
    made: dict[str, Any] = {
        "observer": {"display": f"Kadens, {row.door}" if row.door else "Kadens"},
        "type": [_coding(f"{TERMINOLOGY}/security-source-type", "4", "Application Server")],
    }
    return {**made, "site": row.care_unit} if row.care_unit else made


def _whose(row: ExportedRow) -> Iterator[dict[str, Any]]:
    if row.patient:
        yield {
            "what": link_to(known_patient(row.patient)),
            "type": _coding(f"{TERMINOLOGY}/audit-entity-type", "1", "Person"),
            "role": _coding(f"{TERMINOLOGY}/object-role", "1", "Patient"),
        }


def _what(row: ExportedRow) -> Iterator[dict[str, Any]]:
    if not row.object and not row.categories:
        return
    made: dict[str, Any] = {
        "type": _coding(f"{TERMINOLOGY}/audit-entity-type", "2", "System Object"),
        "role": _coding(f"{TERMINOLOGY}/object-role", "4", "Domain Resource"),
    }
    if row.object:
        made["what"] = {"identifier": {"system": f"{_OURS}:object", "value": row.object}}
    details = [{"type": "category", "valueString": name} for name in row.categories]
    yield {**made, "detail": details} if details else made


def _coding(system: str, code: str, display: str = "") -> dict[str, str]:
    made = {"system": system, "code": code}
    return {**made, "display": display} if display else made
