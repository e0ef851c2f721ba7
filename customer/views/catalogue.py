"""The public pages. Prices and promises on them come from the rows and the policy in force, never
from the text.
"""

import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from accounts.models import PartnerKind
from catalogue import queries
from catalogue.models import CURRENCY_OF, Category
from catalogue.money import BASIS
from catalogue.search import QUESTION_LENGTH
from catalogue.search import search as search_catalogue
from customer import technician_page
from customer.country import chosen_country
from customer.reviews import recent_ratings
from customer.shop import Visit, visit
from mila.versions import Kept
from mila.web.context_processors import site_facts
from mila.web.middleware import visitors_page
from mila.web.stamp import site_stamp
from places.place import Country
from requests_app.models import FaultKind

# Stands in a kept page where each reader's own goes.
TOKEN = "the-token-of-whoever-reads-this"  # noqa: S105  nobody's
_pages: Kept[bytes] = Kept(most=2000)


def _visit(request) -> Visit:
    """One for each request."""
    if not hasattr(request, "visit"):
        request.visit = visit(chosen_country(request))
    return request.visit


def as_it_is_now(view):
    """A browser that has the page asks whether it is still so, and is told before anything is
    built.

    For visitors without a session and a message: everything else that such a page shows is the same
    for all of them but for the token of its forms, and a token is one's own. Never older than the
    last change: nothing is kept unasked.
    """

    @wraps(view)
    def inner(request, *args, **kwargs):
        mine = settings.SESSION_COOKIE_NAME in request.COOKIES or bool(
            messages.get_messages(request)
        )
        if mine or settings.DEMO or request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        known = request.META.get("CSRF_COOKIE") and _tag(request)
        answer = get_conditional_response(request, etag=known) if known else None
        if answer is None:
            # of "?&" request.GET is empty, yet the page shows the address
            asks = request.META.get("QUERY_STRING")
            answer = (
                view(request, *args, **kwargs) if asks else _kept(request, view, *args, **kwargs)
            )
        if answer.status_code in (200, 304) and request.session.is_empty():
            answer.headers["ETag"] = _tag(request)
            answer.headers["Cache-Control"] = "private, no-cache"
            patch_vary_headers(answer, ["Accept-Language", "Cookie"])
        return answer

    return inner


def _kept(request, view, *args, **kwargs) -> HttpResponse:
    """The page as another such visitor got it, with this one's own token in its forms."""
    reader = (_visit(request).country, request.LANGUAGE_CODE, bool(request.htmx))
    question = (request.path, *reader, repr(site_facts(request)))

    def make():
        request.token_of_forms = TOKEN
        return view(request, *args, **kwargs).content, None

    content = _pages.get(question, _visit(request).tag, _visit(request).at, make)
    return HttpResponse(content.replace(TOKEN.encode(), get_token(request).encode()))


def _tag(request) -> str:
    facts = [
        _visit(request).tag,
        request.META.get("CSRF_COOKIE"),
        request.LANGUAGE_CODE,
        bool(request.htmx),
        site_facts(request),
        site_stamp(),
    ]
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:32]}"'


def _shop(request) -> dict:
    """Where and when the visitor is shopping, and under which policy."""
    visit = _visit(request)
    country, policy, currency = visit.country, visit.shop.policy, CURRENCY_OF[visit.country]
    kept = {"csrf_token": request.token_of_forms} if hasattr(request, "token_of_forms") else {}
    return {
        **kept,
        "country": country,
        "countries": Country.choices,
        "currency": currency,
        "at": visit.at,
        "policy": policy,
        "fee_cents": policy.booking_fee_cents[currency],
        "cancel_hours": policy.cancel_free_lead // timedelta(hours=1),
        "cancel_fee_cents": policy.cancel_fee_cents[currency],
    }


def _receipt(service, shop: dict):
    return queries.Receipt(service.price_cents, shop["fee_cents"])


@visitors_page
@require_safe
@as_it_is_now
def home(request):
    shop = _shop(request)
    shelves = _visit(request).shop.shelves
    example = shelves[0].services[0] if shelves else None
    return render(
        request,
        "customer/home.html",
        {
            **shop,
            "shelves": shelves,
            "service_count": sum(len(shelf.services) for shelf in shelves),
            "example": example,
            "receipt": _receipt(example, shop) if example else None,
            "partner_percent": (BASIS - shop["policy"].commission_bp[PartnerKind.FRIEND]) // 100,
            "ratings": recent_ratings(_visit(request).rating_figures()),
        },
    )


@visitors_page
@require_safe
@as_it_is_now
def services(request):
    shop = _shop(request)
    return render(
        request, "customer/services.html", {**shop, "shelves": _visit(request).shop.shelves}
    )


@visitors_page
@require_safe
@as_it_is_now
def category(request, slug: str):
    shop = _shop(request)
    shelf = next((one for one in _visit(request).shop.shelves if one.category.slug == slug), None)
    wanted = shelf.category if shelf else get_object_or_404(Category, slug=slug)
    return render(
        request,
        "customer/category.html",
        {**shop, "category": wanted, "services": shelf.services if shelf else []},
    )


@visitors_page
@require_safe
@as_it_is_now
def service(request, slug: str):
    shop = _shop(request)
    wanted = _visit(request).shop.service(slug)
    if wanted is None:
        raise Http404(str(queries.NotSold.sentence))
    return render(
        request,
        "customer/service_page.html",
        {
            **shop,
            "service": wanted,
            "receipt": _receipt(wanted, shop),
            "packages": queries.packages_for(wanted, shop["country"], shop["at"]),
        },
    )


@visitors_page
@require_safe
def search(request):
    """By what hurts; with htmx only the results, while typing."""
    shop = _shop(request)
    question = request.GET.get("q", "").strip()[:QUESTION_LENGTH]
    found = search_catalogue(question, shop["country"], shop["at"])
    page = "customer/search.html#results" if request.htmx else "customer/search.html"
    return render(
        request,
        page,
        {**shop, "question": question, "found": found.services, "not_sold": found.not_sold},
    )


@visitors_page
@require_safe
@as_it_is_now
def prices(request):
    shop = _shop(request)
    return render(
        request,
        "customer/prices.html",
        {
            **shop,
            "shelves": _visit(request).shop.shelves,
            "packages": queries.packages_on_sale(shop["country"], shop["at"]),
        },
    )


@visitors_page
@require_safe
@as_it_is_now
def help_page(request):
    return render(request, "customer/help.html", _shop(request))


@visitors_page
@require_safe
@as_it_is_now
def ranking(request):
    """How the order comes about, from the live weights (law R8)."""
    shop = _shop(request)
    policy = shop["policy"]
    weights = policy.score_weights_ppm
    percents = {
        name: getattr(weights, name) / 10_000
        for name in ("stars", "level", "reliability", "nearness")
    }
    faults = [
        (kind.label, policy.fault_points[kind], policy.fault_days[kind])
        for kind in FaultKind
        if kind != FaultKind.CANCELLATION
    ]
    context = {
        "percents": percents,
        "faults": faults,
        "prior_stars": policy.prior_stars_tenths / 10,
    }
    return render(request, "customer/ranking.html", {**shop, **context})


@visitors_page
@require_safe
def technician(request, public_id):
    """Who comes: stars, level, languages, reviews with answers, and what was checked (rule L14).

    No search engine's.
    """
    visit = _visit(request)
    facts = technician_page.facts(public_id, visit.at)
    request.visit = replace(visit, tag=f"{visit.tag} {facts}")
    response = _technician(request, facts)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@as_it_is_now
def _technician(request, facts):
    page, reviews = technician_page.page(facts.technician_id, request.GET.get("page"))
    context = {**_shop(request), "technician": facts, "page": page, "written": reviews}
    return render(request, "customer/technician.html", context)


@visitors_page
@require_safe
def legal(request):
    return render(request, "customer/legal.html", {**_shop(request), "operator": settings.OPERATOR})
