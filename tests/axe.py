"""What axe finds on a page (wcag2a to wcag22aa), with the whole of it in sight."""

from django.conf import settings

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What is in order is not gathered: that takes half of the time.
RUN = """async (rules) =>
  (await axe.run(document, {runOnly: rules, resultTypes: ["violations"]})).violations"""
AXE = settings.BASE_DIR / "tests" / "vendor" / "axe.min.js"


def violations(page) -> list[dict]:
    """As axe tells them.

    The window is as high as the page meanwhile: what a bar at its edge covers can be scrolled from
    under it, and which box that hits would depend on how long a name is.
    """
    size = page.viewport_size
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    if not page.evaluate("'axe' in window"):  # once for each page, whatever its widths
        page.evaluate(AXE.read_text())
    found = page.evaluate(RUN, RULES)
    page.set_viewport_size(size)
    return found


def faults(page) -> list[tuple[str, list[str]]]:
    """Each rule that is broken, and the elements that break it."""
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations(page)]
