"""A patient's data as FHIR: valid, in full, by pseudonym only, and audited."""

from collections import Counter
from itertools import chain
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.clinic_world import ALERTS, CLINICIAN, Served

_PATH = "/api/v1/patients/p-pain/fhir"


@pytest.fixture(scope="module")
def content(door: Served) -> dict[str, Any]:
    answer = door.get(_PATH).raise_for_status()
    assert answer.headers["content-type"] == "application/fhir+json"
    result: dict[str, Any] = answer.json()
    return result


def test_a_bundle_is_valid_and_has_every_kind(content: dict[str, Any]) -> None:
    Bundle.model_validate(content)
    kinds = Counter(entry["resource"]["resourceType"] for entry in content["entry"])
    assert kinds["Patient"] == 1
    assert kinds["DetectedIssue"] == kinds["Flag"] == kinds["Task"] >= 1
    assert kinds["Observation"] > 10
    addresses = [entry["fullUrl"] for entry in content["entry"]]
    assert len(addresses) == len(set(addresses))


def test_every_reference_leads_to_a_resource_of_the_bundle(content: dict[str, Any]) -> None:
    addresses = {entry["fullUrl"] for entry in content["entry"]}
    assert {text for text in _references(content) if text not in addresses} == set()


def _references(value: object) -> list[str]:
    """Return the references at any depth of a JSON value."""
    if isinstance(value, list):
        return list(chain.from_iterable(map(_references, value)))
    if not isinstance(value, dict):
        return []
    own = [value["reference"]] if isinstance(value.get("reference"), str) else []
    return [*own, *_references(list(value.values()))]


def test_the_patient_is_there_by_pseudonym_only(content: dict[str, Any]) -> None:
    (patient,) = [e["resource"] for e in content["entry"] if "Patient" in e["resource"].values()]
    assert patient["identifier"] == [{"system": "urn:kadens:patient", "value": "p-pain"}]
    assert set(patient) == {"resourceType", "id", "identifier"}


def test_an_alert_has_the_rating_the_session_and_the_prescription_behind_it(
    content: dict[str, Any],
) -> None:
    resources = [entry["resource"] for entry in content["entry"]]
    named = {made["id"]: made for made in resources}
    (finding,) = [made for made in resources if _rests_on_a_session(made)]
    _answer, session = finding["derivedFrom"]
    assert finding["valueString"].startswith("Pain 8 of 10 after exercise on 2026-11-22")
    assert finding["component"][2]["valueQuantity"]["value"] == 8
    panel = named[session["reference"].removeprefix("urn:uuid:")]
    assert panel["code"]["text"] == "Session of exercise"
    issues = [made for made in resources if made["resourceType"] == "DetectedIssue"]
    assert [row["identifier"]["value"] for row in issues[0]["implicated"]] == ["rx-p-pain/2"]


def _rests_on_a_session(made: dict[str, Any]) -> bool:
    return "valueString" in made and len(made.get("derivedFrom", ())) > 1


def test_a_task_names_the_clinician_who_took_the_alert(door: Served) -> None:
    alert = ALERTS["mild"]
    door.change("update alert set assignee = %s where id = %s", CLINICIAN.subject, alert)
    content = door.get("/api/v1/patients/p-mild/fhir").raise_for_status().json()
    door.change("update alert set assignee = '' where id = %s", alert)
    (task,) = [e["resource"] for e in content["entry"] if e["resource"]["resourceType"] == "Task"]
    assert task["owner"] == {
        "type": "Practitioner",
        "identifier": {"system": "urn:kadens:person", "value": CLINICIAN.subject},
        "display": CLINICIAN.name,
    }


def test_a_reading_leaves_an_audit_row(door: Served) -> None:
    count = "select count(*) from audit where action = 'data.read' and object = 'fhir'"
    ((before,),) = door.rows(count)
    door.get(_PATH).raise_for_status()
    assert door.rows(count) == [(before + 1,)]


def test_a_later_first_date_leaves_older_data_out(door: Served, content: dict[str, Any]) -> None:
    later = door.get(f"{_PATH}?since=2030-01-01").raise_for_status().json()
    assert len(later["entry"]) < len(content["entry"])
    assert door.get(f"{_PATH}?since=yesterday").status_code == 422
