"""What FHIR resources say: figures, states, and what a correction does to them."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_r4.alerts import alert_resources
from fhir_r4.elements import FhirResource, known_patient, transaction
from fhir_r4.observations import (
    PainAnswer,
    device_of,
    pain_observations,
    session_observations,
    week_observations,
)
from model.derived.sessions import HeartSummary
from model.intensity import ZoneTimes
from model.messages.alert_event import AlertSnapshot, read_snapshot, snapshot_json
from tests.fhir.sample import sample_alert, sample_session, sample_week

_SUBJECT, _DEVICE = known_patient("k7q2m9"), device_of("1")


def _by_code(resources: list[FhirResource]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for made in resources:
        value = made.get("valueQuantity", made.get("valueCodeableConcept"))
        values[made["code"]["coding"][0]["code"]] = value and value.get("value", value.get("text"))
    return values


def _of(resources: list[FhirResource], kind: str) -> list[FhirResource]:
    return [made for made in resources if made["resourceType"] == kind]


def test_a_session_is_a_panel_with_its_figures() -> None:
    panel, *members = session_observations(sample_session(), _SUBJECT, _DEVICE)
    assert _by_code([panel, *members]) == {
        "PAPanel": None,
        "73985-4": "walking",
        "55411-3": 40.0,
        "77592-4": 27.0,
        "77593-2": 6.0,
        "55425-3": 108.2,
        "55426-1": 139.0,
    }
    assert len(panel["hasMember"]) == len(members)
    assert {made["status"] for made in members} == {"final"}


def test_what_is_not_known_is_left_out_and_never_zero() -> None:
    session = replace(
        sample_session(),
        zones=ZoneTimes(unknown=2_400_000),
        heart=HeartSummary(n=0, minimum=None, mean=None, maximum=None),
    )
    made = session_observations(session, _SUBJECT, _DEVICE)
    assert _by_code(made) == {"PAPanel": None, "73985-4": "walking", "55411-3": 40.0}


def test_a_session_that_does_not_count_says_why() -> None:
    panel, *_ = session_observations(sample_session(counts=False), _SUBJECT, _DEVICE)
    assert panel["note"] == [{"text": "Does not count: heart rate without movement"}]


def test_a_week_has_its_minutes_its_days_and_what_they_rest_on() -> None:
    panel, *_ = session_observations(sample_session(), _SUBJECT, _DEVICE)
    made = week_observations(sample_week(0, 2), _SUBJECT, _DEVICE, [panel])
    assert _by_code(made) == {"82290-8": 66.0, "89555-7": 2}
    assert made[0]["component"][0]["valueQuantity"]["value"] == 85.7
    assert made[0]["derivedFrom"] == [
        {"reference": f"urn:uuid:{panel['id']}", "type": "Observation"}
    ]


@pytest.mark.parametrize(("scale", "code"), [("nrs-0-10", "72514-3"), ("vas-100", None)])
def test_pain_on_another_scale_is_named_and_not_converted(scale: str, code: str | None) -> None:
    answer = PainAnswer(record="r", at_ms=0, phase="after", value=8, scale=scale)
    (made,) = pain_observations([answer], _SUBJECT)
    assert made["valueQuantity"]["value"] == 8
    assert made["code"].get("coding", [{"code": None}])[0]["code"] == code
    assert made["method"] == {"text": scale}


@pytest.mark.parametrize(
    ("state", "issue", "flag", "task"),
    [
        ("open", "final", "active", "requested"),
        ("acknowledged", "final", "active", "accepted"),
        ("in_progress", "final", "active", "in-progress"),
        ("snoozed", "final", "active", "on-hold"),
        ("resolved", "final", "inactive", "completed"),
        ("expired", "final", "inactive", "cancelled"),
        ("retracted", "entered-in-error", "entered-in-error", "cancelled"),
    ],
)
def test_a_state_is_shown_in_the_finding_the_flag_and_the_task(
    state: str, issue: str, flag: str, task: str
) -> None:
    made = alert_resources(sample_alert(state=state))
    kinds = ("DetectedIssue", "Flag", "Task")
    assert [_of(made, kind)[0]["status"] for kind in kinds] == [issue, flag, task]
    assert ("end" in _of(made, "Flag")[0]["period"]) is (flag != "active")


@pytest.mark.parametrize(
    ("tier", "severity", "priority", "chart"),
    [("A", "high", "urgent", "safety"), ("B", "moderate", "routine", "clinical"),
     ("C", "low", "routine", "clinical")],
)  # fmt: skip
def test_a_tier_is_a_severity_a_priority_and_a_place_on_the_chart(
    tier: str, severity: str, priority: str, chart: str
) -> None:
    made = alert_resources(sample_alert(tier=tier))
    assert _of(made, "DetectedIssue")[0]["severity"] == severity
    assert _of(made, "Task")[0]["priority"] == priority
    assert _of(made, "Flag")[0]["category"][0]["coding"][0]["code"] == chart


def test_a_correction_marks_the_old_observation_and_makes_a_new_one() -> None:
    (old,) = sample_alert().findings
    new = replace(old, evidence={**old.evidence, "rated_sessions": 2})
    before = _of(alert_resources(sample_alert()), "Observation")
    after = _of(alert_resources(sample_alert(findings=(new,), withdrawn=(old,))), "Observation")
    assert [made["status"] for made in after] == ["final", "entered-in-error"]
    assert after[1]["identifier"] == before[0]["identifier"] != after[0]["identifier"]


def test_a_finding_that_came_back_is_not_withdrawn() -> None:
    (finding,) = sample_alert().findings
    made = _of(alert_resources(sample_alert(withdrawn=(finding,))), "Observation")
    assert [observation["status"] for observation in made] == ["final"]


def test_a_push_replaces_by_identifier_and_leaves_the_patient_alone() -> None:
    entries = transaction(alert_resources(sample_alert()))["entry"]
    requests = {entry["resource"]["resourceType"]: entry["request"] for entry in entries}
    assert requests["Patient"] == {
        "method": "POST",
        "url": "Patient",
        "ifNoneExist": "identifier=urn:kadens:patient|k7q2m9",
    }
    assert requests["Task"] == {
        "method": "PUT",
        "url": "Task?identifier=urn:kadens:task|0f8fad5b-d9cb-469f-a165-70867728950e",
    }
    assert [entry for entry in entries if "id" in entry["resource"]] == []


def test_an_alert_is_the_same_after_it_was_stored() -> None:
    snapshot = sample_alert(withdrawn=sample_alert().findings)
    stored = snapshot_json(snapshot)
    assert isinstance(stored["findings"][0], dict)
    assert read_snapshot(stored) == snapshot
    assert isinstance(read_snapshot(stored), AlertSnapshot)
