"""The cards of an account: what is kept, one more, the one that is offered first, one less
(rule B7, B12).
"""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import proofs
from customer.country import chosen_country
from customer.forms.card import NOT_SAVED, PayForm
from customer.views.draft import UNFINISHED
from customer.views.secret_link import sent
from mila.clock import mila_now
from mila.errors import Refusal
from payments import cards, gateway, own_cards
from payments.models import SavedCard
from policy.queries import policy_at


def account_page(view):
    """Whoever is signed in and has proved the address; others are sent to prove it."""

    @login_required
    @wraps(view)
    def inner(request, *args, **kwargs):
        if not proofs.has_proved(request.user):
            messages.info(
                request, _("Your cards are shown once you have proved your e-mail address.")
            )
            return redirect("account_email")
        try:
            return view(request, *args, **kwargs)
        except SavedCard.DoesNotExist:
            raise Http404 from None

    return inner


@require_safe
@account_page
def own(request):
    context = {"cards": own_cards.own_cards(request.user), "today": mila_now().date()}
    return render(request, "customer/own_cards.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@account_page
def add(request):
    """The provider's fields, without a booking.

    Looking at the page again opens nothing new at Stripe.
    """
    form = PayForm(sent(request), cards=[])
    country = chosen_country(request)
    try:
        # back from a bank that wanted the whole window
        if form.is_valid() or "setup_intent" in request.GET:
            if own_cards.typed(request.user) is not None:
                messages.success(request, _("The card is saved. Nothing was charged."))
                return redirect("customer:own_cards")
            form.add_error(None, NOT_SAVED)
        setup = own_cards.open_setup(request.user, policy_at(mila_now(), country))
    except cards.CardsTried as refusal:
        messages.warning(request, str(refusal))
        return redirect("customer:own_cards")
    except gateway.GatewayError:
        messages.error(
            request, _("Our payment provider does not answer. Please try again in a moment.")
        )
        return redirect("customer:own_cards")
    context = {"form": form, "setup": setup, "country": country, "script": gateway.browser_script()}
    return render(
        request, "customer/add_card.html", context, status=UNFINISHED if form.is_bound else 200
    )


@require_POST
@account_page
def choose(request, pk):
    card = own_cards.choose(request.user, pk)
    messages.success(request, _("%(card)s is offered first from now on.") % {"card": card})
    return redirect("customer:own_cards")


@require_POST
@account_page
def remove(request, pk):
    """A second tap finds it gone."""
    try:
        card = own_cards.remove(request.user, pk)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("%(card)s is removed.") % {"card": card})
    return redirect("customer:own_cards")
