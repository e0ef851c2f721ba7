"""Another card for a booking that is under way (rule B7): for its customer who is signed in; the
link alone changes none (rule B12).
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from customer.forms.card import NEW, NOT_SAVED, PayForm
from customer.views.card_away import card_away
from customer.views.changes import change
from customer.views.draft import UNFINISHED
from customer.views.secret_link import sent
from mila.errors import Refusal
from payments import another_card as changing
from payments import cards, gateway
from payments.models import SavedCard
from requests_app import access
from requests_app.models import Booking


@login_required
@change(changing.may_change)
def another_card(request, booking):
    """One that is saved, or a new one; the former stays until it is saved. Looking at the page
    again opens nothing new at Stripe.
    """
    if not access.is_customer(request.user, booking):
        messages.info(request, _("Please sign in with the account that this booking belongs to."))
        return redirect("customer:booking", booking.token)
    others = [
        card
        for card in cards.usable_cards(booking, own=True)
        if card.stripe_id != booking.card and card.lasts(booking)
    ]
    form = PayForm(sent(request), cards=others)
    try:
        came = form.is_valid() or "setup_intent" in request.GET
        if came and _taken(request, booking, form):
            return redirect("customer:booking", booking.token)
        setup = cards.open_setup(booking, by=request.user)
    except cards.CardsTried as refusal:
        setup = None  # one that is saved may be chosen all the same
        messages.warning(request, str(refusal))
    except gateway.GatewayError:
        return card_away(request, booking)
    if setup is None and not others:
        return redirect("customer:booking", booking.token)
    context = {
        "booking": booking,
        "form": form,
        "setup": setup,
        "now": SavedCard.objects.filter(stripe_id=booking.card).first(),
        "script": gateway.browser_script(),
    }
    status = UNFINISHED if form.errors else 200
    return render(request, "customer/another_card.html", context, status=status)


def _taken(request, booking: Booking, form: PayForm) -> bool:
    """Whether the booking has another card now; what is refused is said on the form."""
    chosen = form.cleaned_data["card"] if form.is_bound and form.is_valid() else NEW
    try:
        if chosen == NEW:
            card = changing.typed(booking, by=request.user)
            if card is None:
                raise NoCardSaved
        else:
            card = SavedCard.objects.get(pk=int(chosen))
        card = changing.take(booking.pk, card.pk, by=request.user)
    except Refusal as refusal:
        if form.is_bound:
            form.add_error(None, str(refusal))
        else:
            messages.warning(request, str(refusal))
        return False
    words = _("This booking is paid with %(card)s from now on. Nothing was charged.")
    messages.success(request, words % {"card": card})
    return True


class NoCardSaved(Refusal):
    sentence = NOT_SAVED
