"""A number, a date, and yes or no in a JSON body are what they are, and nothing like them."""

import pytest

from tests.clinic_world import ALERTS, Served

_DRAFTS = "/api/v1/patients/p-new/prescription-drafts"
_CONTENT = {
    "valid_from": "2027-01-04",
    "valid_to": "2027-06-30",
    "sessions_per_week": 3,
    "minutes_per_session": 40,
    "intensity": {"method": "hrr", "low": 0.4, "high": 0.6},
}
_INTEGER, _NUMBER = "must be a whole number", "must be a number"
_DATE, _YES_NO = "must be a date such as 2026-11-23", "must be true or false"


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("minutes_per_session", True, _INTEGER),
        ("minutes_per_session", "40", _INTEGER),
        ("hr_ceiling", "140", _NUMBER),
        ("dose_min_per_week", True, _NUMBER),
        ("cardiac", 0, _YES_NO),
        ("progression_from", 0, _DATE),
        ("valid_from", "2027-01-04T00:00:00", _DATE),
        ("valid_from", "20270104", _DATE),
    ],
)
def test_a_draft_takes_nothing_for_something_else(
    door: Served, name: str, value: object, detail: str
) -> None:
    answer = door.post(_DRAFTS, json={**_CONTENT, name: value})
    assert (answer.status_code, answer.headers["content-type"]) == (
        422,
        "application/problem+json",
    )
    assert answer.json()["errors"] == [{"where": "body", "name": name, "detail": detail}]
    assert door.rows("select count(*) from prescription_draft") == [(0,)]


def test_so_do_actions_and_settings(door: Served) -> None:
    moves = f"/api/v1/alerts/{ALERTS['pain']}/moves"
    wishes: list[tuple[str, dict[str, object], str]] = [
        (moves, {"action": "snooze", "days": "3", "reason": "awaiting data"}, "snooze.days"),
        (moves, {"action": "resolve", "reason": "contacted", "useful": 1}, "resolve.useful"),
        (f"/api/v1/alerts/{ALERTS['pain']}/notes", {"text": "t", "is_shared": "no"}, "is_shared"),
        (
            "/api/v1/rules/settings",
            {"rule": "P1", "name": "very_high", "value": "9", "why": "w"},
            "value",
        ),
    ]
    for path, body, name in wishes:
        answer = door.post(path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, name)


def test_a_number_of_json_may_have_a_point(door: Served) -> None:
    answer = door.post(_DRAFTS, json={**_CONTENT, "minutes_per_session": 40.0})
    door.change("delete from prescription_draft")
    assert answer.json()["prescription"]["minutes_per_session"] == 40
