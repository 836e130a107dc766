"""The browser of these tests: where it is, how it is started, and how it tells of violations."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium")
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Collects each violation of the content policy on a page.
WATCH_POLICY = """
window.violations = [];
document.addEventListener('securitypolicyviolation', \
(e) => window.violations.push(e.violatedDirective));
"""
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
