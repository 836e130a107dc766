"""The page of accounts in a browser: wide and narrow, both languages, without scripts."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.chromium import NEEDS_CHROMIUM, browser_context
from tests.clinic.rights.test_requests import ask
from tests.clinic_world import Served

pytestmark = NEEDS_CHROMIUM
_WRONG = {
    "en": "Note how the patient was identified, in at most 200 characters.",
    "sv": "Anteckna hur patienten identifierades, med högst 200 tecken.",
}
_DONE = {"en": "The account is closed.", "sv": "Kontot är stängt."}


@pytest.fixture(name="account_door")
def _account_door(door: Served) -> Iterator[Served]:
    yield door
    for table in ("account_move", "account_life", "rights_request"):
        door.change(f"delete from {table}")  # noqa: S608 - names of this test


@pytest.mark.promise(16)
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_an_account_is_closed_with_the_keyboard(
    browser: Browser, account_door: Served, width: int, language: str
) -> None:
    ask(account_door, "closing", "2026-12-01", who="p-good")
    with browser_context(browser, account_door.url, width, language) as context:
        page = context.new_page()
        page.goto("/accounts")
        card = page.locator("#account-p-good")
        card.locator("summary").press("Enter")
        card.locator("[name=why]").fill("asked")
        # as a browser does that knows no `required`
        card.locator("[name=identified]").fill(" ")
        card.locator("[name=identified]").press("Enter")
        how = card.locator("[name=identified]")
        expect(how).to_have_accessible_description(_WRONG[language])
        expect(card.locator("[name=why]")).to_have_value("asked")
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        how.fill("BankID")
        how.press("Enter")
        expect(page.locator(".done")).to_have_text(_DONE[language])
        assert Axe().run(page).response["violations"] == []


def test_an_account_is_closed_without_scripts(browser: Browser, account_door: Served) -> None:
    with browser.new_context(
        base_url=account_door.url, locale="en-GB", java_script_enabled=False
    ) as context:
        page = context.new_page()
        page.goto("/accounts")
        card = page.locator("#account-p-fine")
        card.locator("summary").click()
        card.locator("[name=why]").fill("asked")
        card.locator("[name=identified]").fill("BankID")
        card.get_by_role("button").click()
        expect(page.locator(".done")).to_have_text(_DONE["en"])
    assert account_door.rows("select why from account_move") == [("asked",)]
