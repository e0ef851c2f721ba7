"""The only roads to a booking for a person.

Somebody else's is not found, never forbidden (fault A1, A2, A9).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts import proofs
from accounts.calendar_rows import CalendarFeed
from accounts.models import Technician, User
from mila.clock import mila_now
from mila.encrypted_fields import fingerprint
from mila.transactions import verb
from requests_app import deadlines, secret_link
from requests_app.models import (
    Appeal,
    Assignment,
    Booking,
    BookingContact,
    BookingPhoto,
    ContactAccess,
    Message,
    PhotoSize,
    State,
)

BOOKINGS = Booking.objects.select_related(
    "service", "service__category", "partner", "technician", "customer"
)
SHORTEST_TOKEN = 32
SAME_LOOK = timedelta(hours=1)
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class LinkEnded(Http404):
    """The secret link was right, and its time is over: a new one goes to the booking's address
    (rule B11).
    """


def booking_by_link(token: str, *, ended: bool = False) -> Booking:
    """The booking of a secret link (rule B11).

    Raises Http404, or LinkEnded unless the page is for ended ones.
    """
    if len(token) < SHORTEST_TOKEN:
        raise Http404
    booking = _one(BOOKINGS.filter(token_hash=fingerprint(token)))
    if not ended and link_has_ended(booking):
        raise LinkEnded
    return booking


def link_has_ended(booking: Booking) -> bool:
    until = secret_link.ends_at(booking)
    return until is not None and mila_now() >= until


def draft_of_browser(link_hash: str) -> Booking | None:
    """The draft a session remembers, by the hash of its link: the link itself is kept in no
    session.

    Made anew by another browser, because the address was mistyped, it is no longer remembered here.
    """
    return BOOKINGS.filter(token_hash=link_hash, state=State.DRAFT).first() if link_hash else None


def bookings_of_browser(uuids: list[str]) -> list[Booking]:
    """The bookings a session remembers that it ordered."""
    return list(BOOKINGS.filter(uuid__in=uuids)) if uuids else []


def booking_for_customer(user: User | AnonymousUser, uuid: UUID) -> Booking:
    """One of the account's own bookings. Raises Http404."""
    return _one(bookings_of_customer(user).filter(uuid=uuid))


def bookings_of_customer(user: User | AnonymousUser) -> QuerySet[Booking]:
    """All bookings of the account, newest first; none before it has proved
    its address (rule B12).
    """
    if not user.is_authenticated:
        return BOOKINGS.none()
    return BOOKINGS.filter(proofs.CUSTOMER_HAS_PROVED, customer_id=user.pk)


def is_customer(user: User | AnonymousUser, booking: Booking) -> bool:
    """Whether the booking's customer is signed in, with an account that has proved the address."""
    return user.is_authenticated and user.pk == booking.customer_id and proofs.has_proved(user)


def technician_of(user: User | AnonymousUser) -> Technician | None:
    """The technician who is signed in, if they may work."""
    if not user.is_authenticated:
        return None
    technician = (
        Technician.objects.select_related("partner").filter(user_id=user.pk, active=True).first()
    )
    if technician is not None:
        technician.user = user
    return technician


def technician_page(
    view: Callable[Concatenate[HttpRequest, Technician, P], HttpResponseBase],
) -> View[P]:
    """A page of the partner's app: the view gets the technician.

    Strangers sign in; other people's role is refused.
    """

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        technician = technician_of(request.user)
        if technician is None:
            raise PermissionDenied
        return view(request, technician, *args, **kwargs)

    return inner


def job_for_technician(technician: Technician | None, uuid: UUID) -> Booking:
    """A booking they have now. One they have lost, released or never had is not found.

    Raises Http404.
    """
    if technician is None:
        raise Http404
    return with_own_partner(technician, _one(jobs_of_technician(technician).filter(uuid=uuid)))


def had_job(technician: Technician, uuid: UUID) -> bool:
    """Whether a booking was theirs once: then they are told so, and nothing else (rule D8)."""
    return Assignment.objects.filter(
        booking__uuid=uuid, technician_id=technician.pk, ended_at__isnull=False
    ).exists()


def jobs_of_technician(technician: Technician) -> QuerySet[Booking]:
    """All bookings they have now, the next start first.

    Its technician is this one, not read again.
    """
    return technician.bookings.select_related("service", "service__category", "customer").order_by(
        "start_at"
    )


def technician_by_feed(token: str) -> Technician:
    """Whose private calendar address this is, while they may work.

    Raises Http404 for every other word.
    """
    if len(token) < SHORTEST_TOKEN:
        raise Http404
    feeds = CalendarFeed.objects.select_related("technician__partner")
    feed = feeds.filter(token_hash=fingerprint(token), technician__active=True).first()
    if feed is None or feed.technician.partner.suspended_at is not None:
        raise Http404
    return feed.technician


def with_own_partner(technician: Technician, booking: Booking) -> Booking:
    """Their partner is there already, where the booking has the same."""
    if booking.partner_id == technician.partner_id:
        booking.partner = technician.partner
    return booking


def may_see_contact(booking: Booking, technician: Technician) -> bool:
    """Whether they may see name, street and phone now (rule D8, fault A3).

    While the assignment is theirs; no longer at once when lost, released or suspended, unless staff
    have left them this job (rule P3); until 7 days after sign-off. Asks the database: what the
    caller holds may be from before they lost it.
    """
    mine = Assignment.objects.filter(booking=booking, technician_id=technician.pk, ended_at=None)
    may = Q(partner__suspended_at=None) | Q(kept_at__gte=F("partner__suspended_at"))
    seen = mine.filter(may).exclude(booking__state=State.FAILED)
    found = seen.values_list("booking__signed_off_at").first()
    if found is None:
        return False
    (signed_off_at,) = found
    return signed_off_at is None or mila_now() < deadlines.contact_until(
        signed_off_at, booking.policy
    )


@verb
def reveal_contact(
    booking: Booking, technician: Technician, *, reason: str
) -> BookingContact | None:
    """The customer's contact data, with a row that says who saw it; None when they may not
    (fault A2).

    A page that is looked at again within the hour leaves no further row: it would say what the
    first has said.
    """
    if not may_see_contact(booking, technician):
        return None
    at = mila_now()
    lately = ContactAccess.objects.filter(
        booking=booking, user=technician.user_id, at__gt=at - SAME_LOOK, at__lte=at
    )
    if not any(look.reason == reason for look in lately.only("reason")):
        ContactAccess.objects.create(
            booking=booking,
            partner_id=technician.partner_id,
            user_id=technician.user_id,
            reason=reason,
            at=at,
        )
    return BookingContact.objects.get(booking=booking)


def messages_of_customer(booking: Booking) -> QuerySet[Message]:
    """All that was written about a booking that `access` has led the
    customer to, the oldest first.
    """
    return booking.messages.select_related("photo", "technician")


def messages_of_technician(booking: Booking, technician: Technician) -> QuerySet[Message]:
    """What the two have written, while they may see the contact data; nothing of another
    technician's (rule D8).
    """
    theirs = booking.messages.filter(technician=technician).select_related("photo", "technician")
    return theirs if may_see_contact(booking, technician) else theirs.none()


def photo_by_link(token: str, key: str) -> BookingPhoto:
    """A photo of the booking of a secret link (fault A10). Raises Http404."""
    return _photo(booking_by_link(token), key)


@verb
def photo_for_technician(
    booking: Booking, technician: Technician, key: str, *, size: str
) -> BookingPhoto:
    """A photo of their job, for as long as they may see the contact data (rule D8). Raises Http404.

    Opened large, it is a look of its own and leaves a row. The small ones stand on the job's page,
    whose showing has left one, and their addresses cannot be known from anywhere else.
    """
    if not may_see_contact(booking, technician):
        raise Http404
    photo = _photo(booking, key)
    if (
        photo.rank is None
        and not Message.objects.filter(photo=photo, technician=technician).exists()
    ):
        raise Http404  # it came with a message to somebody who had the job before
    if size == PhotoSize.LARGE:
        ContactAccess.objects.create(
            booking=booking,
            partner_id=technician.partner_id,
            user_id=technician.user_id,
            reason="photo",
            at=mila_now(),
        )
    return photo


@verb
def photo_for_staff(booking: Booking, user: User, key: str, *, size: str) -> BookingPhoto:
    """The same for staff who may see contact data, from the page that has asked for a reason
    (fault A11).
    """
    if not user.has_perm("requests_app.view_bookingcontact"):
        raise Http404
    photo = _photo(booking, key)
    if size == PhotoSize.LARGE:
        ContactAccess.objects.create(booking=booking, user=user, reason="photo", at=mila_now())
    return photo


def photo_of_appeal(technician: Technician, key: str) -> BookingPhoto:
    """The photo with which they, or a colleague of the same partner, backed an appeal.

    Raises Http404.
    """
    own = Q(appeal__fault__technician_id=technician.pk) | Q(
        appeal__suspension__partner_id=technician.partner_id
    )
    photo = BookingPhoto.objects.filter(own, key=key).first()
    if photo is None:
        raise Http404
    return photo


def appeal_photo_for_staff(appeal: Appeal, key: str) -> BookingPhoto:
    """The same for staff who decide about it. Raises Http404."""
    photo = BookingPhoto.objects.filter(key=key, appeal=appeal).first()
    if photo is None:
        raise Http404
    return photo


def _photo(booking: Booking, key: str) -> BookingPhoto:
    photo = booking.photos.filter(key=key).first()
    if photo is None:
        raise Http404
    return photo


def _one(queryset: QuerySet[Booking]) -> Booking:
    booking = queryset.first()
    if booking is None:
        raise Http404
    return booking
