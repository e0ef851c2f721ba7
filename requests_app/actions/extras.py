"""What a draft wants beside its service: packages, answers to its questions, the same person again
(rule B13, D2).
"""

from collections.abc import Collection, Sequence

from accounts.models import User
from catalogue.models import Question
from catalogue.queries import packages_for
from mila.clock import mila_now
from mila.transactions import verb
from requests_app.actions.drafting import PLACE, PRICE, STARTS, lock_draft, set_price, start_draft
from requests_app.models import Booking, BookingAnswer, BookingPackage

WHERE = ("street", "lat", "lon", "precision")


@verb
def book_again(booking_id: int, *, language: str, by: User | None) -> Booking:
    """A draft of the same service at the same place, for which the same person is asked first
    (rule D2).

    Nothing goes along that the page behind the link does not show: no name, no number, no way to
    the door, no card. Raises NotSold, TooManyDrafts.
    """
    former = Booking.objects.select_related("service", "contact").get(pk=booking_id)
    draft = start_draft(former.service, country=former.country, language=language, by=by)
    for name in PLACE:
        setattr(draft, name, getattr(former, name))
    draft.wished_technician_id = former.technician_id
    draft.save(update_fields=[*PLACE, "wished_technician"])
    for name in WHERE:
        setattr(draft.contact, name, getattr(former.contact, name))
    draft.contact.save(update_fields=WHERE)
    return draft


@verb
def set_packages(booking_id: int, packages: Collection[int]) -> Booking:
    """The extras of the visit, by their ids; what does not fit the service or is not sold there is
    passed over.

    A visit of another length drops its wishes: they were chosen for the length before (rule B13).
    """
    booking = lock_draft(booking_id)
    at, before = mila_now(), booking.duration_minutes
    fit = [one for one in packages_for(booking.service, booking.country, at) if one.pk in packages]
    booking.extras.exclude(package__in=fit).delete()
    kept = set(booking.extras.values_list("package", flat=True))
    BookingPackage.objects.bulk_create(
        BookingPackage(
            booking=booking,
            package=one,
            cents=one.price_cents,
            duration_minutes=one.duration_minutes,
        )
        for one in fit
        if one.pk not in kept
    )
    set_price(booking, at)
    if booking.duration_minutes != before:
        booking.wishes.all().delete()
        booking.first_start_at = booking.last_start_at = None
    booking.save(update_fields=[*STARTS, *PRICE])
    return booking


@verb
def set_answers(booking_id: int, answers: Sequence[tuple[Question, str]]) -> None:
    """What was answered to the questions of the service, in the words they were asked in
    (rule B13).
    """
    booking = lock_draft(booking_id)
    booking.answers.all().delete()
    BookingAnswer.objects.bulk_create(
        BookingAnswer(
            booking=booking, question=question, rank=rank, words=question.words, answer=answer
        )
        for rank, (question, answer) in enumerate(answers, 1)
    )
