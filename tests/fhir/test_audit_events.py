"""Rows of the audit log as AuditEvent: exactly, and by what each pattern of BALP demands.

The demands are written here anew from the profiles (https://profiles.ihe.net/ITI/BALP, 1.1.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from fhir_r4.audit_events import audit_event
from fhir_r4.elements import full_url, known_patient
from storage.audit_actions import AuditAction
from tests.fhir.exported_row import EXPORTED_ROW

_TERMS = "http://terminology.hl7.org/CodeSystem"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_UNKNOWN = {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}
_PATIENT = {
    "what": {"reference": full_url(known_patient("a-1")), "type": "Patient"},
    "type": {"system": f"{_TERMS}/audit-entity-type", "code": "1", "display": "Person"},
    "role": {"system": f"{_TERMS}/object-role", "code": "1", "display": "Patient"},
}
_READ = {
    "resourceType": "AuditEvent",
    "id": "f4cb811d-9840-5c1d-805b-9639fd7eca1e",
    "meta": {"profile": [f"{_BALP}.PatientRead"]},
    "type": {
        "system": f"{_TERMS}/audit-event-type",
        "code": "rest",
        "display": "Restful Operation",
    },
    "subtype": [
        {"system": "http://hl7.org/fhir/restful-interaction", "code": "read", "display": "read"},
        {"system": "urn:kadens:audit-action", "code": "data.read"},
    ],
    "action": "R",
    "recorded": "2023-11-14T22:13:20Z",
    "outcome": "0",
    "agent": [
        {
            "type": {
                "coding": [{"system": _DCM, "code": "110152", "display": "Destination Role ID"}]
            },
            "who": {"display": "Client of the clinic door"},
            "requestor": False,
            "network": {"address": "own network"},
        },
        {
            "type": {"coding": [{"system": _DCM, "code": "110153", "display": "Source Role ID"}]},
            "who": {
                "identifier": {"system": "urn:kadens:door", "value": "clinic"},
                "display": "Kadens, clinic",
            },
            "requestor": False,
            "network": _UNKNOWN,
        },
        {
            "type": {
                "coding": [
                    {
                        "system": f"{_TERMS}/v3-ParticipationType",
                        "code": "IRCP",
                        "display": "information recipient",
                    }
                ]
            },
            "role": [{"text": "clinician"}],
            "who": {"identifier": {"system": "urn:kadens:person", "value": "c-1"}},
            "requestor": True,
            "name": "Anna Exempel",
            "purposeOfUse": [{"text": "case 12"}],
        },
    ],
    "source": {
        "observer": {
            "identifier": {"system": "urn:kadens:door", "value": "clinic"},
            "display": "Kadens, clinic",
        },
        "type": [
            {
                "system": f"{_TERMS}/security-source-type",
                "code": "4",
                "display": "Application Server",
            }
        ],
        "site": "Ward",
    },
    "entity": [
        _PATIENT,
        {
            "what": {"identifier": {"system": "urn:kadens:object", "value": "session:0190"}},
            "type": {
                "system": f"{_TERMS}/audit-entity-type",
                "code": "2",
                "display": "System Object",
            },
            "role": {
                "system": f"{_TERMS}/object-role",
                "code": "4",
                "display": "Domain Resource",
            },
        },
        {
            "what": {"identifier": {"system": "urn:kadens:audit-action", "value": "data.read"}},
            "type": {"system": f"{_TERMS}/audit-entity-type", "code": "4", "display": "Other"},
            "detail": [
                {"type": "category", "valueString": "sessions"},
                {"type": "category", "valueString": "measurements"},
            ],
        },
    ],
}
# By the pattern: action, interaction, and the types of the client, the server and the user.
_DEMANDS: Mapping[str, tuple[str, str, str, str, Sequence[str]]] = {
    "Read": ("R", "read", "110152", "110153", ["IRCP"]),
    "Create": ("C", "create", "110153", "110152", ["AUT", "INF", "CST"]),
    "Update": ("U", "update", "110153", "110152", ["AUT", "INF", "CST"]),
    "Delete": ("D", "delete", "110150", "custodian", ["AUT", "INF", "CST"]),
}
_AT_DOORS = [
    replace(
        EXPORTED_ROW, action=action.value, patient=patient, object=what, address=address, door=door
    )
    for action, patient, what, address, door in product(
        AuditAction, ("a-1", ""), ("note", ""), ("internet", ""), ("clinic", "patient")
    )
]


def test_a_read_is_exactly_this() -> None:
    assert audit_event(EXPORTED_ROW) == _READ


def _by_type(parts: Sequence[Mapping[str, Any]], *codes: str) -> list[Mapping[str, Any]]:
    """Return the parts of an event whose type has one of the codes."""
    return [
        part for part in parts if part["type"].get("coding", [part["type"]])[0]["code"] in codes
    ]


def test_every_request_at_a_door_has_what_its_pattern_demands() -> None:
    named: set[str] = set()
    for row in _AT_DOORS:
        event = audit_event(row)
        AuditEvent.model_validate(event)
        if "meta" in event:
            named |= {_keeps_its_pattern(event, has_patient=bool(row.patient))}
    assert named == set(_DEMANDS)


def _keeps_its_pattern(event: dict[str, Any], *, has_patient: bool) -> str:
    """Check an event against the profile that it names, and return the profile's word."""
    [profile] = event["meta"]["profile"]
    word: str = profile.removeprefix(f"{_BALP}.").removeprefix("Patient")
    assert profile == f"{_BALP}.{'Patient' if has_patient else ''}{word}"
    action, interaction, client, server, users = _DEMANDS[word]
    assert (event["action"], event["outcome"]) == (action, "0")
    assert (event["type"]["system"], event["type"]["code"]) == (
        f"{_TERMS}/audit-event-type",
        "rest",
    )
    did = {
        "system": "http://hl7.org/fhir/restful-interaction",
        "code": interaction,
        "display": interaction,
    }
    assert did in event["subtype"]
    if word == "Delete":
        assert event["subtype"] == [did]
    for machine in (client, server):
        [agent] = _by_type(event["agent"], machine)
        assert agent["who"]
        assert agent["network"]
        # of a deletion nothing else may be there, and of none a medium
        assert agent.keys() == {"type", "who", "requestor", "network"}
    [user] = _by_type(event["agent"], *users)
    assert user["requestor"] is True
    assert user["who"]
    assert not user.keys() & {"network", "media", "altId", "location", "policy"}
    _keeps_its_entities(event["entity"], is_delete=word == "Delete", has_patient=has_patient)
    return word


def _keeps_its_entities(
    entities: Sequence[Mapping[str, Any]], *, is_delete: bool, has_patient: bool
) -> None:
    [data] = _by_type(entities, "2")
    assert data["role"]["code"] in {"3", "4", "20"}
    assert data["what"]
    people = _by_type(entities, "1")
    assert people == ([_PATIENT] if has_patient else [])
    if is_delete:
        assert not data.keys() & {"lifecycle", "name", "query", "detail"}


@pytest.mark.parametrize(
    ("changes", "kind", "outcome"),
    [
        # what was refused is recorded otherwise: no pattern is of it
        ({"action": "data.refused"}, "E", "4"),
        ({"action": "access.signin"}, "E", "0"),
        # a command is no request, and of an old row the door is not known
        ({"door": "command", "address": ""}, "R", "0"),
        ({"door": "", "address": ""}, "R", "0"),
    ],
)
def test_what_no_pattern_is_of_names_none(changes: dict[str, str], kind: str, outcome: str) -> None:
    event = audit_event(replace(EXPORTED_ROW, **changes))  # type: ignore[arg-type]  # by name
    assert "meta" not in event
    assert (event["action"], event["outcome"]) == (kind, outcome)
    assert event["type"] == {"system": _DCM, "code": "110110", "display": "Patient Record"}
    [user] = event["agent"]
    assert (user["requestor"], user["who"]["identifier"]["value"]) == (True, "c-1")
    assert event["entity"][0] == _PATIENT
