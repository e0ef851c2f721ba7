"""What the customer may change by the secret link: hour, door, end, objection, rating
(rule B9-B11).
"""

from functools import partial, wraps

from django.contrib import messages
from django.core import signing
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customer.booking_page import MOVES_OF_DATE, BookingPage, can_withdraw, may_cancel
from customer.forms.visit import AccessForm, RatingForm, RefuseForm
from customer.views.secret_link import secret_page, sent
from customer.views.starts import choose_starts
from mila.clock import mila_now
from mila.errors import Refusal
from requests_app import access, withdrawal
from requests_app.actions import changes, reviewing, withdrawing
from requests_app.actions import signing as ending
from requests_app.lifecycle import Role, available_moves
from requests_app.models import ADJUSTABLE, Booking, Rating, State

COST = "requests_app.cancel"
RATEABLE = frozenset({State.FINISHED, State.SIGNED_OFF, State.SETTLED})


def change(may):
    """A page that is only there while `may(booking)` allows it; otherwise back to the booking, with
    a sentence.
    """

    def decorate(view):
        @require_http_methods(["GET", "HEAD", "POST"])
        @secret_page
        @wraps(view)
        def inner(request, token):
            booking = access.booking_by_link(token)
            if not may(booking):
                messages.warning(
                    request, _("This is no longer possible: the booking has moved on meanwhile.")
                )
                return redirect("customer:booking", token)
            return view(request, booking)

        return inner

    return decorate


def may_move(*names: str):
    return lambda booking: bool(available_moves(booking, Role.CUSTOMER) & set(names))


def _by(request, booking: Booking):
    """The signed-in customer; with the link alone nobody is known by name."""
    return request.user if request.user.pk and request.user.pk == booking.customer_id else None


def _done(request, booking: Booking, sentence: str):
    messages.success(request, sentence)
    return redirect("customer:booking", booking.token)


def _page(request, name: str, booking: Booking, status: int = 200, **context):
    return render(request, f"customer/{name}.html", {"booking": booking, **context}, status=status)


@change(lambda booking: may_cancel(booking, mila_now()))
def cancel(request, booking):
    """The cost stands in the sentence and on the button before anything is
    lost (rule B10, law R5).
    """
    refused = ""
    if request.method == "POST":
        try:
            changes.cancel(
                booking.pk,
                role=Role.CUSTOMER,
                by=_by(request, booking),
                accepted_cost_cents=_seen_cost(request.POST.get("seen", ""), booking),
            )
        except Refusal as refusal:
            refused = str(refusal)
        else:
            return _done(
                request, booking, _("Your visit is cancelled. A confirmation is on its way to you.")
            )
    at = mila_now()
    page = BookingPage(booking, at, cost_cents=changes.cancel_cost(booking, at))
    context = {
        "page": page,
        "seen": signing.dumps([str(booking.uuid), page.cost_cents], salt=COST),
        "refused": refused,
        "half_done": page.cost_cents > 0
        and page.cost_cents == withdrawal.worked_before_cents(booking),
    }
    return _page(request, "cancel", booking, 422 if refused else 200, **context)


@change(lambda booking: can_withdraw(booking, mila_now()))
def withdraw(request, booking):
    """The second step of the right of withdrawal: what ends, what it costs, and the button
    (law R5).
    """
    refused = ""
    if request.method == "POST":
        try:
            withdrawing.withdraw(
                booking.pk,
                role=Role.CUSTOMER,
                by=_by(request, booking),
                accepted_cost_cents=_seen_cost(request.POST.get("seen", ""), booking),
            )
        except Refusal as refusal:
            refused = str(refusal)
        else:
            sentence = _(
                "You have withdrawn from the contract. The confirmation with day and hour comes by "
                "e-mail."
            )
            return _done(request, booking, sentence)
    at = mila_now()
    cost_cents = withdrawal.cost_cents(booking, at)
    context = {
        "page": BookingPage(booking, at, cost_cents=cost_cents),
        "last_day": withdrawal.last_day(booking),
        "proved": withdrawal.is_proved(booking),
        "seen": signing.dumps([str(booking.uuid), cost_cents], salt=COST),
        "refused": refused,
    }
    return _page(request, "withdraw", booking, 422 if refused else 200, **context)


def _seen_cost(text: str, booking: Booking) -> int:
    """The cost this site itself has shown them; nothing else counts as agreed (fault M11)."""
    try:
        uuid, cents = signing.loads(text, salt=COST)
    except (signing.BadSignature, ValueError, TypeError):
        return 0
    return cents if uuid == str(booking.uuid) else 0


def _choose_starts(
    request,
    booking: Booking,
    template: str,
    verb,
    sentence: str,
    *,
    keeps: bool = False,
    **context,
):
    return choose_starts(
        request,
        booking,
        partial(verb, booking.pk, role=Role.CUSTOMER, by=_by(request, booking)),
        done=lambda: _done(request, booking, sentence),
        page=lambda choice: _page(
            request, template, booking, 422 if choice.error else 200, choice=choice, **context
        ),
        keeps=keeps,
    )


@change(may_move(*MOVES_OF_DATE))
def move(request, booking):
    """Other wishes (rule B9); first those at which whoever has the job is free."""
    sentence = _("The new time is noted; everybody has been told.")
    cost = changes.cancel_cost(booking, mila_now())
    return _choose_starts(
        request, booking, "move", changes.move, sentence, keeps=True, cost_cents=cost
    )


@require_POST
@secret_page
def late(request, token):
    """Nobody is there a quarter of an hour after the start: said once, by a button of the page
    (rule L9).
    """
    booking = access.booking_by_link(token)
    try:
        changes.report_late(booking.pk)
    except Refusal as refusal:
        messages.warning(request, str(refusal))
        return redirect("customer:booking", token)
    return _done(request, booking, _("Thank you. Our team calls the technician now."))


@change(may_move("no_show"))
def no_show(request, booking):
    """Nobody came: somebody else, at another time (rule L9)."""
    sentence = _("We are sorry. We are looking for somebody else.")
    return _choose_starts(request, booking, "no_show", changes.report_no_show, sentence)


def _fill_in(request, booking: Booking, name: str, form, verb, sentence: str):
    """A form that is sent to one verb; what is refused stands above it."""
    if form.is_valid():
        try:
            verb(booking.pk, **form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return _done(request, booking, sentence)
    return _page(request, name, booking, 422 if form.errors else 200, form=form)


@change(lambda booking: booking.state in ADJUSTABLE)
def door(request, booking):
    """How to find the door, and who opens (rule B8).

    Until the address is proved the code is not shown (rule B12).
    """
    contact, proved = booking.contact, booking.email_proved_at is not None
    initial = {"door_code": contact.door_code if proved else "", "at_the_door": contact.at_the_door}
    form = AccessForm(sent(request), initial=initial)
    sentence = _("Noted. The person who comes sees it.")
    verb = partial(changes.set_access, keeps_door_code=not proved)
    return _fill_in(request, booking, "access", form, verb, sentence)


@change(may_move("refuse"))
def refuse(request, booking):
    """It goes wrong, or they do not sign; they say why (rule L13)."""
    verb = partial(ending.refuse, by=_by(request, booking))
    sentence = _("Thank you. Nothing is charged until we have looked at it together.")
    return _fill_in(request, booking, "refuse", RefuseForm(sent(request)), verb, sentence)


@change(
    lambda booking: (
        booking.state in RATEABLE and not Rating.objects.filter(booking=booking).exists()
    )
)
def rate(request, booking):
    """Stars and a few words (rule L14)."""
    sentence = _("Thank you for your words.")
    verb = partial(reviewing.rate, by=request.user if request.user.is_authenticated else None)
    return _fill_in(request, booking, "rate", RatingForm(sent(request)), verb, sentence)
