"""Which Chromium the browser tests drive: CHROMIUM, the system's, else the one playwright fetched."""

import os
import shutil
import sys
from pathlib import Path


def path() -> str | None:
    """The program's path, or None where there is none."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    for name in ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    return _fetched()


def _fetched() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.executable_path
    return found if Path(found).exists() else None


if __name__ == "__main__":
    if not (answer := path()):
        sys.exit(1)
    print(answer)
