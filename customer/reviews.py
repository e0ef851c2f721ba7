"""What customers have written, for the home page."""

from django.db.models import Avg, Count, F

from requests_app.comments import without_contact_data
from requests_app.models import (
    Rating,
)


def recent_ratings(count: int = 3) -> dict | None:
    """For the home page: the mean of all ratings, how many, and the latest with words; None before the first.

    A comment that staff have hidden is left out, its stars count (rule L14).

    A customer is shown by the first letter of their name and their town. Two queries.
    """
    ratings = Rating.objects.order_by("-at")
    mean = (F("quality") + F("punctuality") + F("friendliness")) / 3.0
    figures = ratings.order_by().aggregate(stars=Avg(mean), count=Count("pk"))
    if not figures["count"]:
        return None
    latest = (
        ratings.exclude(comment="")
        .filter(hidden_at=None)
        .select_related("booking__service", "booking__customer")[:count]
    )
    reviews = [
        {
            "text": without_contact_data(rating.comment),
            "name": f"{rating.booking.customer.name[:1].upper()}." if rating.booking.customer.name else "",
            "city": rating.booking.city,
            "service": rating.booking.service.name,
            "at": rating.at,
        }
        for rating in latest
    ]
    return {**figures, "reviews": reviews}
