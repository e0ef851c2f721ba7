"""What customers have written, for the home page."""

from django.db.models import Avg, Count, F

from requests_app.comments import without_contact_data
from requests_app.models import (
    Rating,
)

MEAN = (F("quality") + F("punctuality") + F("friendliness")) / 3.0
SHOWN = ("comment", "at", "booking__city", "booking__customer__name", "booking__service__name")


def figures() -> dict:
    """`stars`, the mean of all ratings, and their `count`."""
    return Rating.objects.order_by().aggregate(stars=Avg(MEAN), count=Count("pk"))


def recent_ratings(known: dict | None = None, count: int = 3) -> dict | None:
    """For the home page: the figures, where the caller does not know them, and the latest with
    words; None before the first.

    A comment that staff have hidden is left out, its stars count (rule L14).

    A customer is shown by the first letter of their name and their town. One query.
    """
    known = known or figures()
    if not known["count"]:
        return None
    latest = (
        Rating.objects.order_by("-at")
        .exclude(comment="")
        .filter(hidden_at=None)
        .select_related("booking__service", "booking__customer")
        .only(*SHOWN)[:count]
    )
    reviews = [
        {
            "text": without_contact_data(rating.comment),
            "name": f"{rating.booking.customer.name[:1].upper()}."
            if rating.booking.customer.name
            else "",
            "city": rating.booking.city,
            "service": rating.booking.service.name,
            "at": rating.at,
        }
        for rating in latest
    ]
    return {**known, "reviews": reviews}
