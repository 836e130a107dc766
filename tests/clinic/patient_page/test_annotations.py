"""Annotations and the pinned note, by form and by API: stored as given, bounded, audited."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import Any

import httpx2
import pytest

from clinic.pages import audit_lines
from clinic.pages.templating import clinic_languages
from model.notes.annotation import Annotation, AnnotationKind, annotation_problems
from model.schemas.plain_text import text_problem
from model.words.language import read_in
from storage.reads.shown_values import AuditReads, AuditRow
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE, CLINICIAN, UNIT, Served

_SCRIPT = "<script>alert('x')</script> & \"quotes\""
_API = "/api/v1/patients/p-good"
_AUDIT = (
    "select a.actor, a.action, a.object from audit a join patient p on p.id = a.patient "
    "where p.pseudonym = 'p-good' and a.action ~ '^(annotation|note)[.]' order by a.id"
)


@pytest.fixture(name="noting")
def _noting(door: Served) -> Iterator[Served]:
    """Serve the door to a test that writes notes, and take out again what it wrote."""
    yield door
    door.change("delete from annotation")
    door.change("delete from pinned_note")
    door.change("delete from due")


def _token(door: Served, path: str = "/patients/p-good") -> str:
    token = re.search(r'name="token" value="([^"]+)"', door.get(path).text)
    assert token
    return token[1]


def _section(door: Served, name: str) -> str:
    page = door.get("/patients/p-good").text
    return page.partition(f'id="{name}"')[2].partition("</section>")[0]


def _put(door: Served, text: str, after: int) -> httpx2.Response:
    return httpx2.put(f"{door.url}{_API}/note", json={"text": text, "after": after}, timeout=30)


def test_an_annotation_by_form_is_shown_escaped_and_audited(noting: Served) -> None:
    before = len(noting.rows(_AUDIT))
    form = {
        "token": _token(noting),
        "kind": "illness",
        "first": "2026-11-12",
        "last": "2026-11-15",
        "text": _SCRIPT,
    }
    done = noting.post("/patients/p-good/annotations", data=form)
    assert (done.status_code, done.headers["location"]) == (
        303,
        "/patients/p-good?done=annotate#annotations",
    )
    (stored,) = noting.get(f"{_API}/annotations").json()
    assert stored == {
        "id": stored["id"],
        "kind": "illness",
        "first": "2026-11-12",
        "last": "2026-11-15",
        "text": _SCRIPT,
        "pauses": False,
        "author": CLINICIAN.name,
        "written_ms": CLINIC_NOW,
    }
    shown = _section(noting, "annotations")
    assert "<script" not in shown
    assert _SCRIPT in unescape(shown)
    assert "Illness" in shown
    removed = noting.post(
        f"/patients/p-good/annotations/{stored['id']}/remove", data={"token": form["token"]}
    )
    assert removed.status_code == 303
    again = noting.post(
        f"/patients/p-good/annotations/{stored['id']}/remove", data={"token": form["token"]}
    )
    assert again.status_code == 404
    assert noting.get(f"{_API}/annotations").json() == []
    # taken back is not erased: who wrote it and who took it back stays
    assert noting.rows("select author, removed_by from annotation") == [
        (CLINICIAN.name, CLINICIAN.name)
    ]
    name = f"annotation:{stored['id']}"
    assert noting.rows(_AUDIT)[before:] == [
        (CLINICIAN.subject, "annotation.add", name),
        (CLINICIAN.subject, "annotation.remove", name),
    ]


def test_an_annotation_that_pauses_takes_its_days_off_what_is_due(noting: Served) -> None:
    def _week() -> dict[str, Any]:
        weeks = noting.get(f"{_API}/weeks?from=2026-11-09&to=2026-11-15").json()["weeks"]
        week: dict[str, Any] = weeks[0]["adherence"][0]
        return week

    before = _week()
    assert (before["due_sessions"], before["paused_days"]) == (3, 0)
    week = {"first": "2026-11-09", "last": "2026-11-15"}
    illness = {**week, "kind": "illness", "pauses": True}
    stored = noting.post(f"{_API}/annotations", json=illness).raise_for_status().json()
    assert (_week()["due_sessions"], _week()["paused_days"]) == (0, 7)
    days = noting.get(f"{_API}/days?from=2026-11-09&to=2026-11-15").json()["days"]
    assert {day["state"] for day in days} == {"paused"}
    why = "select d.why from due d join patient p on p.id = d.patient where p.pseudonym = 'p-good'"
    assert noting.rows(why) == [("annotation",)]
    httpx2.delete(f"{noting.url}{_API}/annotations/{stored['id']}", timeout=30).raise_for_status()
    assert _week() == before


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"kind": "illness", "first": "2026-11-12", "last": "2026-11-11"}, "before the first"),
        ({"kind": "illness", "first": "2026-11-12", "last": "2027-11-13"}, "366 days at most"),
        ({"kind": "other", "first": "2026-11-12"}, "Say in words"),
        ({"kind": "illness", "first": "2026-11-12", "text": "a\x07b"}, "control character"),
        ({"kind": "illness", "first": "2026-11-12", "text": "a\u202eb"}, "control character"),
        ({"kind": "illness", "first": "2026-11-12", "text": "a" * 501}, ""),
        ({"kind": "cold", "first": "2026-11-12"}, ""),
        ({"kind": "illness", "first": "12/11/2026"}, ""),
        ({"kind": "illness", "first": "2026-11-12", "more": 1}, ""),
    ],
)
def test_what_may_not_be_stored_is_refused_and_nothing_changes(
    noting: Served, detail: dict[str, Any], words: str
) -> None:
    refused = noting.post(f"{_API}/annotations", json=detail)
    assert refused.status_code == 422
    assert words in refused.json()["detail"]
    assert noting.rows("select count(*) from annotation") == [(0,)]


def test_a_form_with_a_bad_date_or_without_a_token_changes_nothing(noting: Served) -> None:
    form = {"token": _token(noting), "kind": "illness", "first": "yesterday"}
    assert noting.post("/patients/p-good/annotations", data=form).status_code == 422
    form = {"kind": "illness", "first": "2026-11-12"}
    assert noting.post("/patients/p-good/annotations", data=form).status_code == 403
    assert noting.post("/patients/p-good/note", data={"after": "0"}).status_code == 403
    assert noting.rows("select count(*) from annotation") == [(0,)]


def test_a_patient_of_another_unit_gets_no_note(noting: Served) -> None:
    path = "/api/v1/patients/p-south"
    detail = {"kind": "illness", "first": "2026-11-12"}
    assert noting.post(f"{path}/annotations", json=detail).status_code == 404
    note = {"text": "x", "after": 0}
    assert httpx2.put(f"{noting.url}{path}/note", json=note, timeout=30).status_code == 404
    assert noting.get(f"{path}/note").status_code == 404


def test_the_note_has_versions_and_the_second_of_two_writers_is_told(noting: Served) -> None:
    before = len(noting.rows(_AUDIT))
    form = {"token": _token(noting), "text": f"Calls\r\nbefore noon {_SCRIPT}", "after": "0"}
    assert noting.post("/patients/p-good/note", data=form).status_code == 303
    stale = _put(noting, "written from an older page", 0)
    assert (stale.status_code, stale.json()["status"]) == (409, 409)
    assert _put(noting, "a gap in the versions", 5).status_code == 409
    assert _put(noting, "Second", 1).json()["version"] == 2
    texts = [item["text"] for item in noting.get(f"{_API}/note").json()]
    assert texts == ["Second", f"Calls\nbefore noon {_SCRIPT}"]
    shown = _section(noting, "note")
    assert "<script" not in shown
    assert f"{CLINICIAN.name}, Mon 23 Nov 2026, 13:40" in shown
    assert noting.rows(_AUDIT)[before:] == [
        (CLINICIAN.subject, "note.write", "note:1"),
        (CLINICIAN.subject, "note.write", "note:2"),
    ]
    assert _put(noting, "a\x00b", 2).status_code == 422
    assert _put(noting, "a" * 2_001, 2).status_code == 422
    assert _put(noting, "", 2).status_code == 200
    assert "No note." in _section(noting, "note")


def test_reads_are_one_line_a_person_and_day(noting: Served) -> None:
    noting.change("delete from audit where false")
    for _ in range(3):
        noting.get("/patients/p-good")
    shown = _section(noting, "audit")
    lines = re.findall(r"<li>(Mon 23 Nov 2026: .*?)</li>", shown)
    reads = [line for line in lines if "times" in line]
    assert len(reads) == 1
    # the name is known once the clinician has acted
    known = f"({re.escape(CLINICIAN.subject)}|{re.escape(CLINICIAN.name)})"
    assert re.match(f"Mon 23 Nov 2026: {known}, {UNIT},", reads[0])
    assert "this page" in reads[0]
    assert "data.read" not in shown


def test_lines_of_the_log_are_sentences() -> None:
    read = AuditReads(
        local_date=date(2026, 11, 23),
        actor="Karin Lind",
        role="clinician",
        care_unit=UNIT,
        reads=3,
        first_ms=CLINIC_NOW - 3_600_000,
        last_ms=CLINIC_NOW,
        objects=("patient", "session"),
    )
    assert audit_lines.reading(read, CLINIC_ZONE) == (
        "Mon 23 Nov 2026: Karin Lind, Physiotherapy North, 3 times, 12:40\u201313:40 "
        "(this page, a session)"
    )
    act = AuditRow(
        at_ms=CLINIC_NOW,
        actor="Karin Lind",
        role="clinician",
        care_unit="",
        action="alert.resolve",
        object="alert:3",
        detail={"reason": "plan changed"},
    )
    assert audit_lines.deed(act, CLINIC_ZONE) == (
        "Mon 23 Nov 2026, 13:40: Karin Lind, resolved (an alert), plan changed"
    )
    assert audit_lines.data_words(act) == ""


def test_lines_of_the_log_say_which_data_and_from_where() -> None:
    origin = {"door": "clinic", "address": "own network"}
    act = AuditRow(
        at_ms=CLINIC_NOW,
        actor="Karin Lind",
        role="clinician",
        care_unit="",
        action="alert.resolve",
        object="alert:3",
        detail={"origin": origin, "categories": ["alerts", "reports"]},
    )
    assert audit_lines.deed(act, CLINIC_ZONE) == (
        "Mon 23 Nov 2026, 13:40: Karin Lind, resolved (an alert). "
        "From the clinic's pages, in the clinic's network"
    )
    assert audit_lines.data_words(act) == "Data: notices, answers about pain and exertion"
    read = AuditReads(
        local_date=date(2026, 11, 23),
        actor="op",
        role="operator",
        care_unit="",
        reads=1,
        first_ms=CLINIC_NOW,
        last_ms=CLINIC_NOW,
        objects=("timeline",),
        origins=(
            {"door": "command", "command": "query timeline"},
            {"door": "command", "command": "patient show"},
        ),
    )
    assert audit_lines.reading(read, CLINIC_ZONE) == (
        "Mon 23 Nov 2026: op, once, 13:40 (a measurement over time). From a command on the server"
    )
    assert audit_lines.data_words(read) == "Data: measurements"


def test_a_text_is_bounded_by_characters_that_are_shown() -> None:
    assert text_problem("Åsa's knee: 5 < 6 & \U0001f642", 40) == ""
    assert text_problem("a\nb", 40) == "has a control character"
    assert text_problem("a\nb", 40, allowed="\n") == ""
    assert text_problem("\ud800", 40) == "has bytes that are no UTF-8 text"


def test_an_annotation_lies_within_the_calendar() -> None:
    odd = Annotation(
        kind=AnnotationKind.ILLNESS,
        first=date(1, 1, 1),
        last=date(1, 1, 1),
        text="",
        pauses=False,
        author="k",
        written_ms=0,
    )
    assert list(annotation_problems(odd)) == ["The dates lie between 1900-01-01 and 2199-12-31."]


@pytest.mark.parametrize(
    ("first", "last", "text", "swedish"),
    [
        (1, 0, "", "Det sista datumet ligger före det första."),
        (0, 366, "", "En händelse omfattar högst 366 dagar."),
        (0, 0, "a\x07", "Texten har ett styrtecken."),
    ],
)
def test_what_is_wrong_with_an_annotation_is_worded_for_its_reader(
    first: int, last: int, text: str, swedish: str
) -> None:
    day = date(2026, 11, 23)
    wrong = Annotation(
        kind=AnnotationKind.ILLNESS,
        first=day + timedelta(days=first),
        last=day + timedelta(days=last),
        text=text,
        pauses=False,
        author="k",
        written_ms=0,
    )
    with read_in(clinic_languages()["sv"]):
        assert list(annotation_problems(wrong)) == [swedish]
