"""A patient's sign-in in Chromium without scripts, between two origins, and its pages looked at."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from patient.sign_in.refusals import REFUSAL_PAGES, DoorRefusal
from tests.browser.chromium import CHROMIUM, CHROMIUM_FLAGS, LOCALES, NEEDS_CHROMIUM
from tests.browser.own_door import too_wide
from tests.clinic.sign_in.provider import Provider
from tests.patient.sign_in.conftest import OpenPatient

pytestmark = NEEDS_CHROMIUM
_BUTTON = {"en": "Sign in with e-identification", "sv": "Logga in med e-legitimation"}
_SIGN_OUT = {"en": "Sign out", "sv": "Logga ut"}
_HEADINGS = {
    "out": {"en": "You are not signed in", "sv": "Du är inte inloggad"},
    "in": {"en": "My data", "sv": "Mina uppgifter"},
    "left": {"en": "You have signed out", "sv": "Du har loggat ut"},
    "unknown": {"en": "You are not in this service", "sv": "Du finns inte i tjänsten"},
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)


@pytest.fixture(params=["en", "sv"])
def language(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


@pytest.fixture(params=[360, 1280])
def page(
    chromium: Browser, opened: OpenPatient, language: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """Give a page of a browser at the door."""
    with opened() as door:
        context = chromium.new_context(
            viewport={"width": request.param, "height": 800},
            locale=LOCALES[language],
            base_url=str(door.base_url),
        )
        made = context.new_page()
        yield made
        context.close()


def _looked_at(page: Page, name: str, language: str) -> None:
    """Check a page: its heading and language, nothing beyond the edge, nothing that axe finds."""
    expect(page.locator("h1")).to_have_text(_HEADINGS[name][language])
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert too_wide(page) == []
    assert Axe().run(page).response["violations"] == []


@pytest.mark.usefixtures("patient")
def test_in_with_two_taps_and_out(page: Page, language: str, provider: Provider) -> None:
    page.goto("/data")
    _looked_at(page, "out", language)
    page.get_by_role("link", name=_BUTTON[language]).click()
    _looked_at(page, "in", language)
    page.get_by_role("button", name=_SIGN_OUT[language]).click()
    _looked_at(page, "left", language)
    elsewhere = page.locator("main a").first.get_attribute("href")
    assert (elsewhere or "").startswith(f"{provider.url}/end?")


def test_who_is_unknown_reads_what_to_do_in_either_language(
    page: Page, language: str, provider: Provider
) -> None:
    provider.person = {"sub": "u-9", "personal_number": "191212121212"}
    page.goto("/")
    page.get_by_role("link", name=_BUTTON[language]).click()
    _looked_at(page, "unknown", language)
    other = "en" if language == "sv" else "sv"
    page.locator(f"header a[lang={other}]").click()
    _looked_at(page, "unknown", other)


@pytest.mark.parametrize("refusal", DoorRefusal)
def test_every_refusal_is_worded_and_fits_a_phone(
    chromium: Browser, opened: OpenPatient, refusal: DoorRefusal
) -> None:
    texts = REFUSAL_PAGES[refusal]
    with opened() as door:
        page = chromium.new_page(
            viewport={"width": 360, "height": 800}, base_url=str(door.base_url), locale="en-GB"
        )
        page.goto(f"/sign-in/refused/{refusal.name.lower()}")
        for text in (texts.heading, texts.why, texts.next_step):
            expect(page.get_by_text(text, exact=True)).to_be_visible()
        page.locator("header a[lang=sv]").click()
        expect(page.locator("main")).not_to_contain_text(texts.why)
        assert too_wide(page) == []
        page.close()
