"""The pages of support cases and of spot checks in a browser: wide, narrow, both languages."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from model.calendar import DAY_MS
from tests.browser.chromium import NEEDS_CHROMIUM, browser_context
from tests.clinic.rights.test_checks import looked
from tests.clinic_world import CLINICIAN, COLLEAGUE, Served

pytestmark = NEEDS_CHROMIUM
_BOTH = [(360, "en"), (1280, "sv"), (360, "sv"), (1280, "en")]
_NO_REASON = {
    "en": "Write why, in at most 500 characters. The patient reads it.",
    "sv": "Skriv varför, med högst 500 tecken. Patienten läser det.",
}
_OPENED = {"en": "The case is open.", "sv": "Ärendet är öppnat."}
_ENDED = {"en": "The access has ended.", "sv": "Åtkomsten är avslutad."}
_NAMED = {
    "en": "Write it without the patient's name: it stays when the patient is erased.",
    "sv": "Skriv det utan patientens namn: det står kvar när patienten raderas.",
}
_JUDGED = {"en": "The verdict is written.", "sv": "Bedömningen är sparad."}


@pytest.fixture(name="rights_door")
def _rights_door(door: Served) -> Iterator[Served]:
    now_ms = door.clock[0]
    yield door
    door.clock[0] = now_ms
    for table in ("support_access", "support_case", "audit_sampled", "audit_sample"):
        door.change(f"delete from {table}")  # noqa: S608 - names of this test


def _is_clean(page: Page, width: int) -> None:
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.promise(22)
@pytest.mark.parametrize(("width", "language"), _BOTH)
def test_a_case_is_opened_and_its_access_ended_with_the_keyboard(
    browser: Browser, rights_door: Served, width: int, language: str
) -> None:
    with browser_context(browser, rights_door.url, width, language) as context:
        page = context.new_page()
        page.goto("/patients/p-good")
        page.locator("#audit a[href='/patients/p-good/support']").press("Enter")
        page.locator("#about-0").fill("a watch is silent")
        page.locator("#staff-0").select_option(COLLEAGUE.subject)
        page.locator("#about-0").press("Enter")
        reason = page.locator("#reason-0")
        expect(reason).to_have_accessible_description(_NO_REASON[language])
        expect(page.locator("#staff-0")).to_have_value(COLLEAGUE.subject)
        _is_clean(page, width)
        reason.fill("to see its last data")
        reason.press("Enter")
        expect(page.locator(".done")).to_have_text(_OPENED[language])
        for fold in page.locator("summary").all():
            fold.press("Enter")
        _is_clean(page, width)
        page.locator("form[action$='/end'] button").press("Enter")
        expect(page.locator(".done")).to_have_text(_ENDED[language])
        _is_clean(page, width)


@pytest.mark.promise(19)
@pytest.mark.parametrize(("width", "language"), _BOTH)
def test_an_access_is_judged_with_the_keyboard(
    browser: Browser, rights_door: Served, width: int, language: str
) -> None:
    # days on their own, so that a sample of a day has both accesses whatever else was looked at
    rights_door.clock[0] += 2 * DAY_MS * (1 + _BOTH.index((width, language)))
    rows = [looked(rights_door, who) for who in (COLLEAGUE.subject, CLINICIAN.subject)]
    with browser_context(browser, rights_door.url, width, language) as context:
        page = context.new_page()
        page.goto("/checks")
        page.locator("#size").fill("none")
        page.locator("#size").press("Enter")
        expect(page.locator("#size")).to_have_attribute("aria-invalid", "true")
        _is_clean(page, width)
        page.locator("#size").fill("100")
        page.locator("#days").fill("1")
        page.locator("#size").press("Enter")
        card = page.locator(f"#access-{rows[0]}")
        card.locator("[value=justified]").press("Space")
        comment = card.locator("[name=comment]")
        comment.fill("Dag Uppdiktad asked")
        comment.press("Enter")
        expect(comment).to_have_accessible_description(_NAMED[language])
        expect(card.locator("[value=justified]")).to_be_checked()
        _is_clean(page, width)
        comment.fill("on the rota")
        comment.press("Enter")
        expect(page.locator(".done")).to_have_text(_JUDGED[language])
        # one's own has no form
        assert page.locator(f"#access-{rows[1]} form").count() == 0
        _is_clean(page, width)
        page.goto("/checks")
        _is_clean(page, width)
