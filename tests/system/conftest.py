"""A real browser for the tests of pages."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser():
    """Return a Chromium: that of `PNETLIB_TEST_BROWSER`, one on the PATH, or Playwright's own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = os.environ.get("PNETLIB_TEST_BROWSER") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    with sync_api.sync_playwright() as driver:
        try:
            launched = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except sync_api.Error:
            pytest.skip("no browser: chromium is not installed")
        yield launched
        launched.close()
