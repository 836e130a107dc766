"""A value is corrected on a page: nothing is written before it was shown what would change."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest

from model.calendar import DAY_MS
from tests.clinic_world import CLINIC_KEY, CLINICIAN, MONDAY, Served, at
from web import csrf

_AFTER_MS = at(MONDAY, 18, 2) - DAY_MS  # of the answer 8 after yesterday's walk
PAIN_RECORD = f"pain:p-pain:{_AFTER_MS}"
WALK_RECORD = "fit:p-pain:2026-11-22"
HOME = "/patients/p-pain/corrections"
_ROWS = "select record, is_void, fields->>'value', why, set_by, ended_at is null from correction"


@pytest.fixture(name="correct_door")
def _correct_door(door: Served) -> Iterator[Served]:
    yield door
    door.change("delete from correction")
    door.change("delete from stale_derivation")
    door.change("delete from due")


def send(door: Served, step: str, *, language: str = "en", **form: str) -> httpx2.Response:
    """Send the form of a correction."""
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    data = {"token": token, "step": step, "record": PAIN_RECORD, "source": "reports", **form}
    headers = {"origin": door.url, "accept-language": language}
    return door.post(f"{HOME}/write", data=data, headers=headers)


def test_what_was_stated_is_listed_with_a_link_to_correct_it(correct_door: Served) -> None:
    page = correct_door.get(HOME).text
    address = f"{HOME}/write?record={quote(PAIN_RECORD, safe='')}&amp;source=reports"
    assert address.replace("%3A", ":") in page.replace("%3A", ":")
    assert "Nordic walk" not in page
    read = correct_door.rows("select object from audit order by id desc limit 1")
    assert read == [("corrections",)]


@pytest.mark.promise(11)
def test_a_correction_is_previewed_written_and_taken_back(correct_door: Served) -> None:
    door = correct_door
    wanted = {"source": "reports", "value": "2", "why": "the pain was 2, the patient says"}
    shown = send(door, "preview", **wanted)
    assert shown.status_code == 200
    assert "<strong>Answer</strong>: 2, was 8" in shown.text
    assert "Taken back:" in shown.text
    assert door.rows("select count(*) from correction") == [(0,)]
    assert door.rows("select count(*) from stale_derivation") == [(0,)]
    made = send(door, "write", **wanted)
    assert made.headers["location"] == f"{HOME}?done=made"
    row = (PAIN_RECORD, False, "2.0", wanted["why"], CLINICIAN.subject, True)
    assert door.rows(_ROWS) == [row]
    assert door.rows("select count(*) from stale_derivation") == [(1,)]
    assert "2, was 8" in door.get(HOME).text
    # it is marked wherever the value is shown
    (session,) = door.rows("select session from session where record = %s", WALK_RECORD)[0]
    marked = "Corrected on Mon 23 Nov 2026, was 8: the pain was 2, the patient says"
    assert marked in door.get(f"/patients/p-pain/sessions/{session}").text
    page = door.get("/patients/p-pain").text
    assert wanted["why"] in page
    (number,) = door.rows("select id from correction")[0]
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, door.clock[0])
    back = f"{HOME}/{number}/withdraw"
    headers = {"origin": door.url}
    nothing = door.post(back, data={"token": token, "why": " "}, headers=headers)
    assert (nothing.status_code, f'id="wrong-{number}"' in nothing.text) == (422, True)
    done = door.post(back, data={"token": token, "why": "it was 8"}, headers=headers)
    assert done.status_code == 303
    assert door.rows(_ROWS)[0][-1] is False
    again = door.post(back, data={"token": token, "why": "it was 8"}, headers=headers)
    assert again.status_code == 409
    actions = door.rows("select action from audit where action like 'rectification.%%' order by id")
    assert actions[-2:] == [("rectification.make",), ("rectification.withdraw",)]


def test_what_is_taken_back_is_said_in_the_readers_language(correct_door: Served) -> None:
    shown = send(correct_door, "preview", language="sv", value="2", why="det var 2").text
    assert "Smärta 8 av 10 efter träning 2026-11-22 (regel P1: 8 eller mer en gång)." in shown
    assert "Pain 8 of 10" not in shown


@pytest.mark.parametrize(
    ("form", "field", "text"),
    [
        ({"value": "11", "why": "x"}, "value", "That is no value of the scale."),
        ({"value": "2.5", "why": "x"}, "value", "That is no value of the scale."),
        ({"value": "many", "why": "x"}, "value", "Write a number."),
        ({"value": "inf", "why": "x"}, "value", "Write a number."),
        ({"value": "8", "why": "x"}, "record", "Change what is wrong"),
        ({"value": "2", "why": " "}, "why", "Write what was wrong and how you know"),
        ({"value": "2", "void": "yes", "why": "x"}, "void", "What does not hold at all"),
        (
            {"record": WALK_RECORD, "source": "files", "type": "flying", "why": "x"},
            "type",
            "Choose a type from the list.",
        ),
        (
            {"record": WALK_RECORD, "source": "files", "type": "walking", "end": "2026-11-22T16:00",
             "why": "x"},
            "end",
            "A session must end after it begins",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field(
    correct_door: Served, form: dict[str, str], field: str, text: str
) -> None:
    start = {"start": "2026-11-22T17:12", "end": "2026-11-22T17:54", "exertion": "", "type": ""}
    typed = {**start, "source": "reports", **form}
    for step in ("preview", "write"):
        answer = send(correct_door, step, **typed)
        assert answer.status_code == 422
        assert f'<span class="wrong" id="wrong-{field}">{text}' in answer.text
    assert correct_door.rows(_ROWS) == []


@pytest.mark.promise(11)
def test_the_preview_of_a_session_shows_its_week(correct_door: Served) -> None:
    form = {
        "record": WALK_RECORD, "source": "files", "type": "walking", "start": "2026-11-22T17:12",
        "end": "2026-11-22T17:32", "exertion": "", "why": "stopped late",
    }  # fmt: skip
    page = send(correct_door, "preview", **form).text
    assert "<strong>Ending</strong>: Sun 22 Nov 2026, 17:32, was Sun 22 Nov 2026, 17:54" in page
    assert "Walking, Sun 22 Nov 2026, 17:12, 20:00" in page
    assert "Walking, Sun 22 Nov 2026, 17:12, 42:00" in page
    assert "W47, 16 Nov 2026: 3 sessions, 1:35:00" in page
    assert correct_door.rows(_ROWS) == []


def test_a_record_of_another_patient_is_not_there(correct_door: Served) -> None:
    foreign = send(correct_door, "write", record="fit:p-south:2026-11-17", source="files", why="x")
    assert foreign.status_code == 404
    assert correct_door.get("/patients/p-south/corrections").status_code == 404
    assert send(correct_door, "write", token="", value="2").status_code == 403
    assert correct_door.rows(_ROWS) == []
