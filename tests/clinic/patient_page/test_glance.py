"""The strip at the top of a patient's page: this week, four weeks, pain, data, and the review."""

import re
from collections.abc import Iterator

import pytest

from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from web import csrf

_STRIP = re.compile(r'<section class="card glance".*?</section>', re.DOTALL)


@pytest.fixture(name="reviewed_door")
def _reviewed_door(door: Served) -> Iterator[Served]:
    yield door
    door.change("delete from review")


def _strip(door: Served, patient: str) -> str:
    (strip,) = _STRIP.findall(door.get(f"/patients/{patient}").text)
    return " ".join(re.sub(r"<[^>]*>", " ", strip).split())


def test_the_strip_has_this_week_and_the_latest_pain(door: Served) -> None:
    strip = _strip(door, "p-pain")
    assert "This week so far 0 of 3 sessions 0 of 120 min" in strip
    assert "Latest pain 8 of 10 after, 19 h ago" in strip
    assert "Reviewed never reviewed" in strip


def test_the_strip_of_a_patient_without_anything_says_so(door: Served) -> None:
    strip = _strip(door, "p-new")
    assert "Latest pain \u2013 no answer in 12 weeks" in strip
    assert "no data yet" in strip


def test_a_patient_is_marked_as_reviewed_where_the_charts_are(reviewed_door: Served) -> None:
    door = reviewed_door
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    sent = {"token": token, "what": "review", "back": "/patients/p-good"}
    done = door.post("/patients/p-good/review", data=sent, headers={"origin": door.url})
    assert done.status_code == 303
    page = door.get(done.headers["location"].partition("#")[0]).text
    assert "Marked as reviewed." in page
    assert "just now by Karin Lind" in _strip(door, "p-good")


@pytest.fixture(name="cut_off_door")
def _cut_off_door(door: Served) -> Iterator[Served]:
    door.change(
        "insert into vendor_withdrawal (connector, account, patient, state, withdrawn_at, "
        "not_before) select 'garmin', 'invented', id, 'done', to_timestamp(%s / 1000.0), now() "
        "from patient where pseudonym = 'p-good'",
        CLINIC_NOW - 60_000,
    )
    yield door
    door.change("delete from vendor_withdrawal")


def test_the_head_of_the_page_says_what_the_worklist_says(cut_off_door: Served) -> None:
    page, work = cut_off_door.get("/patients/p-good").text, cut_off_door.get("/").text
    (head,) = re.findall(r'<p class="standing">.*?</p>', page, re.DOTALL)
    _before, _name, row = work.partition('id="row-p-good"')
    for shown in (head, row.partition("</tr>")[0]):
        assert "Connection ended" in shown
        assert "Garmin: revoked by the patient" in shown
        assert "On track" not in shown
        assert "garmin" not in shown
