"""`bin/run --check`: one booking over HTTP, from draft to settled, against the real processes.

People use the pages as a browser without script would; only the card is typed as the provider's
script does it. The database is read to see that what the pages say is so, and its clock is moved
where people would wait for days.
"""

import contextlib
import json
import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.utils import translation

import embedded
from accounts.models import Skill, TechnicianSkill, User
from accounts.search import refresh_search_rows
from backoffice import invariants
from devstack.sent_mails import sent_mails
from mila.clock import mila_now, set_clock
from mila.formats import money
from payments.models import Charge, ChargeState, StripeEvent
from places.calendar import instant
from requests_app.access import booking_by_link
from requests_app.models import Booking, ContactAccess, State
from simulation import factor, page_flows
from simulation.cast import CITIES, People
from simulation.html_client import Visitor

# A Tuesday morning without a holiday near: everybody is awake, and the visit is far enough away for
# both clocks.
MORNING = instant(datetime(2026, 11, 24, 10, 0), "Europe/Paris")
VISIT = datetime(2026, 11, 26, 14, 0)  # wall time at the place
LYON = CITIES[1]
PARTNER, PASSWORD = "check-partner@mila.example", "only-for-the-check"
CUSTOMER = {
    "name": "Odile Perrachon",
    "email": "odile.perrachon@mila.example",
    "phone": "+33639980042",
    "problem": "Le Wi-Fi s’arrête à la porte de la chambre.",
}
STREET, DOOR = "12 rue de l’Exemple", "2e étage, code 4180A"
PROMPTLY = 2.0  # seconds until an open page hears of a move


class CheckError(AssertionError):
    """A step did not end as it should; the sentence says how it did end."""


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Print the step with its time when it is done; a step that raises is printed as failed."""
    begun = time.monotonic()
    word = "FAILED"
    try:
        yield
        word = "ok"
    finally:
        sys.stdout.write(f"  {word:7}{time.monotonic() - begun:6.2f} s  {name}\n")
        sys.stdout.flush()


def expect(holds: object, sentence: str) -> None:
    if not holds:
        raise CheckError(sentence)


def until(found, sentence: str, *, within: float = 30.0):
    """Ask again until `found()` answers something true, and answer that."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.1)
    raise CheckError(f"{sentence} (waited {within:.0f} s)")


def people() -> None:
    """The instance of the check: one Friend in Lyon who can do everything."""
    set_clock(MORNING)
    (technician,) = People(seed=7).partner(
        PARTNER.partition("@")[0], LYON, kind="friend", password=PASSWORD
    )
    TechnicianSkill.objects.bulk_create(
        [
            TechnicianSkill(technician=technician, skill=skill, level=4)
            for skill in Skill.objects.all()
        ],
        ignore_conflicts=True,
    )
    technician.radius_m = 40_000
    technician.save(update_fields=["radius_m"])
    refresh_search_rows(technician)


def walk(site: str) -> int:
    """Every step in order; 0 when all went well, 1 at the first that did not."""
    begun = time.monotonic()
    try:
        Walk(site).all()
    except (AssertionError, OSError) as error:
        sys.stdout.write(f"{error}\n")
        return 1
    finally:
        connections.close_all()  # this thread's own
    sys.stdout.write(f"All went well in {time.monotonic() - begun:.1f} s.\n")
    return 0


class Walk:
    """The customer, their partner, and what is known of their booking so far."""

    def __init__(self, site: str):
        self.customer, self.partner = Visitor(site), Visitor(site)
        self.draft = self.page = self.job = ""

    def all(self) -> None:
        for part in (
            self.health,
            self.book,
            self.take,
            self.prepare,
            self.visit,
            self.hand_over,
            self.settle,
        ):
            part()

    @property
    def booking(self) -> Booking:
        """As it is in the database now."""
        return booking_by_link(self.draft.split("/")[3])

    def health(self) -> None:
        somebody = Visitor(self.customer.site)
        with step("the process answers"):
            expect(somebody.get("/healthz") == "ok", "healthz does not say ok")
        with step("database, both Redis and the sweeps are well"):
            found = json.loads(somebody.get("/readyz"))
            expect(set(found.values()) == {"ok"}, f"readyz says {found}")

    # --- Customer: from what hurts to the order

    def book(self) -> None:
        customer = self.customer
        with step("the search finds a service by what hurts"):
            found = page_flows.find_service(customer, "mon wifi est lent")
            expect(
                found[:1] == ["/services/wifi-slow/"],
                f"the search found {found[:3]}, not slow Wi-Fi first",
            )
            customer.get(found[0])
            expect(
                "/book/wifi-slow/" in customer.page, "the service's page does not lead to a booking"
            )
        with step("where: a draft begins"):
            page_flows.open_first_step(customer, "wifi-slow")
            place = {"street": STREET, "postcode": "69003", "city": "Lyon", "door_code": DOOR}
            self.draft = page_flows.give_place(customer, **place)
            expect(self.booking.state == State.DRAFT, f"the draft is {self.booking.state}")
        with step("when"):
            page_flows.choose_time(customer, [VISIT, VISIT.replace(hour=16)])
        with step("who: somebody new"):
            page_flows.give_contact(customer, **CUSTOMER)
            price = self.says(self.booking.total_cents)
            expect(price in customer.words, f"the last step does not show the whole price, {price}")
        with step("the card is typed and saved"):
            page_flows.type_card(customer, "4242424242424242")
        with step("the order is placed"):
            self.page = page_flows.order(customer)
            expect(
                self.booking.state == State.SEARCHING,
                f"the booking is {self.booking.state}, not searching",
            )
            expect(not Charge.objects.exists(), "money moved before the visit")

    # --- Partner: from the offer to the confirmation

    def take(self) -> None:
        partner = self.partner
        with step("the partner signs in"):
            page_flows.sign_in(partner, PARTNER, PASSWORD)
        with step("the offer is theirs alone, without name and street"):
            until(lambda: page_flows.see_offer(partner), "no offer came")
            self.hides_contact()
        with step("the technician takes it"):
            self.job = page_flows.claim(partner)
            booking = self.booking
            expect(booking.state == State.CLAIMED, f"the booking is {booking.state}, not claimed")
            expect(
                booking.start_at == instant(VISIT, booking.timezone),
                f"it starts {booking.start_at}, not as wished",
            )
        with step("the technician sees the contact data, and that is noted"):
            for fact in (CUSTOMER["name"], STREET, DOOR, CUSTOMER["problem"]):
                expect(fact in partner.words, f"the job's page does not say {fact}")
            expect(
                ContactAccess.objects.filter(booking=self.booking).exists(),
                "the look at the data left no row",
            )

    def hides_contact(self) -> None:
        told = [fact for fact in (*CUSTOMER.values(), STREET, DOOR) if fact in self.partner.words]
        expect(not told, f"the offer tells {told} before the claim")
        net = self.says(self.booking.service_cents * 80 // 100)
        expect(net in self.partner.words, f"the offer does not say {net} net")

    def prepare(self) -> None:
        with step("the technician calls and records it"):
            page_flows.record_call(self.partner, self.job, note="Box au salon, deux répéteurs.")
            expect(
                self.booking.state == State.CALLED,
                f"the booking is {self.booking.state}, not called",
            )
        with step("the technician confirms"):
            page_flows.press(self.partner, self.job, "confirm")
            expect(
                self.booking.state == State.CONFIRMED,
                f"the booking is {self.booking.state}, not confirmed",
            )

    # --- The visit

    def visit(self) -> None:
        with step("two days later: no clock has moved the booking"):
            set_clock(self.booking.start_at - timedelta(minutes=25))
            time.sleep(0.5)
            expect(
                self.booking.state == State.CONFIRMED,
                f"the booking is {self.booking.state}, not confirmed",
            )
        with step("the technician departs, and the customer's open page hears of it"):
            self.customer.get(self.page)
            with listening(page_flows.stream_address(self.customer)) as heard:
                page_flows.press(self.partner, self.job, "depart")
                self.hears(heard, "moved")
            self.customer.get(f"{self.page}status/")
            expect(
                self.booking.technician.name in self.customer.words,
                "the customer's page does not say who comes",
            )
            code = self.booking.assignments.get(ended_at=None).code
            expect(code in self.customer.words, "the customer's page does not say the code")
        with step("at the door"):
            page_flows.press(self.partner, self.job, "arrive")
            expect(
                self.booking.state == State.ARRIVED,
                f"the booking is {self.booking.state}, not arrived",
            )
        with step("the work begins, with the customer's code"):
            page_flows.begin(self.partner, self.job, code)
            expect(
                self.booking.state == State.IN_PROGRESS,
                f"the booking is {self.booking.state}, not at work",
            )
            met = self.booking.assignments.get(ended_at=None).code_typed_at
            expect(met, "the code was not kept")

    def hears(self, heard: "queue.Queue[str]", event: str) -> None:
        end = time.monotonic() + PROMPTLY
        while True:
            try:
                data = heard.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise CheckError(
                    f"the event stream did not say {event} within {PROMPTLY:.0f} s"
                ) from None
            if json.loads(data).get("event") == event:
                return

    # --- Signature and money

    def hand_over(self) -> None:
        with step(
            "the technician proposes another price, and the customer's open page hears of it"
        ):
            self.customer.get(self.page)
            with listening(page_flows.stream_address(self.customer)) as heard:
                page_flows.propose(
                    self.partner, self.job, price="80,00", reason="Le câble est coupé."
                )
                self.hears(heard, "proposed")
        with step("the customer declines, then accepts a lower one"):
            page_flows.answer_price(self.customer, self.page, accept=False)
            page_flows.propose(self.partner, self.job, price="75,00", reason="Seulement le câble.")
            page_flows.answer_price(self.customer, self.page, accept=True)
            agreed = self.booking.quotes.agreed().latest("version").service_cents
            expect(agreed == 7500, f"agreed are {agreed}")
        with step("the technician finishes, for less than was agreed"):
            page_flows.finish(
                self.partner, self.job, done="Canal changé.\nRépéteur placé.", price="60,00"
            )
            expect(
                self.partner.path.endswith("/sign/"),
                f"finishing leads to {self.partner.path}, not to the signature",
            )
            total = self.says(6000 + self.booking.booking_fee_cents)
            expect(total in self.partner.words, f"the page to sign does not say {total}")
        with step("the customer signs on the technician's phone"):
            page_flows.sign(self.partner, self.job, name=CUSTOMER["name"])
            frozen = self.booking.sign_off
            expect(
                frozen.charge_cents == 6000 + self.booking.booking_fee_cents,
                f"signed was {frozen.charge_cents}",
            )
        with step("the customer rates"):
            page_flows.rate(self.partner, self.job, 5, "Tout marche, merci.")
            expect(self.booking.rating.quality == 5, "the stars were not kept")

    def settle(self) -> None:
        with step("the worker charges the card, the booking is settled"):
            until(lambda: self.booking.state == State.SETTLED, "the booking was not settled")
            (charge,) = Charge.objects.filter(booking=self.booking)
            expect(charge.state == ChargeState.SUCCEEDED, f"the charge is {charge.state}")
            shares = charge.amount_cents, charge.commission_cents, charge.partner_cents
            fee = self.booking.booking_fee_cents
            expect(shares == (6000 + fee, 1200, 4800), f"charge, commission and share are {shares}")
        with step("Stripe's message has arrived and is done"):
            paid = StripeEvent.objects.filter(
                type="payment_intent.succeeded", done_at__isnull=False
            )
            until(paid.exists, "no message about the payment was handled")
        with step("the receipt is in the mail"):
            until(self.receipt, "no receipt was written")
        with step("the partner's earnings show price, commission, net"):
            earner = User.objects.get(email=PARTNER)
            factor.enrol(earner)
            page_flows.see_earnings(self.partner, factor.current_code(earner))
            for cents in (6000, 1200, 4800):
                expect(
                    self.says(cents) in self.partner.words,
                    f"the earnings do not show {self.says(cents)}",
                )
        with step("everything that must hold does hold"):
            until(lambda: not self.waiting(), "messages are still waiting")
            broken = invariants.violations()
            expect(not broken, f"broken: {broken}")

    def receipt(self) -> bool:
        """A mail to the customer that names what was paid."""
        paid = self.says(6000 + self.booking.booking_fee_cents)
        mails = sent_mails(embedded.var(settings.INSTANCE) / "mail")
        return any(
            CUSTOMER["email"] in mail.to and paid in " ".join(mail.text.split()) for mail in mails
        )

    def waiting(self) -> bool:
        return StripeEvent.objects.filter(done_at=None, next_at__lte=mila_now()).exists()

    def says(self, cents: int) -> str:
        """An amount as the pages write it."""
        with translation.override("fr"):
            return " ".join(money(cents, self.booking.currency).split())


@contextlib.contextmanager
def listening(url: str) -> Iterator["queue.Queue[str]"]:
    """What an event stream says while the block runs; the block begins once the stream is open."""
    heard: queue.Queue[str] = queue.Queue()
    parts = urlsplit(url)
    wire = socket.create_connection((parts.hostname, parts.port), timeout=30)
    # By hand and as HTTP/1.0: no chunks, and a socket that can be shut while somebody reads from
    # it.
    wire.sendall(
        f"GET {parts.path}?{parts.query} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode()
    )
    stream = wire.makefile("rb")
    status = stream.readline()
    expect(b" 200 " in status, f"the event stream answered {status.decode().strip()}")
    while stream.readline().strip():
        pass  # the headers
    stream.readline()  # it says first how soon to come back: from here on nothing is missed

    def read() -> None:
        with contextlib.suppress(OSError):  # cut off in the middle of a word
            for line in stream:
                if line.startswith(b"data: "):
                    heard.put(line[6:].decode())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield heard
    finally:
        with contextlib.suppress(OSError):  # closed by the other side
            wire.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the next line
        reader.join(timeout=5)
        stream.close()
        wire.close()
