"""Every page of the clinician door at the width of a desk and of a phone, with all of it unfolded.

Nothing reaches beyond the page or its card, what is pressed has room for a finger, and each field
has a name. The names of the patients are long.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import NEEDS_CHROMIUM, browser_context
from tests.clinic.test_every_page import SESSION_OF_A_PATIENT, SWEDISH_PAGES
from tests.clinic_world import NAMES, Served

pytestmark = NEEDS_CHROMIUM
_LONG = "Maximiliana-Alexandrina von und zu Wolkenkuckucksheim-Östergötland"
_UNFOLD = "document.querySelectorAll('details').forEach((part) => { part.open = true; })"
# What may scroll sideways says so; what is for the ears only has no place.
_BEYOND = """() => {
  const width = document.documentElement.clientWidth;
  const shown = (part) => part.checkVisibility({ visibilityProperty: true })
    && !part.closest(".scroll, .unseen, .skip, svg, thead, select");
  return [...document.querySelectorAll("body *")].filter(shown).filter((part) => {
    const box = part.getBoundingClientRect();
    const card = part.parentElement.closest(".card, td");
    const edge = card ? Math.min(width, card.getBoundingClientRect().right) : width;
    return box.width > 0 && box.right > edge + 1;
  }).map((part) => part.outerHTML.slice(0, 90));
}"""
_SMALL = """() => [...document.querySelectorAll("button, summary, select, .button")]
  .filter((part) => part.checkVisibility())
  .filter((part) => part.getBoundingClientRect().height < 24)
  .map((part) => part.outerHTML.slice(0, 90))"""
_NAMELESS = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter((part) => part.labels.length !== 1 && !part.getAttribute("aria-label"))
  .map((part) => part.outerHTML.slice(0, 90))"""


@pytest.fixture(params=[400, 1280])
def page(request: pytest.FixtureRequest, browser: Browser, door: Served) -> Iterator[Page]:
    was = NAMES["p-pain"]
    NAMES["p-pain"] = _LONG
    with browser_context(browser, door.url, int(request.param), "sv") as context:
        yield context.new_page()
    NAMES["p-pain"] = was


def test_no_page_is_too_wide_or_too_small_to_press(page: Page, door: Served) -> None:
    session = door.rows(SESSION_OF_A_PATIENT)[0][0]
    wrong: dict[str, list[str]] = {}
    for path in SWEDISH_PAGES:
        page.goto(path.format(session=session))
        page.evaluate(_UNFOLD)
        for look in (_BEYOND, _SMALL, _NAMELESS):
            wrong.setdefault(path, []).extend(page.evaluate(look))
    assert {path: parts for path, parts in wrong.items() if parts} == {}


def test_a_screen_of_the_worklist_shows_several_patients(page: Page) -> None:
    page.goto("/")
    # a name as long as that of the first takes lines of its own
    boxes = [row.bounding_box() for row in page.locator("tr.row").all()[1:]]
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert max(box["height"] for box in boxes if box) <= {400: 330, 1280: 135}[width]


def test_the_page_about_the_interface_fits_a_phone(browser: Browser, door: Served) -> None:
    with browser_context(browser, door.url, 400, "en") as context:
        page = context.new_page()
        page.goto("/docs")
        assert page.evaluate("document.documentElement.scrollWidth") == 400
