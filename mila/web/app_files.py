"""What makes an app of the site: two manifests, the service worker, the page without network.

The worker is one file of static/js, served at the root so that it may look after every page. Before
it stands what it cannot know by itself: the version, which changes with each release, and the files
it keeps.
"""

import json
from functools import cache

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from mila.web.stamp import site_stamp

FOLDER = settings.BASE_DIR / "static"
PAPER = "#fffbf5"
# What a page without network is drawn with; the rest is kept as it comes by.
SHELL = (
    "css/type.css",
    "css/tokens.css",
    "css/reset.css",
    "css/base.css",
    "css/layout.css",
    "css/components.css",
    "css/pages.css",
    "vendor/atkinson-latin.woff2",
    "vendor/htmx.min.js",
    "vendor/signature_pad.min.js",
    "icons.svg",
    "icons/app-192.png",
    "icons/badge-96.png",
    "illustrations/quiet.svg",
    "illustrations/hand.svg",
)
LIBRARY = "js/keep.js"


@cache
def _worker() -> str:
    scripts = sorted(
        f"js/{path.name}" for path in (FOLDER / "js").glob("*.js") if path.name != "worker.js"
    )
    facts = {
        "version": site_stamp(),
        "files": [static(name) for name in (*SHELL, *scripts)],
        "library": static(LIBRARY),
        "icon": static("icons/app-192.png"),
        "badge": static("icons/badge-96.png"),
        "offline": {code: reverse("offline", args=[code]) for code, _name in settings.LANGUAGES},
        "heard": reverse("customer:device_heard"),
        "pass": reverse("customer:device_not_for_me"),
    }
    code = (FOLDER / "js" / "worker.js").read_text(encoding="utf-8")
    return f"const MILA = {json.dumps(facts, sort_keys=True)};\n{code}"


@cache_control(no_cache=True)
@require_safe
def worker(request):
    """The same for everybody; a browser asks for it anew each day and with each page that is
    opened.
    """
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@cache_control(no_cache=True)
@require_safe
def manifest(request, app):
    """In the language of who installs it: a launcher shows these words."""
    partner = app == "partner"
    shortcuts = (
        [(_("Offers"), "partner:offers"), (_("Today’s jobs"), "partner:jobs")]
        if partner
        else [(_("My bookings"), "customer:bookings"), (_("Services"), "customer:services")]
    )
    home = reverse("partner:home" if partner else "customer:home")
    icon = {"src": static("icons/app-192.png"), "sizes": "192x192", "type": "image/png"}
    found = {
        "id": f"/?app={app}",
        "name": _("Mila partners") if partner else "Mila",
        "short_name": "Mila",
        "description": _("Offers, jobs and earnings.")
        if partner
        else _("Help with technology at home"),
        "lang": translation.get_language(),
        "start_url": home,
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": [
            icon,
            {"src": static("icons/app-512.png"), "sizes": "512x512", "type": "image/png"},
            {
                "src": static("icons/maskable-512.png"),
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
            {
                "src": static("icons/badge-96.png"),
                "sizes": "96x96",
                "type": "image/png",
                "purpose": "monochrome",
            },
        ],
        "shortcuts": [
            {"name": str(name), "url": reverse(page), "icons": [icon]} for name, page in shortcuts
        ],
    }
    return JsonResponse(found, content_type="application/manifest+json")


@cache_control(no_cache=True)
@require_safe
def offline(request, language):
    """Kept by the worker when it is installed, shown when neither the network nor the phone has the
    page.
    """
    if language not in dict(settings.LANGUAGES):
        raise Http404
    with translation.override(language):
        response = render(request, "offline.html")
        response.headers["Content-Language"] = language
    return response
