"""The patient door over the invented patients of the clinic, for tests in a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from model.calendar import DAY_MS
from storage.people import care_team
from storage.people.consents import give_consent, withdraw_consent
from storage.pg.pool import Connection
from tests.browser.chromium import LOCALES
from tests.clinic_world import CLINIC_NOW
from tests.patient.link_world import LinkWorld, link_world
from tests.patient.test_entry import door_link

PAINED = "p-pain"
_BEYOND = """() => [...document.querySelectorAll("body *")].filter((part) => {
  const card = part.parentElement.closest(".card");
  const edge = card ? card.getBoundingClientRect().right : innerWidth;
  return part.getBoundingClientRect().right > edge + 0.5;
}).map((part) => part.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def own_world(world: str) -> Iterator[LinkWorld]:
    """Serve the patient door at the clinic's own time."""
    with link_world(world, "Vårdcentralen Exempel", CLINIC_NOW) as made:
        made.run(_prepared)
        yield made
        made.change("delete from consent")


async def _prepared(conn: Connection) -> None:
    # of patients whose tokens this door's key seals
    await care_team.add_unit(conn, "unit")
    await _with_sources(conn)


async def _with_sources(conn: Connection) -> None:
    """Agree to a source that has become silent, to one that came by files, and withdraw one."""
    for source in ("files", "polar", "garmin"):
        since_ms = CLINIC_NOW - 30 * DAY_MS
        await give_consent(conn, PAINED, source, from_ms=since_ms, now_ms=since_ms)
    await withdraw_consent(conn, PAINED, "garmin", from_ms=CLINIC_NOW - 3 * DAY_MS)


@contextmanager
def own_browser(
    browser: Browser, served: LinkWorld, width: int, language: str, patient: str = PAINED
) -> Iterator[Page]:
    """Give a browser without scripts in which a patient is signed in, by the page's own button."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        locale=LOCALES[language],
        base_url=served.url,
        java_script_enabled=False,
    )
    seen: list[str] = []
    made = context.new_page()
    made.on("request", lambda event: seen.append(event.url))
    made.goto(door_link(served, patient))
    made.locator("main button").click()
    yield made
    assert {urlsplit(url).hostname for url in seen} == {"127.0.0.1"}
    context.close()


def too_wide(page: Page) -> list[str]:
    """Return what reaches beyond the page's right edge, or beyond that of its card."""
    beyond: list[str] = page.evaluate(_BEYOND)
    return beyond
