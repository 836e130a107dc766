"""The pages of a patient who is signed in, in a real browser: both languages, phone and desk.

Scripts are switched off, but for the one test in which axe runs.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LOCALES, NEEDS_CHROMIUM
from tests.browser.own_door import own_browser, own_world, too_wide
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import door_link

__all__ = ["own_world"]
pytestmark = NEEDS_CHROMIUM
_PATHS = ("/", "/report", "/sources", "/data", "/looked", "/rights", "/block")
_HEADINGS = {
    "en": (
        "Today",
        "Report",
        "Sources",
        "My data",
        "Who looked",
        "My rights",
        "Other units",
    ),
    "sv": (
        "I dag",
        "Rapportera",
        "Källor",
        "Mina uppgifter",
        "Vem som har tittat",
        "Mina rättigheter",
        "Andra enheter",
    ),
}


@pytest.fixture(params=[360, 1280])
def width(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture(params=["en", "sv"])
def language(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


@pytest.fixture
def page(browser: Browser, own_world: LinkWorld, width: int, language: str) -> Iterator[Page]:
    with own_browser(browser, own_world, width, language) as made:
        yield made


_NAVIGATION = """() => [...document.querySelectorAll(".rooms a")].map((link) => {
  const box = link.getBoundingClientRect();
  return [box.top, box.width, box.height, link.scrollWidth - link.clientWidth];
})"""


def test_the_navigation_has_two_rows_at_most_and_each_link_room_for_a_thumb(page: Page) -> None:
    for path in _PATHS:
        # the link of the page itself is bold, and so the widest it ever is
        page.goto(path)
        links: list[list[float]] = page.evaluate(_NAVIGATION)
        assert len(links) == len(_PATHS)
        assert len({top for top, _width, _height, _over in links}) <= 2
        assert [row for row in links if row[1] < 44 or row[2] < 44 or row[3] > 0] == []


def test_each_page_has_its_heading_and_fits(page: Page, language: str) -> None:
    for path, heading in zip(_PATHS, _HEADINGS[language], strict=True):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert page.locator("html").get_attribute("lang") == language
        assert too_wide(page) == []


def test_axe_finds_nothing(
    browser: Browser, own_world: LinkWorld, width: int, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale=LOCALES[language],
        base_url=own_world.url,
    )
    made = context.new_page()
    reports: list[str] = []

    def look(path: str) -> None:
        result = Axe().run(made)
        if result.violations_count:
            reports.append(f"{path}: {result.generate_report()}")

    made.goto(door_link(own_world, "p-pain"))
    look("enter")
    made.locator("main button").click()
    for path in _PATHS:
        made.goto(path)
        for part in made.locator("details").all():
            part.evaluate("(one) => { one.open = true; }")
        look(path)
    made.locator("footer button").click()
    look("left")
    context.close()
    assert reports == []


def test_a_chosen_language_holds_on_the_next_page(page: Page, language: str) -> None:
    other, name, heading = {
        "en": ("sv", "Svenska", "Mina uppgifter"),
        "sv": ("en", "English", "My data"),
    }[language]
    page.get_by_role("link", name=name).click()
    page.goto("/data")
    assert page.locator("html").get_attribute("lang") == other
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_every_page_is_reached_by_keyboard(page: Page, language: str) -> None:
    page.goto("/")
    for heading in _HEADINGS[language][1:]:
        link = page.locator(".rooms").get_by_role("link", name=heading)
        for _ in range(12):
            page.keyboard.press("Tab")
            if link.evaluate("one => one === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)


_NEWEST = {
    "en": "Sunday 22 November: Walking, 42 minutes, mean heart rate 130",
    "sv": "söndag 22 november: Promenad, 42 minuter, medelpuls 130",
}
_BY_RANGE = {
    "en": "Minutes in the prescribed intensity: 3. Harder: 28. Easier: 5.",
    "sv": "Minuter med ordinerad ansträngning: 3. Hårdare: 28. Lättare: 5.",
}
_RESTS_ON = {
    "en": "This rests on: files that you or your clinic sent",
    "sv": "Detta bygger på: filer som du eller mottagningen har skickat",
}


def test_the_history_says_what_each_session_rests_on(page: Page, language: str) -> None:
    page.goto("/data")
    expect(page.locator("tbody tr")).to_have_count(12)
    last_week = page.locator("tbody tr").nth(1).locator("th, td")
    expect(last_week).to_have_text(["16 Nov" if language == "en" else "16 nov.", "3", "117", ""])
    newest = page.locator("main .card").nth(1).locator("p").first
    texts = (_NEWEST[language], _BY_RANGE[language], _RESTS_ON[language])
    expect(newest).to_have_text(" ".join(texts))
    page.locator("summary").first.click()
    expect(page.locator("details").first.locator("p").last).to_contain_text("14 ")


def test_what_is_prescribed_is_in_the_words_of_the_page(page: Page, language: str) -> None:
    page.goto("/")
    text = page.locator("main").inner_text()
    assert {"en": "Walking, nordic walking.", "sv": "Promenad, stavgång."}[language] in text
    assert {"en": "until 1 February 2027.", "sv": "till och med 1 februari 2027."}[language] in text
    assert "_" not in text
