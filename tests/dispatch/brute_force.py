"""The rules of the search once more, in plain Python, and random worlds to try them in
(rule D1, D2).
"""

from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from accounts.models import CalendarEntry, Technician
from accounts.search import expected_rows
from dispatch import matching
from dispatch.models import UNTAKEN, Offer, OfferState, Search
from mila.clock import mila_now
from places.distance import metres
from policy.figures import Policy
from requests_app.models import Booking
from tests import factories
from tests.dispatch.steps import technician

VISIT = datetime(2026, 11, 27, 13, 0, tzinfo=UTC)  # 14:00 in Lyon, for an hour
MINUTE = timedelta(minutes=1)


def busy(who, begin, end, kind="absence"):
    return CalendarEntry.objects.create(
        technician=who, during=DateTimeTZRange(begin, end, "[)"), kind=kind
    )


def running(booking):
    return Search.objects.get_or_create(
        booking=booking, round=1, defaults={"started_at": mila_now()}
    )[0]


def offered(booking, who, state, **kwargs):
    kwargs.setdefault("search", running(booking))
    return Offer.objects.create(
        booking=booking,
        technician=who,
        epoch=0,
        state=state,
        distance_m=0,
        expires_at=mila_now(),
        **kwargs,
    )


def with_newcomers_first(booking, yes):
    booking.policy_data["newcomer_share_percent"] = 100 if yes else 0
    booking.save(update_fields=["policy_data"])
    vars(booking).pop("policy", None)


def expected_candidate(booking, who, at):
    """(sort key, wishes, metres) of one technician, or None."""
    policy, contact = Policy.from_json(booking.policy_data), booking.contact
    rows = [row for row in expected_rows(who, policy) if row.skill_id == booking.service.skill_id]
    if not rows or (rows[0].valid_until and rows[0].valid_until <= at):
        return None
    if not {booking.language, *booking.spoken} & set(who.languages):
        return None
    if who.avoidances.filter(customer=booking.customer_id, ended_at=None).exists():
        return None
    away = metres(contact.lat, contact.lon, who.lat, who.lon)
    vague = 5_000 if contact.precision in ("district", "neighbours") else 0
    if away > min(who.radius_m + vague, 50_000):
        return None
    if any(a.technician_id == who.pk for a in booking.assignments.all()):
        return None
    mine = [
        o for o in booking.offers.all() if o.technician_id == who.pk and o.search.ended_at is None
    ]
    if any(o.state == "declined" for o in mine):
        return None
    free = []
    for wish in booking.wishes.all():
        begins = wish.start_at.astimezone(ZoneInfo(booking.timezone))
        ends = begins + timedelta(minutes=booking.duration_minutes)
        one_day = begins.date() == ends.date()
        slot = (
            wish.start_at,
            wish.start_at + timedelta(minutes=booking.duration_minutes) + policy.travel_buffer,
        )
        works = any(
            h.weekday == begins.weekday()
            and h.opens <= begins.time()
            and ends.time() <= h.closes
            and one_day
            for h in who.hours.all()
        )
        clash = any(
            b.during.lower < slot[1] and b.during.upper > slot[0]
            for b in who.calendar_entries.all()
        )
        if works and not clash and wish.start_at > at + policy.search_ends_lead:
            free.append(wish.rank)
    if not free:
        return None
    loud = [o for o in mine if not o.silent]
    asked = sum(o.state in ("lapsed", "not_reached") and not o.own_tap for o in loud)
    lapsed = sum(o.state == "lapsed" for o in loud)
    score = rows[0].base_score_ppm + round(
        policy.score_weights_ppm.nearness * max(0, 1 - away / 50_000)
    )
    newcomer = (
        rows[0].newcomer and matching.asks_newcomer_first(booking) and not booking.offers.all()
    )
    looks = any(o.state == "open" for o in who.offers.all())
    reserve = any(o.reserve_at for o in who.offers.all() if o.booking_id == booking.pk)
    return (
        (
            lapsed >= policy.lapse_limit,
            looks,
            not reserve,
            asked,
            not newcomer,
            free[0],
            -score,
            who.pk,
        ),
        free,
        round(away),
    )


def expected_order(booking, people, at):
    """(technician, wishes, metres), the next one first."""
    answers = [(expected_candidate(booking, who, at), who.pk) for who in people]
    return [
        (pk, free, away)
        for (key, free, away), pk in sorted(answer for answer in answers if answer[0])
    ]


def languages(dice, least, most):
    """Some of the four; the dice themselves go on as if nobody had asked them."""
    own = Random(hash(dice.getstate()))
    return own.sample(["fr", "de", "it", "en"], own.randint(least, most))


def random_technician(dice, skills, *, busy_share=0):
    """In and around Lyon; some at the edge of what the search reaches from the door ."""
    who = technician(
        north_m=dice.choice([dice.uniform(-55_000, 55_000), dice.uniform(-9_000, 9_000), 49_900]),
        lon=4.85 + dice.uniform(-0.7, 0.7),
        radius_m=dice.choice([5_000, 20_000, 50_000, 50_000]),
        skills={skill: dice.randint(1, 5) for skill in skills if dice.random() < 0.8},
        star_count=(stars := dice.randint(0, 9)),
        star_sum=stars * dice.randint(1, 5),
        promises_kept=dice.randint(0, 9),
        promises_broken=dice.randint(0, 3),
        settled_jobs=dice.randint(0, 9),
        active=dice.random() < 0.95,
        languages=languages(dice, 2, 4),
        partner__payable=dice.random() < 0.95,
        partner__papers_valid_until=dice.choice(
            [None, None, VISIT, mila_now(), mila_now() + MINUTE]
        ),
    )
    who.hours.filter(weekday__in=dice.sample(range(7), 3)).update(
        opens=time(9), closes=time(dice.randint(12, 19))
    )
    for hour in dice.sample(range(0, 96, 2), 6):
        busy(
            who, VISIT + hour * 60 * MINUTE, VISIT + (hour + dice.choice([1, 1.5, 2])) * 60 * MINUTE
        )
    if busy_share:
        who.calendar_entries.all().delete()
    if dice.random() < busy_share:
        busy(who, VISIT, VISIT + 60 * 60 * MINUTE)
    return who


def random_booking(dice, services, customer):
    starts = dice.sample([VISIT + half * 30 * MINUTE for half in range(100)], dice.randint(1, 3))
    return factories.DraftFactory(
        customer=customer,
        service=dice.choice(services),
        wishes=starts,
        spoken=languages(dice, 0, 2),
        contact={
            "lat": 45.75 + dice.uniform(-0.3, 0.3),
            "lon": 4.85 + dice.uniform(-0.4, 0.4),
            "precision": dice.choice(["address", "town", "district"]),
        },
    )


def random_world(dice, customer, *, people, bookings, busy_share=0):
    """Bookings with a history of offers, and everybody who might do them."""
    skills = [factories.SkillFactory(slug=f"skill-{n}") for n in range(2)]
    services = [
        factories.ServiceFactory(slug=f"service-{n}", skill=skills[n % 2]) for n in range(3)
    ]
    made = [random_technician(dice, skills, busy_share=busy_share) for _ in range(people)]
    wanted = [random_booking(dice, services, customer) for _ in range(bookings)]
    for booking in wanted:
        with_newcomers_first(booking, dice.random() < 0.5)
        for who in dice.sample(made, dice.choice([0, people // 6])):
            state = dice.choice(["lapsed", "lapsed", "not_reached", "declined", "withdrawn"])
            for _ in range(dice.randint(1, 2)):
                offer = offered(
                    booking, who, state, own_tap=dice.random() < 0.3, silent=dice.random() < 0.2
                )
            if offer.state in UNTAKEN and dice.random() < 0.3:
                Offer.objects.filter(pk=offer.pk).update(reserve_at=mila_now())
    for booking, who in zip(wanted, made, strict=False):
        offered(booking, who, OfferState.OPEN)
    whole = Technician.objects.select_related("partner").prefetch_related(
        "hours", "calendar_entries", "skills", "offers"
    )
    return list(Booking.objects.prefetch_related("wishes", "offers__search", "assignments")), list(
        whole
    )
