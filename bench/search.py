"""How long it takes to find who may be asked, and whether it is exact. By hand:

    python -m bench.search [--sizes 10000 100000] [--searches 100] [--seed 1]

In a world of its own, made anew. One JSON line for each figure: p95 of `candidates` for places everywhere and in Paris,
half of the technicians busy at the time, its growth over the sizes, and ranks that differ from brute force. The million
is an option: `--sizes 10000 1000000`.
"""

# ruff: noqa: E402  (the world is chosen before Django reads its settings)
import argparse
import json
import os
import random
import statistics
import time
from datetime import datetime, timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mila.settings")
os.environ["MILA_INSTANCE"] = "search"

import django

django.setup()

from django.db import connection

from accounts.models import Skill
from catalogue.models import Category, Service
from devstack.instances import fresh_databases
from dispatch import matching
from embedded import hold
from mila.clock import mila_now
from places.calendar import instant
from places.distance import cell, metres
from policy.figures import Policy
from requests_app.models import Booking, BookingContact, Wish

# Where two thirds of the technicians live, by the size of the town.
TOWNS = [
    (48.857, 2.352, 11), (45.758, 4.835, 2.3), (43.297, 5.381, 1.9), (43.605, 1.444, 1.4), (50.632, 3.057, 1.5),
    (44.838, -0.579, 1.3), (43.7, 7.268, 1), (47.218, -1.554, 1), (48.573, 7.752, 0.9), (47.377, 8.541, 1.4),
    (46.204, 6.143, 1), (47.558, 7.588, 0.5), (46.948, 7.447, 0.4), (46.519, 6.632, 0.4),
]  # fmt: skip
SKILLS, EACH = 20, 3
NEARNESS = Policy().score_weights_ppm.nearness


def somewhere(dice):
    if dice.random() < 0.35:
        return dice.uniform(43.2, 49.8), dice.uniform(-1.5, 7.5)
    lat, lon, _size = dice.choices(TOWNS, weights=[size for *_, size in TOWNS])[0]
    return dice.gauss(lat, 0.15), dice.gauss(lon, 0.2)


def technicians(first, last, skills, dice, begins):
    """Rows of the search, hours and calendars; half of them are busy at the hour that will be asked for."""
    with connection.cursor() as cursor:
        numbers = [first, last - 1]
        cursor.execute(
            "INSERT INTO accounts_user (id, email, name, language, is_active, is_staff, is_superuser, password)"
            " SELECT n, 'u' || n, 'U', 'fr', true, false, false, '' FROM generate_series(%s::int, %s::int) n",
            numbers,
        )
        cursor.execute(
            "INSERT INTO accounts_partnerprofile (id, kind, name, country, email, approved_at, payable, stripe_account,"
            " suspension_reason) SELECT n, 'friend', 'P', 'FR', 'p', mila_now(), true, '', ''"
            " FROM generate_series(%s::int, %s::int) n",
            numbers,
        )
        cursor.execute(
            "INSERT INTO accounts_technician (id, public_id, partner_id, user_id, name, phone, languages, active,"
            " postcode, lat, lon, radius_m, star_sum, star_count, promises_kept, promises_broken, settled_jobs,"
            " night_pool, window_extra) SELECT n, gen_random_uuid(), n, n, 'T', '', '{}', true, '69007', 0, 0, 20000,"
            " 0, 0, 0, 0, 0, false, interval '0' FROM generate_series(%s::int, %s::int) n", numbers
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO accounts_weeklyhours (technician_id, weekday, opens, closes)"
            " SELECT n, d, '08:00', '18:00' FROM generate_series(%s::int, %s::int) n, generate_series(0, 4) d",
            numbers,
        )
        cursor.execute(
            "INSERT INTO accounts_busy (technician_id, during, kind, note)"
            " SELECT n, tstzrange(%s, %s), 'job', '' FROM generate_series(%s::int, %s::int) n WHERE n %% 2 = 0",
            [begins, begins + timedelta(hours=2), *numbers],
        )
        columns = (
            "skill_id, h3_cell, base_score_ppm, nearness_ppm, radius_m, lat, lon, technician_id, newcomer, scored_under"
        )
        people = []
        with cursor.copy(f"COPY accounts_skillsearch ({columns}) FROM STDIN") as rows:
            for number in range(first, last):
                lat, lon = somewhere(dice)
                radius = dice.randint(5_000, 50_000)
                for skill in dice.sample(skills, EACH):
                    q = dice.randint(300_000, 800_000)
                    rows.write_row((skill, cell(lat, lon), q, NEARNESS, radius, lat, lon, number, False, ""))
                    people.append((number, skill, q, radius, lat, lon))
        cursor.execute("VACUUM ANALYZE")
    return people


def bookings(count, dice, services, start, *, paris):
    made = []
    for _ in range(count):
        lat, lon = (48.857 + dice.gauss(0, 0.03), 2.352 + dice.gauss(0, 0.04)) if paris else somewhere(dice)
        booking = Booking.objects.create(
            service_id=dice.choice(services), duration_minutes=60, country="FR", currency="EUR", service_cents=6900,
            booking_fee_cents=290, policy_data=Policy(newcomer_share_percent=0).to_json(),
        )  # fmt: skip
        BookingContact.objects.create(booking=booking, lat=lat, lon=lon, precision="address")
        Wish.objects.create(booking=booking, rank=1, wall="", start_at=start)
        made.append(Booking.objects.select_related("contact", "service").get(pk=booking.pk))
    return made


def p95(searches, at):
    spans, found = [], 0
    for booking in searches:  # once unmeasured
        matching.candidates(booking, at)
    for booking in searches:
        began = time.perf_counter()
        found += len(matching.candidates(booking, at))
        spans.append(time.perf_counter() - began)
    return round(statistics.quantiles(spans, n=20)[-1] * 1000, 1), round(statistics.median(spans) * 1000, 1), found


def mismatches(searches, people, at):
    wrong = 0
    for booking in searches:
        place, skill = booking.contact, booking.service.skill_id
        best = []
        for number, can, q, radius, lat, lon in people:
            if can == skill and number % 2 and (away := metres(place.lat, place.lon, lat, lon)) <= radius:
                best.append((-(q + round(NEARNESS * (1 - away / 50_000))), number))
        expected = [number for _score, number in sorted(best)[:20]]
        wrong += expected != [candidate.technician_id for candidate in matching.candidates(booking, at)]
    return wrong


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--searches", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=1)
    wanted = arguments.parse_args()
    dice = random.Random(wanted.seed)
    fresh_databases()
    category = Category.objects.create(slug="bench", icon="wifi", name="C", hurt="C")
    facts = {"category": category, "name": "S", "summary": "S", "duration_minutes": 60}
    skills = [Skill.objects.create(slug=f"bench-{n}", name="S").pk for n in range(SKILLS)]
    services = [Service.objects.create(slug=f"bench-{n}", skill_id=skill, **facts).pk for n, skill in enumerate(skills)]
    at = mila_now()
    day = at.date() + timedelta(days=7 - at.weekday())
    start = instant(datetime(day.year, day.month, day.day, 10), "Europe/Paris")
    asked = {
        "everywhere": bookings(wanted.searches, dice, services, start, paris=False),
        "Paris": bookings(wanted.searches, dice, services, start, paris=True),
    }
    people, before, done = [], {}, 0
    for size in wanted.sizes:
        people += technicians(done + 1, size + 1, skills, dice, start)
        done = size
        for where, searches in asked.items():
            slow, usual, found = p95(searches, at)
            figure = {"what": "search", "where": where, "technicians": size, "p95_ms": slow, "p50_ms": usual}
            figure |= {"found": found, "target_ms": 8, "growth": round(slow / before.get(where, slow), 1)}
            figure["mismatches"] = mismatches(searches[:10], people, at)
            print(json.dumps(figure), flush=True)
            before.setdefault(where, slow)


if __name__ == "__main__":
    with hold():
        main()
