"""A price that is proposed before the work: read, accepted or declined on the customer's own device
(rule L10, B8).
"""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customer.forms.signing import VersionForm
from customer.price_change import change_of
from customer.views.draft import UNFINISHED
from customer.views.raising import PayersYes
from customer.views.secret_link import secret_page
from mila.errors import Refusal
from mila.streams import publish
from mila.web.htmx import page_or_part
from requests_app import access, price_versions, statement
from requests_app.actions import answering, quoting
from requests_app.models import NEGOTIABLE, Booking

ANSWERS = ("accept", "decline", "send")


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request, token):
    """What was agreed beside what is proposed; looking at it answers nothing."""
    booking = access.booking_by_link(token)
    refused, status = "", 200
    above = _above(request, booking)
    if request.method == "POST" and any(name in request.POST for name in ANSWERS):
        try:
            if above is not None and "decline" not in request.POST:
                answered, sentence = above.press(), ""
                status = 200 if answered else UNFINISHED
            else:
                answered, sentence = redirect("customer:booking", token), _press(request, booking)
        except Refusal as refusal:
            refused, status = str(refusal), 409
        else:
            if sentence:
                messages.success(request, sentence)
            if answered:
                return answered
    quote = price_versions.proposal(booking) if booking.state in NEGOTIABLE else None
    if quote is None and not request.htmx:
        messages.info(request, refused or _("No price waits for your answer at the moment."))
        return redirect("customer:booking", token)
    context = {
        "booking": booking,
        "quote": quote,
        "change": change_of(booking, price_versions.agreed(booking), quote) if quote else None,
        "refused": refused,
        "above": above if quote else None,
        "first_name": booking.technician.first_name if booking.technician else "",
        "live_url": publish.stream_url(f"booking:{booking.uuid}"),
    }
    return page_or_part(request, "customer/quote.html", "proposal", context, status=status)


def _above(request, booking: Booking) -> PayersYes | None:
    """What it takes where the proposal is above what the card was saved for."""
    quote = price_versions.proposal(booking) if booking.state in NEGOTIABLE else None
    if quote is None or not quoting.needs_bank(booking, quote):
        return None
    return PayersYes(request, booking, quote)


def _press(request, booking: Booking) -> str:
    """Accept or decline the version that was on the page; the sentence to show.

    Raises the refusals of the verbs.
    """
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise answering.ProposalGone
    version, device = form.cleaned_data["version"], request.headers.get("User-Agent", "")
    by = request.user if access.is_customer(request.user, booking) else None
    if "decline" in request.POST:
        answering.decline(booking.pk, version=version, by=by, device=device)
        return _("You have declined. What was agreed before goes on.")
    quote = price_versions.proposal(booking)
    words = statement.of_a_proposal(booking, price_versions.agreed(booking), quote) if quote else ""
    answering.accept(booking.pk, version=version, by=by, words=words, device=device)
    return _("Thank you, it is agreed. Your card is charged only after the work.")
