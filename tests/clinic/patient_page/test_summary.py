"""The follow-up summary: the same figures in all forms, one page, refused with too little data."""

import re
import zlib
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import httpx2
import pytest

from clinic.answers.adherence import Average
from clinic.pages.templating import clinic_languages
from clinic.summary.figures import Coverage, FollowUp, PainChange
from clinic.summary.forms import as_pdf, as_text
from clinic.summary.wording import worded
from model.notes.annotation import Annotation, AnnotationKind
from model.words.language import read_in
from storage.reads.views import AlertBrief, PatientBrief
from tests.clinic_world import CLINIC_NOW, CLINIC_ZONE, MONDAY, UNIT, Served, prescriptions

_FULL = Average(uncapped=1.12, capped=0.93, weeks=9)
_LINES = (
    (
        "Frequency: 27 of 30 sessions; 93 % of what was prescribed on average of 9 weeks, each at "
        "most 100 % (112 % uncapped)"
    ),
    "Time: 1080.5 of 1200 min; not known, or not prescribed",
    "Intensity: 31 % of the minutes with a known intensity were in the prescribed range",
    "Weeks: 11 ended under the prescription, 10 of them known on 4 days or more",
    "Days: 70 of 78 days known: worn for 10 hours or more (0), or answered",
    (
        "Before: median 5 in the first 14 days, 3 in the last 14: 2 lower, at least the 2 points "
        "that studies call a meaningful change"
    ),
    (
        "After: median 3 in the first 14 days, 4 in the last 14: 1 higher, less than the 2 points "
        "that studies call a meaningful change"
    ),
    "Next morning: 1 answer; fewer than 3 in the first or in the last 14 days, so no change",
)


def _change(phase: str, first: float | None, last: float | None) -> PainChange:
    known = first is not None and last is not None
    change = last - first if first is not None and last is not None else None
    return PainChange(
        phase=phase,
        answers=12 if known else 1,
        first=first,
        last=last,
        change=change,
        meaningful=None if change is None else abs(change) >= 2,
    )


def _follow_up(count: int = 1, sentence: str = "Pain 8 of 10", text: str = "A cold") -> FollowUp:
    """Return a follow-up with so many alerts and annotations."""
    alert: dict[str, Any] = {
        "pseudonym": "p-pain",
        "family": "pain",
        "rule": "P1",
        "rule_version": 1,
        "tier": "A",
        "state": "resolved",
        "changed_ms": CLINIC_NOW,
        "snoozed_until_ms": None,
        "sentence": sentence,
        "resolution": "contacted",
    }
    alerts = []
    notes = []
    for number in range(count):
        raised = CLINIC_NOW - (count - number) * 86_400_000
        alerts.append(AlertBrief(id=str(number), raised_ms=raised, **alert))
        note = Annotation(
            id=number,
            kind=AnnotationKind.ILLNESS,
            first=MONDAY - timedelta(days=20),
            last=MONDAY - timedelta(days=18),
            text=text,
            pauses=True,
            author="k",
            written_ms=0,
        )
        notes.append(note)
    return FollowUp(
        patient=PatientBrief(
            pseudonym="p-pain",
            zone=CLINIC_ZONE,
            care_unit=UNIT,
            created_ms=0,
            last_data_ms=0,
            worn=True,
        ),
        name="Astrid Exempel",
        first=MONDAY - timedelta(weeks=11),
        last=MONDAY,
        made_ms=CLINIC_NOW,
        author="Karin Lind",
        prescriptions=tuple(prescriptions("p-pain")[:1]),
        weeks=11,
        known_weeks=10,
        sessions=27,
        sessions_due=30,
        minutes=1080.5,
        minutes_due=1200,
        a_freq=_FULL,
        a_time=None,
        a_int=Average(uncapped=0.31, capped=0.31, weeks=9),
        a_dose=_FULL,
        a_strength=None,
        coverage=Coverage(days=78, known_days=70, worn_days=0, known_intensity=0.98),
        pain=(_change("before", 5, 3), _change("after", 3, 4), _change("next_morning", 2, None)),
        alerts=tuple(alerts),
        annotations=tuple(notes),
    )


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


def test_the_words_of_the_figures_are_exact() -> None:
    lines = as_text(worded(_follow_up())).splitlines()
    for line in _LINES:
        assert f"- {line}" in lines
    assert lines[0] == "Follow-up of prescribed exercise"
    assert "- Sun 22 Nov 2026, 13:40: Pain 8 of 10 [Resolved, contacted]" in lines
    days = "Tue 3 Nov 2026 to Thu 5 Nov 2026"
    assert f"- {days}: Illness: A cold (nothing due)" in lines


def test_prescriptions_side_by_side_are_named_and_share_no_range() -> None:
    item = _follow_up()
    first = item.prescriptions[0]
    both = (first, replace(first, id="rx-other"))
    text = as_text(worded(replace(item, prescriptions=both, a_int=None)))
    assert f"- {first.id}, version {first.version}: " in text
    assert "- rx-other, version " in text
    assert (
        "- Intensity: not known: prescriptions for the same exercise give no single range" in text
    )


def test_every_word_of_the_text_is_in_the_pdf_of_one_page() -> None:
    summary = worded(_follow_up())
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
    long = _follow_up(40, sentence="Pain (8) " * 60, text="\u0141\u00f3d\u017a \u4e2d " * 80)
    summary = worded(long)
    text = as_text(summary)
    assert "- and 32 earlier alerts" in text
    assert "- and 35 earlier ones" in text
    data = as_pdf(summary, CLINIC_NOW)
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    assert "and32earlieralerts" in _pdf_words(data)


def test_swedish_has_the_same_figures() -> None:
    with read_in(clinic_languages()["sv"]):
        text = as_text(worded(_follow_up()))
    assert "27 av 30" in text
    assert "1080,5 av 1200 min" in text
    assert not re.search(r"\b(the|of|weeks|days)\b", text.replace("Pain 8 of 10", ""))


def test_the_pdf_is_swedish_and_has_the_letters_of_each_name() -> None:
    letters = (
        "\u00c5\u00e4\u00d6 \u0141ukasz \u0110\u1eb7ng \u0160imi\u0107 \u0413\u0430\u043b\u044f"
    )
    alerts = _follow_up(1, sentence=f"{letters} \u4e2d\u00e9").alerts
    with read_in(clinic_languages()["sv"]):
        summary = worded(replace(_follow_up(), name=letters, alerts=alerts))
        data = as_pdf(summary, CLINIC_NOW)
    words = _pdf_words(data)
    assert b"/Lang (sv)" in data
    assert _bare(letters) in words
    # what the font lacks is a sign that something is missing, never nothing
    assert "\u044f?\u00e9" in words
    for section in summary.sections:
        for line in section.lines:
            assert _bare(line.text).replace("\u4e2d", "?") in words


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
