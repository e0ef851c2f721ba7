"""Stars and words for who came, and their answer (rule L14)."""

from django.utils.translation import gettext_lazy as _

from accounts import search
from accounts.models import Technician, User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from requests_app import notices
from requests_app.comments import without_contact_data
from requests_app.lifecycle import IllegalMove, Role, lock_booking
from requests_app.models import Booking, Rating, SignOff, SignOffKind, State, have_met


class StarsMissing(Refusal):
    sentence = _("Please give one to five stars for each.")


class AnswerMissing(Refusal):
    sentence = _("Please write your answer.")


class HiddenReview(Refusal):
    sentence = _("We have hidden this review: nobody reads it, so it needs no answer.")


@verb
def rate(
    booking_id: int,
    *,
    quality: int,
    punctuality: int,
    friendliness: int,
    comment: str,
    by: User | None = None,
    on_technicians_screen: bool = False,
) -> Rating:
    """Three times one to five stars, once; a second sending returns the first (rule L14).

    On the technician's screen only after a signature there with the visit code; and nobody rates
    themself.
    """
    booking = lock_booking(booking_id)
    if (on_technicians_screen and not may_rate_on_screen(booking)) or _is_their_own(booking, by):
        raise IllegalMove("rate", booking.state, Role.CUSTOMER)
    stars = (quality, punctuality, friendliness)
    if not all(1 <= star <= 5 for star in stars):
        raise StarsMissing
    if booking.state not in (State.SIGNED_OFF, State.SETTLED, State.FINISHED):
        raise IllegalMove("rate", booking.state, Role.CUSTOMER)
    rating, new = Rating.objects.get_or_create(
        booking=booking,
        defaults={
            "technician": booking.technician,
            "quality": quality,
            "punctuality": punctuality,
            "friendliness": friendliness,
            "comment": comment.strip(),
            "at": mila_now(),
        },
    )
    if new:
        search.count_stars(booking.technician, *stars)
        publish.publish(f"booking:{booking.uuid}", "rated")
    return rating


def may_rate_on_screen(booking: Booking) -> bool:
    """Signed on the technician's screen, and the two have met by the code (rule L14)."""
    last = SignOff.objects.filter(booking=booking).last()
    signed = booking.state in (State.SIGNED_OFF, State.SETTLED) and last is not None
    return signed and last.kind == SignOffKind.SCREEN and have_met(booking)


def _is_their_own(booking: Booking, by: User | None) -> bool:
    """The technician, or somebody of the same partner, rates the job."""
    people = Technician.objects.filter(partner=booking.partner_id, user__isnull=False).values_list(
        "user", flat=True
    )
    return (by.pk if by else booking.customer_id) in set(people)


@verb
def answer_rating(booking_id: int, technician_id: int, *, answer: str) -> Rating:
    """The technician answers once; the customer is told by mail (rule L14). A repeat returns the
    first answer.

    Raises Rating.DoesNotExist for anybody else, AnswerMissing, HiddenReview.
    """
    booking = lock_booking(booking_id)
    rating = Rating.objects.get(booking=booking, technician_id=technician_id)
    if rating.answer:
        return rating
    if rating.hidden_at is not None:
        raise HiddenReview
    if not answer.strip():
        raise AnswerMissing
    rating.answer, rating.answered_at = answer.strip(), mila_now()
    rating.save(update_fields=["answer", "answered_at"])
    notices.queue(booking, "review_answered", round=0, answer=without_contact_data(rating.answer))
    publish.publish(f"booking:{booking.uuid}", "answered")
    return rating
