"""The small parts of which FHIR resources are made, and the systems that name their codes.

A resource has one identifier of ours, and its id follows from that, so the same thing is the same
resource in every bundle.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from model.calendar import rfc3339

# JSON as it is sent.
FhirResource: TypeAlias = dict[str, Any]

_IDS = UUID("5f0a3c36-3f5b-5c52-9c5c-9d6a6c1d6f10")
_OURS = "urn:kadens"
PERSON_SYSTEM = f"{_OURS}:person"  # of the subject of somebody who works in the care unit
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
ACTIVITY_CODES = "http://hl7.org/fhir/us/physical-activity/CodeSystem/pa-temporary-codes"


def identified(kind: str, key: str, name: str = "") -> FhirResource:
    """Return the beginning of a resource of a kind: its type, its id and our identifier.

    `name` distinguishes what has the same key; by default it is the kind in lower case.
    """
    system = f"{_OURS}:{name or kind.lower()}"
    return {
        "resourceType": kind,
        "id": str(uuid5(_IDS, f"{system}|{key}")),
        "identifier": [{"system": system, "value": key}],
    }


def known_patient(pseudonym: str) -> FhirResource:
    """Return the patient as this system may show it outside: a pseudonym and nothing else."""
    return identified("Patient", pseudonym)


def link_to(resource: FhirResource) -> dict[str, str]:
    """Return a reference to a resource of the same bundle."""
    return {"reference": full_url(resource), "type": resource["resourceType"]}


def linked(resources: Iterable[FhirResource]) -> list[FhirResource]:
    """Return resources in which a link by identifier leads to its resource, where that is there.

    A resource is looked for among those that are given, and elsewhere only its identifier is known.
    """
    made = list(resources)
    known = {_name_of(row["identifier"][0]): link_to(row) for row in made}
    for row in made:
        for part in row.get("derivedFrom", ()):
            if "reference" not in part:
                part.update(known.get(_name_of(part["identifier"]), {}))
    return made


def _name_of(identifier: Mapping[str, str]) -> tuple[str, str]:
    return identifier["system"], identifier["value"]


def full_url(resource: FhirResource) -> str:
    """Return the address of a resource within a bundle."""
    return f"urn:uuid:{resource['id']}"


def concept(system: str, code: str, text: str = "") -> dict[str, Any]:
    """Return a concept with one code; a text is what a person reads."""
    made: dict[str, Any] = {"coding": [{"system": system, "code": code}]}
    return {**made, "text": text} if text else made


def rule_concept(rule: str, version: int) -> dict[str, Any]:
    """Return the concept of a rule of ours, with its version."""
    return {"coding": [{"system": f"{_OURS}:rule", "version": str(version), "code": rule}]}


def quantity(value: float, unit: str) -> dict[str, Any]:
    """Return a quantity in a unit of UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def period(start_ms: int, end_ms: int | None = None) -> dict[str, str]:
    """Return a period between instants (epoch ms); None: it has no end yet."""
    made = {"start": rfc3339(start_ms)}
    return made if end_ms is None else {**made, "end": rfc3339(end_ms)}


def dates(first: date, last: date) -> dict[str, str]:
    """Return a period of dates, the last one included."""
    return {"start": first.isoformat(), "end": last.isoformat()}


def bundle(kind: str, resources: Iterable[FhirResource], at_ms: int) -> FhirResource:
    """Return a bundle to be read: `kind` is `collection` or such."""
    entries = [{"fullUrl": full_url(resource), "resource": resource} for resource in resources]
    made: FhirResource = {"resourceType": "Bundle", "type": kind, "timestamp": rfc3339(at_ms)}
    return {**made, "entry": entries} if entries else made


def transaction(resources: Iterable[FhirResource]) -> FhirResource:
    """Return a bundle that brings a server up to date, however often it arrives.

    A resource replaces the one with the same identifier. Patient and device are made where they are
    missing, and are never changed: they are the server's own.
    """
    entries: list[Mapping[str, Any]] = []
    for resource in resources:
        kind, key = resource["resourceType"], resource["identifier"][0]
        condition = f"identifier={key['system']}|{key['value']}"
        request = {"method": "PUT", "url": f"{kind}?{condition}"}
        if kind in _OF_THE_SERVER:
            request = {"method": "POST", "url": kind, "ifNoneExist": condition}
        # the server chooses the id
        content = {name: value for name, value in resource.items() if name != "id"}
        entry = {"fullUrl": full_url(resource), "resource": content, "request": request}
        entries.append(entry)
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


_OF_THE_SERVER = frozenset({"Patient", "Device"})
