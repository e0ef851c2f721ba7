"""People at the pages of a real site: each with a browser of his own, and the patience to try again when it is away.

What they do runs in threads and knows no database; how it went is counted in one tally.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from mila import journey
from mila.visitor import PageError, Visitor

PATIENCE = 120  # seconds a person goes on trying to reach a site that is away
AGAIN = 0.3  # seconds between two tries


class Tally:
    """What the players have met: requests, refused connections, refusals, errors. Shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.away = 0  # requests that reached nobody, or lost their answer
        self.waiting = 0  # people before a site that does not answer
        self.statuses: Counter[int] = Counter()
        self.refusals: Counter[str] = Counter()  # life goes on: somebody was faster, the job has moved on
        self.errors: list[str] = []  # what must never be

    def count(self, **changes: int) -> None:
        with self._lock:
            for name, change in changes.items():
                setattr(self, name, getattr(self, name) + change)

    def refused(self, what: str, error: PageError) -> None:
        with self._lock:
            self.statuses[error.status] += 1
            self.refusals[f"{what}: {error}"[:300]] += 1
            if error.status >= 500 or error.status == 0:
                self.errors.append(f"{what}: {error}"[:300])

    def broken(self, what: str, error: Exception) -> None:
        with self._lock:
            self.errors.append(f"{what}: {error!r}"[:300])


class Patient(Visitor):
    """Sends a request again while the site is away, as a person reloads; pages and forms are made for that."""

    def __init__(self, site: str, language: str, tally: Tally, over: threading.Event) -> None:
        super().__init__(site, language)
        self._tally, self._over = tally, over

    def _answer(self, asked):
        end = time.monotonic() + PATIENCE
        waiting = False
        try:
            while True:
                self._tally.count(requests=1)
                try:
                    return super()._answer(asked)
                except PageError as error:
                    if error.status != 0 or time.monotonic() > end:
                        raise
                self._tally.count(away=1, waiting=0 if waiting else 1)
                waiting = True
                if self._over.wait(AGAIN):
                    raise PageError("The site was stopped.", 0)
        finally:
            if waiting:
                self._tally.count(waiting=-1)


@dataclass
class Person:
    """Somebody with a browser. One thing at a time: whoever acts for him holds the lock."""

    browser: Visitor
    name: str
    email: str = ""
    page: str = ""  # a customer's secret address
    lock: threading.Lock = field(default_factory=threading.Lock)


# --- What people do


@dataclass(frozen=True)
class Wish:
    """What a customer wants, decided before he opens the site."""

    service: str
    country: str
    street: str
    postcode: str
    town: str
    starts: list[datetime]
    phone: str
    card: str


def order(customer: Person, wish: Wish) -> None:
    """From the search to the order; his secret address is known afterwards."""
    browser = customer.browser
    journey.find_service(browser, "wifi")
    journey.start_draft(browser, wish.service, wish.country)
    journey.give_place(browser, street=wish.street, postcode=wish.postcode, city=wish.town, door_code="2e étage")
    journey.choose_time(browser, wish.starts)
    journey.give_contact(browser, name=customer.name, email=customer.email, phone=wish.phone, problem="…")
    journey.type_card(browser, wish.card)
    customer.page = journey.order(browser)


def look(partner: Person) -> None:
    """He opens what he was told about: his two minutes begin."""
    journey.see_offer(partner.browser)


def take(partner: Person) -> None:
    if journey.see_offer(partner.browser):
        journey.claim(partner.browser)


def turn_down(partner: Person) -> None:
    if journey.see_offer(partner.browser):
        journey.decline(partner.browser)


def tap_one(partner: Person, dice: random.Random) -> None:
    """He looks through what is open, and asks for one."""
    if journey.see_offer(partner.browser):
        return
    if jobs := journey.open_jobs(partner.browser):
        journey.tap(partner.browser, dice.choice(jobs))


def hand_over(partner: Person, job: str, name: str, stars: int | None) -> None:
    """The customer signs on the phone that is turned to him, and may say how it was."""
    journey.sign(partner.browser, job, name=name)
    if stars and partner.browser.path.endswith("/rate/"):  # after a signature with the code
        journey.rate(partner.browser, job, stars)


def sign_at_home(customer: Person) -> None:
    """By the link in his mail."""
    browser = customer.browser
    browser.get(f"{customer.page}sign/")
    browser.submit(browser.form(within="sign"), typed=customer.name)


def cancel(customer: Person, link: str) -> None:
    """Open the link of the message, which proves the address, then cancel."""
    customer.browser.get(link)
    journey.cancel(customer.browser, customer.page)
