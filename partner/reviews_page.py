"""What customers have said about a technician, for themself, with the
answers they gave (rule L14).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.core.paginator import Page, Paginator

from accounts.models import Technician
from partner.forms.reviews import AnswerForm
from requests_app.comments import without_contact_data
from requests_app.models import Rating

PAGE = 10


@dataclass(frozen=True)
class Review:
    """`form` is there while it can be answered.

    What staff have hidden has their reason; nobody else reads it.
    """

    rating: Rating
    stars: float
    text: str
    hidden: bool
    answer_hidden_because: str
    form: forms.Form | None


def reviews_page(
    technician: Technician, number: str | None, sent: dict[int, forms.Form] | None = None
) -> tuple[Page, list[Review]]:
    """The newest first; `sent`: forms that came back, by rating.

    Two queries, however many there are.
    """
    ratings = (
        Rating.objects.filter(technician=technician)
        .select_related("booking__service")
        .order_by("-at", "-pk")
    )
    found = Paginator(ratings, PAGE).get_page(number)
    return found, list(_reviews(found, sent or {}))


def _reviews(ratings: Iterable[Rating], sent: dict[int, forms.Form]) -> Iterable[Review]:
    for rating in ratings:
        hidden = rating.hidden_at is not None
        open_to_answer = not rating.answer and not hidden
        yield Review(
            rating=rating,
            stars=rating.stars,
            text="" if hidden else without_contact_data(rating.comment),
            hidden=hidden,
            answer_hidden_because=rating.answer_hidden_reason if rating.answer_hidden_at else "",
            form=sent.get(rating.pk, AnswerForm.of(rating)) if open_to_answer else None,
        )
