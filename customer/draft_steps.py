"""The steps of a draft: which are done, which comes next. None can be skipped (rule B1)."""

from django.urls import reverse
from django.utils.translation import gettext as _

from requests_app.models import Booking

SERVICE, PLACE, WHEN, WHO = (
    f"customer:draft_{step}" for step in ("service", "place", "when", "who")
)
CARD = "customer:card"


def first_unfinished(booking: Booking) -> str | None:
    """The url name of the first step that lacks something; None when only the card and the order
    are missing.
    """
    contact = booking.contact
    if not (booking.postcode and contact.street and contact.lat is not None):
        return PLACE
    if not booking.first_start_at:
        return WHEN
    if not (booking.customer_id and contact.name and contact.phone and contact.problem):
        return WHO
    return None


def may_open(booking: Booking, step: str) -> bool:
    """Whether everything before this step is there."""
    unfinished = first_unfinished(booking)
    order = [SERVICE, PLACE, WHEN, WHO, CARD]
    return unfinished is None or order.index(step) <= order.index(unfinished)


def resume_url(booking: Booking) -> str:
    """Where the draft goes on."""
    return reverse(first_unfinished(booking) or CARD, args=[booking.token])


def step_line(booking: Booking | None, now: str) -> list[dict[str, str | None]]:
    """The three steps for components/_steps.html; the service was chosen on its own page."""
    token = booking.token if booking else ""
    shown = [
        (_("Where, when"), (PLACE, WHEN, SERVICE)),
        (_("You"), (WHO,)),
        (_("The card"), (CARD,)),
    ]
    here = next(number for number, (_label, pages) in enumerate(shown) if now in pages)
    return [
        {
            "label": label,
            "url": reverse(pages[0], args=[token]) if number < here else None,
            "state": "done" if number < here else "now" if number == here else "next",
        }
        for number, (label, pages) in enumerate(shown)
    ]
