"""What belongs to a person who is signed in: all of his bookings."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from mila.clock import mila_now
from requests_app import access, queries
from requests_app.actions import proving


@require_safe
@login_required
def bookings(request):
    page, rows = queries.bookings_page(request.user, mila_now(), request.GET.get("page"))
    return render(request, "requests_app/bookings.html", {"page": page, "rows": rows})


@require_safe
@login_required
def booking_own(request, uuid):
    """By the public id, for its owner alone: leads to the page behind the secret link."""
    booking = access.booking_for_customer(request.user, uuid)
    return redirect("requests_app:booking", proving.open_by_account(booking.pk).token)
