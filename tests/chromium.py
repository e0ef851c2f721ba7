"""The Chromium of the browser tests: CHROMIUM, the system's, else the one playwright fetched; how
it is driven.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


def path() -> str | None:
    """The program's path, or None where there is none."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return _fetched()


def sign_in(context, client, url: str) -> None:
    """Let the pages of this browser context be those of whom the test client is signed in as."""
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}]
    )


def until(page, so: Callable[[], object]) -> None:
    """Wait, while that page goes on, until it is so; 20 seconds at most.

    Playwright's own wait_for_function asks the second time by eval, which our content policy
    refuses.
    """
    for _ in range(400):
        if so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("It never was.")


def _fetched() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.executable_path
    return found if Path(found).exists() else None


if __name__ == "__main__":
    if not (answer := path()):
        sys.exit(1)
    print(answer)
