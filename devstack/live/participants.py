"""Who takes part: partners with habits, who are there from the beginning, and customers, who come
with an order.
"""

import random
import threading
from datetime import timedelta
from functools import partial

from django.conf import settings

from accounts.models import Technician
from catalogue.models import Service
from devstack.live.plans import Diary
from places.calendar import bookable_days, bookable_starts
from policy.figures import Policy
from requests_app.access import booking_by_link
from requests_app.deadlines import hours_of
from simulation import actors, page_flows
from simulation.actors import Patient, Person, Wish
from simulation.bookings import any_card
from simulation.cast import CITIES, People, wall
from simulation.habits import MIX, Habits

PASSWORD = "only-for-the-simulation"  # noqa: S105  (of a instance that is thrown away)


class Participants:
    """Everybody, by technician or booking."""

    def __init__(self, wanted: int, diary: Diary, dice: random.Random, makers: People) -> None:
        self.wanted, self.diary, self.dice, self.makers = wanted, diary, dice, makers
        self.partners: dict[int, Person] = {}
        self.habits: dict[int, Habits] = {}
        self.customers: dict[int, Person] = {}
        self.placed = 0

    def settle(self, partners: int) -> None:
        """Partners of both kinds in all cities."""
        self.services = list(Service.objects.filter(active=True))
        for technician in self.makers.partners("live-partner", partners, password=PASSWORD):
            self.habits[technician.pk] = self.dice.choice(MIX)

    def sign_in(self, over: threading.Event) -> None:
        """Every partner at a browser of their own; `over` is set when the site is told to stop."""
        self.over = over
        for technician in Technician.objects.select_related("user").filter(pk__in=self.habits):
            self.partners[technician.pk] = self.person(
                technician.name, technician.user.email, technician.user.language
            )
        signing = [
            self.diary.pool.submit(page_flows.sign_in, partner.browser, partner.email, PASSWORD)
            for partner in self.partners.values()
        ]
        for one in signing:
            one.result()

    def person(self, name: str, email: str, language: str) -> Person:
        return Person(
            Patient(settings.SITE_URL, language, self.diary.tally, self.over), name, email
        )

    def plan_order(self, number: int, wait: timedelta) -> None:
        """A service, a place, one to three starts on the next two days, a card."""
        now, hours = self.diary.now, hours_of(Policy())
        city = self.dice.choice(CITIES)
        street, place = self.makers.place(city)
        service = self.dice.choice(self.services)
        days = bookable_days(now, service.duration_minutes, place, hours)[1:3]
        walls = [
            wall(
                self.dice.choice(bookable_starts(day, now, service.duration_minutes, place, hours))
            )
            for day in self.dice.choices(days, k=self.dice.choice((1, 1, 2, 3)))
        ]
        starts = list(dict.fromkeys(walls))
        card = any_card(self.dice)
        phone = self.makers.phone(city)
        wish = Wish(
            service.slug, city.country, street, place.postcode, place.city, starts, phone, card
        )
        customer = self.person(
            self.makers.name(), f"live-customer-{number}@mila.example", city.language
        )
        act = partial(actors.order, customer, wish)
        self.diary.plan(wait, "order", customer, act, after=partial(self.ordered, number, customer))

    def ordered(self, number: int, customer: Person) -> None:
        """They have their booking's page, or somebody else tries in their place."""
        if customer.page:
            self.placed += 1
            self.customers[booking_by_link(customer.page.split("/")[2]).pk] = customer
        elif self.placed + len(self.diary.queue) < 3 * self.wanted:
            self.plan_order(number + self.wanted, timedelta(minutes=5))
