"""The page of a patient's rights in a real browser: asking, the state of it, and the file."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from model.calendar import DAY_MS
from model.privacy.requests import RightKind
from tests.browser.chromium import LOCALES, NEEDS_CHROMIUM
from tests.browser.own_door import own_browser, own_world, too_wide
from tests.clinic_world import UNIT
from tests.patient.link_world import LinkWorld
from tests.patient.test_entry import door_link
from tests.patient.test_rights import answered_request

__all__ = ["own_world"]
pytestmark = NEEDS_CHROMIUM
_WISH = "Smärtan i måndags var 2, inte 9."
_REQUESTED = {"en": "Correct something", "sv": "Rätta något"}
_SENT = {"en": "You get an answer within 30 days.", "sv": "Du får svar inom 30 dagar."}
_FETCH = {"en": "Fetch the file", "sv": "Hämta filen"}


@pytest.mark.promise(15)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_right_is_asked_for_and_answered_without_scripts(
    browser: Browser, own_world: LinkWorld, width: int, language: str
) -> None:
    patient = own_world.patient(UNIT)
    with own_browser(browser, own_world, width, language, patient) as page:
        page.goto("/rights")
        page.get_by_text(_REQUESTED[language], exact=True).click()
        form = page.locator("#rectification form")
        form.get_by_role("textbox").fill(_WISH)
        form.get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text(_SENT[language])
        expect(page.locator(".request")).to_contain_text(_WISH)
        assert too_wide(page) == []
        number = answered_request(own_world, patient, RightKind.ACCESS, b"PK")
        page.goto("/rights")
        with page.expect_download() as download:
            page.get_by_role("link", name=_FETCH[language]).click()
        assert Path(download.value.path()).read_bytes() == b"PK"
        assert download.value.suggested_filename == f"kadens-{number}.zip"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_axe_finds_nothing_with_everything_open(
    browser: Browser, own_world: LinkWorld, width: int, language: str
) -> None:
    patient, now_ms = own_world.patient(UNIT), own_world.now_ms
    answered_request(own_world, patient, RightKind.ACCESS, b"PK")
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale=LOCALES[language],
        base_url=own_world.url,
    )
    page = context.new_page()
    page.goto(door_link(own_world, patient))
    page.locator("main button").click()
    page.goto("/rights")
    page.locator("#erasure summary").click()
    page.locator("#erasure button").click()
    try:
        # a late request has its own words, so it is looked at too
        own_world.now_ms = now_ms + 31 * DAY_MS
        page.goto(door_link(own_world, patient))
        page.locator("main button").click()
        page.goto("/rights")
        for summary in page.locator("summary").all():
            summary.click()
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
    finally:
        own_world.now_ms = now_ms
        context.close()
