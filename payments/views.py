"""The card step with the order, the page to pay what is unpaid, the partner's earnings, Stripe's messages."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalogue import money
from mila.clock import mila_now
from mila.errors import Refusal
from payments import cards, charges, gateway, queries, webhooks
from payments.forms import NEW, CardForm, PayForm
from payments.models import Charge, ChargeKind, ChargeState
from requests_app import access
from requests_app.actions import placing
from requests_app.actions.doorstep import wait_report
from requests_app.forms.visit import RefuseForm
from requests_app.lifecycle import Role
from requests_app.models import Booking
from requests_app.steps import CARD, step_line
from requests_app.views.secret import (
    card_of_browser,
    remember_card,
    remember_order,
    remember_setup,
    secret_page,
    sent,
    setups_of_browser,
    shows_door_code,
)
from requests_app.views.steps import UNFINISHED, draft_step


@draft_step(CARD)
def card(request, booking):
    """Last step: the whole price, a card, the order (PRODUCT B6, B7). Nothing is charged here.

    A card that was typed is kept whatever else is missing; looking at the page again opens nothing new at Stripe.
    """
    own = _is_his(request, booking)
    by = request.user if own else None
    here = setups_of_browser(request)
    try:
        data = _with_typed_card(request, booking, by)
        lasting, ended = cards.cards_for_the_visit(booking, own=own, typed=card_of_browser(request, booking))
        form = CardForm(data, booking=booking, at=mila_now(), cards=lasting, ended=ended)
        if form.is_valid() and _order(request, booking, form, own=own):
            remember_order(request, booking)
            messages.success(request, _("Your booking is placed. You can follow everything on this page."))
            return redirect("requests_app:booking", booking.token)
        setup = cards.open_setup(booking, by=by, here=here)
        remember_setup(request, setup.pk)
    except cards.CardsTried as refusal:
        setup = cards.last_setup(booking, by, here)
        if setup is None:
            return render(request, "payments/cards_tried.html", {"booking": booking}, status=429)
        messages.warning(request, str(refusal))  # one that is saved may be chosen all the same
    except gateway.GatewayError:
        return render(request, "payments/card_away.html", {"booking": booking, "again": request.path}, status=503)
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
    return render(request, "payments/card.html", context, status=UNFINISHED if form.errors else 200)


def _conditions(booking: Booking) -> dict:
    """Figures of the policy this booking is made under (PRODUCT B10, M4)."""
    policy = booking.policy
    ceiling = money.ceiling(booking.service_cents, policy.ceiling_percent) + booking.booking_fee_cents
    return {
        "ceiling_cents": ceiling,
        "cancel_cents": policy.cancel_fee_cents[booking.currency],
        "free_hours": int(policy.cancel_free_lead.total_seconds() // 3600),
    }


def _is_his(request, booking: Booking) -> bool:
    """Signed in as the customer: only then his other cards are offered (PRODUCT B11)."""
    return access.is_customer(request.user, booking)


def _with_typed_card(request, booking: Booking, by):
    """What was sent, with "new" turned into the card whose fields were just confirmed, if they were."""
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
        words = _("The way to your door was written on another device and is not kept. Please write it once more.")
        messages.warning(request, words)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def pay(request, token):
    """What could not be charged by itself: confirm it with the bank, or pay with another card (PRODUCT M4)."""
    booking = access.booking_by_link(token)
    charge = booking.charges.filter(state__in=charges.WAITING).first()
    if charge is None:
        return redirect("requests_app:booking", token)
    own = _is_his(request, booking)
    others = [one for one in cards.usable_cards(booking, own=own) if own and one.stripe_id != charge.payment_method]
    form = PayForm(sent(request), cards=others)
    try:
        if form.is_valid():
            _try_again(charge, booking, form.cleaned_data["card"])
        elif "payment_intent" in request.GET:
            charges.apply_intent(charge.intent_id)
        charge.refresh_from_db()
        if charge.state not in charges.WAITING:
            if charge.state == ChargeState.SUCCEEDED:
                messages.success(request, _("Thank you, it is paid."))
            return redirect("requests_app:booking", token)
        intent = gateway.retrieve_payment_intent(charge.intent_id)
    except gateway.GatewayError:
        return render(request, "payments/card_away.html", {"booking": booking, "again": request.path}, status=503)
    context = {
        "booking": booking,
        "charge": charge,
        "form": form,
        "client_secret": intent.client_secret,
        "closed": intent.status == "canceled",
        "confirms": charge.state == ChargeState.ACTION_REQUIRED,
        "script": gateway.browser_script(),
        "tried": form.is_bound,
    }
    return render(request, "payments/pay.html", context, status=UNFINISHED if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def held(request, token):
    """What the technician alone says is owed: read, then agreed or objected to, on the payer's own page (L9b, L11).

    Looking changes nothing; to read it is an act, so that a mail scanner has read nothing.
    """
    booking = access.booking_by_link(token)
    charge = booking.charges.filter(state=ChargeState.HELD).first()
    if charge is None:
        return redirect("requests_app:booking", token)
    data = sent(request)
    form = RefuseForm(data if data and "object" in data else None)
    by = request.user if _is_his(request, booking) else None
    try:
        if data and "read" in data:
            charges.read(charge.pk)
            return redirect("payments:held", token)
        if data and "agree" in data:
            charges.agree(charge.pk)
            messages.success(request, _("Thank you. Your card is charged with it."))
            return redirect("requests_app:booking", token)
        if form.is_valid():
            charges.object_to(charge.pk, by=by, reason=form.cleaned_data["reason"])
            messages.success(request, _("Thank you. Nothing is charged until we have looked at it together."))
            return redirect("requests_app:booking", token)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("requests_app:booking", token)
    signed = booking.sign_offs.last() if charge.kind == ChargeKind.JOB else None
    context = {
        "booking": booking,
        "charge": charge,
        "form": form,
        "signed": signed,
        "wait": None if signed else wait_report(booking),
        "by_itself": charges.goes_on_by_itself(booking, charge),
    }
    return render(request, "payments/held.html", context, status=UNFINISHED if form.errors else 200)


def _try_again(charge: Charge, booking: Booking, choice: str) -> None:
    """A saved card is charged anew; what was paid in the browser is looked up. Raises gateway.GatewayError."""
    if choice == NEW:
        charges.apply_intent(charge.intent_id)
        return
    chosen = cards.use_saved_card(booking, int(choice))
    charges.retry_with_card(charge.pk, payment_method=chosen.stripe_id)
    charges.submit(charge.pk)


@require_safe
@access.technician_page
def earnings(request, technician):
    """What each job brought: price, commission, net (PRODUCT M2, M5)."""
    return render(request, "payments/earnings.html", queries.earnings(technician.partner, request.GET.get("page")))


@csrf_exempt
@require_POST
def platform_webhook(request):
    """Stripe's messages about the platform."""
    return _webhook(request, settings.STRIPE_WEBHOOK_SECRETS)


@csrf_exempt
@require_POST
def connect_webhook(request):
    """Stripe's messages about the partners' accounts."""
    return _webhook(request, settings.STRIPE_CONNECT_WEBHOOK_SECRETS)


def _webhook(request, secrets: list[str]) -> HttpResponse:
    """Verify, store, answer; everything else is a job's work (STYLE 6)."""
    try:
        event = webhooks.receive(request.body, request.headers.get("Stripe-Signature"), secrets)
    except gateway.BadSignature:
        return HttpResponse(status=400)
    if event is not None:
        webhooks.kick(event)
    return HttpResponse(status=200)
