"""Pages of the back office, looked at in a real Chromium."""

from tests import axe
from tests.browsing import picture

# The theme's own, on its own elements: the magnifying glass of the search and the sorting arrows
# are under 24 pixels.
THEMES = {"target-size": ("searchbar-submit", "toggle ", "sortoptions", "sortremove")}


def faults(page, origin, addresses, *, picture_name):
    """What is wider than the screen, and what axe finds that is not the theme's own or critical;
    `picture_name` holds the page's name as {}.
    """
    found = []
    for name, address in addresses.items():
        page.goto(origin + address, wait_until="networkidle")
        picture(page, picture_name.format(name))
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            found.append((name, "wider than the screen", wide))
        for one in axe.violations(page):
            known = THEMES.get(one["id"], ())
            new = [
                node["html"][:140]
                for node in one["nodes"]
                if not any(mark in node["html"] for mark in known)
            ]
            if new or one["impact"] == "critical":
                found.append((name, one["id"], one["impact"], new))
    return found
