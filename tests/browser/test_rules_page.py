"""The page of the rules in a browser, wide and narrow, in both languages, without a violation."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.chromium import NEEDS_CHROMIUM, browser_context
from tests.clinic_world import Served

pytestmark = NEEDS_CHROMIUM
_WORDS = {"en": "Found in addition", "sv": "Hittas dessutom"}


@pytest.mark.parametrize(("width", "language"), list(product((1280, 400), _WORDS)))
def test_the_rules_are_read_and_a_threshold_is_tried(
    browser: Browser, door: Served, width: int, language: str
) -> None:
    with browser_context(browser, door.url, width, language) as context:
        page = context.new_page()
        page.goto("/rules")
        page.select_option("select[name=change]", "P1 very_high")
        page.fill("input[name=value]", "6")
        page.click("form[method=get] button")
        expect(page.get_by_text(_WORDS[language])).to_be_visible()
        findings = Axe().run(page).response["violations"]
        assert [row["id"] for row in findings] == []
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
