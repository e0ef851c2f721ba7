"""The people who ask, their bookings, and the facts that must not reach anybody else."""

from dataclasses import dataclass, replace

from django.contrib.auth.models import Permission
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from accounts import actions
from accounts.models import Dispatcher, PartnerProfile, User
from dispatch import offers
from mila import heartbeat
from mila.clock import set_clock
from mila.formats import phone
from payments.access import payee_of
from places.models import Postcode
from requests_app.access import technician_of
from requests_app.models import Booking, State
from tests import factories
from tests.cast import MORNING, claimed, walk
from tests.dispatch.steps import lapse, release
from tests.pictures import photo_of
from tests.signing_in import sign_in


@dataclass(frozen=True)
class Person:
    """Somebody who asks. `knows`: whose facts may stand on their own pages, by the key in
    People.facts.
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


class People:
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
