"""The clinician door speaks Swedish and English, each page in one of them only."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from alerts.registry import RULES
from clinic.language.language_routes import own_page
from clinic.pages import words
from clinic.pages.templating import CLINIC_LOCALE, CLINIC_TEMPLATES, clinic_languages
from model.alert import AlertState
from model.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from model.connection_state import ConnectionState
from model.facts import Instrument, Phase
from model.intensity import Confidence, Zone
from model.marks import REASONS
from model.metrics import METRIC
from model.notes.annotation import AnnotationKind
from model.prescribing.changes import PAUSE_REASONS
from model.words.activities import TYPES
from model.words.language import _, ngettext, read_in, translated
from model.words.not_counted import WITHIN_OTHERS, marked_by
from storage.audit_actions import AuditAction
from tests.clinic_world import ALERTS, CLINIC_NOW, CLINIC_ZONE, Served
from tests.rooms import ROOT
from web.languages import LANGUAGE_COOKIE

SWEDISH = clinic_languages()["sv"]
_KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "RequestRefused": (2,),
}  # fmt: skip


def _texts() -> Iterator[str]:
    """Yield each text of the code and of the templates that is marked for the catalogue."""
    lines = (CLINIC_LOCALE / "babel.cfg").read_text(encoding="utf-8").splitlines()
    pairs = [line.strip("[]").partition(": ") for line in lines]
    methods = [(pattern, method) for method, _colon, pattern in pairs]
    for row in extract_from_dir(ROOT, methods, keywords=_KEYWORDS):
        yield row[2] if isinstance(row[2], str) else row[2][0]


def _catalogue() -> Catalog:
    with (CLINIC_LOCALE / "sv.po").open("rb") as file:
        return read_po(file, locale="sv")


def _id(row: Message) -> str:
    return row.id if isinstance(row.id, str) else row.id[0]


def test_the_swedish_catalogue_has_each_text_and_no_other() -> None:
    known = {_id(row) for row in _catalogue() if row.id}
    wanted = set(_texts())
    assert (sorted(wanted - known), sorted(known - wanted)) == ([], [])


def test_each_text_is_translated_with_the_same_values() -> None:
    for row in _catalogue():
        if not row.id:
            continue
        texts = [row.string] if isinstance(row.string, str) else list(row.string or [""])
        assert all(texts), row.id
        assert not row.fuzzy, row.id
        ids = [row.id] if isinstance(row.id, str) else list(row.id)
        names = set(re.findall(r"%\(\w+\)", " ".join(ids)))
        assert set(re.findall(r"%\(\w+\)", " ".join(texts))) == names, row.id


# what a page shows that is no text: names of products and of scales, marks, units
_PLAIN = re.compile(r"Kadens|Borg|NRS|[a-z]|[^A-Za-zÅÄÖåäö]*", re.ASCII)
_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|placeholder|data-label|alt)="([^"]*)"')


@pytest.mark.parametrize(
    "page", sorted(CLINIC_TEMPLATES.glob("*.html")), ids=lambda page: page.name
)
def test_a_template_has_no_text_of_one_language(page: Path) -> None:
    text = _CODE.sub("\0", page.read_text(encoding="utf-8"))
    shown = [*_ATTRIBUTES.findall(text), *re.findall(r">([^<]*)<", re.sub(r"\s+", " ", text))]
    for piece in shown:
        for word in re.findall(r"[^\0]+", piece):
            assert _PLAIN.fullmatch(word.strip(" ·,.:;()")), (word, piece)


@pytest.mark.parametrize(
    "page", sorted(CLINIC_TEMPLATES.glob("*.html")), ids=lambda page: page.name
)
def test_what_a_template_words_is_marked(page: Path) -> None:
    """A text in quotes that begins with a capital and has a blank is for a person."""
    source = page.read_text(encoding="utf-8")
    tokens = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).lex(source)
    rows = [(kind, value) for _line, kind, value in tokens if kind != "whitespace"]
    for before, (kind, value) in pairwise(rows[1:]):
        if kind == "string" and re.search(r"[A-Z][a-z]+ [a-z]", value):
            assert before[1] in {"(", ","}, value


def _names() -> Iterable[str]:
    enums = (AlertState, AnnotationKind, ConnectionState, Phase, Instrument, Zone, Confidence)
    for enum in enums:
        yield from (str(row.value) for row in enum)
    yield from TYPES
    yield from METRIC
    yield from PAUSE_REASONS
    for reasons in REASONS.values():
        yield from reasons
    for rule in RULES:
        yield rule.family
        yield from rule.thresholds


@pytest.mark.parametrize("name", sorted(set(_names())))
def test_a_stored_name_has_a_swedish_word(name: str) -> None:
    english = words.label(name)
    assert english in {_id(row) for row in _catalogue()}, english


@pytest.mark.parametrize("action", [row for row in AuditAction if "patient" in row.value])
def test_an_action_on_a_patient_has_a_swedish_word(action: AuditAction) -> None:
    with read_in(SWEDISH):
        assert words.action(action.value)


def test_dates_and_numbers_are_swedish() -> None:
    with read_in(SWEDISH):
        assert words.day(date(2026, 11, 23)) == "mån 23 nov. 2026"
        assert words.week(date(2026, 11, 23)) == "v. 48, 23 nov. 2026"
        assert words.weekday(6) == "sön"
        assert words.when(CLINIC_NOW, CLINIC_ZONE) == "mån 23 nov. 2026, 13:40"
        assert (words.number(2.5), words.threshold(0.75), words.exact(1.25)) == (
            "2,5", "0,75", "1,25",
        )  # fmt: skip
        assert words.span(1_250) == "0:01,25"
    assert words.day(date(2026, 11, 23)) == "Mon 23 Nov 2026"
    assert words.number(2.5) == "2.5"


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (0, "nyss"),
        (MINUTE_MS, "för 1 min sedan"),
        (3 * HOUR_MS, "för 3 h sedan"),
        (2 * DAY_MS, "för 2 dagar sedan"),
    ],
)
def test_ages_are_swedish(past: int, text: str) -> None:
    with read_in(SWEDISH):
        assert words.ago(CLINIC_NOW - past, CLINIC_NOW) == text


def test_plurals_follow_the_number() -> None:
    with read_in(SWEDISH):
        texts = [ngettext("%(num)s day", "%(num)s days", count) for count in (0, 1, 2, 1.5)]
    assert texts == ["0 dagar", "1 dag", "2 dagar", "1.5 dagar"]


def test_a_percent_sign_is_filled_in_only_where_it_is_asked_for() -> None:
    with read_in(SWEDISH):
        assert _("%(low)s to %(high)s %% of heart rate reserve", low=40, high=59) == (
            "40 till 59 % av pulsreserven"
        )
        assert translated("100 % unknown to the catalogue") == "100 % unknown to the catalogue"
        assert translated("") == ""


def test_why_a_session_does_not_count_is_worded() -> None:
    with read_in(SWEDISH):
        assert words.reason(WITHIN_OTHERS) == "inom andra pass"
        assert words.reason("shorter than 7.5 minutes") == "kortare än 7,5 minuter"
        assert words.reason(marked_by("patient", "illness")) == (
            "markerat som inte träning av patient: sjukdom"
        )
        assert words.reason("by a rule of tomorrow") == "by a rule of tomorrow"
    assert words.reason(marked_by("patient", "")) == (
        "marked as not exercise by the patient: no reason given"
    )


@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("/patients/p?week=3", "/patients/p?week=3"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\nset-cookie: x", "/"),
    ],
)
def test_the_switch_leads_back_to_a_page_of_this_door(page: str, leads_to: str) -> None:
    assert own_page(page) == leads_to


def test_a_browser_is_answered_in_its_language_and_a_person_in_theirs(door: Served) -> None:
    with httpx2.Client(base_url=door.url, headers={"accept-language": "sv-SE,sv;q=0.9"}) as client:
        page = client.get("/")
        assert '<html lang="sv">' in page.text
        assert "<h1>Arbetslista</h1>" in page.text
        answer = client.post("/language", data={"code": "en", "page": "/"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert LANGUAGE_COOKIE in client.cookies
        page = client.get("/")
        assert '<html lang="en">' in page.text
        assert "<h1>Worklist</h1>" in page.text
        assert client.post("/language", data={"code": "de", "page": "/"}).status_code == 422


def test_programs_are_answered_in_english(door: Served) -> None:
    headers = {"accept-language": "sv"}
    swedish = httpx2.get(f"{door.url}/api/v1/worklist", headers=headers)
    assert swedish.json() == httpx2.get(f"{door.url}/api/v1/worklist").json()


def test_a_refusal_is_worded_for_its_reader(door: Served) -> None:
    headers = {"accept-language": "sv", "accept": "text/html"}
    page = httpx2.get(f"{door.url}/patients/p-nobody", headers=headers)
    assert page.status_code == 404
    assert "Vårdenheten har ingen sådan patient." in page.text


def test_what_an_alert_says_is_worded_for_its_reader(door: Served) -> None:
    pain = "Pain 8 of 10 after exercise on 2026-11-22 (rule P1: 8 or more once)."
    smarta = "Smärta 8 av 10 efter träning 2026-11-22 (regel P1: 8 eller mer en gång)."
    pages = ("/", "/patients/p-pain", f"/alerts/{ALERTS['pain']}", "/?show=p-pain")
    for path in pages:
        for language, shown, hidden in (("sv", smarta, pain), ("en", pain, smarta)):
            page = httpx2.get(door.url + path, headers={"accept-language": language}, timeout=30)
            assert (shown in page.text, hidden in page.text) == (True, False), (path, language)
    # programs get what is stored
    answer = httpx2.get(f"{door.url}/api/v1/alerts", headers={"accept-language": "sv"})
    assert pain in answer.text


def test_each_of_several_findings_of_an_alert_says_what_it_is_about(door: Served) -> None:
    alert, headers = ALERTS["mild"], {"accept-language": "sv"}
    finding = "Smärta 6 av 10 efter träning 2026-11-18, och 6 av 10 efter träning 2026-11-14"
    path = f"{door.url}/alerts/{alert}"
    # one says what the headline says already
    assert httpx2.get(path, headers=headers).text.count(finding) == 1
    door.change(
        "insert into alert_finding select alert, 'other', rule, rule_version, tier, at, session, "
        "evidence, current, added_at, from_at, fresh_until, sentence from alert_finding "
        "where alert = %s",
        alert,
    )
    assert httpx2.get(path, headers=headers).text.count(finding) == 3
    door.change("delete from alert_finding where alert = %s and key = 'other'", alert)


def test_who_looked_at_an_alert_is_told_in_sentences(door: Served) -> None:
    path = f"{door.url}/alerts/{ALERTS['pain']}"
    page = httpx2.get(path, headers={"accept-language": "sv"}).text
    assert "Karin Lind, Physiotherapy North, " in page.partition('id="audit"')[2]
    assert "{&#39;" not in page
