"""The patient door over the invented patients of the clinic, for tests in a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.clinic_world import CLINIC_NOW
from tests.patient.link_world import LinkWorld, link_world
from tests.patient.test_entry import door_link

OWN_LOCALES = {"en": "en-GB", "sv": "sv-SE"}
PAINED = "p-pain"


@pytest.fixture(scope="module")
def own_world(world: str) -> Iterator[LinkWorld]:
    """Serve the patient door at the clinic's own time."""
    with link_world(world, "Vårdcentralen Exempel", CLINIC_NOW) as made:
        yield made


@contextmanager
def own_browser(
    browser: Browser, served: LinkWorld, width: int, language: str, patient: str = PAINED
) -> Iterator[Page]:
    """Give a browser without scripts in which a patient is signed in, by the page's own button."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale=OWN_LOCALES[language],
        base_url=served.url,
        java_script_enabled=False,
    )
    seen: list[str] = []
    made = context.new_page()
    made.on("request", lambda event: seen.append(event.url))
    made.goto(door_link(served, patient))
    made.locator("main button").click()
    yield made
    assert {urlsplit(url).hostname for url in seen} == {"127.0.0.1"}
    context.close()


def too_wide(page: Page) -> list[str]:
    """Return the texts of what reaches beyond the page's right edge."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    boxes = [(part, part.bounding_box()) for part in page.locator("body *").all()]
    return [part.inner_text() for part, box in boxes if box and box["x"] + box["width"] > width]
