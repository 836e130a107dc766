"""Every page of the clinician door in Swedish: no text of it is English, and no key is shown."""

import re

import pytest

from clinic.pages.templating import CLINIC_LOCALE
from tests.clinic.english_left import EnglishOf, without_words
from tests.clinic_world import ALERTS, Served

SESSION_OF_A_PATIENT = """
select session from session s join patient p on p.id = s.patient
where p.pseudonym = 'p-pain' order by start_at desc limit 1"""
_EVIDENCE = re.compile(r'<section class="card" id="evidence".*?</section>', re.DOTALL)
SWEDISH_PAGES = (
    "/",
    "/?patient=p-pain",
    "/?patient=p-new",
    "/?q=nobody-of-that-name",
    "/patients/p-pain",
    "/patients/p-low",
    "/patients/p-silent",
    "/patients/p-pause",
    "/patients/p-new",
    "/patients/p-fine",
    "/patients/p-pain/sessions/{session}",
    "/patients/p-pain/corrections",
    "/patients/p-pain/prescriptions",
    "/patients/p-pain/prescriptions/write",
    "/patients/p-pain/summary",
    "/patients/p-new/summary",
    f"/alerts/{ALERTS['pain']}",
    f"/alerts/{ALERTS['low']}",
    f"/alerts/{ALERTS['old']}",
    f"/alerts/{ALERTS['snooze']}",
    "/rules",
    "/rules?change=A1+ratio&value=0.6",
    "/duty",
    "/requests",
    "/requests?all=yes",
    "/accounts",
    "/accounts?q=nobody-of-that-name",
    "/shared",
    "/support",
    "/checks",
    "/patients/p-nobody",
    "/nowhere",
)


@pytest.fixture(scope="module", name="english")
def _english() -> EnglishOf:
    return EnglishOf(CLINIC_LOCALE / "sv.po")


@pytest.mark.parametrize("path", SWEDISH_PAGES)
def test_a_page_in_swedish_has_no_english(door: Served, english: EnglishOf, path: str) -> None:
    address = path.format(session=door.rows(SESSION_OF_A_PATIENT)[0][0])
    with without_words() as missed:
        answer = door.get(address, headers={"Accept": "text/html", "Accept-Language": "sv"})
    assert 'lang="sv"' in answer.text
    # the evidence of an alert shows what its rule has stored
    # zones that are numbered, what the fixtures wrote, and what was worded before
    assert [text for text in missed - {"Rule met"} if text.isascii() and len(text) > 2] == []
    assert english.left(_EVIDENCE.sub("", answer.text)) == []


def test_a_page_in_english_is_seen_to_be_english(door: Served, english: EnglishOf) -> None:
    page = door.get("/", headers={"Accept": "text/html", "Accept-Language": "en"}).text
    assert {"Worklist", "never reviewed", "Mark reviewed"} <= set(english.left(page))
