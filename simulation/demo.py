"""The demo world: partners around four cities, customers, and a booking in every state to click
through.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django.core.management.utils import get_random_secret_key

from accounts.models import Notification, NotificationState, Technician, User
from catalogue.models import Service
from dispatch import offers
from mila.clock import mila_now, set_clock
from payments import sweeps as payment_sweeps
from places.calendar import bookable_days, bookable_starts, instant, wall_time
from places.place import Place
from policy.figures import Policy
from requests_app import sweeps as booking_sweeps
from requests_app.actions import changes, meeting, notes, photographing, reviewing, signing
from requests_app.actions import visit as visiting
from requests_app.deadlines import hours_of
from requests_app.lifecycle import Role, advance
from requests_app.models import Booking, Fault, NotePhrase, SignOffKind, State
from requests_app.photos.decoder import redraw
from simulation import bookings, factor
from simulation.cast import CITIES, City, People, wall
from simulation.drawing import router

HOURS = hours_of(Policy())  # the demo begins with no row of its own
PARTNERS_PER_CITY = 15
ORDERED_BEFORE = timedelta(days=4)  # a visit that is under way, or over, was ordered so long ago
SET_OFF, AT_THE_DOOR = timedelta(minutes=20), timedelta(minutes=2)  # before the start
CUSTOMERS = 12
SEED = 20
LYON = CITIES[1]
BREST = City("Brest", "FR", "fr", "+3363998", ("29200",))  # nobody works there
PROBLEMS = (
    "Le salon va bien, les chambres presque rien. La box a deux ans.",
    "L’imprimante clignote et n’imprime plus depuis hier.",
    "L’écran reste noir, le son marche.",
    "Mon nouveau téléphone n’a pas repris mes photos.",
)


class Demo:
    """Makes everything by the real verbs, in seconds; `build` once per database."""

    def __init__(self):
        self.people = People(SEED)
        self.password = f"mila-{secrets.token_hex(4)}"
        self.ops_password = secrets.token_urlsafe(12)

    def build(self) -> None:
        self.begun_at = mila_now()
        self.services = list(Service.objects.filter(active=True))
        for city in CITIES:
            for number in range(PARTNERS_PER_CITY):
                kind = "pro" if number % 3 == 2 else "friend"
                login = f"{kind}-{city.name.lower().replace('ü', 'u')}-{number + 1}"
                crew = 2 if kind == "pro" and number < 6 else 1
                self.people.partner(
                    login, city, kind=kind, technicians=crew, password=self.password
                )
        self.customers = [
            (
                self.people.customer(f"client-{number + 1}", CITIES[number % 4], self.password),
                CITIES[number % 4],
            )
            for number in range(CUSTOMERS)
        ]
        factor.enrol(
            User.objects.create_superuser("ops@mila.example", self.ops_password, name="Ops")
        )
        for number, (state, finish) in enumerate(self.states().items()):
            card = DECLINING.get(state, bookings.GOOD_CARD)
            booking = (
                self.visited(number, state, card) if state in VISITED else self.placed(number, card)
            )
            finish(booking)
            set_clock(self.begun_at)
            if Booking.objects.get(pk=booking.pk).state != state:
                raise RuntimeError(f"The demo's booking {booking.pk} should be {state}.")
        # Who is to look at their earnings shows a second factor first, as staff do.
        for earner in User.objects.filter(technician__bookings__state=State.SETTLED).distinct():
            factor.enrol(earner)
        self.left_as_it_is()
        booking_sweeps.sweep_clocks()  # what the past days would have told
        set_clock(self.begun_at)
        self.forget_late_notices()

    def forget_late_notices(self) -> None:
        """What was true for a moment of the past days: nobody delivered then, and it is no failure
        for staff.
        """
        waiting = Notification.objects.filter(
            state=NotificationState.QUEUED, context__has_key="until_at"
        )
        late = [
            row.pk
            for row in waiting
            if datetime.fromisoformat(row.context["until_at"]) <= self.begun_at
        ]
        Notification.objects.filter(pk__in=late).delete()

    # --- Bookings

    def visited(self, number: int, state: State, card: str) -> Booking:
        """Ordered days ago, for a visit about now: the clock goes back, and from here only forward
        to its end.
        """
        ordered_on = wall_time(self.begun_at - ORDERED_BEFORE, "Europe/Paris").date()
        set_clock(instant(datetime.combine(ordered_on, time(10)), "Europe/Paris"))
        draft = self.draft(number, visit=state)
        bookings.save_card(draft, card)
        return bookings.order(draft)

    def come_to(self, at: datetime) -> None:
        """The clock goes on to this instant of the visit, never back and never past the build's
        own.
        """
        set_clock(max(mila_now(), min(at, self.begun_at)))

    def _starts(self, service: Service, place: Place, state: State) -> list[datetime]:
        """Starts that fit, the best first: soon for somebody on the way, just begun, or long enough
        ago.
        """
        now = mila_now()
        days = bookable_days(now, service.duration_minutes, place, HOURS)
        starts = [
            at
            for day in days[:10]
            for at in bookable_starts(day, now, service.duration_minutes, place, HOURS)
        ]
        over = timedelta(minutes=2 * service.duration_minutes + 10)
        fits = {
            State.EN_ROUTE: [at for at in starts if at >= self.begun_at >= at - timedelta(hours=3)][
                :5:2
            ],
            State.ARRIVED: [at for at in starts if at <= self.begun_at][:-7:-2],
            State.IN_PROGRESS: [at for at in starts if at <= self.begun_at][:-7:-2],
        }
        return fits.get(state) or [at for at in starts if at + over <= self.begun_at][:-7:-2]

    def draft(self, number: int, city: City | None = None, visit: State | None = None) -> Booking:
        customer, home = self.customers[number % len(self.customers)]
        city = city or home
        street, place = self.people.place(city)
        service = self.services[number * 7 % len(self.services)]
        now = mila_now()
        days = bookable_days(now, service.duration_minutes, place, HOURS)
        starts = bookable_starts(days[2 + number % 4], now, service.duration_minutes, place, HOURS)
        starts = (
            self._starts(service, place, visit)
            if visit
            else starts[:: max(1, len(starts) // 3)][:2]
        )
        draft = bookings.draft(
            service,
            customer,
            street,
            place,
            [wall(start) for start in starts],
            phone=self.people.phone(city),
            problem=PROBLEMS[number % len(PROBLEMS)],
        )
        if number % len(PROBLEMS) == 0:  # the box
            for lamp in range(1 + number % 3):
                photographing.add_photo(draft.pk, redraw(router(number + lamp)))
        return draft

    def placed(self, number: int, card: str) -> Booking:
        draft = self.draft(number)
        bookings.save_card(draft, card)
        return bookings.order(draft)

    def left_as_it_is(self) -> None:
        """A draft without a card, an order where nobody works, and one that searches now."""
        self.draft(3)
        lonely = self.draft(5, BREST)
        bookings.save_card(lonely)
        offers.open_next(bookings.order(lonely).pk)
        self.placed(8, bookings.GOOD_CARD)

    def states(self) -> dict[State, Callable[[Booking], object]]:
        """How a placed booking comes to each state."""
        return {
            State.CLAIMED: self.claimed,
            State.CALLED: self.called,
            State.UNCONFIRMED: self.unconfirmed,
            State.CONFIRMED: self.confirmed,
            State.EN_ROUTE: self.en_route,
            State.ARRIVED: self.arrived,
            State.IN_PROGRESS: self.in_progress,
            State.FINISHED: self.finished,
            State.CONTESTED: self.contested,
            State.SIGNED_OFF: self.unpaid,
            State.SETTLED: self.settled,
            State.FAILED: self.failed,
            State.CANCELLED: self.cancelled,
        }

    def claimed(self, booking: Booking) -> tuple[int, int, User]:
        """The best one takes it, and is who goes on."""
        offer = offers.open_next(booking.pk)
        if offer is None:
            raise RuntimeError(f"Nobody may take the demo's booking {booking.pk}.")
        user = Technician.objects.select_related("user").get(pk=offer.technician_id).user
        offers.claim(booking.pk, offer.technician_id, rank=offer.wishes[0], by=user)
        return booking.pk, offer.technician_id, user

    def start_of(self, booking_id: int) -> datetime:
        return Booking.objects.values_list("start_at", flat=True).get(pk=booking_id)

    def called(self, booking: Booking) -> tuple[int, int, User]:
        pk, technician, user = self.claimed(booking)
        visiting.record_call(
            pk, technician, by=user, channel="phone", reached=True, note="Signal faible à l’étage."
        )
        return pk, technician, user

    def unconfirmed(self, booking: Booking) -> None:
        pk, _technician, _user = self.called(booking)
        advance(pk, "miss_confirm", role=Role.SYSTEM, by=None)

    def confirmed(self, booking: Booking) -> tuple[int, int, User]:
        pk, technician, user = self.called(booking)
        visiting.confirm(pk, technician, by=user)
        return pk, technician, user

    def en_route(self, booking: Booking) -> tuple[int, int, User]:
        pk, technician, user = self.confirmed(booking)
        self.come_to(self.start_of(pk) - SET_OFF)
        visiting.depart(pk, technician, by=user)
        return pk, technician, user

    def arrived(self, booking: Booking) -> tuple[int, int, User]:
        pk, technician, user = self.en_route(booking)
        self.come_to(self.start_of(pk) - AT_THE_DOOR)
        visiting.arrive(pk, technician, by=user)
        return pk, technician, user

    def in_progress(self, booking: Booking) -> tuple[int, int, User]:
        pk, technician, user = self.arrived(booking)
        self.come_to(self.start_of(pk))
        meeting.type_code(pk, technician, code=booking.assignments.get(ended_at=None).code)
        visiting.start(pk, technician, by=user)
        notes.post_note(pk, technician, key="found", phrase=NotePhrase.FOUND)
        notes.post_note(
            pk, technician, key="words", text="Je déplace la box vers l’entrée, près de la prise."
        )
        return pk, technician, user

    def finished(self, booking: Booking) -> None:
        pk, technician, user = self.in_progress(booking)
        self.come_to(self.start_of(pk) + timedelta(minutes=booking.duration_minutes))
        report = {"done": "Canal changé, répéteur placé.", "explained": True, "tidied": True}
        visiting.finish(pk, technician, by=user, report=report)

    def contested(self, booking: Booking) -> None:
        self.finished(booking)
        signing.refuse(
            booking.pk, by=booking.customer, reason="Le Wi-Fi ne va toujours pas à l’étage."
        )

    def unpaid(self, booking: Booking) -> None:
        """Signed; the card declines, the customer has a link to pay."""
        self.signed(booking)
        payment_sweeps.charge_booking(booking.pk)

    def settled(self, booking: Booking) -> None:
        self.signed(booking)
        payment_sweeps.charge_booking(booking.pk)
        reviewing.rate(
            booking.pk, quality=5, punctuality=4, friendliness=5, comment="Tout marche, merci."
        )

    def signed(self, booking: Booking) -> None:
        self.finished(booking)
        signing.sign_off(
            booking.pk,
            key=get_random_secret_key(),
            kind=SignOffKind.SCREEN,
            quote_version=1,
            signer=booking.customer.name,
            signature=booking.customer.name,
            device="demo",
            by=None,
        )

    def failed(self, booking: Booking) -> None:
        pk, technician, user = self.arrived(booking)
        visiting.fail_visit(
            pk, technician, by=user, reason="Pas de ligne dans l’immeuble.", fault=Fault.NOBODY
        )

    def cancelled(self, booking: Booking) -> None:
        changes.cancel(
            booking.pk, role=Role.CUSTOMER, by=booking.customer, reason="Réparé par un voisin."
        )


VISITED = {
    State.EN_ROUTE,
    State.ARRIVED,
    State.IN_PROGRESS,
    State.FINISHED,
    State.CONTESTED,
    State.SIGNED_OFF,
    State.SETTLED,
    State.FAILED,
}
DECLINING = {State.SIGNED_OFF: bookings.DECLINES_LATER}
