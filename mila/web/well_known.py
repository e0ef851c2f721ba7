"""What programs ask for by fixed names: robots.txt, security.txt, favicon.ico.

The site map is the customer's.
"""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from mila.clock import mila_now

# Pages about somebody, and those that begin something: nobody is to be led there by a search.
CLOSED = (
    "/b/",
    "/book/d/",
    "/pay/",
    "/held/",
    "/bookings/",
    "/accounts/",
    "/admin/",
    "/partner/",
    "/start/",
)
DAY = timedelta(days=1)
REPORTED_WITHIN = 180 * DAY  # how long security.txt may be trusted: it asks for less than a year
ICON = settings.BASE_DIR / "static" / "icons" / "favicon.ico"


def _text(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@cache_control(public=True, max_age=86_400)
@require_safe
def robots(request):
    closed = [f"Disallow: {address}" for address in CLOSED]
    return _text(
        ["User-agent: *", *closed, "", f"Sitemap: {settings.SITE_URL}{reverse('customer:sitemap')}"]
    )


@cache_control(public=True, max_age=86_400)
@require_safe
def security(request):
    """RFC 9116. The last day moves on by itself."""
    expires = datetime.combine((mila_now() + REPORTED_WITHIN).date(), time(), UTC)
    return _text(
        [
            f"Contact: mailto:{settings.SECURITY_EMAIL}",
            f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
            f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
            f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
        ]
    )


@cache_control(public=True, max_age=604_800)
@require_safe
def favicon(request):
    return HttpResponse(ICON.read_bytes(), content_type="image/x-icon")
