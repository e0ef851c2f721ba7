"""The places of the partner's app, at the foot of each of its pages."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy

register = template.Library()
TABS = (  # url name, icon, word
    ("partner:offers", "bell", gettext_lazy("Offers")),
    ("partner:jobs", "tools", gettext_lazy("Jobs")),
    ("partner:calendar", "calendar", gettext_lazy("Calendar")),
    ("partner:earnings", "wallet", gettext_lazy("Earnings")),
    ("partner:me", "user", gettext_lazy("Me")),
)


@register.inclusion_tag("components/_tabs.html", takes_context=True)
def partner_tabs(context) -> dict:
    """`tab` (offers, jobs …) in the context marks the present one, else the address does."""
    path = getattr(context.get("request"), "path", "")
    tabs: list[dict[str, Any]] = [
        {"name": name.partition(":")[2], "url": reverse(name), "icon": picture, "label": label}
        for name, picture, label in TABS
    ]
    wanted = context.get("tab")
    if not wanted:
        under = [entry for entry in tabs if path.startswith(entry["url"])]
        wanted = max(under, key=lambda entry: len(entry["url"]))["name"] if under else ""
    for entry in tabs:
        entry["current"] = entry["name"] == wanted
        entry["count"] = context.get("offers_waiting") if entry["name"] == "offers" else None
    return {"tabs": tabs, "home": reverse("start")}
