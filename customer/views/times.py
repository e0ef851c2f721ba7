"""Another time that waits for the customer's tap, and whom they do not want to meet again
(rule B9, L11, D1).
"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customer.views.secret_link import secret_page
from mila.cleaning import whole_number
from mila.errors import Refusal
from requests_app import access
from requests_app.actions import avoiding, other_times
from requests_app.lifecycle import Role
from requests_app.models import Author, State


@require_POST
@secret_page
def answer(request, token):
    """Yes or no to the start that is shown; one that no longer holds says so, and nothing moves."""
    booking = access.booking_by_link(token)
    pk = whole_number(request.POST.get("proposal", ""))
    by = request.user if access.is_customer(request.user, booking) else None
    try:
        if "accept" in request.POST:
            other_times.accept(booking.pk, pk, role=Role.CUSTOMER, by=by)
            messages.success(request, _("Thank you, the new time stands."))
        elif "decline" in request.POST:
            other_times.decline(booking.pk, pk)
            messages.success(request, _("Thank you. The visit stays as it is."))
    except Refusal as refusal:
        messages.warning(request, str(refusal))
    return redirect("customer:booking", token)


@require_http_methods(["GET", "HEAD", "POST"])
@secret_page
def not_again(request, token):
    """Who had this booking: each may be kept away from now on, or be welcome again."""
    booking = access.booking_by_link(token)
    if booking.state == State.DRAFT:
        return redirect("customer:draft", token)
    people = {
        one.technician_id: one.technician
        for one in booking.assignments.select_related("technician")
    }
    if request.method == "POST":
        for name, verb in (("avoid", avoiding.avoid), ("again", avoiding.meet_again)):
            chosen = request.POST.get(name, "")
            if chosen in map(str, people):
                verb(booking.pk, int(chosen), said_by=Author.CUSTOMER)
        return redirect("customer:not_again", token)
    avoided = set(
        booking.customer.avoidances.filter(said_by=Author.CUSTOMER, ended_at=None).values_list(
            "technician", flat=True
        )
    )
    shown = [{"pk": pk, "name": one.name, "avoided": pk in avoided} for pk, one in people.items()]
    return render(request, "customer/not_again.html", {"booking": booking, "people": shown})
