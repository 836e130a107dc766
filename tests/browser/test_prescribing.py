"""A clinician prescribes, pauses, changes and renews in a real browser, in both languages."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM, WATCH_POLICY
from tests.clinic_world import Served

pytestmark = NEEDS_CHROMIUM
_PATIENT = "p-fine"


@pytest.fixture(name="page", params=[1280, 400])
def _page(browser: Browser, door: Served, request: pytest.FixtureRequest) -> Iterator[Page]:
    viewport = {"width": request.param, "height": 900}
    context = browser.new_context(viewport=viewport, base_url=door.url)  # type: ignore[arg-type]
    context.add_init_script(WATCH_POLICY)
    hosts: set[str] = set()
    made = context.new_page()
    made.on("request", lambda event: hosts.add(urlsplit(event.url).hostname or ""))
    yield made
    assert made.evaluate("window.violations") == []
    assert hosts == {"127.0.0.1"}
    context.close()
    door.change("delete from prescription_draft")
    door.change("delete from stale_derivation")
    door.change("delete from prescription where version > 2 or prescription not like 'rx-p-%%'")


def _fits(page: Page) -> bool:
    fits: bool = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return fits


def test_prescribe_pause_change_and_renew(page: Page) -> None:
    page.goto(f"/patients/{_PATIENT}/prescriptions")
    assert _fits(page)
    page.get_by_role("link", name="New prescription").click()
    assert _fits(page)
    page.get_by_label("Activity, in your words").fill("Strength at home")
    page.get_by_label("Times a week").first.fill("40")
    page.get_by_label("Minutes each time, at most").fill("20")
    page.get_by_role("button", name="Submit").click()
    # nothing was written, and what was typed is still there
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("Times a week: must be from 0 to 21")
    expect(page.get_by_label("Activity, in your words")).to_have_value("Strength at home")
    times = page.get_by_label("Times a week").first
    expect(times).to_have_attribute("aria-invalid", "true")
    assert _fits(page)
    refusal.get_by_role("link", name="Times a week").click()
    expect(times).to_be_focused()
    times.fill("2")
    page.get_by_label("Minutes each time, at most").fill("45")
    page.get_by_role("button", name="Submit").press("Enter")
    expect(page.get_by_role("status").last).to_contain_text("The prescription is submitted")
    card = page.locator("#rx-rx-1")
    expect(card).to_contain_text("2 sessions a week")
    expect(card).to_contain_text("30 to 45 min a session")
    assert _fits(page)

    card.locator("summary", has_text="Pause").click()
    card.get_by_label("To", exact=True).fill("2026-11-20")
    card.get_by_role("button", name="Pause").click()
    expect(page.locator("#rx-rx-1")).to_contain_text("must not be after")
    page.locator("#rx-rx-1").get_by_label("To", exact=True).fill("2026-11-30")
    page.locator("#rx-rx-1").get_by_role("button", name="Pause").click()
    expect(page.locator("#rx-rx-1")).to_contain_text("Illness")

    page.locator("#rx-rx-1").get_by_role("link", name="Change").click()
    page.get_by_label("Minutes each time, at least").first.fill("35")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", name="Drafts")).to_be_visible()
    page.get_by_role("link", name="Open").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#rx-rx-1")).to_contain_text("35 to 45 min a session")

    page.locator("#rx-rx-1").get_by_role("link", name="Renew").click()
    page.get_by_role("button", name="Submit").click()
    page.locator("#rx-rx-1 summary", has_text="All versions (4)").click()
    expect(page.locator("#rx-rx-1 table")).to_contain_text("rx-1/3")
    assert _fits(page)


def test_the_pages_speak_swedish(page: Page) -> None:
    page.goto(f"/patients/{_PATIENT}/prescriptions/write?change=rx-{_PATIENT}")
    page.get_by_role("button", name="Svenska").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ändra ordinationen")
    expect(page.get_by_role("button", name="Utfärda")).to_be_visible()
    assert _fits(page)
