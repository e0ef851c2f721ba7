"""The pages to pay what is unpaid, and to agree or object to what is held."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customer import unpaid
from customer.forms.card import AGAIN, NEW, PayForm
from customer.forms.visit import RefuseForm
from customer.views.card_away import card_away
from customer.views.draft import UNFINISHED
from customer.views.secret_link import (
    secret_page,
    sent,
)
from mila.errors import Refusal
from payments import cards, charges, gateway
from payments.models import Charge, ChargeKind, ChargeState
from requests_app import access
from requests_app.actions.doorstep import wait_report
from requests_app.models import Booking, State


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def pay(request, token):
    """What could not be charged by itself: confirm it with the bank, or pay with another card
    (rule M4).
    """
    booking = access.booking_by_link(token)
    charge = booking.charges.filter(state__in=charges.WAITING).first()
    if charge is None:
        return redirect("customer:booking", token)
    own = access.is_customer(request.user, booking)
    others = [
        one
        for one in cards.usable_cards(booking, own=own)
        if own and one.stripe_id != charge.payment_method
    ]
    found = unpaid.failure(charge, own=own)
    same = (found.card or _("The same card again")) if found.again else ""
    form = PayForm(sent(request), cards=others, again=same)
    try:
        if form.is_valid():
            _try_again(charge, booking, form.cleaned_data["card"])
        elif "payment_intent" in request.GET:
            charges.apply_intent(charge.intent_id)
        charge.refresh_from_db()
        if charge.state not in charges.WAITING:
            if charge.state == ChargeState.SUCCEEDED:
                messages.success(request, _("Thank you, it is paid."))
            return redirect("customer:booking", token)
        intent = gateway.retrieve_payment_intent(charge.intent_id)
    except gateway.GatewayError:
        return card_away(request, booking)
    except cards.CardRemoved as refusal:
        messages.warning(request, str(refusal))
        return redirect("customer:pay", token)
    context = {
        "booking": booking,
        "charge": charge,
        "failure": unpaid.failure(charge, own=own),
        "form": form,
        "client_secret": intent.client_secret,
        "closed": intent.status == "canceled",
        "confirms": charge.state == ChargeState.ACTION_REQUIRED,
        "script": gateway.browser_script(),
        "tried": form.is_bound,
        "until": charges.staffs_at(charge, booking),
    }
    return render(
        request, "customer/pay.html", context, status=UNFINISHED if form.is_bound else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def held(request, token):
    """What the technician alone says is owed: read, agreed or objected to, on the payer's own page
    (rule L9b, L11).

    Looking changes nothing; to read it is an act, so that a mail scanner has read nothing.
    """
    booking = access.booking_by_link(token)
    charge = booking.charges.filter(state=ChargeState.HELD).first()
    if charge is None:
        return redirect("customer:booking", token)
    data = sent(request)
    form = RefuseForm(data if data and "object" in data else None)
    by = request.user if access.is_customer(request.user, booking) else None
    try:
        if data and "read" in data:
            charges.read(charge.pk)
            return redirect("customer:held", token)
        if data and "agree" in data:
            charges.agree(charge.pk)
            messages.success(request, _("Thank you. Your card is charged with it."))
            return redirect("customer:booking", token)
        if form.is_valid():
            charges.object_to(charge.pk, by=by, reason=form.cleaned_data["reason"])
            messages.success(
                request,
                _("Thank you. Nothing is charged.")
                if booking.state == State.CANCELLED
                else _("Thank you. Nothing is charged until we have looked at it together."),
            )
            return redirect("customer:booking", token)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("customer:booking", token)
    signed = booking.sign_offs.last() if charge.kind == ChargeKind.JOB else None
    context = {
        "booking": booking,
        "charge": charge,
        "form": form,
        "signed": signed,
        "visit": booking.assignments.select_related("technician").latest("pk"),
        "withdrawn": booking.state == State.CANCELLED,
        "wait": None if signed or booking.state == State.CANCELLED else wait_report(booking),
        "by_itself": charges.goes_on_by_itself(booking, charge),
    }
    return render(request, "customer/held.html", context, status=UNFINISHED if form.errors else 200)


def _try_again(charge: Charge, booking: Booking, choice: str) -> None:
    """A saved card is charged anew; what was paid in the browser is looked up.

    Raises gateway.GatewayError.
    """
    if choice == NEW:
        charges.apply_intent(charge.intent_id)
        return
    method = charge.payment_method or booking.card
    if choice != AGAIN:
        method = cards.use_saved_card(booking, int(choice)).stripe_id
    charges.retry_with_card(charge.pk, payment_method=method)
    charges.submit(charge.pk)
