"""Who can be played, and what is worth trying as each: read from the bookings as they are now."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Technician, User
from dispatch.models import Offer, OfferState
from mila.simulation import factor
from requests_app.models import Booking, State


@dataclass(frozen=True)
class Part:
    """One person to be played: the page their sign-in leads to."""

    user: User
    line: str
    page: str
    code: str = ""  # of staff: what an authenticator app would show now


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
    (State.IN_PROGRESS, _("Is at work: post a note, finish, hand the phone over for the signature.")),
    (State.SETTLED, _("Has been paid: look at the earnings.")),
)


@dataclass(frozen=True)
class Asked:
    """Somebody to whom a booking is shown alone at this moment."""

    offer: Offer
    user: User
    page: str


def customers() -> list[Part]:
    found = []
    for state, line in CUSTOMERS:
        booking = _in(state).filter(customer__isnull=False).first()
        if booking is not None:
            page = reverse("requests_app:booking_own", args=[booking.uuid])
            found.append(Part(booking.customer, str(line), page))
    return found


def technicians() -> list[Part]:
    found = []
    for state, line in TECHNICIANS:
        booking = _in(state).filter(technician__isnull=False).first()
        if booking is not None:
            page = reverse("partner:job", args=[booking.uuid])
            if state == State.SETTLED:
                page = reverse("payments:earnings")
            found.append(Part(booking.technician.user, str(line), page))
    return found


def staff() -> list[Part]:
    line = _("Looks after everything: the board, each booking's history, why nobody came.")
    return [
        Part(user, str(line), reverse("admin:index"), factor.current_code(user))
        for user in User.objects.filter(is_staff=True).order_by("pk")
    ]


def asked() -> list[Asked]:
    """Who has a window open, the newest first."""
    offers = Offer.objects.filter(state=OfferState.OPEN).select_related("booking__service").order_by("-pk")[:6]
    users = _users_of(offer.technician_id for offer in offers)
    return [Asked(offer, users[offer.technician_id], reverse("dispatch:offer", args=[offer.pk])) for offer in offers]


def everybody() -> QuerySet[User]:
    """All who can sign in, for whoever is not among the suggestions."""
    return User.objects.filter(is_active=True).exclude(email="").order_by("-is_staff", "email")


def _in(state: State) -> QuerySet[Booking]:
    """The newest first: it is the one somebody has just played with."""
    return Booking.objects.filter(state=state).select_related("customer", "technician__user").order_by("-pk")


def _users_of(technicians: Iterable[int]) -> dict[int, User]:
    found = Technician.objects.select_related("user").filter(pk__in=list(technicians))
    return {technician.pk: technician.user for technician in found}
