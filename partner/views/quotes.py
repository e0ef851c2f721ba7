"""A price proposed before the work, and the customer's answer on the phone
turned round (rule L10).
"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from catalogue.queries import packages_for
from customer.forms.signing import AnswerForm
from customer.price_change import change_of
from customer.views.sign_off import signer_of
from mila.clock import mila_now
from mila.errors import Refusal
from mila.web.htmx import go, page_or_part
from partner.forms.quotes import ProposalForm
from partner.views.jobs import NOT_NOW, own_job, said
from requests_app import access, price_versions, statement
from requests_app.actions import answering, quoting
from requests_app.models import NEGOTIABLE, Booking, Quote

PROPOSED = gettext_lazy("Proposed. The customer has it on their own page and in their mail.")


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request, technician, booking):
    """More or other work, with its reason, what it costs and how long it takes."""
    if booking.state not in NEGOTIABLE:
        messages.warning(request, NOT_NOW)
        return go(request, "partner:job", booking.uuid)
    agreed = price_versions.agreed(booking)
    packages = packages_for(booking.service, booking.country, mila_now())
    data = request.POST if request.method == "POST" else None
    form = ProposalForm(data, booking=booking, agreed=agreed, packages=packages)
    if form.is_valid():
        found = form.cleaned_data
        try:
            quoting.propose(
                booking.pk,
                technician.pk,
                by=request.user,
                key=found["key"],
                agreed_version=found["agreed_version"],
                wanted=form.wanted,
                reason=found["reason"],
            )
        except Refusal as refusal:
            form.add_error(None, said(refusal))
        else:
            messages.success(request, PROPOSED)
            return go(request, "partner:job", booking.uuid)
    context = {
        "booking": booking,
        "form": form,
        "agreed": agreed,
        "fresh": agreed.version,
        "most_cents": quoting.ceiling_cents(booking),
        "waits": price_versions.proposal(booking),
        "tab": "jobs",
    }
    return page_or_part(
        request, "partner/quote.html", "sheet", context, status=422 if form.errors else 200
    )


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request, technician, booking):
    """The phone is the customer's for a moment: the page speaks their language."""
    quote = price_versions.proposal(booking)
    if quote is None or booking.state not in NEGOTIABLE:
        return redirect("partner:job", booking.uuid)
    contact = access.reveal_contact(booking, technician, reason="price")
    with translation.override(booking.language):
        return Answering(request, technician, booking, quote, signer_of(contact)).response()


class Answering:
    """What was pressed on the turned phone, what the verb said, what is shown."""

    def __init__(self, request, technician, booking: Booking, quote: Quote, who: str):
        self.request, self.technician, self.booking, self.quote, self.who = (
            request,
            technician,
            booking,
            quote,
            who,
        )
        self.agreed = price_versions.agreed(booking)
        self.words = statement.of_a_proposal(booking, self.agreed, quote)
        self.asks_number = answering.rises(booking, quote)
        self.status, self.refused = 200, ""
        self.form = AnswerForm.blank(quote.version)

    def response(self):
        try:
            answered = self.request.method == "POST" and self._press()
        except Refusal as refusal:
            self.refused, self.status = said(refusal), 409
            answered = False
        if answered:
            return redirect("partner:job", self.booking.uuid)
        return self._page()

    def _press(self) -> bool:
        """Whether the proposal is answered now."""
        pressed = AnswerForm(self.request.POST)
        if not pressed.is_valid():
            self.form, self.status = pressed, 422
            return False
        ids, found = (self.booking.pk, self.technician.pk), pressed.cleaned_data
        device, by = self.request.headers.get("User-Agent", ""), self.request.user
        if "send" in self.request.POST:
            answering.send_number(*ids, version=found["version"])
            return False
        if "decline" in self.request.POST:
            answering.decline_on_screen(*ids, version=found["version"], by=by, device=device)
            messages.success(self.request, _("You have declined. What was agreed before goes on."))
            return True
        signer = found["typed"] or self.who
        hand = price_versions.ByHand(self.words, signer, pressed.signature, device[:200])
        self.form = pressed
        result = answering.accept_on_screen(
            *ids, version=found["version"], by=by, number=found["number"], hand=hand
        )
        if result == answering.Answer.ACCEPTED:
            messages.success(
                self.request, _("Thank you, it is agreed. Please give the phone back.")
            )
            return True
        wrong = _("This is not the number that was sent. Please look once more.")
        spent = _(
            "No number can be typed any more. Please answer on your own page: the link is in your "
            "e-mail."
        )
        pressed.add_error("number", wrong if result == answering.Answer.WRONG else spent)
        self.status = 422
        return False

    def _page(self):
        booking = self.booking
        self.form.fields["number"].required = True  # where it is shown it is asked for
        needs_bank = quoting.needs_bank(booking, self.quote)
        number_is_out = self.asks_number and answering.number_is_out(booking, self.quote)
        context = {
            "booking": booking,
            "form": self.form,
            "change": change_of(booking, self.agreed, self.quote),
            "words": self.words.splitlines(),
            "who": self.who,
            "refused": self.refused,
            "asks_number": self.asks_number,
            "number_is_out": number_is_out,
            "needs_bank": needs_bank,
            "may_accept": not needs_bank and (number_is_out or not self.asks_number),
            "may_send": answering.tries_left(booking) > 0,
            "first_name": self.technician.first_name,
        }
        response = render(self.request, "partner/answer.html", context, status=self.status)
        response.headers["Content-Language"] = booking.language
        return response
