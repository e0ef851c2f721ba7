"""Partners and customers around four cities.

Names are invented, telephone numbers and addresses reserved examples.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache

from django.contrib.auth.hashers import make_password

from accounts.models import PartnerProfile, Skill, Technician, TechnicianSkill, User, WeeklyHours
from accounts.search import refresh_search_rows
from mila.clock import mila_now
from papers import actions as papers
from payments import partners
from payments.standin import user_actions
from places.geocoding import locate
from places.place import Place


@dataclass(frozen=True)
class City:
    name: str
    country: str
    language: str
    phone: str  # reserved block for examples: the last digits are counted up
    postcodes: tuple[str, ...]


CITIES = (
    City("Paris", "FR", "fr", "+3363998", ("75003", "75011", "75015", "75018", "92100", "93100")),
    City("Lyon", "FR", "fr", "+3363998", ("69001", "69003", "69006", "69007", "69100", "69300")),
    City("Lausanne", "CH", "fr", "+4179555", ("1003", "1004", "1006", "1010", "1020", "1024")),
    City("Zürich", "CH", "de", "+4179555", ("8001", "8003", "8005", "8008", "8032", "8050")),
)
FIRST = (
    "Yanis",
    "Inès",
    "Marek",
    "Colette",
    "Bastien",
    "Maëlle",
    "Ulrich",
    "Nora",
    "Tarek",
    "Luzia",
    "Odile",
    "Reto",
    "Chiara",
    "Hugo",
    "Selma",
    "Beat",
    "Amandine",
    "Jonas",
    "Fatou",
    "Denise",
    "Loïc",
    "Vreni",
    "Samir",
    "Greta",
)
LAST = (
    "Corvel",
    "Perrachon",
    "Zumstag",
    "Brelot",
    "Oberlin",
    "Tessard",
    "Vaucher",
    "Kaltbrun",
    "Mirelle",
    "Sorgente",
    "Halvert",
    "Dunoyer",
    "Quintaz",
    "Wegmatt",
    "Falcoz",
    "Roulin",
)
STREETS = {"FR": "rue de l’Exemple", "CH": "Musterweg"}
# what technicians of a country mostly speak besides
SPOKEN = {"FR": ("fr",), "CH": ("fr", "de", "it")}


class People:
    """Makes persons of one seed; two worlds of one seed are the same."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        self.made = 0
        self.named: set[str] = set()

    def name(self) -> str:
        """Nobody's before, as long as there are any left."""
        self.made += 1
        for _ in range(50):
            name = f"{self.dice.choice(FIRST)} {self.dice.choice(LAST)}"
            if name not in self.named:
                break
        self.named.add(name)
        return name

    def phone(self, city: City) -> str:
        return f"{city.phone}{self.made % 10_000:04d}"

    def place(self, city: City) -> tuple[str, Place]:
        """A street with a number, and where it is."""
        street = f"{self.dice.randint(1, 90)} {STREETS[city.country]}"
        return street, locate(street, self.dice.choice(city.postcodes), "", city.country)

    def user(self, name: str, login: str, city: City, password: str | None = None) -> User:
        user = User.objects.create_user(f"{login}@mila.example", name=name, language=city.language)
        user.password = _hashed(password)
        user.save(update_fields=["password"])
        return user

    def customer(self, login: str, city: City, password: str | None = None) -> User:
        return self.user(self.name(), login, city, password)

    def partners(
        self, login: str, number: int, password: str | None = None
    ) -> Iterator[Technician]:
        """As many partners of one technician each, of both kinds in all cities."""
        for one in range(number):
            kind = "pro" if one % 3 == 2 else "friend"
            yield from self.partner(
                f"{login}-{one}", CITIES[one % len(CITIES)], kind=kind, password=password
            )

    def partner(
        self,
        login: str,
        city: City,
        *,
        kind: str,
        technicians: int = 1,
        password: str | None = None,
    ) -> list[Technician]:
        """Approved, with an account that can be paid, and its technicians with skills, hours and an
        area.
        """
        names = [self.name() for _ in range(technicians)]
        company = f"{names[0].split()[1]} Services" if kind == "pro" else names[0]
        now = mila_now()
        partner = PartnerProfile.objects.create(
            kind=kind,
            name=company,
            country=city.country,
            email=f"{login}@mila.example",
            approved_at=now - timedelta(days=200),
            papers_valid_until=now + timedelta(days=300),
        )
        made = [
            self._technician(
                partner, name, login if number == 0 else f"{login}-{number + 1}", city, password
            )
            for number, name in enumerate(names)
        ]
        if kind == "pro":
            PartnerProfile.objects.filter(pk=partner.pk).update(owner=made[0].user)
        self._billing(partner, city, made[0].user)
        account = partners.open_account(partner)
        user_actions.onboard(account)
        partners.refresh_account(account)
        return made

    def _billing(self, partner: PartnerProfile, city: City, by: User) -> None:
        """Who they are on papers: Pros owe VAT, Friends do not."""
        street = f"{partner.pk % 90 + 1} {STREETS[city.country]}"
        place = locate(street, city.postcodes[0], "", city.country)
        french, pro = city.country == "FR", partner.kind == "pro"
        papers.set_billing(
            partner,
            by=by,
            name=partner.name,
            street=street,
            postcode=place.postcode,
            city=place.city,
            register_number="732829320" if french else "CHE-100.155.212",
            vat_number=("FR44732829320" if french else "CHE-107.787.577 MWST") if pro else "",
        )

    def _technician(
        self, partner: PartnerProfile, name: str, login: str, city: City, password: str | None
    ) -> Technician:
        _street, place = self.place(city)
        stars = self.dice.choice((0, 3, 8, 25, 60))
        technician = Technician.objects.create(
            partner=partner,
            user=self.user(name, login, city, password),
            name=name,
            phone=self.phone(city),
            languages=[*dict.fromkeys([city.language, "en", *SPOKEN[city.country]])],
            postcode=place.postcode,
            lat=place.lat,
            lon=place.lon,
            radius_m=self.dice.choice((10_000, 15_000, 25_000, 40_000)),
            star_count=stars,
            star_sum=sum(self.dice.choice((3, 4, 5, 5, 5)) for _ in range(stars)),
            promises_kept=stars * 2,
            settled_jobs=stars,
        )
        skills = list(Skill.objects.all())
        TechnicianSkill.objects.bulk_create(
            TechnicianSkill(technician=technician, skill=skill, level=self.dice.randint(2, 5))
            for skill in self.dice.sample(skills, k=max(4, len(skills) * 2 // 3))
        )
        opens, closes = self.dice.choice(
            ((time(8), time(20)), (time(8), time(18)), (time(10), time(20)))
        )
        WeeklyHours.objects.bulk_create(
            WeeklyHours(technician=technician, weekday=day, opens=opens, closes=closes)
            for day in range(6)
        )
        refresh_search_rows(technician)
        return technician


@cache
def _hashed(password: str | None) -> str:
    """One hash for all who share a password: each is made to take long.

    Without one, none opens the account.
    """
    return make_password(password)


def wall(at: datetime) -> datetime:
    """A local time without its zone, as a form sends it."""
    return at.replace(tzinfo=None)
