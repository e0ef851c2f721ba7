"""The look of the admin (django-unfold): the house's colours, mark and words."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _mark(request) -> str:
    return static("icons/favicon.svg")


# The colours of static/css/tokens.css, spread over the steps unfold wants (50 lightest, 950 darkest).
UNFOLD = {
    "SITE_TITLE": "Mila",
    "SITE_HEADER": "Mila",
    "SITE_SUBHEADER": _("Back office"),
    "SITE_URL": "/",
    "SITE_ICON": _mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _mark}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "base": {
            "50": "#fffbf5",
            "100": "#f8f0e4",
            "200": "#eadfd0",
            "300": "#d3c8b8",
            "400": "#8f92a0",
            "500": "#666c7c",
            "600": "#495063",
            "700": "#2f394d",
            "800": "#1c2435",
            "900": "#131927",
            "950": "#0d121d",
        },
        "primary": {
            "50": "#fff5ec",
            "100": "#ffebdb",
            "200": "#ffd9b5",
            "300": "#ffb386",
            "400": "#ff9355",
            "500": "#e2662a",
            "600": "#c9470f",
            "700": "#a8380a",
            "800": "#862d09",
            "900": "#5f2108",
            "950": "#3b160a",
        },
        "font": {
            "subtle-light": "#666c7c",
            "subtle-dark": "#9ca2b3",
            "default-light": "#495063",
            "default-dark": "#c5c6cf",
            "important-light": "#1b2333",
            "important-dark": "#f7efe3",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
    "LOGIN": {"redirect_after": reverse_lazy("admin:index")},
}
