"""A version of a prescription as a FHIR R4 `ServiceRequest`, and back. Pure.

What FHIR has an element for is there: how often, how long and when in the timing, the reason and
the codes of diagnoses, the exercise, what is renewed. Everything else is an extension of our own.
What comes in must be understood completely: an element that is not known is refused with its path,
because half a prescription is another prescription.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from fhir_r4.extensions import (
    FhirInputError,
    extension_members,
    fhir_date,
    members_as_extensions,
)
from fhir_r4.request_checks import (
    EXERCISE_THERAPY,
    ICD_10_SE,
    PATIENT_SYSTEM,
    PRESCRIPTION_SYSTEM,
    SNOMED,
    check_meaning,
    check_status,
    check_subject,
    diagnosis_code,
    renewed_name,
)
from model.prescribing.canonical import prescription_hash
from model.prescription import WEEKDAYS, Prescription

EXTENSION = "urn:kadens:prescription:"
TYPE_SYSTEM = "urn:kadens:activity-type"
PA_CODES = "http://hl7.org/fhir/us/physical-activity/CodeSystem/pa-temporary-codes"
# Members with an element of FHIR; all others are extensions.
_PLACED = frozenset({
    "id", "version", "valid_from", "valid_to", "sessions_per_week", "minutes_per_session",
    "most_minutes_per_session", "weekdays", "types", "reason", "diagnoses", "prescriber",
    "renews", "activity",
})  # fmt: skip
_EXTENDED = tuple(field.name for field in fields(Prescription) if field.name not in _PLACED)
_ELEMENTS = frozenset({
    "resourceType", "id", "meta", "text", "language", "implicitRules", "extension", "identifier",
    "status", "intent", "category", "code", "orderDetail", "subject", "occurrenceTiming",
    "authoredOn", "requester", "reasonCode", "replaces",
})  # fmt: skip
_REPEAT = frozenset({
    "boundsPeriod", "frequency", "period", "periodUnit", "duration", "durationMax",
    "durationUnit", "dayOfWeek",
})  # fmt: skip
_LONGEST_VERSION = 9  # digits


def service_request(prescription: Prescription, patient: str, today: date) -> dict[str, Any]:
    """Return a version as a `ServiceRequest` about a patient (pseudonym).

    It is completed when it has ended by the local date `today`.
    """
    ended = prescription.valid_to < today
    resource = {
        "resourceType": "ServiceRequest",
        "id": prescription_hash(prescription)[:40],
        "extension": members_as_extensions(prescription, _EXTENDED, EXTENSION),
        "identifier": [_identifier(f"{prescription.id}/{prescription.version}")],
        "replaces": [{"identifier": _identifier(prescription.renews)}],
        "status": "completed" if ended else "active",
        "intent": "original-order",
        "category": [{"coding": [{"system": PA_CODES, "code": "PhysicalActivity"}]}],
        "code": {
            "coding": [{"system": SNOMED, "code": EXERCISE_THERAPY, "display": "Exercise therapy"}],
            "text": prescription.activity,
        },
        "orderDetail": [
            {"coding": [{"system": TYPE_SYSTEM, "code": name}]} for name in prescription.types
        ],
        "subject": {"identifier": {"system": PATIENT_SYSTEM, "value": patient}},
        "occurrenceTiming": {"repeat": _repeat(prescription)},
        "requester": {"display": prescription.prescriber},
        "reasonCode": _reasons(prescription),
    }
    if not prescription.renews:
        del resource["replaces"]
    cleaned: dict[str, Any] = _without_empty(resource)
    return cleaned


def _identifier(value: str) -> dict[str, str]:
    return {"system": PRESCRIPTION_SYSTEM, "value": value}


def _repeat(prescription: Prescription) -> dict[str, Any]:
    repeat: dict[str, Any] = {
        "boundsPeriod": {
            "start": prescription.valid_from.isoformat(),
            "end": prescription.valid_to.isoformat(),
        },
        "duration": prescription.minutes_per_session,
        "durationMax": prescription.most_minutes_per_session,
        "durationUnit": "min",
        # a frequency is never 0 in FHIR: without sessions there is none
        "frequency": prescription.sessions_per_week or None,
        "period": 1,
        "periodUnit": "wk",
        "dayOfWeek": list(prescription.weekdays),
    }
    return {name: value for name, value in repeat.items() if value is not None}


def _reasons(prescription: Prescription) -> list[dict[str, Any]]:
    codings = [_diagnosis(code) for code in prescription.diagnoses]
    return [{"coding": codings, "text": prescription.reason}]


def _diagnosis(code: str) -> dict[str, str]:
    # SNOMED CT has numbers only, and no code of ICD-10 is one
    return {"system": SNOMED if code.isdigit() else ICD_10_SE, "code": code}


def _without_empty(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON without empty texts, lists and objects, which FHIR does not allow."""
    if isinstance(value, dict):
        cleaned = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in cleaned.items() if item not in ("", [], {})}
    if isinstance(value, list):
        return [item for item in map(_without_empty, value) if item not in ("", [], {})]
    return value


def prescription_of(
    resource: Any,  # noqa: ANN401 - JSON
    patients: Collection[str],
    path: str = "ServiceRequest",
) -> Prescription:
    """Return the version that a `ServiceRequest` states, not checked for contradictions.

    `patients` are the pseudonyms by which it may name its patient.

    Raises `FhirInputError` with the path of the first element that cannot be taken.
    """
    row = known_object(resource, path, _ELEMENTS)
    if row.get("resourceType") != "ServiceRequest":
        raise FhirInputError(f"{path}.resourceType", "must be ServiceRequest")
    check_status(row, path)
    check_subject(row, path, patients)
    check_meaning(row, path, codings_at(row["code"], f"{path}.code") if "code" in row else ())
    key, version = _version_named(row, path)
    members = extension_members(
        Prescription, _EXTENDED, list_at(row, "extension", path), EXTENSION, path
    )
    if "intensity" not in members:
        raise FhirInputError(f"{path}.extension({EXTENSION}intensity)", "is missing")
    reason, diagnoses = _reason_stated(row, path)
    return Prescription(
        **members,
        **_timing(row, path),
        id=key,
        version=version,
        types=_types(row, path),
        reason=reason,
        diagnoses=diagnoses,
        prescriber=_text_within(row, path, "requester", "display"),
        renews=renewed_name(list_at(row, "replaces", path), f"{path}.replaces"),
        activity=_text_within(row, path, "code", "text"),
    )


def _version_named(row: Mapping[str, Any], path: str) -> tuple[str, int]:
    for number, item in enumerate(list_at(row, "identifier", path)):
        at = f"{path}.identifier[{number}]"
        if isinstance(item, dict) and item.get("system") == PRESCRIPTION_SYSTEM:
            key, _, version = text_at(item, at, "value").partition("/")
            if not (version.isascii() and version.isdecimal() and len(version) <= _LONGEST_VERSION):
                raise FhirInputError(f"{at}.value", "must be an id and a version, such as rx-1/2")
            return key, int(version)
    # Without a name of ours it is a new one: the door or the command gives it an id.
    return "", 1


def _timing(row: Mapping[str, Any], path: str) -> dict[str, Any]:
    at = f"{path}.occurrenceTiming.repeat"
    timing = known_object(row.get("occurrenceTiming"), f"{path}.occurrenceTiming", {"repeat"})
    repeat = known_object(timing.get("repeat"), at, _REPEAT)
    bounds = known_object(repeat.get("boundsPeriod"), f"{at}.boundsPeriod", {"start", "end"})
    for name, wanted in (("period", 1), ("periodUnit", "wk"), ("durationUnit", "min")):
        if repeat.get(name) != wanted:
            raise FhirInputError(f"{at}.{name}", f"must be {wanted}")
    days = repeat.get("dayOfWeek", [])
    if not isinstance(days, list) or not set(map(str, days)) <= set(WEEKDAYS):
        raise FhirInputError(f"{at}.dayOfWeek", f"must be among {', '.join(WEEKDAYS)}")
    return {
        "valid_from": fhir_date(bounds.get("start"), f"{at}.boundsPeriod.start"),
        "valid_to": fhir_date(bounds.get("end"), f"{at}.boundsPeriod.end"),
        "sessions_per_week": _integer(repeat.get("frequency", 0), f"{at}.frequency"),
        "minutes_per_session": _integer(repeat.get("duration"), f"{at}.duration"),
        "most_minutes_per_session": (
            _integer(repeat["durationMax"], f"{at}.durationMax")
            if "durationMax" in repeat
            else None
        ),
        "weekdays": tuple(days),
    }


def _integer(value: object, path: str) -> int:
    # a decimal of FHIR may be written with a point: 30.0 minutes are 30
    # JSON of Python has numbers beyond every other, which are no whole ones
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise FhirInputError(path, "must be a whole number")
    return value


def _types(row: Mapping[str, Any], path: str) -> tuple[str, ...]:
    types: list[str] = []
    for number, detail in enumerate(list_at(row, "orderDetail", path)):
        at = f"{path}.orderDetail[{number}].coding"
        codings = codings_at(detail, f"{path}.orderDetail[{number}]")
        # a kind of exercise in words alone would be left out, and every kind would count
        if not codings:
            raise FhirInputError(at, "is missing")
        for coding in codings:
            if coding.get("system") != TYPE_SYSTEM:
                raise FhirInputError(at, f"must have a code of {TYPE_SYSTEM}")
            types.append(str(coding.get("code", "")))
    return tuple(types)


def _reason_stated(row: Mapping[str, Any], path: str) -> tuple[str, tuple[str, ...]]:
    texts: list[str] = []
    diagnoses: list[str] = []
    for number, item in enumerate(list_at(row, "reasonCode", path)):
        at = f"{path}.reasonCode[{number}]"
        for index, coding in enumerate(codings_at(item, at)):
            diagnoses.append(diagnosis_code(coding, f"{at}.coding[{index}]"))
        if item.get("text"):
            texts.append(text_at(item, at, "text"))
    return "; ".join(texts), tuple(diagnoses)


def _text_within(row: Mapping[str, Any], path: str, *way: str) -> str:
    """Return the text to which a way leads, "" where it leads to nothing."""
    inner = row.get(way[0])
    if inner is None or (isinstance(inner, dict) and way[1] not in inner):
        return ""
    return text_at(row, path, *way)


def list_at(row: Mapping[str, Any], name: str, path: str) -> Sequence[Any]:
    """Return the list that is a member of an object, an empty one where there is none."""
    items = row.get(name, [])
    if not isinstance(items, list):
        raise FhirInputError(f"{path}.{name}", "must be a list")
    return items


def codings_at(concept: Any, path: str) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 - JSON
    """Return the codings of a `CodeableConcept`."""
    row = known_object(concept, path, {"coding", "text", "id"})
    codings = row.get("coding", [])
    if not isinstance(codings, list) or not all(isinstance(item, dict) for item in codings):
        raise FhirInputError(f"{path}.coding", "must be a list of objects")
    return codings


def known_object(
    value: Any,  # noqa: ANN401 - JSON
    path: str,
    known: frozenset[str] | set[str],
) -> Mapping[str, Any]:
    """Return a JSON object of known members; raises `FhirInputError` for anything else."""
    if not isinstance(value, dict):
        raise FhirInputError(path, "is missing" if value is None else "must be an object")
    for name in value:
        if name not in known:
            raise FhirInputError(f"{path}.{name}", "is not known here")
    return value


def text_at(value: Any, path: str, *way: str) -> str:  # noqa: ANN401 - JSON
    """Return the text to which a way leads from an object."""
    for name in way:
        path = f"{path}.{name}"
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        raise FhirInputError(path, "must be text")
    return value
