"""The page of patients' requests in a browser: wide and narrow, both languages, no violation."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.chromium import NEEDS_CHROMIUM, browser_context
from tests.clinic.rights.test_files import FILE_CONTENT, put_file
from tests.clinic.rights.test_requests import ask
from tests.clinic_world import Served

pytestmark = NEEDS_CHROMIUM
_OPEN = {"en": "Answer or refuse", "sv": "Besvara eller avslå"}
_SENT = "Fetch the file, once"
_ANSWER = {"en": "Answered", "sv": "Besvarad"}
_DONE = {"en": "The answer is written down", "sv": "Svaret är nedskrivet"}


@pytest.fixture(name="request_door")
def _request_door(door: Served) -> Iterator[Served]:
    yield door
    door.change("delete from rights_file")
    door.change("delete from rights_request")


@pytest.mark.promise(15)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_late_request_is_seen_taken_and_answered(
    browser: Browser, request_door: Served, width: int, language: str
) -> None:
    number = ask(request_door, "rectification", "2026-11-20")
    ask(request_door, "access")
    with browser_context(browser, request_door.url, width, language) as context:
        page = context.new_page()
        page.goto("/requests")
        card = page.locator(f"#request-{number}")
        expect(page.get_by_role("alert")).to_be_visible()
        card.locator("form").first.get_by_role("button").click()
        card.get_by_text(_OPEN[language]).click()
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        card.get_by_role("textbox").first.fill("Rättat.")
        card.get_by_role("textbox").last.fill("BankID")
        card.get_by_role("button", name=_ANSWER[language]).click()
        expect(page.locator("main").get_by_role("status")).to_contain_text(_DONE[language])
        expect(page.locator(f"#request-{number}")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_mistake_is_said_beside_its_field(
    browser: Browser, request_door: Served, width: int
) -> None:
    number = ask(request_door, "access")
    with browser.new_context(
        viewport={"width": width, "height": 900}, base_url=request_door.url, locale="en-GB"
    ) as context:
        page = context.new_page()
        page.goto("/requests")
        card = page.locator(f"#request-{number}")
        card.get_by_text("Answer, refuse, or more time").click()
        card.get_by_role("textbox").first.fill("sent")
        card.get_by_role("button", name="Answered").click()
        how = card.get_by_role("textbox").last
        expect(how).to_have_accessible_description(
            "Note how the requester was identified before you answer."
        )
        expect(card.get_by_role("textbox").first).to_have_value("sent")
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.promise(15)
def test_a_file_is_fetched_with_the_keyboard_and_without_scripts(
    browser: Browser, request_door: Served
) -> None:
    number = put_file(request_door)
    with browser.new_context(
        base_url=request_door.url, locale="en-GB", java_script_enabled=False
    ) as context:
        page = context.new_page()
        page.goto("/requests")
        page.get_by_role("checkbox").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        with page.expect_download() as fetched:
            page.keyboard.press("Enter")
        assert fetched.value.suggested_filename == f"kadens-{number}.zip"
        assert fetched.value.path().read_bytes() == FILE_CONTENT
        page.goto("/requests")
        expect(page.get_by_role("button", name=_SENT)).to_have_count(0)
