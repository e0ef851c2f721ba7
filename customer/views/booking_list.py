"""What belongs to a person who is signed in: all of their bookings."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from customer import booking_list
from mila.clock import mila_now
from requests_app import access
from requests_app.actions import proving


@require_safe
@login_required
def bookings(request):
    page, rows = booking_list.bookings_page(request.user, mila_now(), request.GET.get("page"))
    return render(request, "customer/bookings.html", {"page": page, "rows": rows})


@require_safe
@login_required
def booking_own(request, uuid):
    """By the public id, for its owner alone: leads to the page behind the secret link."""
    booking = access.booking_for_customer(request.user, uuid)
    return redirect("customer:booking", proving.open_by_account(booking.pk).token)
