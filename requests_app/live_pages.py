"""Both sides of a booking have it before them at once: their open pages are told (mila/streams)."""

from mila.streams import publish
from requests_app.models import Booking


def tell_both(booking: Booking, event: str) -> None:
    """After the commit: the customer's page, and the app of the technician where there is one."""
    publish.publish(f"booking:{booking.uuid}", event)
    if booking.technician_id is not None:
        publish.publish(f"technician:{booking.technician_id}", event)
