"""Towns of technicians, and bookings that look for one: the rows a search
reads, written in bulk.
"""

from datetime import datetime, time, timedelta

from django.db import connection

from accounts.models import LANGUAGE_BITS, Skill, Technician, language_bits
from accounts.search import quality_parts, version
from catalogue.models import Category, Service
from dispatch.models import Offer, Search
from places.calendar import instant
from places.distance import METRES_PER_DEGREE, cell
from policy.figures import Policy
from requests_app.models import Booking, BookingContact, Wish

# Where two thirds of the technicians live, by the size of the town.
TOWNS = [
    (48.857, 2.352, 11),
    (45.758, 4.835, 2.3),
    (43.297, 5.381, 1.9),
    (43.605, 1.444, 1.4),
    (50.632, 3.057, 1.5),
    (44.838, -0.579, 1.3),
    (43.7, 7.268, 1),
    (47.218, -1.554, 1),
    (48.573, 7.752, 0.9),
    (47.377, 8.541, 1.4),
    (46.204, 6.143, 1),
    (47.558, 7.588, 0.5),
    (46.948, 7.447, 0.4),
    (46.519, 6.632, 0.4),
]
PARIS = TOWNS[0][:2]
SKILLS, EACH = 20, 3
PIECE = 50_000
# At which hour of the day how many of a hundred are busy.
BUSY = {0: 9, 50: 12, 95: 15}
DAYS = range(5)


def is_busy(number: int, percent: int) -> bool:
    return number * 37 % 100 < percent


def somewhere(dice):
    if dice.random() < 0.35:
        return dice.uniform(43.2, 49.8), dice.uniform(-1.5, 7.5)
    lat, lon, _size = dice.choices(TOWNS, weights=[size for *_, size in TOWNS])[0]
    return dice.gauss(lat, 0.15), dice.gauss(lon, 0.2)


def near_paris(dice):
    return PARIS[0] + dice.gauss(0, 0.03), PARIS[1] + dice.gauss(0, 0.04)


class Dataset:
    """`people` holds them by skill where `remembers`: (number, base score, radius, lat, lon,
    newcomer).
    """

    def __init__(self, dice, at):
        self.dice, self.at, self.size, self.remembered, self.people = dice, at, 0, 0, {}
        category = Category.objects.create(slug="bench", icon="wifi", name="C", hurt="C")
        facts = {"category": category, "name": "S", "summary": "S", "duration_minutes": 60}
        self.skills = [Skill.objects.create(slug=f"bench-{n}", name="S").pk for n in range(SKILLS)]
        self.services = [
            Service.objects.create(slug=f"bench-{n}", skill_id=skill, **facts).pk
            for n, skill in enumerate(self.skills)
        ]
        monday = at.date() + timedelta(days=7 - at.weekday())
        self.starts = {
            percent: instant(datetime.combine(monday, time(hour)), "Europe/Paris")
            for percent, hour in BUSY.items()
        }

    def grow(self, size, *, remembers):
        self.remembered = size if remembers else self.remembered
        while self.size < size:
            self._add(self.size + 1, min(self.size + PIECE, size) + 1, remembers)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def _add(self, first, end, remembers):
        numbers = [first, end - 1]
        with connection.cursor() as cursor:
            # what it points to is written beside it
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "INSERT INTO accounts_user (id, email, name, language, is_active, is_staff, "
                "is_superuser, password)"
                " SELECT n, 'u' || n, 'U', 'fr', true, false, false, '' FROM "
                "generate_series(%s::int, %s::int) n",
                numbers,
            )
            cursor.execute(
                "INSERT INTO accounts_partnerprofile (id, kind, name, country, email, approved_at, "
                "payable,"
                " stripe_account, suspension_reason) SELECT n, 'friend', 'P', 'FR', 'p', "
                "mila_now(), true, '', ''"
                " FROM generate_series(%s::int, %s::int) n",
                numbers,
            )
            cursor.execute(
                "INSERT INTO accounts_weeklyhours (technician_id, weekday, opens, closes)"
                " SELECT n, d, '08:00', '18:00' FROM generate_series(%s::int, %s::int) n, "
                "generate_series(0, %s) d",
                [*numbers, DAYS[-1]],
            )
            for percent, start in self.starts.items():
                cursor.execute(
                    "INSERT INTO accounts_calendarentry (technician_id, during, kind, note)"
                    " SELECT n, tstzrange(%s, %s), 'job', '' FROM generate_series(%s::int, "
                    "%s::int) n"
                    " WHERE n * 37 %% 100 < %s::int",
                    [start, start + timedelta(hours=2), *numbers, percent],
                )
            technicians, skills, rows = self._rows(first, end, remembers)
            for table, columns, values in [
                ("accounts_technician", TECHNICIAN, technicians),
                ("accounts_technicianskill", SKILL, skills),
                ("accounts_skillsearch", ROW, rows),
            ]:
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for value in values:
                        copy.write_row(value)
            cursor.execute("SET session_replication_role = origin")
        self.size = end - 1

    def _rows(self, first, end, remembers):
        dice, policy = self.dice, Policy()
        under, nearness = version("FR", policy), policy.score_weights_ppm.nearness
        technicians, skills, rows = [], [], []
        for number in range(first, end):
            lat, lon = somewhere(dice)
            radius, stars, jobs = (
                dice.randint(5_000, 50_000),
                dice.randint(0, 60),
                dice.randint(0, 40),
            )
            figures = {
                "star_count": stars,
                "star_sum": round(stars * dice.uniform(3, 5)),
                "promises_kept": dice.randint(0, 30),
                "promises_broken": dice.randint(0, 6),
            }
            technicians.append(
                (
                    number,
                    f"00000000-0000-4000-8000-{number:012}",
                    number,
                    number,
                    "T",
                    "",
                    "{}",
                    True,
                    "69007",
                    lat,
                    lon,
                    radius,
                    *figures.values(),
                    jobs,
                    False,
                    "0",
                )
            )
            person, newcomer = Technician(**figures), jobs < policy.newcomer_jobs
            for skill in dice.sample(self.skills, EACH):
                level = dice.randint(1, 5)
                base = sum(quality_parts(person, level, policy).values())
                skills.append((number, skill, level))
                rows.append(
                    (
                        skill,
                        cell(lat, lon),
                        base,
                        nearness,
                        radius,
                        lat,
                        lon,
                        number,
                        newcomer,
                        under,
                        EVERY,
                    )
                )
                if remembers:
                    self.people.setdefault(skill, []).append(
                        (number, base, radius, lat, lon, newcomer)
                    )
        return technicians, skills, rows

    def one_at_the_edge(self, booking):
        """The best there can be, 49.9 km north of this booking's door.

        Only for a dataset that is remembered.
        """
        number, skill, place = self.size + 1, booking.service.skill_id, booking.contact
        self._add(number, number + 1, remembers=False)
        lat, lon = place.lat + 49_900 / METRES_PER_DEGREE, place.lon
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_skillsearch WHERE technician_id = %s", [number])
            cursor.execute("DELETE FROM accounts_calendarentry WHERE technician_id = %s", [number])
            cursor.execute(
                f"INSERT INTO accounts_skillsearch ({ROW})"
                " VALUES (%s, %s, 800000, %s, 50000, %s, %s, %s, false, '', %s)",
                [
                    skill,
                    cell(lat, lon),
                    Policy().score_weights_ppm.nearness,
                    lat,
                    lon,
                    number,
                    EVERY,
                ],
            )
        self.people.setdefault(skill, []).append((number, 800_000, 50_000, lat, lon, False))

    def bookings(self, count, busy_percent, *, paris, mixed=False):
        """Drafts that ask for an hour; `mixed`: some at a vague place, some that ask newcomers
        first.
        """
        start, made = self.starts[busy_percent], []
        for _ in range(count):
            lat, lon = near_paris(self.dice) if paris else somewhere(self.dice)
            newcomers = 50 if mixed else 0
            booking = Booking.objects.create(
                service_id=self.dice.choice(self.services),
                duration_minutes=60,
                country="FR",
                currency="EUR",
                service_cents=6900,
                booking_fee_cents=290,
                policy_data=Policy(newcomer_share_percent=newcomers).to_json(),
            )
            precision = self.dice.choice(["address", "town", "district"]) if mixed else "address"
            BookingContact.objects.create(booking=booking, lat=lat, lon=lon, precision=precision)
            Wish.objects.create(booking=booking, rank=1, wall="", start_at=start)
            made.append(Booking.objects.select_related("contact", "service").get(pk=booking.pk))
        return made


TECHNICIAN = (
    "id, public_id, partner_id, user_id, name, phone, languages, active, postcode, lat, lon, "
    "radius_m,"
    " star_count, star_sum, promises_kept, promises_broken, settled_jobs, night_pool, window_extra"
)
SKILL = "technician_id, skill_id, level"
ROW = (
    "skill_id, h3_cell, base_score_ppm, nearness_ppm, radius_m, lat, lon, technician_id, newcomer, "
    "scored_under,"
    " languages"
)
EVERY = language_bits(LANGUAGE_BITS)


def with_a_past(booking, numbers, at):
    """Three have let two windows lapse, three were not reached, one has declined, one is in
    reserve.
    """
    run = Search.objects.create(booking=booking, round=1, started_at=at)
    states = {"lapsed": 2, "not_reached": 1, "declined": 1}
    past, offers = {}, []
    for number, state in zip(
        numbers, ["lapsed"] * 3 + ["not_reached"] * 3 + ["declined"] + ["withdrawn"], strict=False
    ):
        for _ in range(states.get(state, 1)):
            offers.append(
                Offer(
                    booking=booking,
                    search=run,
                    technician_id=number,
                    epoch=0,
                    state=state,
                    distance_m=0,
                    reserve_at=at if state == "withdrawn" else None,
                )
            )
        past[number] = state
    Offer.objects.bulk_create(offers)
    return past
