"""The signature on the customer's own device, and what both pages to sign share (rule L12, L13)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from customer.forms.signing import SignForm
from customer.price_change import change_of
from customer.views.secret_link import secret_page, sent
from mila.errors import Refusal
from requests_app import access, price_versions, statement
from requests_app.actions import signing
from requests_app.models import Booking, LateSignature, Quote, SignOffKind, State, have_met

SIGNED = (State.SIGNED_OFF, State.SETTLED)
DONE_HERE = "{done}"  # in a page made ahead: what the phone puts in, once it is written


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def sign_own(request, token):
    """The same on their own device, by their link.

    Here they may also still sign a visit that was closed without them, as evidence (rule L13).
    """
    booking = access.booking_by_link(token)
    if booking.state != State.FINISHED and not _may_still_sign(request, booking):
        if booking.state not in SIGNED:
            messages.info(request, _("There is nothing to sign at the moment."))
        return redirect("customer:booking", token)
    by = (
        request.user
        if request.user.is_authenticated and request.user.pk == booking.customer_id
        else None
    )
    page = Signing(
        request, booking, SignOffKind.OWN_DEVICE, who=signer_of(booking.contact, own=True), by=by
    )
    if page.done:
        late = LateSignature.objects.filter(booking=booking).exists()
        kept = _("Thank you. Your signature is kept; it changes nothing about the amount.")
        messages.success(request, kept if late else _("Thank you, it is signed."))
        return redirect("customer:booking", token)
    return page.answer("customer/sign.html")


def _may_still_sign(request, booking: Booking) -> bool:
    """As evidence. A page that was open before the end is still taken; nobody is shown another to
    sign what they have contested.
    """
    if request.method != "POST" and signing.was_contested(booking.events.all()):
        return False
    return signing.closed_unsigned(booking) is not None


class Signing:
    """The form of both pages: what was sent, what the verb said, what is shown."""

    def __init__(self, request, booking: Booking, kind: str, *, who: str, by: User | None):
        self.request, self.booking, self.who = request, booking, who
        self.closed = signing.closed_unsigned(booking)
        quotes = booking.quotes.agreed().prefetch_related("lines")
        self.quote: Quote = (
            quotes.get(pk=self.closed.quote_id) if self.closed else quotes.latest("version")
        )
        self.status, self.done, self.refused = 200, False, ""
        self.form = SignForm(sent(request)) if sent(request) else SignForm.blank(self.quote.version)
        if self.form.is_bound:
            self._sign(kind, by)

    def _sign(self, kind: str, by: User | None) -> None:
        if not self.form.is_valid():
            self.status = 422
            return
        try:
            signing.sign_off(
                self.booking.pk,
                key=self.form.key_of(self.booking),
                kind=kind,
                quote_version=self.form.cleaned_data["quote_version"],
                signer=self.form.cleaned_data["typed"] or self.who,
                signature=self.form.signature,
                device=self.request.headers.get("User-Agent", ""),
                by=by,
                late=self.form.cleaned_data["late"],
            )
        except Refusal as refusal:
            # What they read is no longer what they would sign: the page shows the present price
            # with a fresh key.
            if isinstance(refusal, signing.PriceChanged):
                self.form = SignForm.blank(self.quote.version)
            self.refused, self.status = (
                str(refusal),
                422 if isinstance(refusal, signing.SignatureMissing) else 409,
            )
        else:
            self.done = True

    def answer(self, template: str, *, ahead: bool = False):
        """`ahead`: before the work is done, for a phone that may have no network then."""
        booking = self.booking
        context = {
            "ahead": ahead,
            "agreed": self.quote.service_cents,
            "booking": booking,
            "form": self.form,
            "closed": self.closed,
            "version": self.quote.version,
            "who": self.who,
            "refused": self.refused,
            "change": change_of(booking, price_versions.booked(booking), self.quote),
            "met": have_met(booking),
            "first_name": booking.technician.first_name,
            "done_list": [
                line.strip() for line in booking.report.get("done", "").splitlines() if line.strip()
            ],
            "total_cents": self.quote.service_cents + booking.booking_fee_cents,
            "was_charged": booking.state == State.SETTLED
            and self.quote.service_cents + booking.booking_fee_cents > 0,
            "statement": statement.text(booking, self.quote, closed=self.closed).splitlines(),
        }
        response = render(self.request, template, context, status=self.status)
        response.headers["Content-Language"] = translation.get_language()
        return response


def signer_of(contact, *, own: bool = False) -> str:
    """Who stands at the door; on their own device the customer."""
    if contact is None:
        return ""
    return contact.name if own else contact.at_the_door or contact.name
