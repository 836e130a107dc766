"""Alerts are dealt with and duty is set in a browser: both languages, wide and narrow, axe."""

from collections.abc import Iterator
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import LOCALES, NEEDS_CHROMIUM, WATCH_POLICY, browser_context
from tests.clinic_world import ALERTS, CLINICIAN, Served

pytestmark = NEEDS_CHROMIUM
_PAGE = f"/alerts/{ALERTS['pain']}"
_SAYS = {
    "sv": "Smärta 8 av 10 efter träning 2026-11-22 (regel P1: 8 eller mer en gång).",
    "en": "Pain 8 of 10 after exercise on 2026-11-22 (rule P1: 8 or more once).",
}
_STATES = {
    "sv": {"acknowledged": "Kvitterad", "resolved": "Avslutad", "open": "Öppen"},
    "en": {"acknowledged": "Acknowledged", "resolved": "Resolved", "open": "Open"},
}
_ZONE = {
    "sv": "måste vara en IANA-tidszon, såsom Europe/Stockholm",
    "en": "must be an IANA time zone, such as Europe/Stockholm",
}
_AWAY = {
    "sv": "En frånvaro slutar efter att den börjar, inom ett år.",
    "en": "An absence ends after it begins, within a year.",
}


@pytest.fixture(name="page", params=list(product(LOCALES, (1280, 400))))
def _page(
    browser: Browser, acting: Served, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, str]]:
    language, width = request.param
    context = browser_context(browser, acting.url, width, language)
    context.add_init_script(WATCH_POLICY)
    made = context.new_page()
    yield made, language
    assert made.evaluate("window.violations") == []
    context.close()
    for table in ("unit_duty", "absence", "alert_note"):
        acting.change(f"delete from {table}")  # noqa: S608 - constants
    acting.change("delete from alert_finding where starts_with(key, 'other ')")


def _is_well(page: Page) -> None:
    """Check that a page fits its screen and that axe has nothing against it."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


def test_an_alert_is_acknowledged_noted_resolved_and_opened_again(page: tuple[Page, str]) -> None:
    made, language = page
    made.goto(_PAGE)
    expect(made.get_by_role("heading", level=1)).to_have_text(_SAYS[language])
    _is_well(made)
    head = made.locator("#head")
    made.locator("#do-acknowledge").click()
    expect(head).to_contain_text(_STATES[language]["acknowledged"])
    expect(made.locator("#do-acknowledge")).to_have_count(0)
    made.locator("#alert-note").fill("<b>Rests</b> until Friday")
    made.locator("#alert-notes input[type=checkbox]").check()
    made.locator("#do-alert-note").click()
    expect(made.locator("#alert-notes .notes li")).to_contain_text("<b>Rests</b> until Friday")
    made.locator("#actions input[value=contacted]").check()
    made.locator("#do-resolve-useful").click()
    expect(head).to_contain_text(_STATES[language]["resolved"])
    _is_well(made)
    made.locator("#do-reopen").click()
    expect(head).to_contain_text(_STATES[language]["open"])
    expect(made.locator("#history li")).to_have_count(4)
    # another page that is open shows what was done, so that nobody acts on what is over
    other = made.context.new_page()
    other.goto(_PAGE)
    made.locator("#do-claim").click()
    expect(other.locator("#do-claim")).to_have_count(0)
    _is_well(other)
    other.close()


def test_duty_is_set_and_what_is_wrong_is_said_beside_its_field(
    page: tuple[Page, str], door: Served
) -> None:
    made, language = page
    made.goto("/duty")
    _is_well(made)
    made.locator("#zone").fill("Mars")
    made.locator("#opens").fill("07:30")
    made.locator("#line-0").select_option("c-berg")
    made.locator("#do-duty").click()
    expect(made.locator("#wrong-zone")).to_have_text(_ZONE[language])
    expect(made.locator("#zone")).to_have_value("Mars")
    expect(made.locator("#opens")).to_have_value("07:30")
    expect(made.locator("#line-0")).to_have_value("c-berg")
    _is_well(made)
    assert door.rows("select count(*) from unit_duty") == [(0,)]
    made.locator("#zone").fill("Europe/Stockholm")
    made.locator("#do-duty").click()
    expect(made.locator(".done")).to_be_visible()
    expect(made.locator("#opens")).to_have_value("07:30")

    made.locator("#away").select_option("c-berg")
    made.locator("#away-first").fill("2026-11-27")
    made.locator("#away-last").fill("2026-11-25")
    made.locator("#do-away").click()
    expect(made.locator("#wrong-last")).to_have_text(_AWAY[language])
    expect(made.locator("#away-first")).to_have_value("2026-11-27")
    _is_well(made)
    made.locator("#away-last").fill("2026-11-30")
    made.locator("#away-cover").select_option(CLINICIAN.subject)
    made.locator("#do-away").click()
    away = made.locator("#absences .notes li")
    expect(away).to_have_count(1)
    _is_well(made)
    away.get_by_role("button").click()
    expect(made.locator("#absences .notes li")).to_have_count(0)


def test_a_session_is_marked_as_not_exercise_and_back(page: tuple[Page, str], door: Served) -> None:
    made, _language = page
    listed = door.get("/api/v1/patients/p-fine/sessions?limit=1").json()
    made.goto(f"/patients/p-fine/sessions/{listed['sessions'][0]['id']}")
    _is_well(made)
    made.locator("#mark-reason").select_option("illness")
    made.locator("#do-mark").click()
    expect(made.locator(".done")).to_be_visible()
    expect(made.locator("#reports")).to_be_visible()
    _is_well(made)


def test_of_many_findings_the_leading_one_is_open_and_the_rest_is_a_list(
    page: tuple[Page, str], door: Served
) -> None:
    made, language = page
    alert = ALERTS["pain"]
    for number in range(11):
        door.change(
            "insert into alert_finding select alert, %s, rule, rule_version, tier, "
            "at - %s * interval '1 day', session, evidence, %s, added_at, from_at, fresh_until, "
            "replace(sentence, '2026-11-22', '2026-11-2' || %s) from alert_finding "
            "where alert = %s and key = 'P1:pain'",
            f"other {number}",
            number - 1,  # one is newer than what leads
            number != 4,
            number % 2,
            alert,
        )
    made.goto(_PAGE)
    evidence = made.locator("#evidence")
    expect(evidence.locator("article")).to_have_count(1)
    expect(evidence.locator("article")).to_contain_text(_SAYS[language])
    further = evidence.locator("details.finding-more")
    expect(further).to_have_count(11)
    # what holds no longer is last, and says so before it is opened
    expect(further.last.locator("summary .tag")).to_be_visible()
    # only this part: the list of who looked grows with every test of this door
    assert evidence.evaluate("(part) => part.getBoundingClientRect().height") < 3_000
    further.first.locator("summary").click()
    expect(further.first.locator("dl").first).to_be_visible()
    _is_well(made)
    made.locator("#head a[href='#actions']").evaluate("(link) => link.click()")
    expect(made.locator("#do-acknowledge")).to_be_in_viewport()
