"""The customer's pages: the four steps, and the one page on which he follows everything."""

from django.shortcuts import render

from requests_app import access


def booking(request, token):
    """The booking by its secret link (PRODUCT B11)."""
    return render(request, "requests_app/booking.html", {"booking": access.booking_by_link(token)})
