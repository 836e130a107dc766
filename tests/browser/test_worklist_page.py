"""The worklist in a real browser: its keys, its preview, the mark, both languages, and axe."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM
from tests.clinic_world import ALERTS, Served

pytestmark = NEEDS_CHROMIUM

_LANGUAGES = ("sv-SE", "en-GB")
_WIDE, _NARROW = 1280, 400


@pytest.fixture(params=_LANGUAGES)
def page(request: pytest.FixtureRequest, browser: Browser, door: Served) -> Iterator[Page]:
    locale = str(request.param)
    context = browser.new_context(
        viewport={"width": _WIDE, "height": 900}, base_url=door.url, locale=locale
    )
    texts: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda event: texts.append(str(event)))
    yield made
    assert texts == []
    context.close()
    door.change("delete from review")


def _session(door: Served) -> str:
    sql = (
        "select session from session s join patient p on p.id = s.patient "
        "where p.pseudonym = 'p-pain' order by start_at desc limit 1"
    )
    return str(door.rows(sql)[0][0])


def test_axe_finds_nothing_on_any_page(page: Page, door: Served) -> None:
    paths = (
        "/",
        "/?patient=p-pain",
        "/patients/p-pain",
        "/patients/p-new",
        f"/alerts/{ALERTS['pain']}",
        f"/patients/p-pain/sessions/{_session(door)}",
        "/patients/p-nobody",
    )
    worse: list[str] = []
    for path in paths:
        page.goto(path)
        for width in (_WIDE, _NARROW):
            page.set_viewport_size({"width": width, "height": 900})
            results = Axe().run(page)
            if results.violations_count:
                worse.append(f"{path} at {width}: {results.generate_report()}")
    assert worse == []


def test_the_keys_walk_mark_and_preview(page: Page) -> None:
    page.goto("/")
    first, second = page.locator("a[data-row]").nth(0), page.locator("a[data-row]").nth(1)
    page.keyboard.press("j")
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(second).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-name")).to_be_focused()
    name = page.locator("#drawer-name").inner_text()
    page.keyboard.press("n")
    expect(page.locator("#drawer-name")).not_to_have_text(name)
    page.keyboard.press("r")
    expect(page.locator("[role=status].done")).to_be_visible()
    expect(page.locator("#do-unreview")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_have_count(0)
    expect(second).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#q")).to_have_value("j")
    page.locator("#q").blur()
    page.keyboard.press("?")
    expect(page.locator("#use-keys")).to_be_visible()


def test_the_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/")
    page.locator("#keys > summary").click()
    page.locator("#use-keys").uncheck()
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("a[data-row]").first).not_to_be_focused()


def test_a_patient_is_marked_and_the_mark_taken_back(page: Page) -> None:
    page.goto("/")
    page.locator("tr:has(#row-p-good) [data-review]").click()
    expect(page.locator("tr:has(#row-p-good) .c-review")).to_contain_text("Karin Lind")
    page.goto("/?patient=p-good")
    page.locator("#do-unreview").click()
    expect(page.locator("#do-review")).to_be_visible()


def test_search_and_preview_work_without_scripts(browser: Browser, door: Served) -> None:
    context = browser.new_context(base_url=door.url, java_script_enabled=False)
    made = context.new_page()
    made.goto("/")
    made.locator("#q").fill("dag")
    made.locator("#q").press("Enter")
    expect(made.locator("a[data-row]")).to_have_count(1)
    made.locator("a[data-row]").click()
    expect(made.locator("#drawer-name")).to_have_text("Dag Uppdiktad")
    assert "q=dag" in made.url
    assert "patient=p-good" in made.url
    made.locator("#close-drawer").click()
    assert made.url.endswith("/?q=dag#row-p-good")
    context.close()


def test_the_language_is_switched_and_kept(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Svenska").click()
    expect(page.locator("h1")).to_have_text("Arbetslista")
    page.goto("/patients/p-pain")
    assert page.locator("html").get_attribute("lang") == "sv"
    page.get_by_role("button", name="English").click()
    page.goto("/")
    expect(page.locator("h1")).to_have_text("Worklist")


def test_a_preview_opens_where_its_patient_is_in_the_list(page: Page) -> None:
    page.set_viewport_size({"width": _WIDE, "height": 500})
    page.goto("/")
    last = page.locator("a[data-row]").last
    last.click()
    expect(page.locator("#drawer-name")).to_be_focused()
    expect(page.locator("#drawer-name")).to_be_in_viewport()
    expect(page.locator(".row-open")).to_be_in_viewport()
    # without the script the page would begin at its top
    assert page.evaluate("scrollY") > 500
