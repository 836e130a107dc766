"""`kadens audit export`: valid FHIR AuditEvent, with what the log knows, and in the log itself."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fhir.resources.R4B.bundle import Bundle

from fhir_r4.audit_events import audit_event
from tests.fhir.exported_row import EXPORTED_ROW
from tests.program.privacy.running import kadens, refused


def _events(path: Path) -> list[dict[str, Any]]:
    made = json.loads(path.read_bytes())
    Bundle.model_validate(made)
    resources = [entry["resource"] for entry in made["entry"]]
    return [event for event in resources if event["resourceType"] == "AuditEvent"]


def test_a_row_is_an_audit_event_with_who_what_whose_where_and_why() -> None:
    event = audit_event(EXPORTED_ROW)
    Bundle.model_validate(
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": event}]}
    )
    assert (event["action"], event["outcome"], event["recorded"]) == (
        "R",
        "0",
        "2023-11-14T22:13:20Z",
    )
    client, _server, user = event["agent"]
    assert user["who"]["identifier"]["value"] == "c-1"
    assert (user["requestor"], client["network"]["address"]) == (True, "own network")
    assert event["source"]["site"] == "Ward"
    assert user["purposeOfUse"] == [{"text": "case 12"}]
    patient, _what, deed = event["entity"]
    assert patient["role"]["code"] == "1"
    assert [event["valueString"] for event in deed["detail"]] == ["sessions", "measurements"]


def test_the_export_holds_the_rows_of_a_patient_and_leaves_its_own(
    installation: str, tmp_path: Path
) -> None:
    kadens("patient", "show", "--patient", "a-1")
    of = ("audit", "export", "--fhir", "--patient", "a-1", "--out")
    kadens(*of, str(tmp_path / "log.json"))
    actions = [event["subtype"][0]["code"] for event in _events(tmp_path / "log.json")]
    assert actions == ["patient.add", "data.read"]
    with psycopg.connect(installation) as conn:
        rows = conn.execute(
            "select a.action, p.pseudonym, a.object from audit a left join patient p "
            "on p.id = a.patient order by a.id desc limit 2"
        ).fetchall()
    assert rows == [("log.export", None, "fhir"), ("list.read", "a-1", "export")]
    # the same instant again: the export itself is in the log now
    kadens(*of, str(tmp_path / "again.json"))
    again = [event["subtype"][0]["code"] for event in _events(tmp_path / "again.json")]
    assert again == ["patient.add", "data.read", "list.read"]


@pytest.mark.usefixtures("installation")
def test_an_export_is_of_a_known_patient_or_of_a_time_and_replaces_no_file(tmp_path: Path) -> None:
    out = tmp_path / "log.json"
    assert "no such patient" in refused(
        "audit", "export", "--fhir", "--patient", "nobody", "--out", str(out)
    ).replace("there is no patient", "no such patient")
    assert not out.exists()
    assert (
        "--patient or --since" in kadens("audit", "export", "--fhir", "--out", "x", code=2).stderr
    )
    out.write_text("mine")
    since = ("--since", "2023-11-14T00:00:00Z")
    assert "exists already" in refused("audit", "export", "--fhir", *since, "--out", str(out))
    assert out.read_text() == "mine"
    kadens("audit", "export", "--fhir", *since, "--out", str(tmp_path / "all.json"))
    assert len(_events(tmp_path / "all.json")) >= 4
