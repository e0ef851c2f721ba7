"""The public pages for search engines. A page has one address in all languages: there is nothing to
link between.

A service is listed where either country sells it; the page says where.
"""

from django.conf import settings
from django.http import HttpResponse
from django.template import loader
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalogue import queries
from mila.clock import mila_now
from mila.web.middleware import visitors_page
from places.place import Country
from policy.conditions import DATED

# Not the withdrawal: its form makes it a page for one person, which no search engine keeps.
PAGES = (
    "home",
    "services",
    "prices",
    "help",
    "ranking",
    "legal",
    *(name for name in DATED if name != "withdrawal"),
)


@visitors_page
@cache_control(public=True, max_age=3_600)
@require_safe
def sitemap(request):
    at, found = mila_now(), {reverse(f"customer:{name}"): None for name in PAGES}
    for country in Country.values:
        for shelf in queries.shelves(country, at):
            found[reverse("customer:category", args=[shelf.category.slug])] = None
            found |= {reverse("customer:service", args=[one.slug]): None for one in shelf.services}
    addresses = [settings.SITE_URL + address for address in found]
    page = loader.render_to_string("customer/sitemap.xml", {"addresses": addresses})
    return HttpResponse(page, content_type="application/xml; charset=utf-8")
