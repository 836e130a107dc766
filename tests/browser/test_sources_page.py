"""The page of sources in a real browser without scripts: silence, connecting and withdrawing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM
from tests.browser.own_door import own_browser, own_world, too_wide
from tests.patient.link_world import LinkWorld

__all__ = ["own_world"]
pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("unhurried")]
_SILENT = {
    "en": "The source has been silent since 24 October 2026. That says something about the source, "
    "and nothing about you.",
    "sv": "Källan har varit tyst sedan 24 oktober 2026. Det säger något om källan och inget om "
    "dig.",
}
_WITHDREW = {
    "en": "You withdrew on 20 November 2026. Nothing has been read since.",
    "sv": "Du tog tillbaka samtycket den 20 november 2026. Inget har lästs sedan dess.",
}
_NOW_WITHDRAWN = {
    "en": "You withdrew on 23 November 2026.",
    "sv": "Du tog tillbaka samtycket den 23 november 2026.",
}
_FILES = {
    "en": "Files that you or your clinic sent",
    "sv": "Filer som du eller mottagningen har skickat",
}
_AGREE = {"en": "I agree, go to Polar", "sv": "Jag samtycker, vidare till Polar"}
_CONNECTED = {"en": "Polar is connected", "sv": "Polar är ansluten"}


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
        made.goto("/sources")
        yield made


def test_each_source_says_how_it_is(page: Page, language: str) -> None:
    polar = page.locator("section.card").filter(has_text="Polar").first
    expect(polar).to_contain_text(_SILENT[language])
    expect(page.locator("main")).to_contain_text(_WITHDREW[language])
    expect(page.get_by_role("heading", level=2).first).to_have_text(_FILES[language])
    assert too_wide(page) == []


def test_withdrawing_takes_two_steps_and_no_mouse(
    page: Page, own_world: LinkWorld, language: str
) -> None:
    files = page.locator("section.card").filter(has_text=_FILES[language])
    expect(files.get_by_role("button")).to_be_hidden()
    files.locator("summary").press("Enter")
    files.get_by_role("button").press("Enter")
    expect(files).to_contain_text(_NOW_WITHDRAWN[language])
    expect(files.locator("summary")).to_have_count(0)
    own_world.change("update consent set withdrawn_at = null where vendor = 'files'")


def test_a_patient_connects_a_watch_from_the_page(browser: Browser, own_world: LinkWorld) -> None:
    for language in ("en", "sv"):
        patient = own_world.patient()
        with own_browser(browser, own_world, 360, language, patient) as page:
            own_world.account()
            page.goto("/sources")
            page.get_by_role("button", name="Polar").press("Enter")
            page.get_by_role("button", name=_AGREE[language]).click()
            page.get_by_role("button", name="Allow").click()
            expect(page.get_by_role("heading", level=1)).to_have_text(_CONNECTED[language])
            page.goto("/sources")
            page.locator("summary").first.click()
            page.locator("details button").first.click()
            expect(page.locator("main")).to_contain_text(_NOW_WITHDRAWN[language])
