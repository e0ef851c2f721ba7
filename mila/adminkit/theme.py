"""The look of the admin (django-unfold): the house's colours, mark and words."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _mark(request) -> str:
    return static("icons/favicon.svg")


def _styles(request) -> str:
    return static("css/admin.css")


def _page(title, icon: str, model: str) -> dict:
    """A line of the sidebar, for those who may see the list behind it."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


NAVIGATION = [
    {"items": [{"title": _("Board"), "icon": "monitoring", "link": reverse_lazy("admin:index")}]},
    {"title": _("Bookings"), "items": [_page(_("Bookings"), "event_note", "requests_app.booking")]},
    {
        "title": _("Dispatch"),
        "items": [
            _page(_("Searches"), "search", "dispatch.search"),
            _page(_("Offers"), "hourglass", "dispatch.offer"),
        ],
    },
    {
        "title": _("Money"),
        "items": [
            _page(_("Charges"), "credit_card", "payments.charge"),
            _page(_("Calls to Stripe"), "sync_alt", "payments.operation"),
            _page(_("Ledger"), "account_balance", "payments.ledgerentry"),
            _page(_("Stripe events"), "webhook", "payments.stripeevent"),
        ],
    },
    {
        "title": _("People"),
        "items": [
            _page(_("Partners"), "handshake", "accounts.partnerprofile"),
            _page(_("Technicians"), "engineering", "accounts.technician"),
            _page(_("Customers"), "group", "accounts.customerprofile"),
            _page(_("Accounts"), "badge", "accounts.user"),
        ],
    },
    {
        "title": _("Catalogue"),
        "items": [
            _page(_("Categories"), "category", "catalogue.category"),
            _page(_("Services"), "home_repair_service", "catalogue.service"),
            _page(_("Packages"), "inventory_2", "catalogue.package"),
            _page(_("Prices of services"), "sell", "catalogue.serviceprice"),
            _page(_("Prices of packages"), "sell", "catalogue.packageprice"),
            _page(_("Skills"), "school", "accounts.skill"),
        ],
    },
    {"title": _("Policy"), "items": [_page(_("Figures"), "tune", "policy.policyrow")]},
    {
        "title": _("System"),
        "items": [
            _page(_("Notices"), "mail", "accounts.notification"),
            _page(_("Channels and calls"), "call", "accounts.attempt"),
            _page(_("Mails that come back"), "unsubscribe", "accounts.deadaddress"),
            _page(_("Postcodes"), "location_on", "places.postcode"),
            _page(_("Groups"), "admin_panel_settings", "auth.group"),
        ],
    },
]

# The colours of static/css/tokens.css, spread over the steps unfold wants (50 lightest, 950
# darkest).
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
    "STYLES": [_styles],
    "DASHBOARD_CALLBACK": "backoffice.board.board",
    "SIDEBAR": {"show_search": True, "show_all_applications": True, "navigation": NAVIGATION},
    "LOGIN": {"redirect_after": reverse_lazy("admin:index")},
}
