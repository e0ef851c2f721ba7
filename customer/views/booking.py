"""The one page on which the customer follows everything, by its secret link (rule B11)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import notifications
from customer.booking_page import BookingPage
from customer.views.secret_link import has_ordered, secret_page
from mila import web_push
from mila.clock import mila_now
from mila.streams import publish
from requests_app import access
from requests_app.actions import changes, signing
from requests_app.models import HAS_PARTNER, LIVE, Booking, State


@require_safe
@secret_page
def booking(request, token):
    """The whole page. Opening it tells that the messages which led here have arrived (rule N1)."""
    found = access.booking_by_link(token)
    if found.state == State.DRAFT:
        return redirect("customer:draft", token)
    if request.method == "GET" and not _somebody_else(request.user, found):
        notifications.mark_reached(found.uuid, user=found.customer)
    return render(request, "customer/booking.html", _context(request, found))


@require_safe
@secret_page
def status(request, token):
    """What changes by itself; asked for when the stream says that something happened."""
    found = access.booking_by_link(token)
    return render(
        request, "customer/booking.html#changing", {**_context(request, found), "swap": True}
    )


@require_POST
@secret_page
def seen(request, token):
    """A person has moved on the page while the report lay there; sent at their first tap or key
    (rule L13).
    """
    found, version = access.booking_by_link(token), request.GET.get("version", "")
    if not _somebody_else(request.user, found):
        notifications.mark_seen(found.uuid, user=found.customer)
    if version.isdecimal() and not _somebody_else(request.user, found):
        signing.see_report(found.pk, version=int(version[:9]))
    return HttpResponse(status=204)


def _somebody_else(user, found: Booking) -> bool:
    """Staff or a partner who looks at the customer's page is not the customer."""
    return found.customer is None or (user.is_authenticated and user.pk != found.customer_id)


def _context(request, found: Booking) -> dict:
    at = mila_now()
    page = BookingPage(
        found,
        at,
        cost_cents=changes.cancel_cost(found, at),
        own=access.is_customer(request.user, found),
    )
    return {
        "booking": found,
        "page": page,
        "live_url": publish.stream_url(f"booking:{found.uuid}"),
        "may_correct": has_ordered(request, found),
        "push_key": web_push.public_key()
        if found.state in HAS_PARTNER & LIVE and found.customer_id
        else "",
    }
