"""People at the pages of a real site: each with a browser of their own, and the patience to try
again when it is away.

What they do runs in threads and knows no database; how it went is counted in one tally.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from simulation import page_flows
from simulation.html_client import PageError, Visitor

PATIENCE = 120  # seconds a person goes on trying to reach a site that is away
AGAIN = 0.3  # seconds between two tries


class Tally:
    """What the players have met: requests, refused connections, refusals, errors.

    Shared by all threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.away = 0  # requests that reached nobody, or lost their answer
        self.waiting = 0  # people before a site that does not answer
        self.statuses: Counter[int] = Counter()
        # life goes on: somebody was faster, the job has moved on
        self.refusals: Counter[str] = Counter()
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
    """Sends a request again while the site is away, as a person reloads; pages and forms are made
    for that.
    """

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
    """Somebody with a browser. One thing at a time: whoever acts for them holds the lock."""

    browser: Visitor
    name: str
    email: str = ""
    page: str = ""  # a customer's secret address
    lock: threading.Lock = field(default_factory=threading.Lock)


# --- What people do


@dataclass(frozen=True)
class Wish:
    """What a customer wants, decided before they open the site."""

    service: str
    country: str
    street: str
    postcode: str
    town: str
    starts: list[datetime]
    phone: str
    card: str


def order(customer: Person, wish: Wish) -> None:
    """From the search to the order; their secret address is known afterwards."""
    browser = customer.browser
    page_flows.find_service(browser, "wifi")
    page_flows.open_first_step(browser, wish.service, wish.country)
    page_flows.give_place(
        browser, street=wish.street, postcode=wish.postcode, city=wish.town, door_code="2e étage"
    )
    page_flows.choose_time(browser, wish.starts)
    page_flows.give_contact(
        browser, name=customer.name, email=customer.email, phone=wish.phone, problem="…"
    )
    page_flows.type_card(browser, wish.card)
    customer.page = page_flows.order(browser)


def look(partner: Person) -> None:
    """They open what they were told about: their two minutes begin."""
    page_flows.see_offer(partner.browser)


def take(partner: Person) -> None:
    if page_flows.see_offer(partner.browser):
        page_flows.claim(partner.browser)


def turn_down(partner: Person) -> None:
    if page_flows.see_offer(partner.browser):
        page_flows.decline(partner.browser)


def tap_one(partner: Person, dice: random.Random) -> None:
    """They look through what is open, and ask for one."""
    if page_flows.see_offer(partner.browser):
        return
    if jobs := page_flows.open_jobs(partner.browser):
        page_flows.tap(partner.browser, dice.choice(jobs))


def hand_over(partner: Person, job: str, name: str, stars: int | None) -> None:
    """The customer signs on the phone that is turned to them, and may say how it was."""
    page_flows.sign(partner.browser, job, name=name)
    if stars and partner.browser.path.endswith("/rate/"):  # after a signature with the code
        page_flows.rate(partner.browser, job, stars)


def sign_at_home(customer: Person) -> None:
    """By the link in their mail."""
    browser = customer.browser
    browser.get(f"{customer.page}sign/")
    browser.submit(browser.form(within="sign"), typed=customer.name)


def cancel(customer: Person, link: str) -> None:
    """Open the link of the message, which proves the address, then cancel."""
    customer.browser.get(link)
    page_flows.cancel(customer.browser, customer.page)
