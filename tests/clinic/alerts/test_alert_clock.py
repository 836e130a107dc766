"""What people of the unit did is in the unit's time; what the patient did is in the patient's."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from tests.clinic_world import ALERTS, UNIT, Served

_PATIENT = "p-snooze"
_ALERT = f"/alerts/{ALERTS['snooze']}"
_HOURS = (
    '{"zone": "%s", "weekdays": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "17:00", '
    '"country": "SE", "subdivision": "", "closed": []}'
)


@pytest.fixture
def abroad(acting: Served) -> Iterator[Served]:
    """Serve the door while a patient lives in New York."""
    move = "update patient set zone = %s where pseudonym = %s"
    acting.change(move, "America/New_York", _PATIENT)
    yield acting
    acting.change(move, "Europe/Stockholm", _PATIENT)


@pytest.fixture
def in_helsinki(abroad: Served) -> Iterator[Served]:
    """Serve the door while the unit works in Helsinki as well."""
    abroad.change(
        "insert into unit_duty (care_unit, hours, line, on_call, recorded_at, recorded_by) "
        "select id, %s, '{}', '', now(), 'test' from care_unit where name = %s",
        _HOURS % "Europe/Helsinki",
        UNIT,
    )
    yield abroad
    abroad.change("delete from unit_duty where recorded_by = 'test'")


def _part(door: Served, path: str, section: str) -> str:
    """Return the text of a section of a page, on a single line."""
    _before, _id, rest = door.get(path).text.partition(f'id="{section}"')
    bare = re.sub(r"<[^>]+>", " ", rest.partition(">")[2].partition("</section>")[0])
    return re.sub(r"\s+", " ", unescape(bare))


def test_an_alert_of_a_patient_abroad_is_in_the_time_of_the_unit(abroad: Served) -> None:
    head = _part(abroad, _ALERT, "head")
    assert "Raised Wed 18 Nov 2026, 13:40" in head
    assert "until Wed 25 Nov 2026, 13:40" in head
    assert "Wed 18 Nov 2026, 13:40" in _part(abroad, _ALERT, "history")
    evidence = _part(abroad, _ALERT, "evidence")
    # the finding is about the patient's day, and was added by the clock of the unit
    assert re.search(r"Wed 18 Nov 2026, 07:40 .* added Wed 18 Nov 2026, 13:40", evidence)
    assert (
        "The evidence is by the patient's clock, America/New_York. When it was added, and all else "
        "on this page, is by that of the care unit, Europe/Stockholm." in evidence
    )
    assert "Karin Lind, Physiotherapy North" in _part(abroad, _ALERT, "audit")
    assert ", 13:40 (an alert)" in _part(abroad, _ALERT, "audit")


def test_one_clock_needs_no_words(acting: Served) -> None:
    assert "the patient's clock" not in acting.get(_ALERT).text


def test_notes_and_moves_follow_the_zone_of_the_units_hours(in_helsinki: Served) -> None:
    path = f"/api/v1{_ALERT}/notes"
    assert in_helsinki.post(path, json={"text": "rings", "is_shared": False}).status_code == 200
    assert "rings Mon 23 Nov 2026, 14:40, Karin Lind" in _part(in_helsinki, _ALERT, "alert-notes")
    worklist = in_helsinki.get("/").text
    assert "snoozed until Wed 25 Nov 2026, 14:40" in worklist
    view = in_helsinki.get(f"/api/v1{_ALERT}").json()
    assert (view["unit_zone"], view["page"]["patient"]["zone"]) == (
        "Europe/Helsinki",
        "America/New_York",
    )


def test_what_changed_in_the_rules_is_in_the_time_of_the_unit(in_helsinki: Served) -> None:
    change = {"rule": "A2", "name": "missed", "value": 4, "why": "agreed"}
    assert in_helsinki.post("/api/v1/rules/settings", json=change).status_code == 200
    try:
        assert "Mon 23 Nov 2026, 14:40, Karin Lind: A2" in _part(in_helsinki, "/rules", "changes")
    finally:
        in_helsinki.change("delete from rule_setting")


@pytest.mark.parametrize("page", ["corrections", "sessions", ""])
def test_a_page_about_a_patient_names_the_zone(abroad: Served, page: str) -> None:
    path = f"/patients/{_PATIENT}/{page}".rstrip("/")
    if page == "sessions":
        sql = (
            "select session from session s join patient p on p.id = s.patient "
            "where pseudonym = %s limit 1"
        )
        path = f"{path}/{abroad.rows(sql, _PATIENT)[0][0]}"
    assert "America/New_York" in abroad.get(path).text


def test_readings_of_an_alert_are_one_line_a_person_and_day(acting: Served) -> None:
    path = f"/alerts/{ALERTS['mild']}"
    for _again in range(60):
        acting.get(path)
    assert acting.post(f"/api/v1{path}/moves", json={"action": "start"}).status_code == 200
    audit = _part(acting, path, "audit")
    counted = "select count(*) from audit where action = 'data.read' and object = %s"
    (times,) = acting.rows(counted, f"alert:{ALERTS['mild']}")[0]
    assert times > 60
    read, _done, done = audit.partition("Done")
    assert read.count("Karin Lind") == 1
    assert f"Mon 23 Nov 2026: Karin Lind, Physiotherapy North, {times} times, 13:40 " in read
    # however often it was read, what was done is in sight
    assert "Karin Lind, Physiotherapy North, started (an alert)" in done
    assert "read (" not in done
