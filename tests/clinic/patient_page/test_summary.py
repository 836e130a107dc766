"""The follow-up summary: the same figures in all forms, one page, refused with too little data."""

import re
import zlib
from dataclasses import replace
from html import unescape

import httpx2
import pytest

from clinic.pages.templating import clinic_languages
from clinic.summary.alert_deeds import AlertDeed
from clinic.summary.forms import as_pdf, as_text
from clinic.summary.wording import worded
from model.words.language import read_in
from tests.clinic.patient_page.follow_ups import invented_follow_up
from tests.clinic_world import ALERTS, CLINIC_NOW, Served


def _pdf_words(data: bytes) -> str:
    """Return the text of a PDF without its spaces, by the maps of its fonts."""
    objects = dict(re.findall(rb"(\d+) 0 obj\s*(.*?)endobj", data, re.DOTALL))
    fonts: dict[bytes, dict[int, str]] = {}
    for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", data):
        unicode = re.findall(rb"/ToUnicode (\d+) 0 R", objects[number])
        fonts[name] = _letters(_stream(objects[unicode[0]]))
    (page,) = re.findall(rb"/Contents (\d+) 0 R", data)
    parts, font = [], fonts[b"F1"]
    operators = rb"/(F\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\)\s*Tj"
    for name, shown in re.findall(operators, _stream(objects[page]), re.DOTALL):
        font = fonts[name] if name else font
        parts.append(_shown(shown, font))
    return _bare("".join(parts))


def _stream(value: bytes) -> bytes:
    match = re.search(rb"stream\r?\n(.*?)\r?\nendstream", value, re.DOTALL)
    assert match
    return zlib.decompress(match[1]) if b"FlateDecode" in value else match[1]


def _letters(table: bytes) -> dict[int, str]:
    rows = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]{4})>\n", table)
    return {int(glyph, 16): chr(int(letter, 16)) for glyph, letter in rows}


def _shown(text: bytes, font: dict[int, str]) -> str:
    escapes = {b"r": b"\r", b"n": b"\n"}
    plain = re.sub(rb"\\(.)", lambda part: escapes.get(part[1], part[1]), text, flags=re.DOTALL)
    glyphs = [int.from_bytes(plain[at : at + 2], "big") for at in range(0, len(plain), 2)]
    return "".join(font[glyph] for glyph in glyphs)


def _bare(text: str) -> str:
    # a hyphen may be where a line is broken
    return re.sub(r"\s|-", "", text)


def test_every_word_of_the_text_is_in_the_pdf_of_one_page() -> None:
    summary = worded(invented_follow_up())
    data = as_pdf(summary, CLINIC_NOW)
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    words = _pdf_words(data)
    for section in summary.sections:
        for line in section.lines:
            assert _bare(line.label) in words
            assert _bare(line.text) in words
    assert as_pdf(summary, CLINIC_NOW) == data


def test_what_is_too_much_for_one_page_is_counted_and_stays_on_one_page() -> None:
    long = invented_follow_up(
        40, sentence="Pain (8) " * 60, text="\u0141\u00f3d\u017a \u4e2d " * 80
    )
    deed = AlertDeed(
        alert="",
        at_ms=CLINIC_NOW,
        kind="snooze",
        who="Karin Lind-Exempelsson",
        reason="waiting for the patient",
    )
    deeds = [replace(deed, alert=row.id) for row in long.alerts * 6]
    summary = worded(replace(long, deeds=tuple(deeds)))
    text = as_text(summary)
    assert "- and 32 earlier alerts" in text
    assert "- and 35 earlier ones" in text
    data = as_pdf(summary, CLINIC_NOW)
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    assert "and32earlieralerts" in _pdf_words(data)


def test_swedish_has_the_same_figures() -> None:
    with read_in(clinic_languages()["sv"]):
        text = as_text(worded(invented_follow_up()))
    assert "27 av 30" in text
    assert "1080,5 av 1200 min" in text
    assert not re.search(r"\b(the|of|weeks|days)\b", text.replace("Pain 8 of 10", ""))


def test_the_pdf_is_swedish_and_has_the_letters_of_each_name() -> None:
    letters = (
        "\u00c5\u00e4\u00d6 \u0141ukasz \u0110\u1eb7ng \u0160imi\u0107 \u0413\u0430\u043b\u044f"
    )
    alerts = invented_follow_up(1, sentence=f"{letters} \u4e2d\u00e9").alerts
    with read_in(clinic_languages()["sv"]):
        summary = worded(replace(invented_follow_up(), name=letters, alerts=alerts))
        data = as_pdf(summary, CLINIC_NOW)
    words = _pdf_words(data)
    assert b"/Lang (sv)" in data
    assert _bare(letters) in words
    # what the font lacks is a sign that something is missing, never nothing
    assert "\u044f?\u00e9" in words
    for section in summary.sections:
        for line in section.lines:
            assert _bare(line.text).replace("\u4e2d", "?") in words


def test_an_alert_that_was_opened_again_shows_who_did_what(acting: Served) -> None:
    path = f"/api/v1/alerts/{ALERTS['pain']}/moves"
    for body in ({"action": "resolve", "reason": "contacted"}, {"action": "reopen"}):
        acting.post(path, json=body).raise_for_status()
    text = acting.get("/patients/p-pain/summary.txt").text
    assert (
        "(rule P1: 8 or more once). [Open] Resolved, contacted on Mon 23 Nov 2026 by Karin Lind; "
        "Opened again on Mon 23 Nov 2026 by Karin Lind\n"
    ) in text
    deeds = acting.get("/api/v1/patients/p-pain/summary").json()["deeds"]
    assert [(row["alert"], row["kind"], row["who"], row["reason"]) for row in deeds] == [
        (ALERTS["pain"], "resolve", "Karin Lind", "contacted"),
        (ALERTS["pain"], "reopen", "Karin Lind", ""),
    ]


def _summary(door: Served, form: str, patient: str = "p-pain") -> httpx2.Response:
    return door.get(f"/patients/{patient}/summary{form}")


@pytest.mark.promise(23)
def test_page_text_pdf_and_api_say_the_same(door: Served) -> None:
    figures = door.get("/api/v1/patients/p-pain/summary").raise_for_status().json()
    text = _summary(door, ".txt").raise_for_status().text
    page = unescape(_summary(door, "").raise_for_status().text)
    pdf = _pdf_words(_summary(door, ".pdf").raise_for_status().content)
    assert (figures["weeks"], figures["known_weeks"]) == (11, 10)
    assert figures["coverage"]["known_days"] == 70
    done = f"{figures['sessions']} of {figures['sessions_due']} sessions"
    lines = re.findall(r"^- (?:(?:[^:]|:(?! ))+: )?(.+)$", text, re.MULTILINE)
    assert any(line.startswith(done) for line in lines)
    assert len(lines) >= 14
    for line in lines:
        assert line in page
        assert _bare(line) in pdf


@pytest.mark.parametrize("form", ["", ".txt", ".pdf"])
@pytest.mark.parametrize("api", ["", "/api/v1"])
def test_too_little_data_is_refused_with_what_is_missing(door: Served, form: str, api: str) -> None:
    if api and form:
        return
    refused = door.get(f"{api}/patients/p-new/summary{form}", headers={"accept": "text/html"})
    assert refused.status_code == 422
    assert "0 weeks that have ended are known on 4 days or more" in unescape(refused.text)
    # a page speaks to a person, and not of HTTP
    assert ("<h1>This cannot be done</h1>" in refused.text) is not bool(api)
    assert ("Unprocessable" in refused.text) is bool(api)


@pytest.mark.promise(23)
def test_a_summary_is_a_read_and_its_file_names_nobody(door: Served) -> None:
    count = "select count(*) from audit where object = 'summary' and action = 'data.read'"
    before = door.rows(count)[0][0]
    answer = _summary(door, ".pdf")
    assert door.rows(count)[0][0] == before + 1
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="follow-up.pdf"'
    assert answer.headers["cache-control"] == "no-store"
    for form in ("", ".txt", ".pdf"):
        assert _summary(door, form, "p-south").status_code == 404
    assert door.get("/patients/p-pain/summary?weeks=3").status_code == 422
