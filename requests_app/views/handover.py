"""Signature and stars: on the partner's phone turned round, or on the customer's own device (PRODUCT L12-L14)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from mila.errors import Refusal
from requests_app import access, statement
from requests_app.actions import signing
from requests_app.forms.signing import SignForm
from requests_app.forms.visit import RatingForm
from requests_app.models import Booking, LateSignature, Quote, Rating, SignOffKind, State, have_met
from requests_app.views.jobs import own_job
from requests_app.views.secret import secret_page, sent

SIGNED = (State.SIGNED_OFF, State.SETTLED)


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request, technician, booking):
    """The phone is the customer's for a moment: the page speaks his language.

    What he signed before the visit was closed without him, and what arrives only now, is still taken (PRODUCT L13).
    """
    if booking.state in SIGNED and not (request.method == "POST" and signing.closed_unsigned(booking)):
        return redirect("partner:rate", booking.uuid)
    if booking.state not in (State.FINISHED, *SIGNED):
        return redirect("partner:job", booking.uuid)
    contact = access.reveal_contact(booking, technician, reason="signature")
    with translation.override(booking.language):
        page = _Signing(request, booking, SignOffKind.SCREEN, who=_signer(contact), by=request.user)
        if page.done:
            return redirect("partner:rate", booking.uuid)
        return page.answer("requests_app/partner/sign.html")


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def sign_own(request, token):
    """The same on his own device, by his link: here he also accepts a higher price (PRODUCT L10, B8).

    And here he may still sign a visit that was closed without him, as evidence (PRODUCT L13).
    """
    booking = access.booking_by_link(token)
    if booking.state != State.FINISHED and not signing.closed_unsigned(booking):
        if booking.state not in SIGNED:
            messages.info(request, _("There is nothing to sign at the moment."))
        return redirect("requests_app:booking", token)
    by = request.user if request.user.is_authenticated and request.user.pk == booking.customer_id else None
    page = _Signing(request, booking, SignOffKind.OWN_DEVICE, who=_signer(booking.contact, own=True), by=by)
    if page.done:
        late = LateSignature.objects.filter(booking=booking).exists()
        kept = _("Thank you. Your signature is kept; it changes nothing about the amount.")
        messages.success(request, kept if late else _("Thank you, it is signed."))
        return redirect("requests_app:booking", token)
    return page.answer("requests_app/sign.html")


class _Signing:
    """The form of both pages: what was sent, what the verb said, what is shown."""

    def __init__(self, request, booking: Booking, kind: str, *, who: str, by: User | None):
        self.request, self.booking, self.who = request, booking, who
        self.closed = signing.closed_unsigned(booking)
        quotes = booking.quotes.standing().prefetch_related("lines")
        self.quote: Quote = quotes.get(pk=self.closed.quote_id) if self.closed else quotes.latest("version")
        self.elsewhere = kind == SignOffKind.SCREEN and signing.needs_own_device(booking, self.quote)
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
            # What he read is no longer what he would sign: the page shows the present price with a fresh key.
            if isinstance(refusal, signing.PriceChanged):
                self.form = SignForm.blank(self.quote.version)
            self.refused, self.status = str(refusal), 422 if isinstance(refusal, signing.SignatureMissing) else 409
        else:
            self.done = True

    def answer(self, template: str):
        booking = self.booking
        context = {
            "booking": booking,
            "form": self.form,
            "closed": self.closed,
            "version": self.quote.version,
            "who": self.who,
            "refused": self.refused,
            "elsewhere": self.elsewhere,
            "met": have_met(booking),
            "first_name": booking.technician.name.split()[0],
            "done_list": [line.strip() for line in booking.report.get("done", "").splitlines() if line.strip()],
            "receipt": [(f"{line.quantity} × {line.label}" if line.quantity > 1 else line.label, line.cents)
                        for line in self.quote.lines.all()],
            "total_cents": self.quote.service_cents + booking.booking_fee_cents,
            "statement": statement.text(booking, self.quote, closed=self.closed).splitlines(),
        }  # fmt: skip
        response = render(self.request, template, context, status=self.status)
        response.headers["Content-Language"] = translation.get_language()
        return response


def _signer(contact, *, own: bool = False) -> str:
    """Who stands at the door; on his own device the customer himself."""
    if contact is None:
        return ""
    return contact.name if own else contact.at_the_door or contact.name


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request, technician, booking):
    """The stars, before the partner leaves; nobody has to, and only after a signature with the code (PRODUCT L14)."""
    if not signing.may_rate_on_screen(booking) or Rating.objects.filter(booking=booking).exists():
        return redirect("partner:thanks", booking.uuid)
    with translation.override(booking.language):
        form = RatingForm(sent(request))
        if form.is_valid():
            try:
                signing.rate(booking.pk, on_his_screen=True, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
            else:
                return redirect("partner:thanks", booking.uuid)
        context = {"booking": booking, "form": form, "first_name": technician.name.split()[0]}
        response = render(request, "requests_app/partner/rate.html", context, status=422 if form.errors else 200)
        response.headers["Content-Language"] = booking.language
        return response


@own_job
@require_safe
def thanks(request, technician, booking):
    """The phone goes back to its owner: thanks in the customer's language, the way on in the technician's."""
    with translation.override(booking.language):
        thanked = _("Thank you. What comes next is in your e-mail. Please give the phone back.")
    signed = booking.state in SIGNED
    context = {"booking": booking, "thanked": thanked, "signed": signed}
    context["unproved"] = signed and signing.evidence_only(booking)
    return render(request, "requests_app/partner/thanks.html", context)
