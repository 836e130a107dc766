"""A clinician prescribes, pauses, changes and renews in a real browser, in both languages."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM, WATCH_POLICY, no_side_scroll
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


def test_prescribe_and_confirm_what_is_said(page: Page) -> None:
    page.goto(f"/patients/{_PATIENT}/prescriptions")
    assert no_side_scroll(page)
    page.get_by_role("link", name="New prescription").click()
    assert no_side_scroll(page)
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
    assert no_side_scroll(page)
    refusal.get_by_role("link", name="Times a week").click()
    expect(times).to_be_focused()
    times.fill("2")
    page.get_by_label("Minutes each time, at most").fill("45")
    page.get_by_role("button", name="Submit").press("Enter")
    # another prescription holds already: that is said, and nothing is written until it is confirmed
    beside = page.get_by_role("alert")
    expect(beside).to_contain_text(f"It holds beside rx-{_PATIENT} for the same activities")
    assert no_side_scroll(page)
    page.get_by_role("button", name="Submit as confirmed").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is written yet")
    expect(page.get_by_label("Activity, in your words")).to_have_value("Strength at home")
    page.get_by_label(f"It holds beside rx-{_PATIENT}").check()
    page.get_by_role("button", name="Submit as confirmed").click()
    expect(page.get_by_role("status").last).to_contain_text("The prescription is submitted")
    card = page.locator("#rx-rx-1")
    expect(card).to_contain_text("2 sessions a week")
    expect(card).to_contain_text("30 to 45 min a session")
    assert no_side_scroll(page)


def test_pause_change_and_renew(page: Page) -> None:
    page.goto(f"/patients/{_PATIENT}/prescriptions")
    card = page.locator(f"#rx-rx-{_PATIENT}")
    card.locator("summary", has_text="Pause").click()
    card.get_by_label("To", exact=True).fill("2026-11-20")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("must not be after")
    card.get_by_label("To", exact=True).fill("2026-11-30")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("Illness")

    card.get_by_role("link", name="Change").click()
    page.get_by_label("Minutes each time, at least").first.fill("35")
    page.get_by_label("Minutes each time, at most").fill("45")
    page.get_by_role("button", name="Save as draft").click()
    drafts = page.get_by_role("region", name="Drafts")
    expect(drafts).to_contain_text(f"to follow version 3 of rx-{_PATIENT}")
    expect(drafts.get_by_text("Draft", exact=True)).to_be_visible()
    page.get_by_role("link", name="Open").click()
    page.get_by_role("button", name="Submit").click()
    expect(card).to_contain_text("35 to 45 min a session")

    card.get_by_role("link", name="Renew").click()
    page.get_by_role("button", name="Submit").click()
    card.locator("summary", has_text="All versions (5)").click()
    expect(card.locator("table")).to_contain_text(f"rx-{_PATIENT}/4")
    # the version that was only paused says so, and differs from the one before by nothing else
    expect(card.locator("table")).to_contain_text("30 Nov 2026: Illness")
    assert no_side_scroll(page)


def test_the_pages_speak_swedish(page: Page) -> None:
    page.goto(f"/patients/{_PATIENT}/prescriptions/write?change=rx-{_PATIENT}")
    page.get_by_role("button", name="Svenska").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ändra ordinationen")
    expect(page.get_by_role("button", name="Utfärda")).to_be_visible()
    assert no_side_scroll(page)
