"""The public pages. Prices and promises on them come from the rows and the policy in force, never from the text."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import PartnerKind
from catalogue import queries
from catalogue.models import CURRENCY_OF, Category
from catalogue.money import BASIS
from customer.country import chosen_country
from customer.reviews import recent_ratings
from mila.clock import mila_now
from mila.web.middleware import visitors_page
from places.place import Country
from policy.queries import policy_at


def _shop(request) -> dict:
    """Where and when the visitor is shopping, and under which policy."""
    country, at = chosen_country(request), mila_now()
    policy, currency = policy_at(at, country), CURRENCY_OF[country]
    return {
        "country": country,
        "countries": Country.choices,
        "currency": currency,
        "at": at,
        "policy": policy,
        "fee_cents": policy.booking_fee_cents[currency],
        "cancel_hours": policy.cancel_free_lead // timedelta(hours=1),
        "cancel_fee_cents": policy.cancel_fee_cents[currency],
    }


def _receipt(service, shop: dict):
    return queries.Receipt(service.price_cents, shop["fee_cents"])


@visitors_page
@require_safe
def home(request):
    shop = _shop(request)
    shelves = queries.shelves(shop["country"], shop["at"])
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
            "ratings": recent_ratings(),
        },
    )


@visitors_page
@require_safe
def services(request):
    shop = _shop(request)
    return render(request, "customer/services.html", {**shop, "shelves": queries.shelves(shop["country"], shop["at"])})


@visitors_page
@require_safe
def category(request, slug: str):
    shop = _shop(request)
    wanted = get_object_or_404(Category, slug=slug)
    sold = queries.category_on_sale(wanted, shop["country"], shop["at"])
    return render(request, "customer/category.html", {**shop, "category": wanted, "services": sold})


@visitors_page
@require_safe
def service(request, slug: str):
    shop = _shop(request)
    try:
        wanted = queries.service_on_sale(slug, shop["country"], shop["at"])
    except queries.NotSold as refusal:
        raise Http404(str(refusal)) from refusal
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
    question = request.GET.get("q", "").strip()[: queries.QUESTION_LENGTH]
    found = queries.search(question, shop["country"], shop["at"])
    page = "customer/search.html#results" if request.htmx else "customer/search.html"
    return render(request, page, {**shop, "question": question, "found": found})


@visitors_page
@require_safe
def prices(request):
    shop = _shop(request)
    return render(
        request,
        "customer/prices.html",
        {
            **shop,
            "shelves": queries.shelves(shop["country"], shop["at"]),
            "packages": queries.packages_on_sale(shop["country"], shop["at"]),
        },
    )


@visitors_page
@require_safe
def help_page(request):
    return render(request, "customer/help.html", _shop(request))


@visitors_page
@require_safe
def ranking(request):
    """How the order comes about, from the live weights (law R8)."""
    shop = _shop(request)
    weights = shop["policy"].score_weights_ppm
    percents = {name: getattr(weights, name) // 10_000 for name in ("stars", "level", "reliability", "nearness")}
    return render(request, "customer/ranking.html", {**shop, "percents": percents})


@visitors_page
@require_safe
def legal(request):
    return render(request, "customer/legal.html", {**_shop(request), "operator": settings.OPERATOR})
