"""The people who ask, what is whose, and the facts that must not reach anybody else."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import Permission
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from accounts import actions
from accounts.models import Dispatcher, PartnerProfile, Technician, User
from dispatch import alerts, offers
from dispatch.models import AreaAlert
from mila import heartbeat
from mila.clock import mila_now, set_clock
from mila.formats import phone
from papers import actions as paper_actions
from papers.contents import Draft
from papers.models import Paper, PaperFile, PaperKind
from payments import cards, gateway, partners
from payments.access import payee_of
from payments.models import SavedCard
from places.models import Postcode
from requests_app import fault_ledger, secret_link
from requests_app.access import technician_of
from requests_app.actions import appealing
from requests_app.models import Booking, Fault, FaultKind, State
from requests_app.models.booking import new_token
from tests import factories
from tests.cast import MORNING, claimed, walk
from tests.dispatch.steps import lapse, release
from tests.pictures import jpeg, photo_of, redraw
from tests.signing_in import sign_in

OWN, OTHER, NONE, LOST, MIXED = "own", "other", "none", "lost", "mixed"
NO_SLUG = {"slug": "no-such", "service": "no-such"}
NOBODY = uuid.UUID("00000000-0000-4000-8000-000000000000")


@dataclass(frozen=True)
class Person:
    """Somebody who asks. `knows`: whose facts may stand on their own pages, by the key in
    Ownership.facts.
    """

    role: str
    user: User | None
    cookies: dict
    knows: frozenset[str]
    signed_in: bool = False
    technician: bool = False
    staff: bool = False
    payee: bool = False  # has earnings to look at
    owns: bool = False  # and decides where they go


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


HOMES = {
    "solveig": {
        "name": "Solveig Armandine",
        "phone": "+33639980117",
        "street": "14 rue de la Perce-Neige",
        "door_code": "4180A-SOLVEIG",
        "problem": "Perce-neige devant la box.",
    },
    "tarik": {
        "name": "Tarik Belmondois",
        "phone": "+33639980226",
        "street": "3 quai du Saule-Rieur",
        "door_code": "7712B-TARIK",
        "problem": "Saule devant le décodeur.",
    },
    "berthe": {
        "name": "Berthe Quillandre",
        "phone": "+33639980335",
        "street": "28 impasse du Houx-Doré",
        "door_code": "9001C-BERTHE",
        "problem": "Houx devant la télé.",
    },
}


class Ownership:
    """Built once for a module, inside a transaction that is given up at its end."""

    def __init__(self):
        set_clock(MORNING, speed=0)
        for sweep in heartbeat.expected().values():
            heartbeat.stamp(sweep)
        # on a slow machine the walls take longer than a sweep may
        with connection.cursor() as cursor:
            cursor.execute("UPDATE mila_heartbeat SET at = at + interval '1 day'")
        # a database that was filled
        for country, code, region in (("FR", "75003", "75"), ("CH", "1003", "VD")):
            Postcode.objects.create(
                country=country,
                code=code,
                region=region,
                name=code,
                lat=46,
                lon=5,
                precision="town",
            )
        self.facts: dict[str, set[str]] = {}
        self.people: dict[str, Person] = {}
        self._customers()
        self._jobs()
        self._beside()
        self._staff()
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

    # --- Who asks

    def _customers(self) -> None:
        self.add("anonymous")
        self.customer = self.add(
            "customer", self._at_home("solveig"), knows={"solveig", "holder", "released"}
        )
        self.other_customer = self.add(
            "other customer", self._at_home("tarik"), knows={"tarik", "friend"}
        )
        self.berthe = self._at_home("berthe")
        self.draft = self._draft(self.customer, "solveig")
        store = SessionStore()
        store["draft"] = self.draft.token_hash
        store.save()
        self.people["holder of the link"] = Person(
            "holder of the link", None, {"sessionid": store.session_key}, frozenset({"solveig"})
        )

    def _jobs(self) -> None:
        """One booking goes through four technicians' hands; two others have held from the start."""
        self.one = self._booking(self.customer, "solveig", "wifi")
        self.declined = self._technician("declined", "wifi")
        first = offers.open_next(self.one.pk)
        offers.decline(first.pk, self.declined.pk, reason="far")
        self.lapsed = self._technician("lapsed", "wifi")
        second = lapse(offers.open_next(self.one.pk))
        self.released = self._technician("released", "wifi")
        release(claimed(self.one, self.released), self.released)
        self.holder = self._technician("holder", "wifi", level=5, kind="pro", knows={"solveig"})
        self.one = walk(self.one, self.holder, State.CONFIRMED)

        self.friend = self._technician("friend", "tv", knows={"tarik"})
        self.two = walk(
            self._booking(self.other_customer, "tarik", "tv"), self.friend, State.CALLED
        )
        self.suspended = self._technician("suspended", "print")
        self.three = claimed(self._booking(self.berthe, "berthe", "print"), self.suspended)
        actions.suspend(self.suspended.partner_id, reason="Papers.", evidence="A letter.")

        self.asked = self._technician("asked", "phone")
        self.wanted = self._booking(self.customer, "solveig", "phone")
        self.window = offers.acknowledge(offers.open_next(self.wanted.pk).pk, self.asked.pk)
        assert (first.technician_id, second.technician_id, self.window.technician_id) == (
            self.declined.pk,
            self.lapsed.pk,
            self.asked.pk,
        )

    def _beside(self) -> None:
        """Those who come near and hold nothing."""
        self.stranger = self._technician("stranger", "sound")
        self._technician("colleague", "sound", partner=self.holder.partner)
        dispatcher = factories.UserFactory(name="Dora Planner", email="dora@example.com")
        Dispatcher.objects.create(partner=self.holder.partner, user=dispatcher)
        self.add("dispatcher of the company", dispatcher)
        owner = factories.UserFactory(name="Odette Owner", email="odette@example.com")
        PartnerProfile.objects.filter(pk=self.holder.partner_id).update(owner=owner)
        self.add("owner of the company", owner)
        self._technician("departed", "sound", active=False)
        gone = self._technician("deactivated", "sound")
        User.objects.filter(pk=gone.user_id).update(is_active=False)
        self.people["deactivated"] = replace(
            self.people["deactivated"], signed_in=False, technician=False, payee=False, owns=False
        )

    def _staff(self) -> None:
        everything = frozenset(self.facts)
        bare = factories.UserFactory(name="New Colleague", email="new@example.com", is_staff=True)
        self.add("staff without rights", bare)
        desk = factories.UserFactory(name="Desk", email="desk@example.com", is_staff=True)
        desk.user_permissions.set(Permission.objects.filter(codename="view_booking"))
        self.add("staff who may look at bookings", desk, knows=everything)
        ops = factories.UserFactory(
            name="Ops", email="ops@example.com", is_staff=True, is_superuser=True
        )
        self.add("ops", ops, knows=everything)

    def add(self, role: str, user: User | None = None, *, knows=frozenset()) -> User | None:
        client = Client()
        if user is not None:
            sign_in(client, user)
        payee = payee_of(user) if user is not None else None
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        self.people[role] = Person(
            role,
            user,
            cookies,
            frozenset({role, *knows}),
            signed_in=user is not None,
            technician=user is not None and technician_of(user) is not None,
            staff=user is not None and user.is_staff,
            payee=payee is not None,
            owns=payee is not None and payee.owns,
        )
        return user

    def rows(self) -> dict[str, tuple]:
        """Every table's number of rows and what they say, but for the sessions': to compare before
        and after.
        """
        found = {}
        with connection.cursor() as cursor:
            for table in set(connection.introspection.django_table_names()) - {"django_session"}:
                cursor.execute(
                    f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
                )
                found[table] = cursor.fetchone()
        return found

    def facts_but(self, keys) -> list[str]:
        """Everybody's but theirs."""
        return [fact for key, facts in self.facts.items() if key not in keys for fact in facts]

    def _at_home(self, key: str) -> User:
        home = HOMES[key]
        user = factories.UserFactory(name=home["name"], email=f"{key}@example.com")
        self.facts[key] = {*home.values(), phone(home["phone"]), user.email}
        return user

    def _technician(
        self,
        role: str,
        skill: str,
        *,
        level=3,
        kind="friend",
        partner=None,
        knows=frozenset(),
        **more,
    ):
        number = f"+3363998{1000 + len(self.people)}"
        technician = factories.TechnicianFactory(
            user__name=f"{role.title()} Technician",
            user__email=f"{role}@technician.example",
            phone=number,
            skills={factories.SkillFactory(slug=skill, name=skill): level},
            **({"partner": partner} if partner else {"partner__kind": kind}),
            **more,
        )
        self.facts[role] = {technician.name, technician.user.email, number, phone(number)}
        self.add(role, technician.user, knows=knows)
        return technician

    # --- What is whose

    def _draft(self, customer: User, home: str, skill: str = "wifi", **kwargs) -> Booking:
        service = factories.ServiceFactory(
            slug=f"slow-{skill}", skill=factories.SkillFactory(slug=skill, name=skill)
        )
        draft = factories.DraftFactory(
            customer=customer, service=service, contact=HOMES[home], **kwargs
        )
        photo_of(draft)
        self.facts[home].add(draft.token)
        return draft

    def _booking(self, customer: User, home: str, skill: str) -> Booking:
        draft = self._draft(customer, home, skill)
        return factories.placing.place(draft.pk, role=factories.Role.CUSTOMER, by=customer)

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
        link = gateway.onboarding_url(account, "http://testserver/", "http://testserver/again/")
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
