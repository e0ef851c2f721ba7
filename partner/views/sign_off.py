"""Signature and stars on the technician's phone turned round (rule L12-L14)."""

from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customer.forms.visit import RatingForm
from customer.views.secret_link import sent
from customer.views.sign_off import DONE_HERE, SIGNED, Signing, signer_of
from mila.clock import mila_now
from mila.errors import Refusal
from partner.views.counting import counts_once
from partner.views.jobs import not_now, own_job
from requests_app import access, price_versions
from requests_app.actions import reviewing, signing
from requests_app.models import AT_WORK, Rating, SignOffKind, State, have_met


def _ahead(request, booking) -> bool:
    """A phone asks for what comes after, to have it where there is no network."""
    return request.method != "POST" and "ahead" in request.GET and booking.state in AT_WORK


def _sign_ahead(request, technician, booking):
    """The page to sign as it will be at the agreed price; the phone adds what was done, which it
    alone knows yet.
    """
    contact = access.reveal_contact(booking, technician, reason="signature")
    booking.report = {"done": DONE_HERE, "explained": True, "tidied": True}
    booking.finished_at = mila_now()
    with translation.override(booking.language):
        page = Signing(
            request, booking, SignOffKind.SCREEN, who=signer_of(contact), by=request.user
        )
        return page.answer("partner/sign.html", ahead=True)


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
@counts_once("sign")
def sign(request, technician, booking):
    """The phone is the customer's for a moment: the page speaks their language.

    What was signed before the visit was closed without it, and what arrives only now, is still
    taken (rule L13).
    """
    if _ahead(request, booking):
        return _sign_ahead(request, technician, booking)
    if booking.state in SIGNED and not (
        request.method == "POST" and signing.closed_unsigned(booking)
    ):
        return redirect("partner:rate", booking.uuid)
    if booking.state not in (State.FINISHED, *SIGNED):
        if request.method == "POST":
            return not_now(request, technician, booking)
        return redirect("partner:job", booking.uuid)
    contact = access.reveal_contact(booking, technician, reason="signature")
    with translation.override(booking.language):
        page = Signing(
            request, booking, SignOffKind.SCREEN, who=signer_of(contact), by=request.user
        )
        if page.done:
            return redirect("partner:rate", booking.uuid)
        return page.answer("partner/sign.html")


@own_job
@require_http_methods(["GET", "HEAD", "POST"])
@counts_once("rate")
def rate(request, technician, booking):
    """The stars, before the partner leaves; nobody has to, and only after a signature with the code
    (rule L14).
    """
    ahead = _ahead(request, booking) or ("ahead" in request.GET and booking.state == State.FINISHED)
    if ahead and have_met(booking):
        with translation.override(booking.language):
            context = {
                "booking": booking,
                "form": RatingForm(),
                "first_name": technician.first_name,
            }
            return render(request, "partner/rate.html", context)
    if not reviewing.may_rate_on_screen(booking) or Rating.objects.filter(booking=booking).exists():
        return redirect("partner:thanks", booking.uuid)
    with translation.override(booking.language):
        form = RatingForm(sent(request))
        if form.is_valid():
            try:
                reviewing.rate(booking.pk, on_technicians_screen=True, **form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
            else:
                return redirect("partner:thanks", booking.uuid)
        context = {"booking": booking, "form": form, "first_name": technician.first_name}
        response = render(request, "partner/rate.html", context, status=422 if form.errors else 200)
        response.headers["Content-Language"] = booking.language
        return response


@own_job
@require_safe
def thanks(request, technician, booking):
    """The phone goes back to its owner: thanks in the customer's language, the way on in the
    technician's.
    """
    with translation.override(booking.language):
        thanked = _("Thank you. What comes next is in your e-mail. Please give the phone back.")
    signed = booking.state in SIGNED
    context = {
        "booking": booking,
        "thanked": thanked,
        "signed": signed,
        "ahead": "ahead" in request.GET and not signed,
    }
    context["charged_from"] = price_versions.charged_from(booking)
    context["unproved"] = signed and signing.evidence_only(booking)
    return render(request, "partner/thanks.html", context)
