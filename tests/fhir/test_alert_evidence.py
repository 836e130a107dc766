"""An alert as FHIR says what it rests on, what it is about, and who took it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from fhir_r4.alerts import alert_resources
from fhir_r4.elements import FhirResource, known_patient
from fhir_r4.finding_evidence import evidence_components
from fhir_r4.observations import answer_observation, session_panel
from model.calendar import DAY_MS, midnight
from model.messages.alert_event import FindingState
from model.prescribing.implicated import implicated_versions
from model.prescription import Intensity, Prescription
from tests.fhir.sample import sample_alert, sample_bundle

_ZONE = "Europe/Stockholm"


def _only(resources: list[FhirResource], kind: str) -> FhirResource:
    (made,) = [made for made in resources if made["resourceType"] == kind]
    return made


def _shown(evidence: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return each component as its text and its value: a quantity as number and unit."""
    shown: list[tuple[str, Any]] = []
    for component in evidence_components(evidence):
        (value,) = (component[name] for name in component if name.startswith("value"))
        if isinstance(value, dict) and "value" in value:
            assert value["system"] == "http://unitsofmeasure.org"
            value = (value["value"], value["code"])
        shown.append((component["code"]["text"], value))
    return shown


def test_a_finding_has_the_rating_that_it_rests_on() -> None:
    made = _only(alert_resources(sample_alert()), "Observation")
    assert made["valueString"] == "Pain 8 of 10 after exercise."
    assert made["component"] == [
        {"code": {"text": "data from"}, "valueDateTime": "2026-10-21T16:00:00Z"},
        {
            "code": {"text": "rated sessions"},
            "valueQuantity": {
                "value": 1,
                "unit": "1",
                "system": "http://unitsofmeasure.org",
                "code": "1",
            },
        },
        {
            "code": {
                "coding": [{"system": "http://loinc.org", "code": "72514-3"}],
                "text": "Pain, 0 to 10, after, 2026-10-21T16:00:00Z",
            },
            "valueQuantity": {
                "value": 8,
                "unit": "{score}",
                "system": "http://unitsofmeasure.org",
                "code": "{score}",
            },
        },
    ]
    answer = answer_observation(known_patient("k7q2m9"), "pain-17")
    # a receiver of one change need not have them: their identifiers lead to them all the same
    assert made["derivedFrom"] == [
        {"type": "Observation", "identifier": answer["identifier"][0]},
        {
            "type": "Observation",
            "identifier": {"system": "urn:kadens:observation", "value": f"{2:032x}"},
        },
    ]


def test_in_a_bundle_with_the_answer_the_finding_leads_to_it() -> None:
    resources = [entry["resource"] for entry in sample_bundle()["entry"]]
    (pain,) = [made for made in resources if made.get("category", [{}])[0] == _survey()]
    (finding,) = [made for made in resources if "valueString" in made]
    panel = session_panel(f"{2:032x}")
    assert [link["reference"] for link in finding["derivedFrom"]] == [
        f"urn:uuid:{pain['id']}",
        f"urn:uuid:{panel['id']}",
    ]
    assert [made for made in resources if made["id"] == panel["id"]]


def _survey() -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {"coding": [{"system": system, "code": "survey"}]}


@pytest.mark.parametrize(
    ("evidence", "shown"),
    [
        (
            {"signs": [{"record": "r", "at": "2026-11-30T12:00:00Z", "sign": "chest_pain"}]},
            [
                (
                    "warning sign, 2026-11-30T12:00:00Z",
                    {
                        "text": "chest pain",
                        "coding": [{"system": "urn:kadens:warning-sign", "code": "chest_pain"}],
                    },
                )
            ],
        ),
        ({"signs": ["", "fainting"]}, [
            ("warning sign", {"text": "a warning sign"}),
            (
                "warning sign",
                {
                    "text": "fainting",
                    "coding": [{"system": "urn:kadens:warning-sign", "code": "fainting"}],
                },
            ),
        ]),
        (
            {"nights": [{"local_date": "2026-11-20", "bpm": 71.5}], "level": 60, "spread": 2.5},
            [
                ("resting heart rate before", (60, "/min")),
                ("spread of the resting heart rate before", (2.5, "/min")),
                ("resting heart rate, 2026-11-20", (71.5, "/min")),
            ],
        ),
        (
            {
                "weeks": [
                    {
                        "monday": "2026-11-16",
                        "minutes": 44.0,
                        "minutes_due": 120.0,
                        "prescriptions": [{"id": "rx", "version": 1, "sessions": 1}],
                        "sessions": 1,
                    }
                ],
                "thresholds": {"ratio": 0.8},
            },
            [
                ("minutes, week of 2026-11-16", (44.0, "min")),
                ("minutes due, week of 2026-11-16", (120.0, "min")),
                ("sessions, week of 2026-11-16", (1, "1")),
            ],
        ),
        (
            {"below_ms": 90_000, "far": True, "exertion": {"value": 8, "scale": "borg-cr10"}},
            [
                ("below", (1.5, "min")),
                ("far", True),
                ("exertion: scale", "borg-cr10"),
                ("exertion: value", (8, "1")),
            ],
        ),
        (
            {"ratings": [{"value": 6, "local_date": "2026-11-18"}], "rated_sessions": 3},
            [("rated sessions", (3, "1")), ("Pain, 2026-11-18", (6, "{score}"))],
        ),
        ({"rule": "P1", "version": 3, "fresh_until_ms": 5, "sessions": ["a1", "b2"]}, []),
    ],
)  # fmt: skip
def test_each_figure_of_the_evidence_has_its_unit_and_date(
    evidence: dict[str, Any], shown: list[tuple[str, Any]]
) -> None:
    assert _shown(evidence) == shown


def test_a_task_names_who_took_the_alert() -> None:
    task = _only(alert_resources(sample_alert(state="acknowledged")), "Task")
    assert task["owner"] == {
        "type": "Practitioner",
        "identifier": {"system": "urn:kadens:person", "value": "c-1"},
        "display": "Anna Exempel",
    }
    free = _only(alert_resources(sample_alert(owner="", owner_name="")), "Task")
    assert "owner" not in free


def test_the_issue_names_the_prescription_that_it_is_about() -> None:
    issue = _only(alert_resources(sample_alert()), "DetectedIssue")
    assert issue["implicated"] == [
        {
            "type": "ServiceRequest",
            "identifier": {"system": "urn:kadens:prescription", "value": "rx-1/2"},
        }
    ]
    assert "implicated" not in _only(
        alert_resources(sample_alert(prescriptions=())), "DetectedIssue"
    )


_OLD = Prescription(
    id="rx",
    version=1,
    valid_from=date(2026, 9, 7),
    valid_to=date(2027, 2, 22),
    sessions_per_week=3,
    minutes_per_session=40,
    intensity=Intensity(method="rpe_cr10", low=3, high=5),
)
_VERSIONS = (_OLD, replace(_OLD, version=2, valid_from=date(2026, 11, 30)))
_BEGUN_MS = midnight(date(2026, 11, 30), _ZONE)


@pytest.mark.parametrize(
    ("family", "change", "names"),
    [
        ("pain", {}, ("rx/1",)),
        ("pain", {"at_ms": _BEGUN_MS + 1}, ("rx/2",)),
        ("pain", {"at_ms": _BEGUN_MS - 200 * DAY_MS}, ()),
        ("pain", {"current": False}, ()),
        ("data", {}, ()),
        ("answers", {}, ()),
        ("adherence", {"evidence": {"prescription": {"id": "rx", "version": 7}}}, ("rx/7",)),
        (
            "adherence",
            {"evidence": {"weeks": [{"prescriptions": [{"id": "a", "version": 2}]}]}},
            ("a/2",),
        ),
    ],
)
def test_an_alert_is_about_what_its_evidence_names_or_what_was_in_force(
    family: str, change: dict[str, Any], names: tuple[str, ...]
) -> None:
    # a week is judged at the midnight with which the next one begins
    finding = FindingState(
        rule="X", rule_version=1, key="k", tier="B", at_ms=_BEGUN_MS, sentence="", evidence={}
    )
    assert implicated_versions(family, [replace(finding, **change)], _VERSIONS, _ZONE) == names
