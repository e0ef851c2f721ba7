"""What a device says by itself, and the device of whoever follows one booking by its link
(rule N1, D4).

A service worker has no page and no token against forgery: what it says is proved by the token it
was sent, which only this device could read.
"""

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import push
from customer.views.secret_link import secret_page
from dispatch import access as dispatch_access
from dispatch import offers
from mila import web_push
from mila.web.middleware import private_page
from mila.web.request_limits import Unreadable, read_json
from requests_app import access
from requests_app.models import ENDED

LARGEST = 4_000  # octets of what a device says


def said(request) -> dict[str, str]:
    """The words of a device: a flat object of texts. Raises Unreadable."""
    found: Any = read_json(request, largest=LARGEST)
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise Unreadable("JSON")
    return found


def subscription(words: dict[str, str]) -> web_push.Device:
    return web_push.Device(*(words.get(name, "") for name in ("endpoint", "p256dh", "auth")))


@csrf_exempt
@private_page
@require_POST
def heard(request):
    """It has shown the message. If that was an offer, the window runs from now (rule D4)."""
    found = push.heard(said(request).get("token", ""))
    if found is None:
        return HttpResponse(status=403)
    offer = dispatch_access.offer_of_notice(found.notice) if found.notice else None
    if offer is not None:
        offers.acknowledge(offer.pk, offer.technician_id, viewed=False)
    return HttpResponse(status=204)


@csrf_exempt
@private_page
@require_POST
def not_for_me(request):
    """The button on the notification: the offer goes on to the next one.

    One that is over stays as it ended.
    """
    found = push.read_token(said(request).get("token", ""))
    if found is None or found.notice is None:
        return HttpResponse(status=403)
    offer = dispatch_access.offer_of_notice(found.notice)
    if offer is not None:
        offers.decline(offer.pk, offer.technician_id, reason="")
    return HttpResponse(status=204)


@require_POST
@secret_page
def wake(request, token):
    """This device hears when somebody comes, is there, and asks for the signature: of this booking
    alone.
    """
    booking = access.booking_by_link(token)
    if booking.customer is None or booking.state in ENDED:
        return HttpResponse(status=409)
    try:
        push.subscribe(
            booking.customer,
            subscription(said(request)),
            subject_id=booking.uuid,
            page=f"/b/{token}/",
        )
    except web_push.NoDevice:
        return HttpResponse(status=422)
    return JsonResponse({"known": True})


@require_POST
@secret_page
def rest(request, token):
    """And no longer."""
    booking = access.booking_by_link(token)
    if booking.customer is not None:
        push.unsubscribe(
            booking.customer, said(request).get("endpoint", ""), subject_id=booking.uuid
        )
    return HttpResponse(status=204)
