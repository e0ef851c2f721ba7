"""For each figure of the policy: a value a row may give it, and what of the product changes by it.

A probe takes a `Site`, asks the product, and answers an instant, an amount, a page or a refusal. It
knows no figure.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from accounts import calendar_reading, ladder
from accounts.channels import sms
from accounts.channels.outcomes import NotSent
from accounts.models import Attempt, SkillSearch, Technician
from accounts.search import sweep_scores
from customer.forms.starts import fresh_choice
from dispatch import alerts, offers
from dispatch.availability import FreeTimes
from dispatch.models import AreaAlert
from dispatch.offers import searching
from mila.clock import mila_now, set_clock
from mila.outages import Outage
from papers.vat import vat_of
from partner.forms.calendar import AreaForm
from partner.offer_cards import partner_cents
from payments import cards, earnings, payouts
from payments.charges import reminders
from payments.models import Earning, Hold, PayoutAccount, WayPay
from places.calendar import bookable_days, instant
from policy.figures import Policy
from policy.values import encode
from requests_app import caps, codeless, deadlines, due_instants, secret_link
from requests_app.actions import (
    appealing,
    assigning,
    changes,
    drafting,
    meeting,
    proving,
    visit,
)
from requests_app.actions.changes import CostChanged
from requests_app.actions.withdrawing import withdraw
from requests_app.deadlines import hours_of
from requests_app.lifecycle import Role, advance
from requests_app.models import Booking, DoorPlace, FaultEntry, Position, State, last_made_at
from requests_app.sweeps import sweep_positions
from tests import factories
from tests.accounts import ladders
from tests.policy.site import (
    AT,
    HOUR,
    MINUTE,
    PARIS,
    ZONE,
    Probe,
    Site,
    clocks,
    deadline,
    earliest,
    fact,
    night,
    page,
    refused,
    starts,
    tried,
)
from tests.requests_app.booking_states import booking_in


def _earned(site: Site, kind: str = "friend") -> Earning:
    site.technician.partner.kind = kind
    way = WayPay.objects.create(
        booking=site.booking(), partner=site.technician.partner, cents=2500, at=AT
    )
    return earnings.earn_way(way, mila_now())


def share(hold: Hold, kind: str = "friend") -> Probe:
    """Until when a share is held, and the day it is promised for."""

    def probe(site: Site) -> tuple[timedelta, date]:
        site.monkeypatch.setattr(earnings, "why_longer", lambda *_: hold)
        earning = _earned(site, kind)
        return earning.free_at - earning.earned_at, earning.promised_on

    return probe


def vat(site: Site) -> list[int]:
    """What of a price is VAT, of work that is done now."""
    return [
        vat_of(10_000, country=country, at=mila_now(), liable=True)["vat_cents"]
        for country in ("FR", "CH")
    ]


def first_jobs(site: Site) -> Hold:
    site.monkeypatch.setattr(earnings, "have_something_in_common", lambda *_: False)
    return Hold(_earned(site).hold)


def changed_bank(site: Site) -> datetime | None:
    PayoutAccount.objects.create(partner=site.technician.partner, bank_changed_at=mila_now())
    return earnings.changed_until(site.technician.partner)


def payday(site: Site) -> str:
    """What becomes of a share that is due today."""
    partner = site.technician.partner
    PayoutAccount.objects.create(partner=partner, can_be_paid=True)
    _earned(site)
    Earning.objects.update(promised_on=AT.date(), free_at=AT)
    (payout,) = payouts.plan(partner.pk)
    return payout.state


def scores(site: Site) -> list[tuple]:
    sweep_scores()
    return list(SkillSearch.objects.values_list("base_score_ppm", "nearness_ppm", "newcomer"))


def area(site: Site) -> tuple[int, int]:
    field = AreaForm.of(site.technician, site.policy).fields["radius_km"]
    return field.min_value, field.max_value


def window(site: Site) -> timedelta:
    return offers.open_next(site.placed().pk).expires_at - mila_now()


def lock(site: Site) -> timedelta:
    held = []
    site.monkeypatch.setattr("dispatch.gate.put", lambda _pk, _token, span: held.append(span))
    site.monkeypatch.setattr(
        "dispatch.offers.windows.after_commit",
        lambda act, *args: act(*args) if len(args) == 3 else None,
    )
    offers.open_next(site.placed().pk)
    return held[0]


def after_a_lapse(then: Callable[[Booking, Site], Any]) -> Callable[[Site], Any]:
    def act(site: Site) -> Any:
        set_clock(AT, speed=0)
        booking = site.placed()
        offer = offers.open_next(booking.pk)
        offer = offers.acknowledge(offer.pk, site.technician.pk)  # seen, else it is no lapse
        set_clock(offer.expires_at + MINUTE, speed=0)
        offers.expire(offer.pk)
        return then(booking, site)

    return act


def positions_dropped(site: Site) -> int:
    booking = booking_in(State.EN_ROUTE, site.technician, AT)
    Position.objects.create(booking=booking, lat=45.7, lon=4.8, at=AT - 10 * HOUR)
    return sweep_positions()


def opens_to_all(windows_ended: int) -> Probe:
    run = SimpleNamespace(windows_ended=windows_ended)
    return lambda site: searching.opens_to_all(site.facts, run, AT)


def opens_silently(site: Site) -> bool:
    facts = site.facts
    facts.assignments = SimpleNamespace(exists=lambda: True)
    facts.start_at = instant(datetime.fromisoformat("2026-11-25T11:00"), ZONE)
    morning = instant(datetime.fromisoformat("2026-11-25T07:30"), ZONE)
    return searching.opens_silently(facts, morning)


def paused(site: Site) -> bool:
    return caps.is_paused(site.technician.pk, site.policy, AT)


def cards_enough(site: Site) -> bool:
    return cards._tried_enough(site.booking(), None, [])


def outage_wait(site: Site) -> timedelta:
    waits = []
    site.monkeypatch.setattr("requests_app.outages.lay_in_an_outage", lambda *_: True)
    site.monkeypatch.setattr("requests_app.outages.notices.queue", lambda *_, **__: None)
    site.monkeypatch.setattr(
        "requests_app.outages.postpone", lambda _booking, at: waits.append(at - AT)
    )
    from requests_app import outages

    outages.hold_for_ops(SimpleNamespace(policy=site.policy, technician_id=1, start_at=AT), AT)
    return waits[0]


def alert_waits(site: Site) -> bool:
    """Whether a place without anybody is still waited for after sixty days."""
    booking = site.booking(contact={"lat": 44.5, "lon": 3.5})
    alerts.ask(booking, email="odile@example.com", language="fr")
    AreaAlert.objects.update(asked_at=mila_now() - 1440 * HOUR)
    alerts.look(AreaAlert.objects.get().pk)
    return AreaAlert.objects.exists()


def alerts_kept(site: Site) -> int:
    for postcode in ("48000", "48100"):
        booking = site.booking(postcode=postcode, contact={"lat": 44.5, "lon": 3.5})
        alerts.ask(booking, email="odile@example.com", language="fr")
    return AreaAlert.objects.count()


def code_life(site: Site) -> timedelta:
    booking = site.booking()
    proving.send_code(booking.pk)
    return booking.address_code.until_at - mila_now()


def code_tries(site: Site) -> bool:
    booking = site.booking()
    proving.send_code(booking.pk)
    for _ in range(3):
        proving.check_code(booking.pk, "0")
    return proving.code_is_out(booking)


def link_ends(site: Site) -> datetime | None:
    booking = site.booking(state="cancelled")
    Booking.objects.filter(pk=booking.pk).update(created_at=AT)
    booking.refresh_from_db()
    return secret_link.ends_at(booking)


def cancel_cost(hours: int, **facts: Any) -> Probe:
    """What it costs so many hours before the start, as long after the order as the three days
    allow.
    """

    def probe(site: Site) -> int:
        booking = site.facts
        known = {
            "moved_from": None,
            "cancel_start_at": None,
            "technician_id": None,
            "state": "claimed",
            "country": "CH",
            **facts,
        }
        booking.__dict__.update(known)
        return changes.cancel_cost(booking, booking.start_at - hours * HOUR)

    return probe


def withdrawn_for_nothing(*, minutes: int) -> Probe:
    """Whether what was shown at the start still holds so long after it."""

    def probe(site: Site) -> bool:
        columns = {"withdrawal_waived_at": AT, "policy_data": site.policy.to_json()}
        booking = booking_in(State.IN_PROGRESS, site.technician, AT, **columns)
        set_clock(last_made_at(booking, "start") + minutes * MINUTE, speed=0)
        try:
            withdraw(booking.pk, role=Role.CUSTOMER, by=None)
        except CostChanged:
            return False
        return True

    return probe


def noted(what: Callable[[FaultEntry], Any]) -> Probe:
    """What a missed call is written down with."""

    def probe(site: Site) -> Any:
        booking = booking_in(State.CLAIMED, site.technician, AT)
        advance(booking.pk, "miss_call", role=Role.SYSTEM, by=None, at=AT)
        return what(booking.faults.get())

    return probe


def appeal_due(site: Site) -> datetime:
    booking = booking_in(State.CLAIMED, site.technician, AT)
    advance(booking.pk, "miss_call", role=Role.SYSTEM, by=None, at=AT)
    user, row = site.technician.user, booking.faults.get()
    return appealing.appeal_fault(
        site.technician, row.uuid, words="No", picture=None, by=user
    ).due_at


def release_is_late(site: Site) -> bool:
    """30 hours before the start."""
    booking = booking_in(State.CONFIRMED, site.technician, AT)
    set_clock(booking.start_at - 30 * HOUR, speed=0)
    visit.release(booking.pk, site.technician.pk, by=site.technician.user, reason="Ill")
    return booking.faults.exists()


OUTAGE = Outage(1, AT, AT + HOUR, HOUR)
SOON, LATER = AT + 3 * HOUR, AT + 72 * HOUR
TWO_WAYS = ((0, "phone"), (31, "sms"), (62, "phone"))


def texts(site: Site) -> list[str]:
    """Two to one number: what becomes of each."""
    return [_text(round) for round in range(2)]


def _text(round: int) -> str:
    row = ladders.queue(round=round)
    try:
        sms.count(Attempt.objects.create(notification=row, channel="sms"), ladders.PHONE, 1)
    except NotSent as refusal:
        return str(refusal)
    return "sent"


def next_way(site: Site) -> datetime:
    return ladder.next_step(ladders.queue(urgency="soon"), frozenset(), AT).again_at


def next_reading(site: Site) -> datetime:
    source = calendar_reading.follow_calendar(site.technician.pk, "https://127.0.0.1/a.ics")
    calendar_reading.read(source.pk)  # refused, and asked again later
    source.refresh_from_db()
    return source.due_at.replace(second=0, microsecond=0)


PROBES: dict[str, tuple[Any, Probe]] = {
    "wishes_max": (2, page("customer:home")),
    "lead_min": (14_400, earliest("10:00")),
    "proposal_lead": (21_600, lambda site: fresh_choice(FreeTimes(site.booking(), AT)).current),
    "horizon": (864_000, lambda site: len(bookable_days(AT, 60, PARIS, hours_of(site.policy)))),
    "slot_step": (3_600, starts),
    "day_opens": ("09:00", starts),
    "day_closes": ("18:00", starts),
    "evening_from": ("18:00", earliest("18:30")),
    "evening_to": ("09:00", earliest("08:00")),
    "evening_first_start": ("11:00", earliest("20:00")),
    "link_life": (2_592_000, link_ends),
    "address_code_life": (600, code_life),
    "address_code_tries": (3, code_tries),
    "ladder_step": (600, next_way),
    **dict.fromkeys(("texts_per_number", "texts_per_prefix", "texts_per_day"), (1, texts)),
    "address_codes_an_hour": (0, refused(lambda site: proving.send_code(site.booking().pk))),
    "booking_fee_cents": ({"EUR": 100, "CHF": 100}, page("customer:prices")),
    "drafts_per_day": (
        0,
        refused(
            lambda site: drafting.start_draft(
                factories.ServiceFactory(), country="FR", language="fr", by=site.technician.user
            )
        ),
    ),
    "alert_life": (30 * 86_400, alert_waits),
    "alerts_per_address": (1, alerts_kept),
    "cards_per_booking": (0, cards_enough),
    "cards_per_day": (0, cards_enough),
    "cancel_free_lead": (172_800, cancel_cost(30)),
    "cancel_free_after_booking": (259_200, cancel_cost(1)),
    "cancel_fee_cents": ({"EUR": 1_000, "CHF": 1_000}, cancel_cost(1)),
    "door_wait": (1_200, deadline(deadlines.door_wait_ends_at, AT)),
    "withdrawal_window": (86_400, cancel_cost(1, country="FR")),
    "withdrawal_cost_cents": (500, cancel_cost(1, country="FR")),
    "withdrawal_shown_for": (60, withdrawn_for_nothing(minutes=3)),
    "travel_buffer": (3_600, lambda site: assigning.slot(site.facts, AT)),
    "calendar_read_every": (3_600, next_reading),
    "area_min_m": (8_000, area),
    "area_max_m": (30_000, area),
    "score_weights_ppm": (
        {"stars": 0, "level": 650_000, "reliability": 150_000, "nearness": 200_000},
        scores,
    ),
    "prior_stars_tenths": (30, scores),
    "prior_star_count": (50, scores),
    "prior_kept": (5, scores),
    "prior_promises": (20, scores),
    "newcomer_share_percent": (25, page("customer:ranking")),
    "newcomer_jobs": (0, scores),
    "offer_window": (300, window),
    "offer_ack_limit": (60, window),
    "lock_slack": (5, lock),
    "own_windows_max": (
        0,
        refused(after_a_lapse(lambda b, site: offers.tap(b.pk, site.technician.pk))),
    ),
    "lapse_limit": (1, after_a_lapse(lambda b, _site: offers.open_next(b.pk) is None)),
    "pool_lead": (360_000, opens_to_all(0)),
    "pool_after_windows": (3, opens_to_all(4)),
    "night_from": ("20:00", night("20:30")),
    "night_to": ("08:30", night("08:00")),
    "silent_pool_before": ("11:30", opens_silently),
    "search_ends_lead": (7_200, deadline(deadlines.search_limit, AT)),
    "search_warns_lead": (14_400, deadline(deadlines.search_warning, AT, AT - 9 * HOUR)),
    "search_warns_after": (3_600, deadline(deadlines.search_warning, AT + HOUR, AT)),
    "drops_per_day": (0, paused),
    "jobs_lost_per_week": (0, paused),
    "open_claims_per_day": (0, paused),
    "call_window": (36_000, clocks(60)),
    "call_attempts": (4, tried(LATER, *TWO_WAYS)),
    "call_channels": (3, tried(LATER, *TWO_WAYS)),
    "call_attempt_gap": (3_600, tried(LATER, *TWO_WAYS)),
    "call_attempt_gap_short": (600 * 3, tried(SOON, (0, "phone"), (11, "sms"), (22, "phone"))),
    "call_short_lead": (360_000, tried(LATER, (0, "phone"), (11, "sms"), (22, "phone"))),
    "call_hours": (["11:00", "21:00"], tried(LATER, *TWO_WAYS)),
    "call_min": (1_500, clocks(0.6)),
    "call_share": ([1, 2], clocks(12)),
    "confirm_lead": (43_200, clocks(60)),
    "short_notice": (129_600, clocks(33)),
    "confirm_min": (2_400, clocks(1)),
    "confirm_divisor": (4, clocks(12)),
    "reminder_ladder": (
        [3_600],
        lambda site: due_instants.next_rung(site.facts, AT, AT + 5 * HOUR),
    ),
    "depart_lead": (7_200, deadline(deadlines.may_depart_at, AT)),
    "arrive_lead": (1_800, deadline(deadlines.may_arrive_at, AT)),
    "code_tries": (3, lambda site: meeting.tries_left(site.facts, SimpleNamespace(code_tries=0))),
    "undo_window": (120, deadline(deadlines.undo_until, AT)),
    "codeless_share_percent": (50, lambda site: str(codeless._too_many("FR", site.policy))),
    "codeless_starts_min": (9, lambda site: str(codeless._too_many("FR", site.policy))),
    "codeless_window": (
        864_000,
        lambda _site: str(codeless.with_codeless_starts(Technician.objects.all()).query),
    ),
    "door_radius_m": (50, lambda site: DoorPlace(metres=200, accuracy_m=10).is_near(site.policy)),
    "position_kept": (18_000, positions_dropped),
    "fault_points": (
        {**encode(Policy().fault_points), "missed_call": 5},
        noted(lambda row: row.points),
    ),
    "fault_days": (
        {**encode(Policy().fault_days), "missed_call": 5},
        noted(lambda row: row.until_at),
    ),
    "late_release_lead": (36 * 3_600, release_is_late),
    "appeal_window": (10 * 86_400, noted(lambda row: row.appeal_until_at)),
    "appeal_working_days": (3, appeal_due),
    "lateness_report_after": (600, deadline(deadlines.late_at, AT)),
    "lateness_cancel_after": (2_700, deadline(deadlines.lateness_cancel_at, AT)),
    "ceiling_percent": (120, page("customer:prices")),
    "bank_reminder_after": (1800, deadline(deadlines.bank_reminder_at, AT)),
    "door_payment_wait": (604_800, deadline(deadlines.door_price_from, AT)),
    "signature_limit": (345_600, deadline(deadlines.signature_limit_at, AT)),
    "signature_reminders": ([0, 3_600, 7_200], deadline(deadlines.signature_reminders, AT)),
    "objection_window": (172_800, fact("objection_seconds")),
    "contact_after_sign_off": (86_400, deadline(deadlines.contact_until, AT)),
    "outage_grace": (
        7_200,
        lambda site: deadlines.extended(
            AT + 80 * MINUTE,
            AT,
            OUTAGE,
            start_at=LATER,
            zone=ZONE,
            policy=site.policy,
            by_day=False,
        ),
    ),
    "outage_start_wait": (3_600, outage_wait),
    "commission_bp": (
        {"friend": 1_000, "pro": 1_000},
        lambda site: partner_cents(site.booking(), site.technician),
    ),
    "unpaid_reminder_days": (
        [0, 5],
        lambda site: reminders._next_reminder(SimpleNamespace(reminders=1), site.facts, AT),
    ),
    "advance_after": (864_000, deadline(deadlines.advance_from, AT)),
    "payout_hold": (0, share(Hold.NONE)),
    "payout_hold_long": (1_209_600, share(Hold.FIRST_JOBS)),
    "payout_first_jobs": (0, first_jobs),
    "payout_hold_changed": (0, changed_bank),
    "payout_weekday": (3, share(Hold.NONE)),
    "payout_month_day": (15, share(Hold.NONE, kind="pro")),
    "vat_bp": ({"EUR": 1000, "CHF": 770}, vat),
    "payout_approval_cents": ({"EUR": 100, "CHF": 100}, payday),
    "guarantee": (2_592_000, page("customer:prices")),
    "answer_working_days": (2, page("customer:help")),
}
