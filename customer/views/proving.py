"""Proving the address of a booking, correcting it, and a new secret link (rule B11, B12)."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts import codes
from customer.forms.account import CodeForm
from customer.forms.proving import AddressForm
from customer.views.draft import UNFINISHED
from customer.views.secret_link import has_ordered, secret_page, sent
from mila.errors import Refusal
from requests_app import access
from requests_app.actions import proving
from requests_app.models import ENDED, Booking, State

# Where the link of a mail may lead on to, by the word it carries.
LEADS = {
    "withdraw": "customer:withdraw",
    "messages": "customer:messages",
    "price": "customer:answer_price",
}
PROVED = gettext_lazy("Thank you, your address is confirmed.")


@require_safe
@secret_page
def from_mail(request, token, proof):
    """The link of a mail: it proves the address, and leads on to the plain one, which proves
    nothing when copied.

    A proof of another address (it was corrected since) is passed over; the link itself is as good
    as any.
    """
    booking = access.booking_by_link(token)
    if (
        proving.open_from_mail(booking.pk, proof)
        and booking.email_proved_at is None
        and booking.state != State.DRAFT
    ):
        messages.success(request, PROVED)
    page = next((page for word, page in LEADS.items() if word in request.GET), "customer:booking")
    return redirect(page, token)


def placed(view):
    """A page of a booking that was ordered."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @secret_page
    @wraps(view)
    def inner(request, token):
        booking = access.booking_by_link(token)
        if booking.state == State.DRAFT:
            return redirect("customer:draft", token)
        return view(request, booking)

    return inner


@placed
def prove(request, booking):
    """A code to the address, typed here: for who has the link of this browser, and the mail
    elsewhere.
    """
    if booking.email_proved_at is not None:
        return redirect("customer:booking", booking.token)
    return _by_code(request, booking, "prove", lambda: _proved(request, booking))


def _proved(request, booking: Booking):
    messages.success(request, PROVED)
    return redirect("customer:booking", booking.token)


@placed
def renew(request, booking):
    """This link was shared by mistake: a new one, by the account or by a code to the booking's
    address.
    """
    if not access.is_customer(request.user, booking):
        return _by_code(request, booking, "renew", lambda: _renewed(booking))
    if request.method == "POST":
        return _renewed(booking)
    return _page(request, booking, "renew", by_account=True)


def _renewed(booking: Booking):
    proving.renew_link(booking.pk)
    return redirect("customer:link_sent")


def _by_code(request, booking: Booking, purpose: str, done):
    """The page with the code's box. "send" mails a code; any other button sends what was typed."""
    form, status = CodeForm(), 200
    if "send" in request.POST:
        try:
            proving.send_code(booking.pk)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(f"customer:{purpose}", booking.token)
    if request.method == "POST":
        form = CodeForm(request.POST)
        if form.is_valid() and proving.check_code(booking.pk, form.cleaned_data["code"]):
            return done()
        if form.is_valid():
            form.add_error("code", str(codes.WrongCode()))
        status = UNFINISHED
    return _page(
        request,
        booking,
        purpose,
        status,
        form=form,
        waits=proving.code_is_out(booking) or form.is_bound,
    )


@placed
def address(request, booking):
    """The browser that ordered puts the address right, until it is proved; nobody else is told that
    there is a page.
    """
    if not has_ordered(request, booking):
        raise Http404
    if booking.email_proved_at is not None or booking.state in ENDED:
        return redirect("customer:booking", booking.token)
    form = AddressForm(sent(request), initial={"email": booking.customer.email})
    if form.is_valid():
        try:
            corrected = proving.correct_email(booking.pk, form.cleaned_data["email"])
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("Noted. The link to your booking is on its way to the new address.")
            )
            return redirect("customer:booking", corrected.token)
    return _page(request, booking, "address", UNFINISHED if form.errors else 200, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def ended(request, token):
    """The link's time is over: a new one goes to the booking's address.

    The page tells nothing of the booking.
    """
    booking = access.booking_by_link(token, ended=True)
    if not access.link_has_ended(booking):
        return redirect("customer:booking", token)
    if request.method == "POST":
        try:
            proving.send_new_link(booking.pk)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("customer:ended", token)
        return redirect("customer:link_sent")
    return render(request, "customer/link_ended.html", {"days": booking.policy.link_life.days})


@require_safe
def link_sent(request):
    """A new link is on its way; the old one leads nowhere, so this page is about no booking."""
    return render(request, "customer/link_sent.html")


def _page(request, booking: Booking, name: str, status: int = 200, **context):
    return render(request, f"customer/{name}.html", {"booking": booking, **context}, status=status)
