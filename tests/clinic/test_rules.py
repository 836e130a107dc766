"""The page and the API of the rules: figures, what another threshold changes, and setting it."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest

from alerts.registry import RULES
from alerts.ruling.quality import ClinicianLoad
from alerts.ruling.what_if import EventOutcome, WhatIfEvent
from clinic.pages.rule_overrides import set_figures
from clinic.pages.rule_words import load_words, outcome_words, wait_words
from clinic.pages.templating import clinic_languages
from model.alert import Tier
from model.calendar import DAY_MS, MINUTE_MS
from model.prescribing.rule_settings import RuleSettings
from model.words.language import read_in
from tests.clinic_world import CLINICIAN, NAMES, Served
from tests.rows import values_of


@pytest.fixture(name="ruling_door")
def _ruling_door(door: Served) -> Iterator[Served]:
    """Serve the door to a test that sets rules, and take out again what it set."""
    yield door
    door.change("delete from rule_setting")
    door.change("delete from held_finding")


def _set(door: Served, **wish: object) -> httpx2.Response:
    body = {"why": "agreed", **wish}
    return door.post("/api/v1/rules/settings", json=body)


def test_every_rule_is_shown_with_its_figures(ruling_door: Served) -> None:
    door = ruling_door
    shape = door.get("/api/v1/rules").json()
    assert [row["id"] for row in shape["rules"]] == values_of(RULES, "id")
    raised = {row["id"]: row["raised"] for row in shape["rules"] if row["raised"]}
    counted = door.rows(
        "select a.rule, count(*)::int from alert a join patient p on p.id = a.patient "
        "join care_unit u on u.id = p.care_unit where u.name = %s "
        "and a.raised_at >= to_timestamp(%s / 1000.0) - interval '90 days' group by a.rule",
        CLINICIAN.care_unit,
        door.clock[0],
    )
    assert raised == dict(counted) != {}
    page = door.get("/rules").text
    assert all(f"<strong>{rule.id}</strong>" in page for rule in RULES)


def test_a_default_is_set_with_who_when_and_why(ruling_door: Served) -> None:
    door = ruling_door
    answer = _set(door, rule="A2", name="missed", value=4)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["set_by"], made["set_ms"], made["why"]) == (
        CLINICIAN.subject,
        door.clock[0],
        "agreed",
    )
    shape = door.get("/api/v1/rules").json()
    (rule,) = [row for row in shape["rules"] if row["id"] == "A2"]
    assert (rule["set"], rule["thresholds"]["missed"]) == ({"missed": 4.0}, 3)
    assert [row["why"] for row in shape["changes"]] == ["agreed"]
    ((object_,),) = door.rows(
        "select object from audit where action = 'rule.set' order by id desc limit 1"
    )
    assert object_ == "rule:A2"
    assert _set(door, rule="A2", name="missed", value=None).status_code == 200
    (rule,) = [row for row in door.get("/api/v1/rules").json()["rules"] if row["id"] == "A2"]
    assert rule["set"] == {}
    assert door.rows("select count(*)::int from rule_setting") == [(2,)]


def test_the_page_of_a_patient_says_what_is_set_and_by_whom(ruling_door: Served) -> None:
    door = ruling_door
    patient = door.rows("select pseudonym from patient order by id limit 1")[0][0]
    assert 'id="set-rules"' not in door.get(f"/patients/{patient}").text
    assert _set(door, rule="A2", name="missed", value=4).status_code == 200
    page = door.get(f"/patients/{patient}").text
    assert "missed sessions in a row: 4, set for the care unit; 3 as a rule" in page


def test_a_profile_stands_before_the_care_unit_and_the_patient_before_both() -> None:
    settings = RuleSettings(unit={"A2": {"missed": 4}, "A4": {"days": 12}}, profile="heart_failure")
    rows = [(row.rule, row.value, row.by) for row in set_figures(settings)]
    by_profile = "by the profile Heart failure"
    assert rows[:2] == [("A2", 2, by_profile), ("A4", 12, "set for the care unit")]
    assert {by for rule, _, by in rows if rule.startswith("H")} == {by_profile}
    own = replace(settings, own={"A2": {"missed": 6}})
    assert next(iter(set_figures(own))).by == "set for the patient"


def test_a_preview_lists_first_whom_a_default_affects(ruling_door: Served) -> None:
    door = ruling_door
    path = "/api/v1/rules/what-if?rule=P1&name=very_high&value=6"
    before = door.get(path).json()
    with_own = door.rows(
        "select count(distinct p.id)::int from prescription r join patient p on p.id = r.patient "
        "where r.body -> 'rules' -> 'P1' ? 'very_high'"
    )[0][0]
    assert with_own > 0
    assert before["judged"] == before["patients"] == len(before["affected"]) + with_own
    own = before["affected"][0]
    assert _set(door, rule="P1", name="very_high", value=9, patient=own).status_code == 200
    after = door.get(path).json()
    assert after["affected"] == before["affected"][1:]
    findings = {event["patient"] for event in after["added"]}
    assert own not in findings
    # nothing was stored by looking
    assert door.rows("select count(*)::int from rule_setting") == [(1,)]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"rule": "A2", "name": "missed", "value": 40}, 422),
        ({"rule": "A2", "name": "lag_hours", "value": 1}, 422),
        ({"rule": "A2", "name": "missed", "value": 4, "why": ""}, 422),
        ({"rule": "A2", "name": "missed", "value": 4, "patient": "nobody"}, 404),
        ({"rule": "A2", "name": "missed", "value": 4, "patient": "p-south"}, 404),
    ],
)
def test_what_cannot_be_set_changes_nothing(
    ruling_door: Served, wish: dict[str, object], status: int
) -> None:
    answer = _set(ruling_door, **wish)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert ruling_door.rows("select count(*)::int from rule_setting") == [(0,)]


def test_a_threshold_is_set_from_an_alert_for_its_patient_alone(ruling_door: Served) -> None:
    door = ruling_door
    alert = next(row for row in door.get("/api/v1/alerts").json() if row["rule"] == "P1")
    pseudonym = alert["pseudonym"]
    assert (
        f'href="/rules?rule=P1&amp;patient={pseudonym}#head-what"'
        in door.get(f"/alerts/{alert['id']}").text
    )
    page = door.get(f"/rules?change=P1+very_high&value=9&patient={pseudonym}").text
    assert "Open alerts that rest on nothing else are taken back at once." in page
    assert f"Set it for {NAMES[pseudonym]} only" in page
    token = re.search(r'name="token" value="([^"]+)"', page.partition("/rules/settings")[2])
    assert token is not None
    form = {"change": "P1 very_high", "value": "9", "why": "agreed", "token": token[1]}
    answer = door.post("/rules/settings", data={**form, "patient": pseudonym, "whom": pseudonym})
    assert answer.status_code == 303, answer.text
    assert door.get("/api/v1/rules").json()["changes"][0]["patient"] == pseudonym
    # the other button sets it for the care unit, though the form names the patient
    assert door.post("/rules/settings", data={**form, "patient": pseudonym}).status_code == 303
    assert door.get("/api/v1/rules").json()["changes"][0]["patient"] == ""


def test_a_patient_of_another_care_unit_is_not_named(ruling_door: Served) -> None:
    page = ruling_door.get("/rules?change=P1+very_high&value=9&patient=p-south").text
    assert "Set it for the care unit" in page
    assert " only</button>" not in page


def test_what_cannot_be_tried_names_the_query_and_not_a_body(ruling_door: Served) -> None:
    answer = ruling_door.get("/api/v1/rules/what-if?rule=P1&name=very_high&value=99")
    assert [(row["where"], row["name"]) for row in answer.json()["errors"]] == [("query", "value")]


def test_the_page_tries_a_threshold_and_sets_it(ruling_door: Served) -> None:
    door = ruling_door
    page = door.get("/rules?change=P1+very_high&value=6").text
    assert "Found in addition" in page
    token = re.search(r'name="token" value="([^"]+)"', page.partition("/rules/settings")[2])
    assert token is not None
    form = {"change": "P1 very_high", "value": "6", "why": "<script>x</script>", "token": token[1]}
    answer = door.post("/rules/settings", data=form)
    assert answer.status_code == 303, answer.text
    page = door.get("/rules?done=set").text
    assert "The setting is stored." in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>x" not in page


def test_the_page_refuses_what_it_does_not_know(ruling_door: Served) -> None:
    assert ruling_door.get("/rules?change=Z9+x&value=1").status_code == 422
    assert ruling_door.get("/rules?change=A2+missed&value=many").status_code == 422
    assert ruling_door.get("/rules?change=A2+shadow&value=1").status_code == 200


def test_a_threshold_is_offered_with_what_holds_now_and_its_bounds(ruling_door: Served) -> None:
    door = ruling_door
    assert "P1: pain that counts at once, now 8 (4 to 10)" in door.get("/rules").text
    assert _set(door, rule="P1", name="very_high", value=9).status_code == 200
    page = door.get("/rules").text
    assert "P1: pain that counts at once, now 9 (4 to 10)" in page
    assert "Empty: the rule's own value." in page
    assert _set(door, rule="P1", name="shadow", value=1).status_code == 200


def test_an_alert_leads_to_the_thresholds_of_its_rule(ruling_door: Served) -> None:
    door = ruling_door
    alert = next(row for row in door.get("/api/v1/alerts").json() if row["rule"] == "P1")
    assert 'href="/rules?rule=P1&amp;patient=' in door.get(f"/alerts/{alert['id']}").text
    page = door.get("/rules?rule=P1").text
    assert re.search(r'<option value="P1 very_high" selected>', page)
    assert "Found in addition" not in page
    assert " selected>" not in door.get("/rules?rule=Z9").text.partition('name="change"')[2]


def test_a_change_names_who_made_it_and_for_whom(ruling_door: Served) -> None:
    door = ruling_door
    patient = next(row for row in door.get("/api/v1/worklist").json() if row["name"])
    wish = {"rule": "P1", "name": "very_high", "value": 9, "patient": patient["pseudonym"]}
    assert _set(door, **wish).status_code == 200
    changes = door.get("/rules").text.partition('id="changes"')[2]
    assert "Karin Lind" in changes
    assert f"for {patient['name']}." in changes
    assert CLINICIAN.subject not in changes


def test_a_count_of_one_is_worded_as_one() -> None:
    row = ClinicianLoad(clinician="", alerts=1, patients=1)
    assert load_words(row, 90) == (
        "Patients without a clinician: 1 alert of tier A or B, 1 patient, 0.01 a day"
    )


@pytest.mark.parametrize(
    ("outcome", "why", "words"),
    [
        (EventOutcome.HELD, "cooldown", "ingen signal: kort efter en annan signal"),
        (EventOutcome.RAISED, "", "ny signal"),
    ],
)
def test_what_becomes_of_an_event_is_swedish_on_a_swedish_page(
    outcome: EventOutcome, why: str, words: str
) -> None:
    event = WhatIfEvent(
        patient="p", rule="P1", key="k", at_ms=0, tier=Tier.B, outcome=outcome, why=why,
        notified_ms=None, sentence="",
    )  # fmt: skip
    with read_in(clinic_languages()["sv"]):
        assert outcome_words(event) == words


@pytest.mark.parametrize(
    ("ms", "english", "swedish"),
    [
        (MINUTE_MS, "1 minute", "1 minut"),
        (90 * MINUTE_MS, "1.5 hours", "1,5 timmar"),
        (61 * MINUTE_MS, "1 hour", "1 timme"),
        (DAY_MS, "1 day", "1 dag"),
        (3 * DAY_MS, "3 days", "3 dagar"),
    ],
)
def test_a_wait_of_one_is_no_plural(ms: int, english: str, swedish: str) -> None:
    assert wait_words(ms) == english
    with read_in(clinic_languages()["sv"]):
        assert wait_words(ms) == swedish
