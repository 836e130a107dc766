"""Signing in and out in Chromium, with redirects between two origins.

Cookies and the content policy are strict.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, CHROMIUM_FLAGS, NEEDS_CHROMIUM
from tests.clinic.sign_in.conftest import Open
from tests.clinic.sign_in.provider import SIGN_IN_NOW, Provider

pytestmark = NEEDS_CHROMIUM
WAIT_MS = 20_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[BrowserContext]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser.new_context()
        browser.close()


def test_in_again_and_out(
    chromium: BrowserContext, opened: Open, provider: Provider, now: Path
) -> None:
    with opened() as door:
        here = str(door.base_url).rstrip("/")
        page = chromium.new_page()
        complaints = listened(page, here)
        page.goto(f"{here}/?x=1")
        assert page.url == f"{here}/?x=1"
        expect(page.get_by_text("Karin Lind")).to_be_visible(timeout=WAIT_MS)
        (session,) = chromium.cookies(here)
        assert (session["name"], session["httpOnly"], session["sameSite"]) == (
            "kadens-session",
            True,
            "Lax",
        )

        later = (
            SIGN_IN_NOW + 9 * 3_600_000
        )  # the session has ended: the open page notices and asks again by itself
        now.write_text(str(later), encoding="ascii")
        provider.clock = lambda: later
        with page.expect_navigation(url=f"{here}/?x=1", timeout=WAIT_MS):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.get_by_text("Karin Lind")).to_be_visible(timeout=WAIT_MS)
        assert provider.requests.count("token") == 2

        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{provider.url}/end?**", timeout=WAIT_MS)
        assert chromium.cookies(here) == []
        assert complaints == []
        page.close()


def test_what_was_typed_is_sent_after_signing_in_again(
    chromium: BrowserContext, opened: Open, provider: Provider, now: Path
) -> None:
    with opened() as door:
        here = str(door.base_url).rstrip("/")
        page = chromium.new_page()
        page.goto(f"{here}/?q=knee")
        page.locator("#keep > summary").click()
        page.locator("#keep-name").fill("Knees of Monday")
        later = SIGN_IN_NOW + 9 * 3_600_000
        now.write_text(str(later), encoding="ascii")
        provider.clock = lambda: later
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        # nothing of the page is left but the form
        expect(page.get_by_role("main").get_by_role("alert")).to_be_visible(timeout=WAIT_MS)
        expect(page.locator("h1")).to_have_count(0)
        page.get_by_role("button", name="Keep").click()
        with chromium.expect_page() as opening:
            page.get_by_role("link", name="Sign in again, in a new tab").click()
        expect(opening.value.get_by_text("Karin Lind")).to_be_visible(timeout=WAIT_MS)
        page.locator("#do-send-again").click()
        expect(page.locator(".kept")).to_contain_text("Knees of Monday")
        page.close()
        opening.value.close()


def listened(page: Page, here: str) -> list[str]:
    """Return what the console complains about at the clinician door.

    The 401 that reports an ended session is left out.
    """
    texts: list[str] = []

    def note(message: ConsoleMessage) -> None:
        ours = message.location["url"].startswith(here)
        if (
            ours
            and message.type in {"error", "warning"}
            and "401 (Unauthorized)" not in message.text
        ):
            texts.append(message.text)

    page.on("console", note)
    return texts
