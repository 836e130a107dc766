"""The browser and the served clinician door, for the tests in this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import CHROMIUM, CHROMIUM_FLAGS
from tests.clinic_fixtures import acting, door, world

__all__ = ["acting", "door", "world"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # of a module and not longer: while it is open, no other test of the process may run a loop
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)


@pytest.fixture(scope="module")
def unhurried() -> Iterator[None]:
    """Wait longer for pages that parts of megabytes or a vendor's answer hold up."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)
