"""The card step with the order."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue import money
from customer.draft_steps import CARD, step_line
from customer.forms.card import NEW, CardForm
from customer.views.card_away import card_away
from customer.views.draft import UNFINISHED, draft_step
from customer.views.secret_link import (
    card_of_browser,
    remember_card,
    remember_order,
    remember_setup,
    sent,
    setups_of_browser,
    shows_door_code,
)
from customer.views.where import walls_of
from dispatch.availability import FreeTimes
from mila.clock import mila_now
from mila.errors import Refusal
from payments import cards, gateway
from requests_app import access
from requests_app.actions import placing
from requests_app.lifecycle import Role
from requests_app.models import Booking


@draft_step(CARD)
def card(request, booking):
    """Last step: the whole price, a card, the order (rule B6, B7). Nothing is charged here.

    A card that was typed is kept whatever else is missing; looking at the page again opens nothing
    new at Stripe.
    """
    own = access.is_customer(request.user, booking)  # only then other cards are offered (rule B11)
    by = request.user if own else None
    here = setups_of_browser(request)
    try:
        data = _with_typed_card(request, booking, by)
        lasting, ended = cards.cards_for_the_visit(
            booking, own=own, typed=card_of_browser(request, booking)
        )
        form = CardForm(data, booking=booking, at=mila_now(), cards=lasting, ended=ended)
        if form.is_valid() and _order(request, booking, form, own=own):
            remember_order(request, booking)
            messages.success(
                request, _("Your booking is placed. You can follow everything on this page.")
            )
            return redirect("customer:booking", booking.token)
        setup = cards.open_setup(booking, by=by, here=here)
        remember_setup(request, setup.pk)
    except cards.CardsTried as refusal:
        setup = cards.last_setup(booking, by, here)
        if setup is None:
            return render(request, "customer/cards_tried.html", {"booking": booking}, status=429)
        messages.warning(request, str(refusal))  # one that is saved may be chosen all the same
    except gateway.GatewayError:
        return card_away(request, booking)
    context = {
        "booking": booking,
        "form": form,
        "ended": ended,
        "steps": step_line(booking, CARD),
        "button": form.BUTTON,
        "setup": setup,
        "script": gateway.browser_script(),
        **_conditions(booking),
    }
    return render(request, "customer/card.html", context, status=UNFINISHED if form.errors else 200)


def _conditions(booking: Booking) -> dict:
    """Figures of the policy this booking is made under (rule B10, M4)."""
    policy = booking.policy
    ceiling = (
        money.ceiling(booking.service_cents, policy.ceiling_percent) + booking.booking_fee_cents
    )
    return {
        "ceiling_cents": ceiling,
        "cancel_cents": policy.cancel_fee_cents[booking.currency],
        "free_hours": int(policy.cancel_free_lead.total_seconds() // 3600),
    }


def _with_typed_card(request, booking: Booking, by):
    """What was sent, with "new" turned into the card whose fields were just confirmed, if they
    were.
    """
    data = sent(request)
    here = setups_of_browser(request)
    came_back = "setup_intent" in request.GET  # from a bank that wanted the whole window
    if (data is None and not came_back) or (data and data.get("card", "") not in ("", NEW)):
        return data
    typed = cards.typed_card(booking, by=by, here=here)
    if typed is not None:
        remember_card(request, booking)
    if data is not None and typed is not None:
        data = data.copy()
        data["card"] = str(typed.pk)
    return data


def _order(request, booking: Booking, form: CardForm, *, own: bool) -> bool:
    """Place it with the chosen card; what is refused is said on the form."""
    shows = shows_door_code(request, booking)
    try:
        if form.cleaned_data["card"] == NEW:
            raise placing.CardMissing
        cards.use_saved_card(booking, int(form.cleaned_data["card"]))
        remember_card(request, booking)
        FreeTimes(booking, mila_now()).check(walls_of(booking))
        placing.place(
            booking.pk,
            role=Role.CUSTOMER,
            by=request.user if own else None,
            waives_withdrawal=form.waives_withdrawal,
            keeps_door_code=shows,
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    if not shows:
        words = _(
            "The way to your door was written on another device and is not kept. Please write it "
            "once more."
        )
        messages.warning(request, words)
    return True
