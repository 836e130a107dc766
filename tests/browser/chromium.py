"""The browser of these tests: where it is, how it is started, and how it tells of violations."""

import shutil

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

# The shell is Chromium without windows, and takes two thirds of the processor time. Where it is not
# installed the browser itself serves as well.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None
)
# Chromium loads two pages for the address bar of every window that it opens, of which nothing is
# seen without a screen: half of the processor time of a new page.
_NO_ADDRESS_BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")
# Of two such flags Chromium keeps the last, so ours has to name what Playwright's has.
_AS_PLAYWRIGHT_HAS_IT = (
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades",
    "LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints",
    "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
)  # fmt: skip
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    f"--disable-features={','.join((*_AS_PLAYWRIGHT_HAS_IT, *_NO_ADDRESS_BAR))}",
]  # fmt: skip
# Collects each violation of the content policy on a page.
WATCH_POLICY = """
window.violations = [];
document.addEventListener('securitypolicyviolation', \
(e) => window.violations.push(e.violatedDirective));
"""
# A browser's language by that of the page.
LOCALES = {"en": "en-GB", "sv": "sv-SE"}
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


def browser_context(browser: Browser, url: str, width: int, language: str) -> BrowserContext:
    """Return a fresh context at an address, as wide as a phone or a desk's screen is."""
    return browser.new_context(
        viewport={"width": width, "height": 900}, base_url=url, locale=LOCALES[language]
    )


def no_side_scroll(page: Page) -> bool:
    """Return whether a page that has loaded is no wider than its window.

    Behind a click the page may still be on its way, and then there is no element to measure: a
    locator waits for it. `wait_for_function` would not do: it makes its condition from a string
    again and again, which the content policy of our pages refuses from the second time on.
    """
    page.wait_for_load_state("load")
    root = page.locator(":root")
    fits: bool = root.evaluate("root => root.scrollWidth <= innerWidth")
    return fits
