"""A clinician's walk in a real browser: from alert to evidence to session, with actions.

The walk is repeated by keyboard and on a small screen. Every test fails when the content policy was
violated, a script failed, or a request left this machine.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM, WATCH_POLICY, no_side_scroll
from tests.clinic_world import ALERTS, Served

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(params=[1280, 400])
def width(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def page(browser: Browser, door: Served, width: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 900}, base_url=door.url)
    context.add_init_script(WATCH_POLICY)
    texts: list[str] = []
    hosts: set[str] = set()
    made = context.new_page()
    made.on("console", lambda event: texts.append(event.text) if event.type == "error" else None)
    made.on("pageerror", lambda event: texts.append(str(event)))
    made.on("request", lambda event: hosts.add(urlsplit(event.url).hostname or ""))
    yield made
    assert made.evaluate("window.violations") == []
    assert texts == []
    assert hosts == {"127.0.0.1"}
    context.close()


def test_from_alert_to_evidence_to_session_and_down(page: Page) -> None:
    page.goto("/")
    assert no_side_scroll(page)
    page.get_by_role("link", name="Pain 8 of 10 after exercise").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pain 8 of 10")
    expect(page.locator("#evidence")).to_contain_text("Very high")
    assert no_side_scroll(page)
    page.get_by_role("link", name="Open the session").click()
    expect(page.locator("#zones tfoot")).to_contain_text("42:00")
    expect(page.locator("#facts")).to_contain_text("Samples: heart rate")
    expect(page.locator("#reports")).to_contain_text("8 of 10")
    expect(page.locator("#curve .heart-line:visible")).to_have_count(2)
    assert no_side_scroll(page)
    page.get_by_label("Breadcrumb").get_by_role("link", name="Astrid Exempel").click()
    expect(page.locator(".drawing:visible")).to_have_count(2)
    assert no_side_scroll(page)


def test_the_line_is_broken_where_nothing_was_measured(page: Page) -> None:
    page.goto("/patients/p-pain")
    page.locator("#sessions tbody a").first.click()
    expect(page.locator("#curve .heart-line:visible")).to_have_count(2)
    expect(page.locator("#curve .gap:visible")).to_have_count(1)


def test_from_a_square_of_the_calendar_to_its_session(page: Page) -> None:
    page.goto("/patients/p-pain")
    squares = page.locator("#calendar .squares .square")
    expect(squares).to_have_count(78)
    expect(page.locator("#calendar .square-legend")).to_contain_text("Not worn")
    link = page.get_by_role("link", name="Sun 22 Nov 2026: Done, 1 recorded, 42 min")
    size = link.bounding_box()
    assert size is not None
    assert min(size["width"], size["height"]) >= 22
    assert no_side_scroll(page)
    link.click()
    expect(page.locator("#head .stand-in")).to_have_text("Counted")
    expect(page.locator("#sources tbody")).to_contain_text("No other source measured")
    expect(page.locator("#quality-flags")).to_contain_text("Nothing is doubted")
    assert no_side_scroll(page)


def test_no_data_is_grey_and_never_red(page: Page) -> None:
    page.goto("/patients/p-silent")
    grey = page.locator("#calendar .squares .look-no_data").first
    colours = grey.evaluate(
        "(one) => getComputedStyle(one).backgroundColor.match(/[0-9]+/g).map(Number)"
    )
    assert max(colours) - min(colours) <= 12


def test_acknowledge_and_see_the_audit_row(page: Page, acting: Served) -> None:
    page.goto(f"/alerts/{ALERTS['pain']}")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".done")).to_have_text("Acknowledged.")
    expect(page.locator("#head .state")).to_have_text("Acknowledged")
    expect(page.locator("#history")).to_contain_text("Acknowledged")
    expect(page.locator("#history")).to_contain_text("Karin Lind")
    expect(page.locator("#audit")).to_contain_text("Karin Lind, Physiotherapy North, acknowledge")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.get_by_label("Plan changed").check()
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("#history")).to_contain_text("plan changed")
    page.goto("/")
    expect(page.locator("#work-pain")).not_to_contain_text("Astrid")
    expect(page.locator("#work-track")).to_contain_text("Astrid")
    assert acting.rows("select state from alert where id = %s", ALERTS["pain"]) == [("resolved",)]


def test_by_keyboard_alone(page: Page, acting: Served) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Astrid Exempel")
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("(one) => one === document.activeElement"):
            break
    expect(link).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pain 8 of 10")
    button = page.get_by_role("button", name="Acknowledge")
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("(one) => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(".done")).to_have_text("Acknowledged.")
    assert acting.rows("select state from alert where id = %s", ALERTS["pain"]) == [
        ("acknowledged",)
    ]


@pytest.mark.usefixtures("acting")
def test_an_open_page_follows_what_happens_without_losing_focus(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#live")).to_contain_text("Live")
    link = page.get_by_role("link", name="Astrid Exempel")
    link.focus()
    with acting_elsewhere(page) as other:
        other.goto(f"/alerts/{ALERTS['pain']}")
        other.get_by_role("button", name="In progress").click()
        expect(other.locator(".done")).to_be_visible()
    expect(page.locator("#work-pain .row-a")).to_contain_text("In progress")
    expect(link).to_be_focused()


def test_a_choice_being_made_is_not_taken_away(page: Page, acting: Served) -> None:
    page.goto(f"/alerts/{ALERTS['pain']}")
    expect(page.locator("#live")).to_contain_text("Live")
    choice = page.get_by_label("Plan changed")
    choice.check()
    acting.change("update alert set state = 'acknowledged' where id = %s", ALERTS["pain"])
    acting.change("select pg_notify('kadens_changed', '')")
    expect(page.locator("#head .state")).to_have_text("Acknowledged")
    expect(choice).to_be_checked()
    expect(choice).to_be_focused()


def test_every_page_has_one_heading_labels_and_a_table_for_each_chart(page: Page) -> None:
    for path in ("/", "/patients/p-pain", f"/alerts/{ALERTS['low']}"):
        page.goto(path)
        assert page.locator("h1").count() == 1
        for field in page.locator("select, input:not([type=hidden])").all():
            assert field.evaluate("(one) => one.labels.length") == 1
        for chart in page.locator(".drawing").all():
            assert chart.get_attribute("aria-label")
            assert chart.evaluate("(one) => one.closest('section').querySelector('table') !== null")


def test_without_scripts_the_numbers_are_all_there(browser: Browser, door: Served) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=door.url)
    page = context.new_page()
    page.goto("/patients/p-pain")
    expect(page.locator("#weeks .drawing:visible")).to_have_count(1)
    page.locator("#weeks-table summary").click()
    expect(page.locator("#weeks-table")).to_contain_text("W47, 16 Nov 2026")
    context.close()


class acting_elsewhere:  # noqa: N801 - used as a with statement
    """A second page of the same clinician, closed at the end."""

    def __init__(self, page: Page) -> None:
        self.page = page.context.new_page()

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, *_error: object) -> None:
        self.page.close()
