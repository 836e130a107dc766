"""Rows of the audit log as FHIR R4 AuditEvent, by IHE's Basic Audit Log Patterns (BALP).

A row says who did what with whose data, from where and why. It holds no health value. The patient
is a pseudonym, and of an address there is only its class. A request at a door that was answered has
the profile of BALP for what it did, and names it. What BALP has no pattern for names none: what was
refused, what is neither read nor written (a sign-in), and commands, which are no requests.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

from fhir_r4.elements import PERSON_SYSTEM, TERMINOLOGY, FhirResource, known_patient, link_to
from fhir_r4.exchanged import DICOM, EXCHANGES, ExchangeKind, coded
from model.audit_log.exported import ExportedRow
from model.calendar import rfc3339

BALP_PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit"
_IDS = UUID("2b1c0f0e-8f0e-5d0c-9a3a-3c1f2f6f9a77")
_OURS = "urn:kadens"
_SUCCESS, _MINOR_FAILURE = "0", "4"
_COMMAND = "command"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
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
    action = "E" if refused else _ACTIONS.get(row.action.rpartition(".")[2], "U")
    exchange = EXCHANGES.get(action) if row.door not in {"", _COMMAND} else None
    made: FhirResource = {"resourceType": "AuditEvent", "id": str(uuid5(_IDS, str(row.number)))}
    if exchange:
        made["meta"] = {"profile": [_profile(row, exchange)]}
    return {
        **made,
        **_kind(row, exchange),
        "action": action,
        "recorded": rfc3339(row.at_ms),
        "outcome": _MINOR_FAILURE if refused else _SUCCESS,
        "agent": [*_machines(row, exchange), _user(row, exchange)],
        "source": _source(row),
        "entity": [*_whose(row), _what(row), _deed(row)],
    }


def _profile(row: ExportedRow, exchange: ExchangeKind) -> str:
    return f"{BALP_PROFILES}.{'Patient' if row.patient else ''}{exchange.profile}"


def _kind(row: ExportedRow, exchange: ExchangeKind | None) -> dict[str, Any]:
    ours = coded(f"{_OURS}:audit-action", row.action)
    if exchange is None:
        return {"type": coded(DICOM, "110110", "Patient Record"), "subtype": [ours]}
    rest = coded(f"{TERMINOLOGY}/audit-event-type", "rest", "Restful Operation")
    did = coded("http://hl7.org/fhir/restful-interaction", exchange.code, exchange.code)
    return {"type": rest, "subtype": [did] if exchange.is_alone else [did, ours]}


def _machines(row: ExportedRow, exchange: ExchangeKind | None) -> Iterator[dict[str, Any]]:
    """Yield what asked and what answered; of a browser the log keeps the class of its address."""
    if exchange is None:
        return
    # an element without a value says why it has none
    unknown = {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}
    yield {
        "type": {"coding": [exchange.client]},
        "who": {"display": f"Client of the {row.door} door"},
        "requestor": False,
        "network": {"address": row.address} if row.address else unknown,
    }
    yield {
        "type": {"coding": [exchange.server]},
        "who": _door(row),
        "requestor": False,
        "network": unknown,
    }


def _user(row: ExportedRow, exchange: ExchangeKind | None) -> dict[str, Any]:
    code = exchange.user if exchange else EXCHANGES["R"].user
    made: dict[str, Any] = {
        "type": {"coding": [code]},
        "role": [{"text": row.role}],
        "who": {"identifier": {"system": PERSON_SYSTEM, "value": row.actor}},
        "requestor": True,
    }
    if row.name:
        made["name"] = row.name
    return {**made, "purposeOfUse": [{"text": row.reason}]} if row.reason else made


def _source(row: ExportedRow) -> dict[str, Any]:
    """Return what noted the row: the door, and the care unit for which it was done."""
    made: dict[str, Any] = {
        "observer": _door(row),
        "type": [coded(f"{TERMINOLOGY}/security-source-type", "4", "Application Server")],
    }
    return {**made, "site": row.care_unit} if row.care_unit else made


def _door(row: ExportedRow) -> dict[str, Any]:
    if not row.door:
        return {"display": "Kadens"}
    named = {"system": f"{_OURS}:door", "value": row.door}
    return {"identifier": named, "display": f"Kadens, {row.door}"}


def _whose(row: ExportedRow) -> Iterator[dict[str, Any]]:
    if row.patient:
        yield {
            "what": link_to(known_patient(row.patient)),
            "type": coded(f"{TERMINOLOGY}/audit-entity-type", "1", "Person"),
            "role": coded(f"{TERMINOLOGY}/object-role", "1", "Patient"),
        }


def _what(row: ExportedRow) -> dict[str, Any]:
    """Return what was read or written: without a name of its own, it is the patient or the log."""
    if row.object:
        what: dict[str, Any] = {"identifier": {"system": f"{_OURS}:object", "value": row.object}}
    else:
        what = link_to(known_patient(row.patient)) if row.patient else {"display": row.action}
    return {
        "what": what,
        "type": coded(f"{TERMINOLOGY}/audit-entity-type", "2", "System Object"),
        "role": coded(f"{TERMINOLOGY}/object-role", "4", "Domain Resource"),
    }


def _deed(row: ExportedRow) -> dict[str, Any]:
    """Return the action in our words and the categories of data: no pattern has a place for them.

    That of a deletion allows no second subtype, and no details of what was deleted.
    """
    made: dict[str, Any] = {
        "what": {"identifier": {"system": f"{_OURS}:audit-action", "value": row.action}},
        "type": coded(f"{TERMINOLOGY}/audit-entity-type", "4", "Other"),
    }
    details = [{"type": "category", "valueString": name} for name in row.categories]
    return {**made, "detail": details} if details else made
