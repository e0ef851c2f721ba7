"""What customers have written, for the home page and the page of a technician."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Case, Count, F, IntegerField, QuerySet, Value, When

from customer.wording_parts import language_name
from mila.formats import language
from requests_app.comments import without_contact_data
from requests_app.models import (
    Rating,
)

SHOWN_FROM = 20  # fewer say something about a person, and nothing about a house
MEAN = (F("quality") + F("punctuality") + F("friendliness")) / 3.0
SHOWN = (
    "quality",
    "punctuality",
    "friendliness",
    "comment",
    "answer",
    "answer_hidden_at",
    "at",
    "booking__city",
    "booking__language",
    "booking__customer__name",
    "booking__service",  # all of it: its name is one of several columns
)


def figures() -> dict:
    """`stars`, the mean of all ratings, and their `count`."""
    return Rating.objects.order_by().aggregate(stars=Avg(MEAN), count=Count("pk"))


def public() -> QuerySet[Rating]:
    """The newest first. A comment that staff have hidden is left out with its answer, its stars
    count (rule L14).
    """
    shown = Rating.objects.order_by("-at", "-pk").filter(hidden_at=None)
    return shown.select_related("booking__service", "booking__customer").only(*SHOWN)


def review(rating: Rating) -> dict[str, Any]:
    """As anybody may read it: no way to reach anybody; the customer by the first letter of their
    name and their town.

    From a rating of `public`.
    """
    name, written = rating.booking.customer.name, rating.booking.language
    return {
        "stars": rating.stars,
        "text": without_contact_data(rating.comment),
        "language": written,
        "written_in": "" if written == language() else language_name(written),
        "name": f"{name[:1].upper()}." if name else "",
        "city": rating.booking.city,
        "service": rating.booking.service.name,
        "at": rating.at,
        "answer": "" if rating.answer_hidden_at else without_contact_data(rating.answer),
    }


@dataclass(frozen=True)
class OwnReview:
    """What its writer sees of it, and what the technician, called `name`, has answered."""

    stars: float
    words: str
    hidden_because: str  # the words are not public, and staff said why
    name: str
    answer: str


def own_review(rating: Rating, name: str) -> OwnReview:
    return OwnReview(
        stars=rating.stars,
        words=rating.comment,
        hidden_because=rating.hidden_reason if rating.hidden_at else "",
        name=name,
        answer="" if rating.answer_hidden_at else without_contact_data(rating.answer),
    )


def recent_ratings(known: dict | None = None, count: int = 3) -> dict | None:
    """For the home page: the figures, where the caller does not know them, and the latest with
    words, those in the reader's language first; None while there are too few. One query.
    """
    known = known or figures()
    if known["count"] < SHOWN_FROM:
        return None
    foreign = Case(
        When(booking__language=language(), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    latest = public().exclude(comment="").order_by(foreign, "-at", "-pk")[:count]
    return {**known, "reviews": [review(rating) for rating in latest]}
