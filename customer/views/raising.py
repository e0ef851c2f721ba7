"""A price above what the card was saved for: the payer says that it is they, then their bank is
asked, on their own device (rule L10, M4).
"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customer.forms.raising import PayerForm
from customer.views.card_away import card_away
from customer.views.draft import UNFINISHED
from customer.views.secret_link import secret_page
from mila.errors import Refusal
from payments import gateway, raising
from payments.models import SavedCard
from requests_app import access, price_versions
from requests_app.actions import answering, quoting
from requests_app.models import NEGOTIABLE, Booking, Quote


class PayersYes:
    """What the page of such a proposal asks first: an account that is signed in, or a number sent
    to whoever pays.
    """

    def __init__(self, request, booking: Booking, quote: Quote):
        self.request, self.booking, self.quote = request, booking, quote
        self.by = request.user if access.is_customer(request.user, booking) else None
        self.form = PayerForm()

    @property
    def most_cents(self) -> int:
        """What the card was saved for, with the booking fee."""
        return quoting.ceiling_cents(self.booking) + self.booking.booking_fee_cents

    @property
    def bank_is_asked(self) -> bool:
        return raising.raise_of(self.quote) is not None

    @property
    def asks_number(self) -> bool:
        return self.by is None and not self.bank_is_asked

    @property
    def number_is_out(self) -> bool:
        return answering.number_is_out(self.booking, self.quote)

    @property
    def number(self):
        """The box, where it is shown: there it is asked for."""
        self.form.fields["number"].required = True
        return self.form["number"]

    @property
    def may_send(self) -> bool:
        return answering.tries_left(self.booking) > 0

    def press(self):
        """Where "accept" or "send" leads; None: the number was wrong, which the form says.

        Raises the refusals of the verbs.
        """
        token = self.booking.token
        self.form = PayerForm(self.request.POST)
        if not self.form.is_valid():
            return None
        found = self.form.cleaned_data
        if "send" in self.request.POST:
            answering.send_number_to_page(self.booking.pk, version=found["version"])
            return redirect("customer:answer_price", token)
        answer = raising.ask(
            self.booking.pk, version=found["version"], by=self.by, number=found["number"]
        )
        if answer == answering.Answer.ACCEPTED:
            return redirect("customer:confirm_price", token)
        wrong = _("This is not the number that was sent. Please look once more.")
        spent = _("This number cannot be typed any more. Please send another one, or sign in.")
        self.form.add_error("number", wrong if answer == answering.Answer.WRONG else spent)
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def confirm(request, token):
    """The bank is asked, and its answer looked up; only its yes makes the price count."""
    booking = access.booking_by_link(token)
    quote = price_versions.proposal(booking) if booking.state in NEGOTIABLE else None
    found = raising.raise_of(quote)
    if quote is None or found is None:
        return redirect("customer:answer_price", token)
    came_back = request.method == "POST" or "setup_intent" in request.GET
    try:
        if came_back and raising.finish(found, device=request.headers.get("User-Agent", "")):
            words = _("Thank you, it is agreed. Your card is charged only after the work.")
            messages.success(request, words)
            return redirect("customer:booking", token)
        found = raising.open_question(found)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("customer:answer_price", token)
    except gateway.GatewayError:
        return card_away(request, booking)
    own = access.is_customer(request.user, booking)
    context = {
        "booking": booking,
        "question": found,
        "total_cents": quote.service_cents + booking.booking_fee_cents,
        "card": SavedCard.objects.filter(stripe_id=found.card).first() if own else None,
        "script": gateway.browser_script(),
        "tried": came_back,
    }
    status = UNFINISHED if came_back else 200
    return render(request, "customer/confirm_price.html", context, status=status)
