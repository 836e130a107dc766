"""What is typed and not sent outlives a page that keeps itself up to date."""

from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM, WATCH_POLICY, browser_context
from tests.clinic_world import ALERTS, Served

pytestmark = NEEDS_CHROMIUM
_ALERT = f"/alerts/{ALERTS['pain']}"
_NOTE = "Rests until Friday, says the knee swells in the evening"


@pytest.fixture
def page(browser: Browser, acting: Served) -> Iterator[Page]:
    with browser_context(browser, acting.url, 1280, "en") as context:
        context.add_init_script(WATCH_POLICY)
        made = context.new_page()
        yield made
        assert made.evaluate("window.violations") == []
    acting.change("delete from pinned_note")


def test_a_note_and_choices_stay_when_a_colleague_acts(page: Page, acting: Served) -> None:
    page.goto(_ALERT)
    expect(page.locator("#live")).to_contain_text("Live")
    page.locator("#alert-note").fill(_NOTE)
    page.locator("#alert-notes input[type=checkbox]").check()
    page.locator("#days").select_option("14")
    page.get_by_label("Plan changed").check()
    page.locator("h1").click()  # the focus is in no field any more
    acting.change("update alert set state = 'acknowledged' where id = %s", ALERTS["pain"])
    answer = acting.post(f"/api/v1/alerts/{ALERTS['pain']}/notes", json={"text": "A colleague's."})
    assert answer.status_code in {200, 201}
    expect(page.locator("#alert-notes .notes")).to_contain_text("A colleague's.")
    expect(page.locator("#do-acknowledge")).to_have_count(0)
    expect(page.locator("#alert-note")).to_have_value(_NOTE)
    expect(page.locator("#alert-notes input[type=checkbox]")).to_be_checked()
    expect(page.locator("#days")).to_have_value("14")
    expect(page.get_by_label("Plan changed")).to_be_checked()


def test_a_pinned_note_never_writes_over_a_newer_one(page: Page, acting: Served) -> None:
    page.goto("/patients/p-fine")
    expect(page.locator("#live")).to_contain_text("Live")
    page.locator("#note-edit summary").click()
    page.locator("#note-text").fill(_NOTE)
    page.locator("h1").click()
    form = {"text": "The newer note.", "after": 0}
    address = f"{acting.url}/api/v1/patients/p-fine/note"
    assert httpx2.put(address, json=form).is_success
    expect(page.locator("#note > .pinned-text")).to_have_text("The newer note.")
    expect(page.locator("#note-text")).to_have_value(_NOTE)
    page.locator("#do-note").click()
    expect(page.get_by_role("main")).to_contain_text("The note was changed meanwhile.")
    expect(page.locator(".unsent")).to_have_value(_NOTE)
    page.locator("#way-back").click()
    expect(page.locator("#note > .pinned-text")).to_have_text("The newer note.")


def test_a_double_click_sends_a_form_once(page: Page, acting: Served) -> None:
    page.goto(_ALERT)
    page.locator("#alert-note").fill(_NOTE)
    # the second click comes when the first request is on its way, and would send another
    page.locator("#do-alert-note").evaluate(
        "(button) => { button.click(); setTimeout(() => button.click(), 20); }"
    )
    expect(page.locator("#alert-notes .notes li")).to_have_count(1)
    assert acting.rows("select count(*) from alert_note") == [(1,)]
    page.locator("#alert-note").fill("A second one.")
    page.locator("#do-alert-note").click()
    expect(page.locator("#alert-notes .notes li")).to_have_count(2)
