"""The pages of corrections in a browser: wide and narrow, both languages, without scripts."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.chromium import NEEDS_CHROMIUM, browser_context
from tests.clinic.rights.test_correcting import HOME, PAIN_RECORD, WALK_RECORD
from tests.clinic_world import Served

pytestmark = NEEDS_CHROMIUM
_TAKEN_BACK = {"en": "Taken back:", "sv": "Tas tillbaka:"}
_DONE = {"en": "The correction is written.", "sv": "Rättelsen är sparad."}
_WRONG = {"en": "That is no value of the scale.", "sv": "Det är inget värde på skalan."}


@pytest.fixture(name="correct_door")
def _correct_door(door: Served) -> Iterator[Served]:
    yield door
    for table in ("correction", "stale_derivation", "due"):
        door.change(f"delete from {table}")  # noqa: S608 - names of this test


@pytest.mark.promise(11)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_value_is_corrected_after_a_look_at_what_follows(
    browser: Browser, correct_door: Served, width: int, language: str
) -> None:
    with browser_context(browser, correct_door.url, width, language) as context:
        page = context.new_page()

        def sound() -> None:
            assert Axe().run(page).response["violations"] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width

        page.goto(f"{HOME}/write?record={PAIN_RECORD}&source=reports")
        page.locator("#value").fill("12")
        page.locator("#why").fill("slip of a digit")
        page.locator(".prescribe .main-button").click()
        expect(page.locator("#value")).to_have_accessible_description(_WRONG[language])
        sound()
        page.locator("#value").fill("2")
        page.locator(".prescribe .main-button").click()
        expect(page.get_by_text(_TAKEN_BACK[language])).to_be_visible()
        sound()
        page.locator("#h-preview ~ form .main-button").click()
        expect(page.locator(".done")).to_contain_text(_DONE[language])
        sound()
        wanted = "select session from session where record = %s"
        ((session,),) = correct_door.rows(wanted, WALK_RECORD)
        for path in (f"/patients/p-pain/sessions/{session}", "/patients/p-pain"):
            page.goto(path)
            expect(page.get_by_text("slip of a digit").first).to_be_visible()
            sound()


@pytest.mark.promise(11)
def test_a_session_is_corrected_with_the_keyboard_and_without_scripts(
    browser: Browser, correct_door: Served
) -> None:
    with browser.new_context(
        base_url=correct_door.url, locale="en-GB", java_script_enabled=False
    ) as context:
        page = context.new_page()
        page.goto(f"{HOME}/write?record={WALK_RECORD}&source=files")
        page.locator("#end").fill("2026-11-22T17:32")
        page.locator("#why").focus()
        page.keyboard.type("stopped late")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("W47, 16 Nov 2026: 3 sessions, 1:35:00")).to_be_visible()
        page.locator("#h-preview ~ form .main-button").focus()
        page.keyboard.press("Enter")
        expect(page.locator(".done")).to_be_visible()
    assert correct_door.rows("select why from correction") == [("stopped late",)]
