"""A patient connects a watch in a real browser, without any script, by mouse and by keyboard.

Every test fails when a request left this machine, when a page scrolls sideways at 400 pixels, or
when a script is needed: scripts are switched off.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM
from tests.patient.conftest import links, served_links
from tests.patient.link_world import LinkWorld

__all__ = ["links", "served_links"]
pytestmark = [*NEEDS_CHROMIUM, pytest.mark.usefixtures("unhurried")]
_WIDTH = 400


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": _WIDTH, "height": 900}, locale="sv-SE", java_script_enabled=False
    )
    seen: list[str] = []
    made = context.new_page()
    made.on("request", lambda event: seen.append(event.url))
    yield made
    assert {urlsplit(url).hostname for url in seen} == {"127.0.0.1"}
    context.close()


def _heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    for element in page.locator("body *").all():
        box = element.bounding_box()
        assert box is None or box["x"] + box["width"] <= _WIDTH


def test_a_patient_connects_and_withdraws_in_swedish(page: Page, links: LinkWorld) -> None:
    patient, user = links.patient(), links.account()
    link = links.invite(patient)
    page.goto(link)
    assert page.locator("html").get_attribute("lang") == "sv"
    _heading(page, "Anslut Polar till din vårdmottagning")
    page.get_by_role("button", name="Jag samtycker, vidare till Polar").click()
    # the page in between leads on by itself, as its header says
    expect(page.get_by_role("heading", level=1)).to_have_text("Polar, played")
    page.get_by_role("button", name="Allow").click()
    _heading(page, "Polar är ansluten")
    assert links.traces(patient)[:3] == [1, 1, 1]
    page.goto(link)
    _heading(page, "Länken har använts")
    page.get_by_role("button", name="Ta tillbaka mitt samtycke").click()
    _heading(page, "Du har tagit tillbaka ditt samtycke")
    assert links.traces(patient)[2] == 0
    assert links.vendor.holds(user)  # until the fetcher tells the vendor


def test_a_patient_goes_all_the_way_by_keyboard(page: Page, links: LinkWorld) -> None:
    links.account()
    page.goto(links.invite(links.patient()))
    page.get_by_role("link", name="English").press("Enter")
    _heading(page, "Connect Polar with your clinic")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    # skip link, two languages, then the answer
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="I agree, go to Polar")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Allow").press("Enter")
    _heading(page, "Polar is connected")


def test_who_denies_gets_a_plain_page(page: Page, links: LinkWorld) -> None:
    patient = links.patient()
    links.account()
    page.goto(f"{links.invite(patient)}?lang=en")
    page.get_by_role("button", name="I agree, go to Polar").click()
    page.get_by_role("button", name="Deny").click()
    _heading(page, "Nothing was connected")
    assert links.traces(patient) == [0, 0, 0, 0]


def test_a_way_back_in_another_browser_is_refused(
    page: Page, browser: Browser, links: LinkWorld
) -> None:
    patient = links.patient()
    links.account()
    page.goto(f"{links.invite(patient)}?lang=en")
    page.get_by_role("button", name="I agree, go to Polar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Polar, played")
    other = browser.new_context(locale="en-GB")
    stranger = other.new_page()
    stranger.goto(page.url)
    stranger.get_by_role("button", name="Allow").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text(
        "This is not the browser that you began with"
    )
    other.close()
    assert links.traces(patient) == [0, 0, 0, 0]
