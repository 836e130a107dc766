"""What somebody wrote in a form that is refused comes back, and the page leads to the form."""

from html import unescape

import httpx2
import pytest

from clinic.unsent import way_back
from tests.clinic_world import ALERTS, CLINIC_KEY, CLINIC_NOW, CLINICIAN, Served
from web import csrf

_NOTE = 'Rings <b>Friday</b> & "asks" about the knee.\nThen again on Monday.'
_PAGE = f"/alerts/{ALERTS['pain']}"


def _post(door: Served, path: str, fields: dict[str, str], **more: str) -> httpx2.Response:
    headers = {"accept": "text/html", "accept-language": "en", **more}
    return door.post(path, data=fields, headers=headers)


def _token() -> str:
    return csrf.form_token(CLINIC_KEY, CLINICIAN.subject, CLINIC_NOW)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/alerts/a1/notes", "/alerts/a1"),
        ("/alerts/a1/resolve", "/alerts/a1"),
        ("/patients/p1/note", "/patients/p1"),
        ("/patients/p1/annotations/3/remove", "/patients/p1"),
        ("/patients/p1/sessions/s1/marks", "/patients/p1/sessions/s1"),
        ("/patients/p1/prescriptions/rx-1/pauses", "/patients/p1/prescriptions"),
        ("/patients/p1/prescription-drafts/d1/discard", "/patients/p1/prescriptions"),
        ("/patients/p1/corrections/7/withdraw", "/patients/p1/corrections"),
        ("/duty/absences", "/duty"),
        ("/rules/settings", "/rules"),
        ("/requests/4/answer", "/requests"),
        ("/filters", "/"),
        ("/dutyfree", "/"),
    ],
)
def test_the_page_of_each_form(path: str, page: str) -> None:
    assert way_back(path) == page


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"{_PAGE}/notes", {"text": _NOTE}),
        ("/patients/p-good/note", {"text": _NOTE, "after": "0"}),
        ("/patients/p-good/annotations", {"text": _NOTE, "kind": "illness", "first": "2026-11-20"}),
    ],
)
def test_a_form_that_has_expired_loses_no_text(
    door: Served, path: str, fields: dict[str, str]
) -> None:
    answer = _post(door, path, {**fields, "token": "1.x"})
    assert answer.status_code == 403
    assert _NOTE in unescape(answer.text)
    assert "<b>Friday</b>" not in answer.text
    assert f'id="way-back" href="{way_back(path)}"' in answer.text
    # the choice of a language leads to a page that is there
    assert f'name="page" value="{way_back(path)}"' in answer.text


def test_who_is_second_keeps_the_text(door: Served) -> None:
    fields = {"token": _token(), "after": "0", "text": "The first."}
    assert _post(door, "/patients/p-mild/note", fields).status_code == 303
    answer = _post(door, "/patients/p-mild/note", {**fields, "text": _NOTE})
    assert answer.status_code == 409
    assert _NOTE in unescape(answer.text)
    assert "The first." not in answer.text
    door.change("delete from pinned_note")


def test_a_reason_that_was_chosen_is_no_text(door: Served) -> None:
    answer = _post(door, f"{_PAGE}/snooze", {"token": _token(), "reason": "contact is planned"})
    assert answer.status_code == 422
    assert "contact is planned" not in answer.text
    assert f'id="way-back" href="{_PAGE}"' in answer.text


def test_another_site_and_a_program_get_nothing_back(door: Served) -> None:
    path = f"{_PAGE}/notes"
    fields = {"text": _NOTE, "token": "1.x"}
    foreign = _post(door, path, fields, origin="https://elsewhere.example")
    program = _post(door, path, fields, accept="application/json")
    for answer in (foreign, program):
        assert answer.status_code == 403
        assert "Friday" not in answer.text
