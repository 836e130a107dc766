"""A form of the duty and rule pages that is refused comes back filled, with what is wrong."""

import re
from datetime import date
from html import unescape

import httpx2
import pytest

from clinic.pages import words
from clinic.prescribing.forms import blank_prescription, typed_fields
from model.calendar import DAY_MS, HOUR_MS, midnight
from tests.clinic_world import CLINIC_KEY, CLINIC_NOW, CLINIC_ZONE, CLINICIAN, Served
from web import csrf

_HOURS = {
    "zone": "Europe/Stockholm", "weekdays": ["1", "5"], "opens": "07:30", "closes": "16:00",
    "country": "SE", "closed": "2026-06-05", "line": ["c-berg", "", ""], "on_call": "",
}  # fmt: skip
_AWAY: dict[str, object] = {
    "subject": "c-berg", "first": "2026-11-24", "last": "2026-11-30", "cover": "",
}  # fmt: skip
_MIDNIGHT = midnight(date(2026, 11, 23), CLINIC_ZONE)


def _post(door: Served, path: str, fields: dict[str, object], language: str) -> httpx2.Response:
    token = csrf.form_token(CLINIC_KEY, CLINICIAN.subject, CLINIC_NOW)
    headers = {"accept-language": language}
    return door.post(path, data={**fields, "token": token}, headers=headers)


def _wrong(page: str) -> dict[str, str]:
    """Return what a page says beside its fields, by their names."""
    rows = re.findall(r'<span class="wrong" id="wrong-([\w.-]+)"[^>]*>([^<]+)</span>', page)
    return {name: unescape(text) for name, text in rows}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"zone": "Mars"}, {"zone": "must be an IANA time zone, such as Europe/Stockholm"}),
        ({"closes": "07:00"}, {"closes": "must be later than opens, on the same day"}),
        ({"weekdays": []}, {"weekdays": "must be numbers from 1 (Monday) to 7, at least one"}),
        ({"line": ["c-berg", "c-berg"]}, {"line": "The line has each person once, at most 20."}),
        ({"on_call": "c-who"}, {"on_call": "This care unit has no such colleague."}),
        ({"closed": "Friday"}, {
            "closed": "must be a list of at most 366 dates, such as 2026-06-05",
        }),
    ],
)  # fmt: skip
def test_hours_that_cannot_be_come_back_as_they_were_typed(
    door: Served, change: dict[str, object], wrong: dict[str, str]
) -> None:
    before = door.get("/api/v1/duty").json()
    answer = _post(door, "/duty", {**_HOURS, **change}, "en")
    assert (answer.status_code, _wrong(answer.text)) == (422, wrong)
    (name,) = wrong
    typed = {**_HOURS, **change}
    assert f'value="{typed["opens"]}"' in answer.text
    if name in {"zone", "closes", "closed"}:
        assert f'name="{name}" value="{typed[name]}"' in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert door.get("/api/v1/duty").json() == before


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"first": "soon"}, {"first": "must be a date such as 2026-11-23"}),
        ({"last": "2026-11-20"}, {"last": "An absence ends after it begins, within a year."}),
        ({"cover": "c-berg"}, {"cover": "Nobody covers for themselves."}),
        ({"subject": "c-who"}, {"subject": "This care unit has no such colleague."}),
    ],
)
def test_an_absence_that_cannot_be_comes_back_as_it_was_typed(
    door: Served, change: dict[str, object], wrong: dict[str, str]
) -> None:
    typed = {**_AWAY, **change}
    answer = _post(door, "/duty/absences", typed, "en")
    assert (answer.status_code, _wrong(answer.text)) == (422, wrong)
    assert f'name="first" value="{typed["first"]}"' in answer.text
    assert door.get("/api/v1/duty").json()["absences"] == []


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "text"),
    [
        (_MIDNIGHT, _MIDNIGHT + 3 * DAY_MS, "Mon 23 Nov 2026 to Wed 25 Nov 2026"),
        (_MIDNIGHT, _MIDNIGHT + DAY_MS, "Mon 23 Nov 2026"),
        (
            _MIDNIGHT + 8 * HOUR_MS,
            _MIDNIGHT + DAY_MS,
            "from Mon 23 Nov 2026, 08:00 to Tue 24 Nov 2026, 00:00",
        ),
        (
            _MIDNIGHT,
            _MIDNIGHT + DAY_MS + 1,
            "from Mon 23 Nov 2026, 00:00 to Tue 24 Nov 2026, 00:00",
        ),
    ],
)
def test_a_time_of_days_reads_as_its_days(from_ms: int, until_ms: int, text: str) -> None:
    assert words.lasting(from_ms, until_ms, CLINIC_ZONE) == text


def test_days_with_a_change_of_the_clocks_are_days() -> None:
    first, after = (
        midnight(date(2026, 10, 25), CLINIC_ZONE),
        midnight(date(2026, 10, 26), CLINIC_ZONE),
    )
    assert after - first == 25 * HOUR_MS
    assert words.lasting(first, after, CLINIC_ZONE) == "Sun 25 Oct 2026"


def test_an_absence_is_shown_by_its_days(door: Served) -> None:
    assert _post(door, "/duty/absences", _AWAY, "en").status_code == 303
    try:
        page = door.get("/duty").text
        assert "Tue 24 Nov 2026 to Mon 30 Nov 2026, nobody covers" in page
        assert "00:00" not in page.partition('id="absences"')[2]
    finally:
        door.change("delete from absence")


def test_what_is_wrong_is_swedish_on_a_swedish_page(door: Served) -> None:
    duty = _post(door, "/duty", {**_HOURS, "zone": "Mars"}, "sv")
    assert _wrong(duty.text) == {"zone": "måste vara en IANA-tidszon, såsom Europe/Stockholm"}
    rules = httpx2.get(
        f"{door.url}/rules?change=P1+very_high&value=99", headers={"accept-language": "sv"}
    )
    assert _wrong(rules.text) == {"value": "måste vara från 4 till 10"}
    form = typed_fields(blank_prescription(date(2026, 12, 1), date(2027, 2, 1)))
    write = "/patients/p-fine/prescriptions/write"
    many = _post(door, write, {**form, "sessions_per_week": "40", "action": "draft"}, "sv")
    assert _wrong(many.text) == {"sessions_per_week": "måste vara från 0 till 21"}
    short = _post(door, write, {**form, "minutes_per_session": "half", "action": "draft"}, "sv")
    assert _wrong(short.text) == {"minutes_per_session": "måste vara ett heltal"}


@pytest.mark.parametrize(
    ("value", "text"),
    [("many", "The value must be a number."), ("99", "must be from 4 to 10")],
)
def test_a_threshold_that_cannot_be_tried_is_said_beside_it(
    door: Served, value: str, text: str
) -> None:
    answer = door.get(f"/rules?change=P1+very_high&value={value}")
    assert (answer.status_code, _wrong(answer.text)) == (422, {"value": text})
    assert f'name="value" value="{value}"' in answer.text
    assert '<option value="P1 very_high" selected>' in answer.text


def test_a_setting_without_a_reason_keeps_what_was_tried(door: Served) -> None:
    fields: dict[str, object] = {"change": "P1 very_high", "value": "7", "why": " "}
    answer = _post(door, "/rules/settings", fields, "en")
    assert answer.status_code == 422
    assert _wrong(answer.text) == {"why": "must say why, in at most 500 characters"}
    assert 'id="preview"' in answer.text
    assert door.rows("select count(*) from rule_setting where name = 'very_high'") == [(0,)]


def test_a_rule_is_tried_in_shadow(door: Served) -> None:
    answer = door.get("/api/v1/rules/what-if?rule=P1&name=shadow&value=1")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["added"], [event["rule"] for event in body["removed"]]) == ([], ["P1"])


def test_what_is_pasted_or_swedish_is_read_and_names_have_their_labels(door: Served) -> None:
    note = {"kind": "illness", "first": " 2026-11-20 ", "last": "\u00a02026-11-21"}
    assert _post(door, "/patients/p-fine/annotations", dict(note), "sv").status_code == 303
    wrong = _post(door, "/patients/p-fine/annotations", {**note, "first": "20/11 2026"}, "sv")
    assert wrong.json()["detail"].endswith("such as 2026-11-23.")
    door.change("delete from annotation")
    pause = {"version": "2", "first": " 2026-11-30", "last": "2026-11-20 ", "why": "illness"}
    path = "/patients/p-fine/prescriptions/rx-p-fine/pauses"
    answer = _post(door, path, dict(pause), "sv")
    assert _wrong(answer.text) == {"rx-p-fine-pause-first": "får inte vara efter “Till”"}
    form = typed_fields(blank_prescription(date(2026, 12, 1), date(2027, 2, 1)))
    write = "/patients/p-fine/prescriptions/write"
    ten = _post(door, write, {**form, "minutes_per_session": "1_0", "action": "draft"}, "sv")
    assert _wrong(ten.text) == {"minutes_per_session": "måste vara ett heltal"}
