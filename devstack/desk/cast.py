"""Who can be played, and what is worth trying as each: read from the bookings as they are now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Notification, Technician, User
from backoffice import wording
from devstack.models import DemoWorld
from dispatch.models import Offer, OfferState, Search
from requests_app.models import Booking, State
from simulation import factor

SHOWN = 6


@dataclass(frozen=True)
class Part:
    """One person to be played: the page their sign-in leads to."""

    user: User
    line: str
    page: str
    link: str = ""  # of a guest, who has no account to sign in to
    code: str = ""  # of who needs a second factor: what an authenticator app would show now


# State of a booking, and what its customer has to do or to look at then.
CUSTOMERS = (
    (State.SEARCHING, _("Has ordered a moment ago: somebody nearby is being asked.")),
    (State.CONFIRMED, _("Is expecting a visit: change the time, or cancel and see what it costs.")),
    (State.EN_ROUTE, _("Watches the technician come.")),
    (State.FINISHED, _("The work is done: read what was done, sign, rate.")),
    (State.SIGNED_OFF, _("Has signed, but the card was declined: pay by the link.")),
    (State.CONTESTED, _("Has refused to sign: ops decide.")),
)
TECHNICIANS = (
    (State.CLAIMED, _("Has just taken a job: call the customer, write down what was said.")),
    (State.CALLED, _("Has called: confirm the visit.")),
    (State.CONFIRMED, _("Has a visit ahead: prepare, move the clock, set off.")),
    (State.EN_ROUTE, _("Is on the way: arrive.")),
    (
        State.IN_PROGRESS,
        _("Is at work: post a note, finish, hand the phone over for the signature."),
    ),
    (State.SETTLED, _("Has been paid: look at the earnings.")),
)


@dataclass(frozen=True)
class Asked:
    """Somebody who can take a booking now: alone until an instant, or as the
    best placed of many.
    """

    booking: Booking
    user: User
    page: str
    until_at: datetime | None = None
    among: int = 1


@dataclass(frozen=True)
class Own:
    """A booking that was made in the demo, not with it: whoever plays it finds both sides of it at
    every hour.
    """

    booking: Booking
    state: str
    parts: list[Part]


def own(world: DemoWorld) -> list[Own]:
    """The newest of them first."""
    found = []
    bookings = Booking.objects.filter(pk__gt=world.last_booking, placed_at__isnull=False)
    for booking in bookings.select_related("service", "customer", "technician__user").order_by(
        "-pk"
    )[:3]:
        parts = [Part(booking.customer, str(_("The customer")), *_customer_s(booking))]
        if booking.technician is not None:
            page = reverse("partner:job", args=[booking.uuid])
            parts.append(Part(booking.technician.user, str(_("The technician")), page))
        words = wording.STATES[State(booking.state)].label
        found.append(Own(booking, str(words), parts))
    return found


def customers() -> list[Part]:
    found = []
    for state, line in CUSTOMERS:
        booking = _in(state).filter(customer__isnull=False).first()
        if booking is not None:
            found.append(Part(booking.customer, str(line), *_customer_s(booking)))
    return found


def _customer_s(booking: Booking) -> tuple[str, str]:
    """The page, and a guest's road to it: without an account nobody signs in, the link in the mail
    leads there.
    """
    if booking.customer.has_usable_password():
        return reverse("customer:booking_own", args=[booking.uuid]), ""
    link = reverse("customer:booking", args=[booking.token])
    return link, link


def technicians() -> list[Part]:
    found = []
    for state, line in TECHNICIANS:
        booking = _in(state).filter(technician__isnull=False).first()
        if booking is not None:
            page = reverse("partner:job", args=[booking.uuid])
            if state == State.SETTLED:
                page = reverse("partner:earnings")
            user = booking.technician.user
            found.append(Part(user, str(line), page, code=factor.current_code(user)))
    return found


def staff() -> list[Part]:
    line = _("Looks after everything: the board, each booking's history, why nobody came.")
    return [
        Part(user, str(line), reverse("admin:index"), code=factor.current_code(user))
        for user in User.objects.filter(is_staff=True).order_by("pk")
    ]


def asked() -> list[Asked]:
    """Who has a window open, and who sees a booking that is open to all; the
    newest booking first.
    """
    offers = (
        Offer.objects.filter(state=OfferState.OPEN)
        .select_related("booking__service")
        .order_by("-pk")[:SHOWN]
    )
    users = _users_of(offer.technician_id for offer in offers)
    found = [
        Asked(
            offer.booking,
            users[offer.technician_id],
            reverse("partner:offer", args=[offer.pk]),
            offer.expires_at,
        )
        for offer in offers
    ]
    found += _in_pools(but=[one.booking.pk for one in found])
    return sorted(found, key=lambda one: -one.booking.pk)


def _in_pools(but: list[int]) -> list[Asked]:
    """Everybody nearby was told at once, the best placed first."""
    searches = Search.objects.filter(ended_at=None, pool_at__isnull=False).exclude(booking__in=but)
    found = []
    for search in searches.select_related("booking__service").order_by("-pk")[:SHOWN]:
        told = Notification.objects.filter(
            kind="offer", subject_id=search.booking.uuid, user__isnull=False
        )
        first = told.select_related("user").order_by("pk").first()
        if first is not None:
            found.append(
                Asked(search.booking, first.user, reverse("partner:offers"), among=told.count())
            )
    return found


def everybody() -> QuerySet[User]:
    """All who can sign in, for whoever is not among the suggestions."""
    return User.objects.filter(is_active=True).exclude(email="").order_by("-is_staff", "email")


def _in(state: State) -> QuerySet[Booking]:
    """The newest first: it is the one somebody has just played with."""
    return (
        Booking.objects.filter(state=state)
        .select_related("customer", "technician__user")
        .order_by("-pk")
    )


def _users_of(technicians: Iterable[int]) -> dict[int, User]:
    found = Technician.objects.select_related("user").filter(pk__in=list(technicians))
    return {technician.pk: technician.user for technician in found}
