"""The `CarePlan` of a referral form, and the bundle of plans and service requests. Pure.

A form with two activities is one plan with two service requests. A prescription without a form is a
plan of its own.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fhir_r4.extensions import FhirInputError
from fhir_r4.request_checks import PATIENT_SYSTEM, check_code, check_status, check_subject
from fhir_r4.service_request import (
    known_object,
    list_at,
    prescription_of,
    service_request,
    text_at,
)
from model.prescribing.canonical import prescription_hash
from model.prescription import Prescription

FORM_SYSTEM = "urn:kadens:referral-form"
KVA = "urn:oid:1.2.752.116.1.3.2.1.4"  # the Swedish list of what is done in health care
REFERRAL_ISSUED = "DV200"  # physical activity on prescription was issued
MOST_ENTRIES = 50
_PLAN_INTENTS = ("plan", "order", "proposal")
# A history has versions that hold no more, and a response has no resources of its own.
_BUNDLES = ("collection", "transaction", "batch", "document", "message", "searchset")
_BUNDLE = frozenset({"resourceType", "id", "meta", "type", "timestamp", "entry"})


def prescription_bundle(
    prescriptions: Iterable[Prescription], patient: str, today: date
) -> dict[str, Any]:
    """Return a bundle of prescriptions of a patient (pseudonym), each in its plan."""
    by_form: dict[str, list[Prescription]] = {}
    for row in sorted(prescriptions, key=lambda row: (row.form or row.id, row.id, row.version)):
        by_form.setdefault(row.form or row.id, []).append(row)
    entries: list[dict[str, Any]] = []
    for form, rows in by_form.items():
        requests = [_entry(service_request(row, patient, today), row) for row in rows]
        plan = care_plan(form, rows, [entry["fullUrl"] for entry in requests], patient, today)
        # the plan has the number of its first request, in another place
        entries += [{"fullUrl": _full_url(rows[0], "plan"), "resource": plan}, *requests]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def care_plan(
    form: str, rows: Iterable[Prescription], requests: Iterable[str], patient: str, today: date
) -> dict[str, Any]:
    """Return the plan of a form: its prescriptions are at the addresses `requests`."""
    held = tuple(rows)
    last = max(row.valid_to for row in held)
    return {
        "resourceType": "CarePlan",
        "identifier": [{"system": FORM_SYSTEM, "value": form}],
        "status": "completed" if last < today else "active",
        "intent": "plan",
        "category": [
            {"coding": [{"system": KVA, "code": REFERRAL_ISSUED}], "text": "FaR"},
        ],
        "subject": {"identifier": {"system": PATIENT_SYSTEM, "value": patient}},
        "period": {
            "start": min(row.valid_from for row in held).isoformat(),
            "end": last.isoformat(),
        },
        "activity": [{"reference": {"reference": address}} for address in requests],
    }


def _entry(resource: dict[str, Any], row: Prescription) -> dict[str, Any]:
    return {"fullUrl": _full_url(row, "request"), "resource": resource}


def _full_url(row: Prescription, what: str) -> str:
    """Return an address that is the same for the same prescription, and no other one's."""
    digits = prescription_hash(row)
    number = UUID(digits[:32] if what == "request" else digits[32:], version=4)
    return f"urn:uuid:{number}"


def _entries_of(resource: Any) -> list[object]:  # noqa: ANN401 - JSON
    bundle = known_object(resource, "Bundle", _BUNDLE)
    if bundle.get("resourceType") != "Bundle":
        raise FhirInputError("resourceType", "must be Bundle or ServiceRequest")
    check_code(bundle, "Bundle", "type", _BUNDLES)
    entries = bundle.get("entry")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_ENTRIES:
        raise FhirInputError("Bundle.entry", f"must be a list of 1 to {MOST_ENTRIES}")
    return entries


def bundled_prescriptions(
    resource: Any,  # noqa: ANN401 - JSON
    patients: Collection[str],
) -> tuple[Prescription, ...]:
    """Return the prescriptions of a bundle, or of a `ServiceRequest` alone.

    `patients` are the pseudonyms by which it may name its patient.

    Raises `FhirInputError` with the path of what cannot be taken. Plans only say what belongs
    together, which each request says by its form; every request of a plan must be there.
    """
    if isinstance(resource, dict) and resource.get("resourceType") == "ServiceRequest":
        return (prescription_of(resource, patients),)
    rows: list[Prescription] = []
    addresses: set[object] = set()
    wanted: dict[str, str] = {}
    for number, item in enumerate(_entries_of(resource)):
        path = f"Bundle.entry[{number}]"
        entry = known_object(item, path, {"fullUrl", "resource"})
        inner = entry.get("resource")
        if isinstance(inner, dict) and inner.get("resourceType") == "CarePlan":
            check_status(inner, f"{path}.resource")
            check_code(inner, f"{path}.resource", "intent", _PLAN_INTENTS)
            check_subject(inner, f"{path}.resource", patients)
            wanted |= _requests_of(inner, f"{path}.resource")
        else:
            rows.append(prescription_of(inner, patients, f"{path}.resource"))
            if "fullUrl" in entry:
                addresses.add(text_at(entry, path, "fullUrl"))
    for address, path in wanted.items():
        if address not in addresses:
            raise FhirInputError(path, "is not in this bundle")
    return tuple(rows)


def _requests_of(plan: Mapping[str, Any], path: str) -> dict[str, str]:
    """Return the addresses of a plan's requests, each with the path at which it stands."""
    addresses: dict[str, str] = {}
    for number, item in enumerate(list_at(plan, "activity", path)):
        at = f"{path}.activity[{number}]"
        activity = known_object(item, at, {"reference"})
        reference = known_object(activity.get("reference"), f"{at}.reference", {"reference"})
        addresses[str(reference.get("reference"))] = f"{at}.reference.reference"
    return addresses
