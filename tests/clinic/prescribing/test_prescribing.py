"""Prescriptions are drafted, submitted, renewed, paused and ended through the API."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import httpx2
import pytest

from clinic.prescribing.forms import blank_prescription, typed_fields
from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from tests.rows import cells_of
from web import csrf

_PATIENT = "p-new"
_DRAFTS = f"/api/v1/patients/{_PATIENT}/prescription-drafts"
_OWN = f"/api/v1/patients/{_PATIENT}/prescriptions"
_RX = f"{_OWN}/rx-{_PATIENT}"  # its newest version is 2; it ends on 2027-02-01
_CONTENT = {
    "valid_from": "2026-11-23",
    "valid_to": "2027-02-21",
    "sessions_per_week": 3,
    "minutes_per_session": 30,
    "intensity": {"method": "rpe_cr10", "low": 3, "high": 5},
    "weekdays": ["mon", "wed", "fri"],
    "activity": "<script>alert(1)</script>",
    "diagnoses": ["M17.1"],
    "progression": [{"from_week": 3, "minutes_per_session": 40}],
}
_AUDITED = (
    "select a.actor, a.action, a.object from audit a join patient p on p.id = a.patient "
    "where p.pseudonym = %s and a.action like 'prescription.%%' and a.id > %s order by a.id"
)


@pytest.fixture(name="writing_door")
def _writing_door(door: Served) -> Iterator[Served]:
    """Serve the door to a test that prescribes, and take out again what it wrote."""
    yield door
    door.change("delete from prescription_draft")
    door.change("delete from stale_derivation")
    door.change(
        "delete from prescription r using patient p where p.id = r.patient and p.pseudonym = %s "
        "and (r.version > 2 or r.prescription <> %s)",
        _PATIENT,
        f"rx-{_PATIENT}",
    )


def _send(door: Served, method: str, path: str, body: object = None) -> httpx2.Response:
    return httpx2.request(method, door.url + path, json=body, timeout=30)


def _submit(door: Served, draft: dict[str, Any], revision: int) -> httpx2.Response:
    """Submit a draft with everything confirmed that it says."""
    confirm = "".join(f"&confirm={note['key']}" for note in draft["notes"])
    path = f"{_DRAFTS}/{draft['id']}/submission?revision={revision}{confirm}"
    return _send(door, "POST", path)


def _done(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    return value


def _last_row(door: Served) -> int:
    ((last,),) = door.rows("select coalesce(max(id), 0) from audit")
    number: int = last
    return number


def test_a_draft_holds_for_nobody_until_it_is_submitted(writing_door: Served) -> None:
    door, before = writing_door, _last_row(writing_door)
    draft = _done(_send(door, "POST", _DRAFTS, _CONTENT))
    assert (draft["revision"], draft["based_on"], draft["written_by"]) == (1, 0, CLINICIAN.name)
    assert str(UUID(draft["id"])) == draft["id"]
    written = draft["prescription"]
    assert (written["id"], written["version"], written["sha256"]) == ("rx-1", 1, "")
    assert written["prescriber"] == CLINICIAN.name
    assert cells_of(_shapes(door), "id") == [f"rx-{_PATIENT}"]

    path = f"{_DRAFTS}/{draft['id']}"
    longer = {**_CONTENT, "minutes_per_session": 35}
    assert _done(_send(door, "PUT", f"{path}?revision=1", longer))["revision"] == 2
    assert _done(_send(door, "GET", path))["prescription"]["minutes_per_session"] == 35
    result = _done(_submit(door, draft, 2))
    assert (result["id"], result["version"], result["minutes_per_session"]) == ("rx-1", 1, 35)
    assert len(result["sha256"]) == 64
    assert _send(door, "GET", path).status_code == 404
    shape = next(row for row in _shapes(door) if row["id"] == "rx-1")
    assert (shape["in_force"], shape["versions"]) == (True, [result])
    assert door.rows(_AUDITED, _PATIENT, before) == [
        (CLINICIAN.subject, f"prescription.{action}", "prescription:rx-1")
        for action in ("draft", "draft", "submit")
    ]
    # the worker is asked to derive from the first date on, and to judge
    assert door.rows(
        "select s.since::text from stale_derivation s join patient p on p.id = s.patient "
        "where p.pseudonym = %s",
        _PATIENT,
    ) == [("2026-11-22 23:00:00+00",)]


def _shapes(door: Served) -> list[Any]:
    answer = door.get(_OWN)
    assert answer.status_code == 200
    shapes: list[Any] = answer.json()
    return shapes


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"valid_to": "2026-11-22"}, "valid_from"),
        ({"sessions_per_week": 40}, "sessions_per_week"),
        ({"max_per_day": 40}, "max_per_day"),
        ({"intensity": {"method": "rpe_cr10", "low": 5, "high": 3}}, "intensity.low"),
        ({"most_minutes_per_session": 20}, "most_minutes_per_session"),
        ({"weekdays": ["mon", "wed"]}, "weekdays"),
        (
            {"progression": [{"from_week": 30, "minutes_per_session": 40}]},
            "progression.0.from_week",
        ),
        ({"pauses": [{"first": "2026-10-01", "last": "2026-10-02"}]}, "pauses.0"),
        ({"types": ["flying"]}, "types"),
        ({"rpe_ceiling": 4}, "rpe_ceiling"),
        ({"reason": "a\u0000b"}, "reason"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"intensity": {"method": "wish", "low": 1, "high": 2}}, "intensity.method"),
    ],
)
def test_a_contradiction_is_refused_with_its_field(
    writing_door: Served, change: dict[str, Any], field: str
) -> None:
    answer = _send(writing_door, "POST", _DRAFTS, {**_CONTENT, **change})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [row["name"] for row in answer.json()["errors"]]
    assert _send(writing_door, "GET", _DRAFTS).json() == []


def test_of_two_changes_to_a_draft_the_second_is_refused(writing_door: Served) -> None:
    draft = _done(_send(writing_door, "POST", _DRAFTS, _CONTENT))
    path = f"{_DRAFTS}/{draft['id']}"

    def change(minutes: int) -> int:
        content = {**_CONTENT, "minutes_per_session": minutes}
        return _send(writing_door, "PUT", f"{path}?revision=1", content).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(change, (31, 32, 33, 34)))
    assert statuses == [200, 409, 409, 409]
    assert _submit(writing_door, draft, 1).status_code == 409


def test_of_two_pauses_at_once_one_is_written(writing_door: Served) -> None:
    wish = {"version": 2, "first": "2026-11-16", "last": "2026-11-29", "why": "illness"}

    def ask(_: int) -> int:
        path = f"{_RX}/pauses?confirm=past-pause:2026-11-16"
        return _send(writing_door, "POST", path, wish).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == [200, 409, 409, 409]
    (shape,) = _shapes(writing_door)
    assert [row["version"] for row in shape["versions"]] == [3, 2, 1]
    newest = shape["versions"][0]
    # it began a week ago, so that days are paused that are over
    assert (newest["valid_from"], newest["pauses"]) == (
        "2026-11-16",
        [{"first": "2026-11-16", "last": "2026-11-29", "why": "illness"}],
    )


def test_a_pause_of_past_days_is_written_only_when_that_is_confirmed(
    writing_door: Served,
) -> None:
    wish = {"version": 2, "first": "2026-11-16", "last": "2026-11-29", "why": "illness"}
    refused = _send(writing_door, "POST", f"{_RX}/pauses", wish)
    (wrong,) = refused.json()["errors"]
    assert (refused.status_code, wrong["name"]) == (422, "confirm")
    assert wrong["detail"].startswith("must name past-pause:2026-11-16. The pause begins in the")
    assert len(_shapes(writing_door)[0]["versions"]) == 2
    other = _send(writing_door, "POST", f"{_RX}/pauses?confirm=past-pause:2026-11-17", wish)
    assert other.status_code == 422
    _done(_send(writing_door, "POST", f"{_RX}/pauses?confirm=past-pause:2026-11-16", wish))
    assert len(_shapes(writing_door)[0]["versions"]) == 3


def test_a_pause_may_lie_where_an_older_version_held(writing_door: Served) -> None:
    # version 1 began on 31 August, version 2 on 12 October
    wish = {"version": 2, "first": "2026-09-14", "last": "2026-09-20", "why": "illness"}
    path = f"{_RX}/pauses?confirm=past-pause:2026-09-14"
    newest = _done(_send(writing_door, "POST", path, wish))
    assert (newest["version"], newest["valid_from"], newest["pauses"]) == (4, "2026-10-12", [])
    shown = _shapes(writing_door)[0]["versions"]
    assert [(row["version"], row["minutes_per_session"]) for row in shown] == [
        (4, 40),
        (3, 30),
        (2, 40),
        (1, 30),
    ]
    assert shown[1]["pauses"] == [{"first": "2026-09-14", "last": "2026-09-20", "why": "illness"}]
    weeks = _done(_send(writing_door, "GET", f"{_RX}/weeks?from=2026-09-07&to=2026-09-27"))
    assert [week["paused_days"] for week in weeks["weeks"]] == [0, 7, 0]


def test_a_draft_of_a_version_that_is_no_longer_the_newest_cannot_be_submitted(
    writing_door: Served,
) -> None:
    content = {**_CONTENT, "id": f"rx-{_PATIENT}"}
    draft = _done(_send(writing_door, "POST", _DRAFTS, content))
    assert (draft["based_on"], draft["prescription"]["version"]) == (2, 3)
    wish = {"version": 2, "first": "2026-12-01", "last": "2026-12-02", "why": "holiday"}
    _done(_send(writing_door, "POST", f"{_RX}/pauses", wish))
    assert _submit(writing_door, draft, 1).status_code == 409
    assert len(_send(writing_door, "GET", _DRAFTS).json()) == 1


@pytest.mark.promise(5)
def test_a_renewal_names_what_it_renews(writing_door: Served) -> None:
    dates = {"valid_from": "2027-02-02", "valid_to": "2027-05-02"}
    draft = _done(_send(writing_door, "POST", f"{_RX}/renewals", {"version": 2, **dates}))
    assert draft["prescription"]["renews"] == f"rx-{_PATIENT}/2"
    result = _done(_submit(writing_door, draft, 1))
    assert (result["version"], result["renews"]) == (3, f"rx-{_PATIENT}/2")
    early = {"version": 3, "valid_from": "2027-02-02", "valid_to": "2027-08-01"}
    answer = _send(writing_door, "POST", f"{_RX}/renewals", early)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "valid_from")


@pytest.mark.parametrize(
    ("path", "wish", "field"),
    [
        ("pauses", {"first": "2026-12-03", "last": "2026-12-02", "why": "illness"}, "first"),
        ("pauses", {"first": "2026-08-30", "last": "2026-12-02", "why": "illness"}, "first"),
        ("pauses", {"first": "2026-12-03", "last": "2027-02-02", "why": "illness"}, "last"),
        ("pauses", {"first": "2026-12-03", "last": "2026-12-04", "why": "rain"}, "why"),
        ("end", {"last": "2026-11-22"}, "last"),
        ("end", {"last": "2027-02-02"}, "last"),
    ],
)
def test_a_pause_or_an_end_that_does_not_fit_is_refused(
    writing_door: Served, path: str, wish: dict[str, Any], field: str
) -> None:
    answer = _send(writing_door, "POST", f"{_RX}/{path}", {"version": 2, **wish})
    assert answer.status_code == 422
    assert [row["name"] for row in answer.json()["errors"]] == [field]
    assert len(_shapes(writing_door)[0]["versions"]) == 2


def test_a_prescription_that_was_ended_stays_readable(writing_door: Served) -> None:
    result = _done(_send(writing_door, "POST", f"{_RX}/end", {"version": 2, "last": "2026-11-23"}))
    assert (result["valid_from"], result["valid_to"]) == ("2026-11-23", "2026-11-23")
    detail = _done(_send(writing_door, "GET", _RX))
    assert [row["version"] for row in detail["prescription"]["versions"]] == [3, 2, 1]
    assert detail["drafts"] == []
    assert detail["prescription"]["last"] == "2026-11-23"
    assert _send(writing_door, "GET", f"{_OWN}/rx-none").status_code == 404


def test_what_overlaps_or_lies_in_the_past_is_confirmed_before_it_is_written(
    writing_door: Served,
) -> None:
    content = {**_CONTENT, "valid_from": "2026-11-16"}
    draft = _done(_send(writing_door, "POST", _DRAFTS, content))
    keys = [note["key"] for note in draft["notes"]]
    assert keys == ["past:2026-11-16", f"same:rx-{_PATIENT}"]
    assert _done(_send(writing_door, "GET", f"{_DRAFTS}/{draft['id']}"))["notes"] == draft["notes"]
    path = f"{_DRAFTS}/{draft['id']}/submission?revision=1"
    # one of two is not both, and a key of something else confirms nothing
    for confirm, missing in (("", 2), (f"&confirm={keys[0]}", 1), ("&confirm=past:2026-11-15", 2)):
        answer = _send(writing_door, "POST", path + confirm)
        assert (answer.status_code, len(answer.json()["errors"])) == (422, missing)
        assert answer.json()["detail"] == "This must be confirmed before it is submitted."
        assert {row["name"] for row in answer.json()["errors"]} == {"confirm"}
        assert [row["id"] for row in _shapes(writing_door)] == [f"rx-{_PATIENT}"]
    assert _done(_submit(writing_door, draft, 1))["valid_from"] == "2026-11-16"


def test_a_form_that_is_late_says_so_and_keeps_what_was_typed(writing_door: Served) -> None:
    path = f"/patients/{_PATIENT}/prescriptions/write"
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, CLINIC_NOW)
    form = typed_fields(blank_prescription(date(2026, 12, 1), date(2027, 2, 1)))
    fields = {**form, "token": token, "change": f"rx-{_PATIENT}", "known": "2", "action": "draft"}
    wish = {"version": 2, "first": "2026-12-01", "last": "2026-12-02", "why": "holiday"}
    _done(_send(writing_door, "POST", f"{_RX}/pauses", wish))

    def send(**typed: str) -> httpx2.Response:
        return writing_door.post(path, data={**fields, "activity": "Walks by the sea", **typed})

    # a mistake that is mended must not write over what a colleague wrote meanwhile
    mistaken = send(minutes_per_session="half")
    assert (mistaken.status_code, 'name="known" value="2"' in mistaken.text) == (422, True)
    late = send()
    assert (late.status_code, 'name="known" value="3"' in late.text) == (409, True)
    assert "Somebody has changed this meanwhile." in late.text
    assert 'value="Walks by the sea"' in late.text
    assert writing_door.rows("select count(*) from prescription_draft") == [(0,)]
    assert send(known="3").status_code == 303
