"""Stripe does not answer."""

from django.shortcuts import render


def card_away(request, booking):
    """Nothing was ordered and nothing charged; the page leads back to where they were."""
    context = {"booking": booking, "again": request.path}
    return render(request, "customer/card_away.html", context, status=503)
