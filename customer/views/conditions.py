"""The pages an order rests on, the version somebody accepted, and where a contract is withdrawn
from (law R5, R6).
"""

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from customer.booking_page import can_withdraw
from customer.forms.withdrawal import WithdrawalForm
from customer.views.secret_link import ordered_here, secret_page, sent
from mila.clock import mila_now
from mila.web.middleware import visitors_page
from policy import conditions
from requests_app import access
from requests_app.actions import placing, withdrawing
from requests_app.lifecycle import MOVES

# What a text may lead to.
PAGES = {name: f"customer:{name}" for name in (*conditions.DATED, "legal", "ranking")}
MOST = 10


def addresses() -> dict[str, str]:
    return {name: reverse(page) for name, page in PAGES.items()}


def shown(body: str) -> list[conditions.Block]:
    """The blocks of a text, each part with the address it leads to."""
    found = addresses()
    return [
        conditions.Block(
            block.kind,
            [
                [(words, found[page] if page else "") for words, page in line]
                for line in block.lines
            ],
        )
        for block in conditions.read(body)
    ]


def _context(one) -> dict:
    title, *blocks = shown(one.body)
    return {
        "title": title.lines[0][0][0],
        "blocks": blocks,
        "version": conditions.version(one.dated, one.sha256),
    }


@visitors_page
@require_safe
def page(request, name: str):
    """The page as it is in force now."""
    one = conditions.text(name, get_language()[:2], mila_now())
    return render(request, "customer/conditions.html", _context(one))


@require_safe
@secret_page
def own_terms(request, token):
    """The terms this booking was ordered under, word for word; for a draft those it would be
    ordered under.
    """
    booking = access.booking_by_link(token)
    if booking.placed_at is None:
        one = placing.terms_of(booking, get_language()[:2], mila_now())
    elif booking.terms is None:
        raise Http404
    else:
        one = booking.terms
    context = {"booking": booking, "language": one.language, **_context(one)}
    return render(request, "customer/conditions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal(request):
    """The right in words, its form, and the way to the confirmation: own bookings, or a link by
    mail (law R5).

    What is typed is answered the same whether there is such a booking or not; the link goes to its
    own address.
    """
    form = WithdrawalForm(sent(request))
    if form.is_valid():
        withdrawing.send_link(form.cleaned_data["number"], form.cleaned_data["email"])
        return redirect(reverse("customer:withdrawal") + "?sent")
    one = conditions.text("withdrawal", get_language()[:2], mila_now())
    context = {
        **_context(one),
        "form": form,
        "sent": "sent" in request.GET,
        "open_bookings": _open_bookings(request),
        "support": settings.SUPPORT["FR"],
    }
    return render(request, "customer/withdrawal.html", context, status=422 if form.errors else 200)


def _open_bookings(request) -> list:
    """Those of the account, and those this browser ordered, from which can be withdrawn now."""
    at, found = mila_now(), {}
    own = access.bookings_of_customer(request.user).filter(state__in=MOVES["withdraw"].sources)
    for booking in [*own[:MOST], *ordered_here(request)]:
        if can_withdraw(booking, at):
            found[booking.pk] = booking
    return list(found.values())
