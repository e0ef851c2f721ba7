"""The Chromium of the browser tests: CHROMIUM, the system's, else the one playwright fetched; how
it is driven.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_kept = SimpleNamespace(play=None, browser=None, loop=None)  # of this process


def path() -> str | None:
    """The program's path, or None where there is none."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return _fetched()


@contextmanager
def opened(*flags: str) -> Iterator:
    """The Chromium of this process, to look through; what was opened in it is closed after.

    One for all tests: to start it takes longer than most of them look. Playwright's loop runs in
    this thread, but is seen to run only in this block: Django and asyncio refuse to work beside it.
    With `flags` it is one of their own.
    """
    if _kept.play is None:
        _start_playwright()
    asyncio._set_running_loop(_kept.loop)
    try:
        browser = _launched(*flags) if flags else _shared()
        with mock.patch.dict(os.environ, DJANGO_ALLOW_ASYNC_UNSAFE="1"):
            try:
                yield browser
            finally:
                for context in browser.contexts:
                    context.close()
                if flags:
                    browser.close()
                _close_connections()
    finally:
        asyncio._set_running_loop(None)


def close() -> None:
    """At the end of the process."""
    if _kept.play is None:
        return
    asyncio._set_running_loop(_kept.loop)
    if _kept.browser:
        _kept.browser.close()
    _kept.play.stop()
    vars(_kept).update(play=None, browser=None, loop=None)


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


def _start_playwright() -> None:
    from playwright.sync_api import sync_playwright

    _kept.play = sync_playwright().start()
    _kept.loop = asyncio.get_running_loop()


def _shared():
    if not (_kept.browser and _kept.browser.is_connected()):
        _kept.browser = _launched()
    return _kept.browser


def _launched(*flags):
    return _kept.play.chromium.launch(executable_path=path(), args=[*FLAGS, *flags])


def _close_connections() -> None:
    """Those of the loop's own context, before the databases are emptied or dropped."""
    from django.db import connections

    connections.close_all()


def _fetched() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.executable_path
    return found if Path(found).exists() else None


if __name__ == "__main__":
    if not (answer := path()):
        sys.exit(1)
    print(answer)
