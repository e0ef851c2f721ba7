"""The only roads to an offer for a technician.

Somebody else's is not found, never forbidden (fault A1).
"""

from uuid import UUID

from django.db.models import Q
from django.http import Http404

from accounts.models import Notification, Technician
from dispatch.models import Offer, OfferState
from requests_app.models import Booking


def offer_for_technician(technician: Technician, pk: int) -> Offer:
    """One of their own offers, however it ended. Raises Http404."""
    offer = (
        technician.offers.select_related("booking__service__category", "search")
        .filter(pk=pk)
        .first()
    )
    if offer is None:
        raise Http404
    return offer


def shown_booking(technician: Technician, uuid: UUID) -> Booking:
    """A booking offered to them, or once in a pool: they may ask for it, and be told that it is
    gone.

    Raises Http404. Whether it is open to them is for `offers.tap` to say.
    """
    shown = Q(offers__technician_id=technician.pk) | Q(searches__pool_at__isnull=False)
    booking = Booking.objects.select_related("service").filter(shown, uuid=uuid).distinct().first()
    if booking is None:
        raise Http404
    return booking


def offer_of_notice(notice: Notification) -> Offer | None:
    """The open window this message told of, of the person it was for; None when it is over or
    another one by now.
    """
    if notice.kind != "offer" or notice.user_id is None:
        return None
    window = Offer.objects.filter(
        booking__uuid=notice.subject_id, epoch=notice.round, state=OfferState.OPEN
    )
    return window.filter(technician__user=notice.user_id).first()
