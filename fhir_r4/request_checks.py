"""Refuses a `ServiceRequest` that would be read as what it is not. Pure.

Elements that become no member of a prescription decide all the same whether it is one: whom it is
about, what is asked for and how firmly, and by which system a code is meant.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fhir_r4.extensions import FhirInputError

PRESCRIPTION_SYSTEM, PATIENT_SYSTEM = "urn:kadens:prescription", "urn:kadens:patient"
SNOMED, ICD_10_SE = "http://snomed.info/sct", "urn:oid:1.2.752.116.1.1.1"
EXERCISE_THERAPY = "229065009"  # the guide's code for exercise that is prescribed
# Code systems of diagnoses that a prescription can name: the same code is written out again.
_DIAGNOSES = (ICD_10_SE, "http://hl7.org/fhir/sid/icd-10", SNOMED)
_STATES = ("active", "completed", "draft", "on-hold")
_INTENTS = ("original-order", "order", "filler-order", "plan", "proposal")


def check_subject(row: Mapping[str, Any], path: str, patients: Collection[str]) -> None:
    """Raise `FhirInputError` where a resource is about nobody, or about none of these pseudonyms.

    A patient who is named in another way than by a pseudonym of ours is not looked up.
    """
    subject = row.get("subject")
    if not isinstance(subject, dict) or not subject:
        raise FhirInputError(f"{path}.subject", "must be an object that names the patient")
    identifier = subject.get("identifier")
    named = identifier if isinstance(identifier, dict) else {}
    # nobody else's name of a patient is known here, so it says nothing
    value = named.get("value")
    is_known = isinstance(value, str) and value in patients
    if named.get("system") == PATIENT_SYSTEM and not is_known:
        raise FhirInputError(f"{path}.subject.identifier.value", "is another patient")


def check_status(row: Mapping[str, Any], path: str) -> None:
    """Raise `FhirInputError` where a request or a plan does not hold, or was never meant."""
    check_code(row, path, "status", _STATES)


def check_code(row: Mapping[str, Any], path: str, name: str, known: Sequence[str]) -> None:
    """Raise `FhirInputError` where an element that must be there has none of the known codes."""
    if row.get(name) not in known:
        raise FhirInputError(f"{path}.{name}", f"must be one of {', '.join(known)}")


def check_meaning(row: Mapping[str, Any], path: str, codings: Sequence[Mapping[str, Any]]) -> None:
    """Raise `FhirInputError` where a request is no order of exercise; `codings` are its code's."""
    if "implicitRules" in row:
        raise FhirInputError(f"{path}.implicitRules", "is not known here")
    check_code(row, path, "intent", _INTENTS)
    codes = [(coding.get("system"), coding.get("code")) for coding in codings]
    # beside it there may be the codes of others for the same thing
    if codes and (SNOMED, EXERCISE_THERAPY) not in codes:
        raise FhirInputError(f"{path}.code.coding", f"must be {EXERCISE_THERAPY} of {SNOMED}")


def diagnosis_code(coding: Mapping[str, Any], path: str) -> str:
    """Return the code of a diagnosis; raises `FhirInputError` for one that would be another."""
    system, code = coding.get("system"), coding.get("code")
    if system not in _DIAGNOSES:
        raise FhirInputError(f"{path}.system", f"must be one of {', '.join(_DIAGNOSES)}")
    # a prescription has the code alone, and SNOMED CT is known by its digits
    if not isinstance(code, str) or code.isdigit() != (system == SNOMED):
        raise FhirInputError(f"{path}.code", "is no code of its system")
    return code


def renewed_name(items: Sequence[Any], path: str) -> str:
    """Return the version that a request replaces, such as rx-1/2, "" for none."""
    if not items:
        return ""
    if len(items) > 1:
        raise FhirInputError(f"{path}[1]", "may be there once only")
    identifier = items[0].get("identifier") if isinstance(items[0], dict) else None
    value = identifier.get("value") if isinstance(identifier, dict) else None
    if not isinstance(value, str):
        raise FhirInputError(f"{path}[0].identifier.value", "must be text")
    if not isinstance(identifier, dict) or identifier.get("system") != PRESCRIPTION_SYSTEM:
        raise FhirInputError(f"{path}[0].identifier.system", f"must be {PRESCRIPTION_SYSTEM}")
    return value
