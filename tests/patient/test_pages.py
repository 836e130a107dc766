"""The pages of the patient door say the same in each language, and what is agreed to is fixed."""

import hashlib
import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from model.words.activities import TYPES
from patient.linking.pages import LINK_LOCALE, LINK_TEMPLATES, PageView, page_of
from patient.linking.steps import TEXT_VERSION, LinkOutcome
from patient.words import ACTIVITY_WORDS

# Whoever changes what a patient agrees to gives it a new version: the rows of consents name it.
_AGREED = {"2026-11-28": "6b7ab9da701ada138fff19a75d87e22d9c69e8c7be8e1ec18151a7083f636fbb"}


def _page(outcome: LinkOutcome, language: str = "en", **changes: str) -> str:
    view = PageView(
        outcome=outcome, language=language, source="Polar", link="/connect/x", clinic="", **changes
    )
    return page_of(view)


def _texts() -> set[str]:
    """Return the texts of the templates, and those that the code marks with `N_`."""
    rows = [
        *extract_from_dir(LINK_TEMPLATES, [("**.html", "jinja2")]),
        *extract_from_dir(LINK_TEMPLATES.parent, [("**.py", "python")], keywords={"N_": None}),
    ]
    texts: set[str] = set()
    for row in rows:
        # a text that depends on a number comes with its plural, and its singular names it
        texts |= {row[2]} if isinstance(row[2], str) else {row[2][0]}
    return texts


def test_the_swedish_catalogue_has_each_text_of_the_pages_and_no_other() -> None:
    with (LINK_LOCALE / "sv.po").open("rb") as file:
        catalogue = read_po(file, locale="sv")
    texts = {row.id if isinstance(row.id, str) else row.id[0]: row for row in catalogue if row.id}
    assert set(texts) == _texts()
    for text, row in texts.items():
        assert row.string, text
        names = r"%\(\w+\)s"
        for translated in (row.string,) if isinstance(row.string, str) else row.string:
            assert sorted(re.findall(names, text)) == sorted(re.findall(names, translated))


def test_what_a_patient_agrees_to_has_a_version_of_its_own() -> None:
    pages = _page(LinkOutcome.INVITED, "en") + _page(LinkOutcome.INVITED, "sv")
    main = "".join(re.findall(r"<main.*?</main>", pages, re.DOTALL))
    assert hashlib.sha256(main.encode()).hexdigest() == _AGREED[TEXT_VERSION]


@pytest.mark.parametrize("outcome", LinkOutcome)
@pytest.mark.parametrize("language", ["en", "sv"])
def test_each_page_is_in_its_language_with_one_heading(outcome: LinkOutcome, language: str) -> None:
    page = _page(outcome, language)
    assert f'<html lang="{language}">' in page
    assert page.count("<h1>") == 1
    other = "Öppna" if language == "en" else "Nothing was"
    assert other not in page
    assert "<script" not in page
    assert " style=" not in page


def test_what_comes_from_elsewhere_is_written_as_text() -> None:
    page = page_of(
        PageView(
            outcome=LinkOutcome.ONWARD,
            language="en",
            source="<b>P</b>",
            clinic="<i>C</i>",
            onward='https://a.b/?x="><script>',
        )
    )
    assert not re.search("<b>|<i>|<script", page)


def test_each_activity_has_words() -> None:
    assert set(ACTIVITY_WORDS) == set(TYPES)
