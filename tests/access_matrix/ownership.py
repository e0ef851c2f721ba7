"""What is whose among the people who ask: a kind for each kind of thing an address is about."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.sessions.backends.db import SessionStore

from accounts import actions
from accounts.models import Technician
from dispatch import alerts
from dispatch.models import AreaAlert
from mila.clock import mila_now
from papers import actions as paper_actions
from papers.contents import Draft
from papers.models import Paper, PaperFile, PaperKind
from payments import cards, gateway, partners
from payments.models import SavedCard
from requests_app import fault_ledger, secret_link
from requests_app.actions import appealing
from requests_app.models import Booking, Fault, FaultKind
from requests_app.models.booking import new_token
from tests import factories
from tests.access_matrix.people import People
from tests.pictures import jpeg, redraw

OWN, OTHER, NONE, LOST, MIXED = "own", "other", "none", "lost", "mixed"
NO_SLUG = {"slug": "no-such", "service": "no-such"}
NOBODY = uuid.UUID("00000000-0000-4000-8000-000000000000")


@dataclass(frozen=True)
class Thing:
    """What an address is about: what to write into it, and whose facts its page may show."""

    values: dict
    about: frozenset[str] = frozenset()


@dataclass
class Kind:
    """One kind of thing. Whoever is not in `own` has none of their own;
    EVERYBODY has the same one.
    """

    own: dict[str, Thing]
    none: dict
    more: dict[tuple[str, str], Thing] = field(default_factory=dict)  # (role, LOST or MIXED)
    foreign: Thing | None = None

    def of(self, role: str) -> dict[str, Thing]:
        """The things this role asks for, by whose they are; the nearest to them first."""
        mine = self.own.get(role, self.own.get(EVERYBODY))
        others = (
            [self.foreign]
            if self.foreign
            else [thing for thing in self.own.values() if thing != mine]
        )
        found = {OWN: mine} if mine else {}
        found |= {
            whose: thing for (who, whose), thing in self.more.items() if who in (role, EVERYBODY)
        }
        found |= {OTHER: others[0]} if others else {}
        return found | {NONE: Thing(self.none)}


EVERYBODY = "everybody"


def paper_of(booking: Booking, audience: str) -> Paper:
    """A paper of the booking with a file; which words it has is no matter here."""
    key = f"{booking.pk}-{audience}"
    content = {"lines": [], "issuer": {}, "to": {}}
    draft = Draft(
        PaperKind.INVOICE,
        audience,
        f"P{booking.partner_id}",
        key,
        "fr",
        "EUR",
        6900,
        content,
        booking=booking,
        partner_id=booking.partner_id,
    )
    paper_actions.store([draft])
    paper = Paper.objects.get(key=key)
    if not PaperFile.objects.filter(paper=paper).exists():
        PaperFile.of(paper, b"%PDF-1.7").save()
    return paper


class Ownership(People):
    """Everything of theirs that an address may be about, by its kind."""

    def __init__(self):
        super().__init__()
        self.kinds = {
            "service": Kind(
                {EVERYBODY: Thing({"slug": "slow-wifi", "service": "slow-wifi"})}, none=NO_SLUG
            ),
            "category": Kind({EVERYBODY: Thing({"slug": "internet"})}, none=NO_SLUG),
            "technician": Kind(
                {EVERYBODY: Thing({"public_id": self.one.technician.public_id})},
                none={"public_id": NOBODY},
            ),
            "link": self._links(self.one),
            "draft": self._links(self.draft),
            "mailed_link": self._mailed_links(),
            "ordered_link": self._ordered_links(),
            "link_photo": self._link_photos(),
            "own_booking": self._own_bookings(),
            "own_card": self._own_cards(),
            "job": self._held(),
            "job_photo": self._job_photos(),
            "offer": self._offers(),
            "shown": self._shown(),
            "absence": self._absences(),
            **self._faults(),
            "link_paper": self._link_papers(),
            "partner_paper": self._partner_papers(),
            "language": Kind({EVERYBODY: Thing({"language": "fr"})}, none={"language": "xx"}),
            "feed": Kind({EVERYBODY: Thing({"token": self._feed()})}, none={"token": new_token()}),
            "month": Kind({}, none={"year": 2026, "month": 1}),
            **self._keys(),
        }

    def _links(self, booking: Booking) -> Kind:
        """The link is the right; a number by which others know the booking is none."""
        own = Thing({"token": booking.token}, frozenset({"solveig", "holder", "released"}))
        return Kind(
            {EVERYBODY: own},
            none={"token": new_token()},
            foreign=Thing({"token": str(self.two.uuid)}),
        )

    def _mailed_links(self) -> Kind:
        """The same with what only the mail has."""
        kind = self._links(self.one)
        proof = secret_link.mailed_url(self.one).rstrip("/").rsplit("/", 1)[1]
        for values in (kind.own[EVERYBODY].values, kind.foreign.values, kind.none):
            values["proof"] = proof
        return kind

    def _ordered_links(self) -> Kind:
        """The browser that ordered may correct an address; to another with the same link there is
        no such page.
        """
        links = self._links(self.one)
        session = SessionStore(self.people["holder of the link"].cookies["sessionid"])
        session["ordered"] = [str(self.one.uuid)]
        session.save()
        return Kind(
            {"holder of the link": links.own[EVERYBODY]},
            none=links.none,
            foreign=Thing({"token": self.two.token}),
        )

    def _link_photos(self) -> Kind:
        mine, theirs = (booking.photos.get().key for booking in (self.one, self.two))
        kind = self._links(self.one)
        kind.own[EVERYBODY].values["key"] = mine
        kind.foreign.values["key"] = theirs
        kind.none["key"] = new_token()
        kind.more[EVERYBODY, MIXED] = Thing({"token": self.one.token, "key": theirs})
        return kind

    def _link_papers(self) -> Kind:
        """A customer's papers, by the link of their booking alone; what is made for the partner is
        behind no link.
        """
        mine, theirs = (paper_of(booking, "customer").uuid for booking in (self.one, self.two))
        kind = self._links(self.one)
        kind.own[EVERYBODY].values["uuid"] = mine
        kind.foreign.values["uuid"] = theirs
        kind.none["uuid"] = NOBODY
        kind.more[EVERYBODY, MIXED] = Thing({"token": self.one.token, "uuid": theirs})
        kind.more[EVERYBODY, LOST] = Thing(
            {"token": self.one.token, "uuid": paper_of(self.one, "partner").uuid}
        )
        return kind

    def _partner_papers(self) -> Kind:
        """A Friend's own; a Pro's are its owner's, not its technician's."""
        own = {
            "friend": Thing({"uuid": paper_of(self.two, "partner").uuid}),
            "owner of the company": Thing({"uuid": paper_of(self.one, "partner").uuid}),
        }
        return Kind(own, none={"uuid": NOBODY})

    def _own_bookings(self) -> Kind:
        own = {"customer": Thing({"uuid": self.one.uuid}, frozenset({"solveig"}))}
        own["other customer"] = Thing({"uuid": self.two.uuid}, frozenset({"tarik"}))
        return Kind(own, none={"uuid": NOBODY})

    def _own_cards(self) -> Kind:
        """Each account has saved one."""
        own = {}
        for number, role in enumerate(("customer", "other customer")):
            user = self.people[role].user
            customer = cards.payment_customer(user)
            values = {
                "brand": "visa",
                "last4": "4242",
                "exp_month": 12,
                "exp_year": 2040,
                "saved_by": user,
            }
            card = SavedCard.objects.create(
                customer=customer, stripe_id=f"pm_own_{number}", **values
            )
            own[role] = Thing({"pk": card.pk})
        return Kind(own, none={"pk": 0})

    def _held(self) -> Kind:
        """After a suspension the job stays, and its page says no more who the customer is
        (rule D8).
        """
        own = {
            "holder": Thing({"uuid": self.one.uuid}, frozenset({"solveig"})),
            "friend": Thing({"uuid": self.two.uuid}, frozenset({"tarik"})),
            "suspended": Thing({"uuid": self.three.uuid}),
        }
        return Kind(
            own, none={"uuid": NOBODY}, more={("released", LOST): Thing({"uuid": self.one.uuid})}
        )

    def _job_photos(self) -> Kind:
        kind = self._held()
        keys = {
            booking.uuid: booking.photos.get().key for booking in (self.one, self.two, self.three)
        }
        for thing in (*kind.own.values(), *kind.more.values()):
            thing.values["key"] = keys[thing.values["uuid"]]
        kind.none["key"] = new_token()
        kind.more["suspended", LOST] = kind.own.pop("suspended")
        kind.more["holder", MIXED] = Thing({"uuid": self.one.uuid, "key": keys[self.two.uuid]})
        return kind

    def _offers(self) -> Kind:
        """However they ended; the page of one that was claimed leads on to the job."""
        own = {
            role: Thing({"pk": technician.offers.latest("pk").pk})
            for role, technician in (
                ("asked", self.asked),
                ("declined", self.declined),
                ("lapsed", self.lapsed),
                ("released", self.released),
                ("holder", self.holder),
                ("friend", self.friend),
                ("suspended", self.suspended),
            )
        }
        return Kind(own, none={"pk": 0})

    def _shown(self) -> Kind:
        """Bookings that were offered to them once, whosever they are now."""
        shown = {"asked": self.wanted, "friend": self.two, "suspended": self.three}
        shown |= dict.fromkeys(("declined", "lapsed", "released", "holder"), self.one)
        own = {role: Thing({"uuid": booking.uuid}) for role, booking in shown.items()}
        return Kind(own, none={"uuid": NOBODY})

    def _absences(self) -> Kind:
        at = mila_now() + timedelta(days=30)
        own = {}
        for technician in (self.friend, self.holder, self.stranger):
            away = actions.add_absence(technician.pk, starts_at=at, ends_at=at + timedelta(hours=1))
            own[technician.name.split()[0].lower()] = Thing({"pk": away.pk})
        return Kind(own, none={"pk": 0})

    def _faults(self) -> dict[str, Kind]:
        """One is noted against the holder and one against the friend, who has appealed with a
        photo.
        """
        rows = {}
        for role, booking in (("holder", self.one), ("friend", self.two)):
            running = booking.assignments.get(ended_at=None)
            charge = fault_ledger.Charge(FaultKind.LATE, Fault.PARTNER, running)
            rows[role] = fault_ledger.write(booking, charge, occurrence=1, at=mila_now())
        picture = redraw(jpeg("olive"))
        appeal = appealing.appeal_fault(
            self.friend,
            rows["friend"].uuid,
            words="I was there",
            picture=picture,
            by=self.friend.user,
        )
        ban = self.suspended.partner.suspensions.get()
        return {
            "fault": Kind(
                {role: Thing({"uuid": row.uuid}) for role, row in rows.items()},
                none={"uuid": NOBODY},
            ),
            "suspension": Kind({"suspended": Thing({"uuid": ban.uuid})}, none={"uuid": NOBODY}),
            "appeal_photo": Kind(
                {"friend": Thing({"key": appeal.photo.key})}, none={"key": new_token()}
            ),
        }

    def _feed(self) -> str:
        """The private address of somebody's calendar: whoever knows it reads it."""
        return actions.renew_feed(Technician.objects.order_by("pk").first().pk)

    def _alert(self) -> str:
        """Somebody waits for a service to come to Mende."""
        at = mila_now()
        alert = AreaAlert.objects.create(
            email="mende@example.com",
            language="fr",
            service=factories.ServiceFactory(),
            country="FR",
            postcode="48000",
            city="Mende",
            lat=44.52,
            lon=3.5,
            asked_at=at,
            checked_at=at,
        )
        return alerts.key_of(alert)

    def _keys(self) -> dict[str, Kind]:
        """What a person has in a mail, or a browser from Stripe."""
        user = self.berthe
        reset = {
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        }
        setup = cards.open_setup(self._draft(user, "berthe", "print", card=""))
        secret = setup.client_secret
        intent = {"intent_id": secret.split("_secret_")[0]}
        account = partners.open_account(factories.PartnerFactory(stripe_account=""))
        link = gateway.onboarding_url(account, "https://x.example/", "https://x.example/again/")
        return {
            "reset_key": Kind(
                {EVERYBODY: Thing(reset)}, none={"uidb36": reset["uidb36"], "key": "x"}
            ),
            "intent": Kind(
                {EVERYBODY: Thing({**intent, "query": f"?client_secret={secret}"})},
                none={"intent_id": "seti_x"},
                foreign=Thing(intent),
            ),
            "alert": Kind({EVERYBODY: Thing({"key": self._alert()})}, none={"key": "x"}),
            "onboarding": Kind(
                {EVERYBODY: Thing({"link_id": link.rstrip("/").split("/")[-1]})},
                none={"link_id": "x"},
            ),
        }
