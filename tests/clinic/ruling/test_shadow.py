"""Judging a rule without alerts is a choice of its own, tried and set like a threshold."""

import re
from collections.abc import Iterator

import httpx2
import pytest

from tests.clinic_world import Served


@pytest.fixture(name="ruling_door")
def _ruling_door(door: Served) -> Iterator[Served]:
    """Serve the door to a test that sets rules, and take out again what it set."""
    yield door
    door.change("delete from rule_setting")


def _set(door: Served, **wish: object) -> httpx2.Response:
    return door.post("/api/v1/rules/settings", json={"why": "agreed", **wish})


def test_alerts_of_a_rule_are_a_choice_of_their_own_and_no_figure(ruling_door: Served) -> None:
    door = ruling_door
    page = door.get("/rules").text
    assert "1 is yes" not in page
    assert "rule file" not in page
    thresholds, _mark, shadows = page.partition('id="shadow"')
    assert 'value="P1 shadow"' not in thresholds
    assert '<option value="P1 shadow">P1 High pain: raises alerts</option>' in shadows
    assert _set(door, rule="P1", name="shadow", value=1).status_code == 200
    page = door.get("/rules").text
    assert '<option value="P1 shadow">P1 High pain: judged without alerts</option>' in page
    assert "P1 judged without alerts for the care unit. agreed" in _changes(page)
    assert _set(door, rule="P1", name="shadow", value=0).status_code == 200
    assert "P1 raises alerts for the care unit. agreed" in _changes(door.get("/rules").text)


def test_judging_without_alerts_is_tried_and_set(ruling_door: Served) -> None:
    door = ruling_door
    page = door.get("/rules?change=P1+shadow&value=1").text
    assert "The rule would be judged without alerts for 9 patients" in page
    assert "another threshold" not in page.partition('id="preview"')[2].partition("</section>")[0]
    assert '<option value="P1 shadow" selected>' in page
    # the figure of the other form stays empty
    assert 'name="value" value="" inputmode="decimal"' in page
    token = re.search(r'name="token" value="([^"]+)"', page.partition("/rules/settings")[2])
    assert token is not None
    form = {"change": "P1 shadow", "value": "1", "why": "agreed", "token": token[1]}
    assert door.post("/rules/settings", data=form).status_code == 303
    (rule,) = [row for row in door.get("/api/v1/rules").json()["rules"] if row["id"] == "P1"]
    assert rule["in_shadow"] is True
    back = door.get("/rules?change=P1+shadow&value=0").text
    assert "The rule would raise alerts for 9 patients" in back
    assert '<option value="0" selected>' in back
    refused = door.get("/rules?change=P1+shadow&value=2")
    assert refused.status_code == 422
    assert refused.text.count('id="wrong-value"') == 1
    assert 'id="wrong-value"' in refused.text.partition('id="shadow"')[2]


def test_a_profile_that_was_set_is_named_by_its_title(ruling_door: Served) -> None:
    door = ruling_door
    wish = {"rule": "", "name": "profile", "word": "heart_failure", "patient": "p-pain"}
    assert _set(door, **wish).status_code == 200
    assert "profile Heart failure for Astrid Exempel. agreed" in _changes(door.get("/rules").text)


def _changes(page: str) -> str:
    """Return the section of the changes on a single line, without its marks."""
    bare = re.sub(r"<[^>]+>", " ", page.partition('<h2 id="changes">')[2])
    return re.sub(r"\s+", " ", bare)
