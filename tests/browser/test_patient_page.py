"""A patient's page, the sheet of a session and the summary in a browser, in both languages.

Every page is looked at on a wide and on a narrow screen, without a violation that axe finds, a
script that fails or a request that leaves this machine.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import NEEDS_CHROMIUM, WATCH_POLICY, no_side_scroll
from tests.clinic_world import Served

pytestmark = NEEDS_CHROMIUM

_PATIENT = "/patients/p-pain"
_LANGUAGES = {"en": "en-GB", "sv": "sv-SE"}
_WEIGHT = 300_000  # bytes of a page with all that it loads: a clinic's computer may be old

# what the browser itself counted, without the encoding of the transport
_SIZES = """() => [
    ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].map((loaded) => loaded.decodedBodySize)"""


@pytest.fixture(params=[1280, 400])
def width(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture(params=["en", "sv"])
def language(request: pytest.FixtureRequest) -> str:
    code: str = request.param
    return code


@pytest.fixture
def page(browser: Browser, noted: Served, width: int, language: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        base_url=noted.url,
        locale=_LANGUAGES[language],
    )
    context.add_init_script(WATCH_POLICY)
    made = context.new_page()
    failures: list[str] = []
    hosts: set[str] = set()
    made.on("pageerror", lambda event: failures.append(str(event)))
    made.on("request", lambda event: hosts.add(urlsplit(event.url).hostname or ""))
    yield made
    assert made.evaluate("window.violations") == []
    assert failures == []
    assert hosts == {"127.0.0.1"}
    context.close()


@pytest.fixture
def noted(door: Served) -> Iterator[Served]:
    """Serve the door with an annotation and a note, and take out again what a test wrote."""
    illness = {"kind": "illness", "first": "2026-10-12", "last": "2026-10-18", "pauses": True}
    door.post(f"/api/v1{_PATIENT}/annotations", json=illness).raise_for_status()
    note = {"text": "Calls before noon", "after": 0}
    httpx2.put(f"{door.url}/api/v1{_PATIENT}/note", json=note, timeout=30).raise_for_status()
    yield door
    for table in ("annotation", "pinned_note", "due"):
        door.change(f"delete from {table}")  # noqa: S608 - constants


def _session(door: Served) -> str:
    listed = door.get(f"/api/v1{_PATIENT}/sessions?limit=1").json()
    return f"{_PATIENT}/sessions/{listed['sessions'][0]['id']}"


def test_no_page_has_a_violation_and_each_fits(page: Page, noted: Served, language: str) -> None:
    reports: list[str] = []
    for path in (_PATIENT, _session(noted), f"{_PATIENT}/summary", "/patients/p-new/summary"):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == language
        assert no_side_scroll(page)
        for part in page.locator("details").all():
            part.evaluate("(one) => { one.open = true; }")
        result = Axe().run(page)
        if result.violations_count:
            reports.append(f"{path}: {result.generate_report()}")
    assert reports == []


def test_a_page_with_all_that_it_loads_is_light(page: Page) -> None:
    page.goto(_PATIENT)
    sizes = page.evaluate(_SIZES)
    assert len(sizes) > 1  # the document and its style sheet at least
    assert all(sizes)
    assert sum(sizes) < _WEIGHT


_ADD = {"en": "Add an annotation", "sv": "Lägg till en händelse"}


def test_annotate_and_take_back(page: Page, noted: Served, language: str) -> None:
    page.goto(_PATIENT)
    expect(page.locator(".drawing:visible .annotation-pause").first).to_be_attached()
    page.locator("#annotate summary").click()
    expect(page.locator("#annotate summary")).to_have_text(_ADD[language])
    page.locator("#annotation-kind").select_option("new_watch")
    page.locator("#annotation-first").fill("2026-11-16")
    page.locator("#annotation-text").fill("<b>Invented</b> watch 4")
    page.locator("#do-annotate").click()
    expect(page.locator(".done")).to_be_visible()
    newest = page.locator("#annotations .notes li").first
    expect(newest).to_contain_text("<b>Invented</b> watch 4")
    assert noted.rows("select count(*) from annotation where removed_at is null") == [(2,)]
    newest.get_by_role("button").click()
    expect(page.locator("#annotations .notes li")).to_have_count(1)
    assert noted.rows("select count(*) from annotation where removed_at is null") == [(1,)]


def test_change_the_note(page: Page) -> None:
    page.goto(_PATIENT)
    expect(page.locator("#note .pinned-text").first).to_have_text("Calls before noon")
    page.locator("#note-edit summary").click()
    page.locator("#note-text").fill("Calls after noon")
    page.locator("#do-note").click()
    expect(page.locator("#note .pinned-text").first).to_have_text("Calls after noon")
    page.locator("#note-versions summary").click()
    expect(page.locator("#note-versions li")).to_contain_text("Calls before noon")


def test_from_the_calendar_to_a_session_in_sentences(page: Page) -> None:
    page.goto(_PATIENT)
    page.locator("#calendar a.look-done").last.click()
    expect(page.locator("#sentences li")).to_have_count(7)
    expect(page.locator("#curve .drawing:visible .heart-line")).to_have_count(2)


def test_the_summary_is_copied_and_loaded_as_a_file(page: Page, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(_PATIENT)
    page.locator("#do-summary").click()
    page.locator("#do-copy").click()
    expect(page.locator("#copied")).not_to_be_empty()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == page.locator("#summary-text").input_value().strip()
    with page.expect_download() as loading:
        page.locator("#do-pdf").click()
    file = tmp_path / "summary.pdf"
    loading.value.save_as(file)
    assert file.read_bytes().startswith(b"%PDF-")
