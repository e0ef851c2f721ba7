"""One factory per model, no surprises: a customer in Lyon, technicians who may be asked, a placed
booking.
"""

from datetime import UTC, datetime, time, timedelta

import factory
from factory.django import DjangoModelFactory

from accounts import proofs
from accounts.models import (
    LANGUAGE_BITS,
    PartnerProfile,
    Skill,
    Technician,
    TechnicianSkill,
    User,
    WeeklyHours,
)
from accounts.search import refresh_search_rows
from catalogue.models import Category, Package, PackagePrice, Question, Service, ServicePrice
from mila.clock import mila_now
from places.calendar import instant, is_service_day, wall_time
from policy.figures import Policy
from requests_app.actions import placing
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingContact, State, Wish

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LYON = {"lat": 45.7485, "lon": 4.8467}


class UserFactory(DjangoModelFactory):
    """An account that has proved its address; `proved=False` for one that has not."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    language = "fr"

    @factory.post_generation
    def proved(self, create, extracted, **kwargs):
        if extracted is not False:
            proofs.prove(self)


class SkillFactory(DjangoModelFactory):
    class Meta:
        model = Skill
        django_get_or_create = ("slug",)

    slug = "wifi"
    name = "Wi-Fi"


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category
        django_get_or_create = ("slug",)

    slug = "internet"
    icon = "wifi"
    name = "Internet"
    hurt = "Lent"


class ServiceFactory(DjangoModelFactory):
    class Meta:
        model = Service
        django_get_or_create = ("slug",)
        skip_postgeneration_save = True

    slug = "slow-wifi"
    category = factory.SubFactory(CategoryFactory)
    skill = factory.SubFactory(SkillFactory)
    name = "Wi-Fi lent"
    summary = "Un Wi-Fi qui va partout."
    duration_minutes = 60

    @factory.post_generation
    def prices(self, create, extracted, **kwargs):
        for country, currency, cents in (("FR", "EUR", 6900), ("CH", "CHF", 11900)):
            ServicePrice.objects.get_or_create(
                service=self,
                country=country,
                starts_at=LONG_AGO,
                defaults={"currency": currency, "price_cents": cents},
            )


class PackageFactory(DjangoModelFactory):
    class Meta:
        model = Package
        django_get_or_create = ("slug",)
        skip_postgeneration_save = True

    slug = "repeater"
    name = "Répéteur"
    duration_minutes = 15

    @factory.post_generation
    def prices(self, create, extracted, **kwargs):
        for country, currency, cents in (("FR", "EUR", 2500), ("CH", "CHF", 3500)):
            PackagePrice.objects.get_or_create(
                package=self,
                country=country,
                starts_at=LONG_AGO,
                defaults={"currency": currency, "price_cents": cents},
            )


class QuestionFactory(DjangoModelFactory):
    class Meta:
        model = Question
        django_get_or_create = ("slug",)
        skip_postgeneration_save = True

    slug = "box"
    kind = "text"
    words = "Quelle box avez-vous ?"

    @factory.post_generation
    def services(self, create, extracted, **kwargs):
        self.services.add(*(extracted or []))


class PartnerFactory(DjangoModelFactory):
    """Approved and payable."""

    class Meta:
        model = PartnerProfile

    kind = "friend"
    name = factory.Sequence(lambda n: f"Partner {n}")
    country = "FR"
    email = factory.Sequence(lambda n: f"partner{n}@example.com")
    approved_at = LONG_AGO
    payable = True
    stripe_account = factory.Sequence(lambda n: f"acct_test{n}")


class TechnicianFactory(DjangoModelFactory):
    """Level 3 in Wi-Fi, works every day from 0 to 24 h, within 20 km of Lyon; has search rows."""

    class Meta:
        model = Technician
        skip_postgeneration_save = True

    partner = factory.SubFactory(PartnerFactory)
    user = factory.SubFactory(UserFactory)
    name = factory.LazyAttribute(lambda t: t.user.name)
    languages = factory.LazyFunction(lambda: list(LANGUAGE_BITS))
    phone = factory.Sequence(lambda n: f"+33639980{n % 1000:03d}")
    postcode = "69007"
    lat = LYON["lat"]
    lon = LYON["lon"]

    @factory.post_generation
    def skills(self, create, extracted, **kwargs):
        for skill, level in (extracted or {SkillFactory(): 3}).items():
            TechnicianSkill.objects.create(technician=self, skill=skill, level=level)
        WeeklyHours.objects.bulk_create(
            WeeklyHours(technician=self, weekday=day, opens=time(0), closes=time(23, 59))
            for day in range(7)
        )
        refresh_search_rows(self)


class DraftFactory(DjangoModelFactory):
    """Complete but for the order itself: place in Lyon, one wish three days ahead at 14:00,
    contact, card.
    """

    class Meta:
        model = Booking
        skip_postgeneration_save = True

    state = State.DRAFT
    customer = factory.SubFactory(UserFactory)
    service = factory.SubFactory(ServiceFactory)
    duration_minutes = 60
    country = "FR"
    postcode = "69007"
    city = "Lyon"
    region = "69"
    currency = "EUR"
    service_cents = 6900
    booking_fee_cents = 290
    policy_data = factory.LazyFunction(lambda: Policy().to_json())
    card = "pm_card_visa"
    email_proved_at = LONG_AGO

    @factory.post_generation
    def wishes(self, create, extracted, **kwargs):
        """Instants of the wishes; by default one, at 14:00 of the first service day at least three
        days ahead.
        """
        starts = extracted or [service_day_at(14)]
        for rank, start in enumerate(starts, 1):
            Wish.objects.create(booking=self, rank=rank, wall=wall(start), start_at=start)
        self.first_start_at, self.last_start_at = min(starts), max(starts)
        self.save(update_fields=["first_start_at", "last_start_at"])

    @factory.post_generation
    def contact(self, create, extracted, **kwargs):
        values = {
            "name": "Odile Perrachon",
            "phone": "+33639980117",
            "street": "14 rue de l’Exemple",
            "door_code": "4180A",
            "problem": "Les chambres n’ont presque rien.",
            **LYON,
            "precision": "address",
            **(extracted or {}),
        }
        BookingContact.objects.create(booking=self, **values)


def service_day_at(hour: int, *, days: int = 3) -> datetime:
    """An instant at that hour in Paris, at least `days` ahead, neither on a Sunday nor on a French
    holiday.
    """

    day = wall_time(mila_now(), "Europe/Paris").date() + timedelta(days=days)
    while not is_service_day(day, "FR", "69"):
        day += timedelta(days=1)
    return instant(datetime.combine(day, time(hour)), "Europe/Paris")


def wall(start: datetime) -> str:

    return wall_time(start, "Europe/Paris").replace(tzinfo=None).isoformat(timespec="minutes")


def placed_booking(**kwargs) -> Booking:
    """A booking that searches."""
    draft = DraftFactory(**kwargs)
    return placing.place(draft.pk, role=Role.CUSTOMER, by=draft.customer)
