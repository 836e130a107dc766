"""A link for a patient is made, copied and given, and a refused form is read: axe, two widths."""

from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import (
    LOCALES,
    NEEDS_CHROMIUM,
    WATCH_POLICY,
    browser_context,
    no_side_scroll,
)
from tests.clinic_world import ALERTS, Served

pytestmark = NEEDS_CHROMIUM
_NOTE = "Called: the watch was at repair.\nComes back on Monday."


@pytest.fixture(params=list(product(LOCALES, (1280, 400))))
def page(browser: Browser, door: Served, request: pytest.FixtureRequest) -> Iterator[Page]:
    language, width = request.param
    with browser_context(browser, door.url, width, language) as context:
        context.add_init_script(WATCH_POLICY)
        made = context.new_page()
        yield made
        assert made.evaluate("window.violations") == []
    door.change("delete from door_link")


def _is_well(page: Page) -> None:
    assert no_side_scroll(page)
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


def test_a_link_is_made_by_keyboard_and_copied(page: Page) -> None:
    page.goto("/?patient=p-silent")
    _is_well(page)
    page.locator("#do-link").focus()
    page.keyboard.press("Enter")
    link = page.locator("#door-link")
    expect(link).to_be_visible()
    assert link.input_value().startswith("https://patients.example.org/enter/")
    _is_well(page)
    page.locator("#do-copy").click()
    expect(page.locator("#copied")).not_to_be_empty()


def test_a_form_that_has_expired_leads_back_to_its_alert(page: Page) -> None:
    page.goto(f"/alerts/{ALERTS['low']}")
    page.locator("#alert-note").fill(_NOTE)
    stale = "(form) => { form.elements.token.value = '1.x'; }"
    page.locator("#alert-notes form").evaluate(stale)
    page.locator("#do-alert-note").click()
    expect(page.locator(".unsent")).to_have_value(_NOTE)
    _is_well(page)
    page.locator("#way-back").click()
    expect(page.locator("#alert-note")).to_be_visible()
