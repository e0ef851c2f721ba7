"""Who is told what about a booking, and which facts each message may carry (rule N1, D8; fault A2).

One row of KINDS for each message; its words are in templates/emails/<kind>.txt. A fact that is not
in the row is not in the message: contact data of the customer is no fact at all, messages to
partners lead to the job's page instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q
from django.utils import translation

from accounts import notifications, push
from accounts.models import Notification, NotificationState, Technician, User
from catalogue.money import split
from mila.clock import mila_now
from places.calendar import instant, wall_time
from places.place import Country
from policy import conditions
from requests_app import deadlines, secret_link, withdrawal
from requests_app.lost_time import search_ends_at
from requests_app.models import (
    Assignment,
    Booking,
    CallAttempt,
    Quote,
    SignOff,
    State,
    was_at_the_door,
)


class To(Enum):
    CUSTOMER = auto()
    PARTNER = auto()  # the technician who has the job, or the one it is offered to
    FORMER = auto()  # the technician who has just lost it
    BLAMED = auto()  # the technician whose fault it is said to be: their page of faults
    OPS = auto()


@dataclass(frozen=True)
class Notice:
    """`facts` are read from the booking (FACTS); `given` are what the caller may add, nothing else.

    `leads`: where the link leads on to, if not to the page itself. `waits`: the next step within it
    makes the message needless (`drop_waiting`): who orders or signs at once is spared it.
    """

    to: To
    facts: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    leads: str = ""
    waits: timedelta | None = None


def to_customer(*facts: str, given: tuple[str, ...] = ()) -> Notice:
    return Notice(To.CUSTOMER, facts, given)


def to_partner(*facts: str, given: tuple[str, ...] = ()) -> Notice:
    return Notice(To.PARTNER, ("place", *facts), given)


def to_former(*facts: str) -> Notice:
    return Notice(To.FORMER, ("place", "lost_start_at", *facts))


def to_ops(*facts: str, given: tuple[str, ...] = ()) -> Notice:
    return Notice(To.OPS, ("place", "technician", "starts_at", *facts), given)


# Facts that open something, as the link does, and what people write to each other: encrypted in the
# row.
SEALED = ("code", "visit_code", "words")

# needless once the promise is kept, or its time is over
PROMISE_REMINDERS = ("call_reminder", "confirm_reminder")
PATIENCE = timedelta(minutes=10)

KINDS: dict[str, Notice] = {
    # The customer's booking, in the order of its life
    "draft_saved": Notice(To.CUSTOMER, waits=PATIENCE),
    "address_code": to_customer(given=("code", "until_at")),
    "link_renewed": to_customer(),
    "booked": to_customer("starts_at", "total_cents", "search_limit_at", "papers"),
    "search_warning": to_customer("starts_at", "search_limit_at"),
    "unfilled": to_customer("starts_at", "last_start_at"),
    "lapsed": to_customer(),
    "claimed": to_customer(
        "technician",
        "who",
        "partner",
        "friend",
        "start_at",
        "call_due_at",
        "free_until_at",
        "cancel_cents",
        "profile_url",
    ),
    "called": to_customer("technician", "start_at", "confirm_due_at"),
    "message_for_customer": Notice(
        To.CUSTOMER, ("technician",), given=("words",), leads="?messages"
    ),
    "other_time": to_customer("technician", "start_at"),
    "time_proposed": Notice(
        To.CUSTOMER, ("technician", "start_at"), given=("proposed_at", "second")
    ),
    "second_visit": to_customer("technician", "start_at", "calendar"),
    "confirmed": to_customer(
        "technician", "start_at", "prepare", "reached", "free_until_at", "cancel_cents", "calendar"
    ),
    "unconfirmed": to_customer("technician", "start_at", "search_limit_at"),
    "partner_lost": to_customer("starts_at", "search_limit_at", "calendar"),
    "moved": to_customer(
        "technician", "starts_at", "call_due_at", "confirm_due_at", "search_limit_at", "calendar"
    ),
    "en_route": to_customer("technician", "start_at", "visit_code"),
    "arrived": to_customer("technician"),  # to a device alone: who has none sees it on the page
    "taken_back": to_customer("technician", "start_at", given=("step",)),
    "late": to_customer("technician", "start_at", "lateness_cancel_at"),
    "failed": to_customer(
        "technician", "start_at", "fee_cents", "at_the_door", "objection_seconds"
    ),
    "please_sign": Notice(
        To.CUSTOMER, ("technician", "final_cents", "signature_limit_at"), waits=PATIENCE
    ),
    "price_proposed": to_customer(
        "technician", "start_at", "final_cents", "proposed_cents", "proposed_minutes"
    ),
    "price_code": to_customer("technician", "proposed_cents", given=("code", "until_at")),
    "price_agreed": to_customer("technician", "start_at", "final_cents", given=("on_screen",)),
    "price_as_booked": to_customer("total_cents", "duration_minutes"),
    "signed_unproved": to_customer("technician", "start_at", "charge_cents", "objection_seconds"),
    "contested": to_customer("technician", "start_at"),
    "decided": to_customer("charge_cents"),
    "decided_none": to_customer("fee_cents"),
    "action_required": to_customer("owed_cents"),
    "unpaid": to_customer("owed_cents"),
    "receipt": to_customer(
        "who", "lines", "fee_part_cents", "charge_cents", "signed_at", "guarantee_until_at"
    ),
    "refunded": to_customer(given=("refund_cents",)),
    "fee_receipt": to_customer("fee_cents"),
    "review_answered": to_customer("technician", "start_at", given=("answer",)),
    "cancelled": to_customer("fee_cents", "calendar"),
    "withdrawal_link": Notice(To.CUSTOMER, leads="?withdraw"),
    "withdrawn": to_customer("fee_cents", "work_proved", "withdrawn_at", "placed_at", "calendar"),
    "outage_search": to_customer(given=("extended_at",)),
    "outage_start": to_customer(),
    "outage_promise": to_customer("technician", "start_at", given=("extended_at",)),
    "outage_sign": to_customer(given=("extended_at",)),
    # The partner's job
    "offer": Notice(
        To.PARTNER,
        ("postcode", "starts_at", "duration_minutes", "earnings_cents"),
        given=("distance_m", "until_at", "from_reserve"),
    ),
    "job_claimed": to_partner("start_at", "duration_minutes", "call_due_at", "confirm_due_at"),
    "job_assigned": to_partner("start_at", "duration_minutes", "call_due_at", "confirm_due_at"),
    "call_reminder": to_partner("start_at", "call_due_at", "until_call_at"),
    "confirm_reminder": to_partner("start_at", "confirm_due_at", "until_confirm_at"),
    "confirm_missed": to_partner("start_at", "confirm_due_at"),
    "job_outage": to_partner("start_at", given=("extended_at",)),
    "job_moved": to_partner("start_at", "call_due_at", "confirm_due_at"),
    "late_said": to_partner("start_at", "lateness_cancel_at"),
    "job_time_declined": to_partner("start_at"),
    "job_second_visit": to_partner("start_at"),
    "door_waited": to_partner("start_at"),
    "job_price_answered": to_partner("start_at", "agreed_cents", given=("accepted",)),
    "message_for_partner": Notice(To.PARTNER, ("place", "start_at"), leads="messages/"),
    "job_contested": to_partner("start_at"),
    "job_paid": to_partner("start_at", "price_cents", "commission_cents", "partner_cents"),
    "job_refunded": to_partner("start_at", given=("share_cents",)),
    "call_missed": to_former(),
    "job_released": to_former(),
    "job_taken": to_former(),
    "job_lost": to_former(),
    "no_show": to_former(),
    "job_cancelled": to_former("fee_cents", "fee_share_cents"),
    "job_withdrawn": to_former("fee_cents", "fee_share_cents", "work_proved"),
    "fault_noted": Notice(
        To.BLAMED, ("place",), given=("fault", "counts_until_at", "appeal_until_at")
    ),
    # Staff
    "search_warning_ops": to_ops("search_limit_at"),
    "not_reached_ops": to_ops("confirm_due_at"),
    "unconfirmed_ops": to_ops(),
    "late_ops": to_ops(),
    "late_said_ops": to_ops(),
    "outage_ops": to_ops(),
    "paused_ops": to_ops(),
    "cards_ops": to_ops(),
    "overdue_ops": to_ops(),
    "contested_ops": to_ops(),
    "cash_ops": to_ops(),
    "undecided_ops": to_ops("final_cents"),
    "held_ops": to_ops("owed_cents"),
    "door_unproved_ops": to_ops("owed_cents"),
    "withdrawal_unproved_ops": to_ops("owed_cents"),
    "withdrawal_objected_ops": to_ops(given=("fee_cents",)),
    "half_done_ops": to_ops("fee_cents"),
    "way_ops": to_ops("cancel_cents"),
    "unpaid_ops": to_ops("owed_cents"),
    "charge_waits_ops": to_ops("owed_cents", "partner"),
    "refund_ops": to_ops(given=("refund_cents", "why")),
    "dispute_ops": to_ops(given=("dispute_cents", "step")),
}


def queue(
    booking: Booking,
    kind: str,
    *,
    round: int,
    former: Technician | None = None,
    technician: Technician | None = None,
    about: UUID | None = None,
    **given: Any,
) -> Notification | None:
    """Write one message down, in the caller's transaction; a repeat of kind, person and round
    writes nothing.

    `former` is who had the job before; `technician` the one asked, if not the booking's own;
    `about` what rounds are counted of, if not the booking. None when there is nobody to tell.
    Raises TypeError for a fact this message must not carry.
    """
    found = message(
        booking, kind, round=round, former=former, technician=technician, about=about, **given
    )
    return next(iter(notifications.queue_all([found])), None) if found else None


def message(
    booking: Booking,
    kind: str,
    *,
    round: int,
    former: Technician | None = None,
    technician: Technician | None = None,
    about: UUID | None = None,
    **given: Any,
) -> notifications.Message | None:
    """What `queue` writes down, for a caller who writes several at once."""
    notice = KINDS[kind]
    if forbidden := given.keys() - set(notice.given):
        raise TypeError(f"'{kind}' must not carry {sorted(forbidden)}")
    person = _person(booking, notice.to, former, technician or booking.technician)
    if person is None or not _is_heard(booking, kind, person.user):
        return None
    with translation.override(person.language):
        facts = {
            "number": booking.number,
            "service": str(booking.service),
            "country": booking.country,
            "currency": booking.currency,
            "zone": booking.timezone,
            **{_name(fact): FACTS[fact](booking, person.technician) for fact in notice.facts},
            **given,
        }
    sealed = {name: facts.pop(name) for name in SEALED if name in facts}
    return notifications.Message(
        kind=kind,
        subject_id=about or booking.uuid,
        round=round,
        user=person.user,
        email=person.email,
        language=person.language,
        context=facts,
        sealed={"link": person.link + notice.leads, **sealed},
        at=mila_now() + notice.waits if notice.waits else None,
        push=kind in push.KINDS,
    )


def _is_heard(booking: Booking, kind: str, user: User | None) -> bool:
    """What is not mailed is written down only for who has a device that hears it."""
    return kind not in notifications.UNMAILED or (
        user is not None and push.follows(user, booking.uuid)
    )


def drop_waiting(booking: Booking) -> None:
    """The step has been made that these messages would have asked for: those that still wait are
    never sent.
    """
    waiting = Notification.objects.filter(subject_id=booking.uuid, state=NotificationState.QUEUED)
    patient = [kind for kind, notice in KINDS.items() if notice.waits]
    early = Q(kind__in=patient, tries=0, due_at__gt=mila_now())
    waiting.filter(early | Q(kind__in=PROMISE_REMINDERS)).delete()


def reseal(booking: Booking) -> None:
    """The secret link is another one: messages to the customer that wait to be sent carry it."""
    kinds = [kind for kind, notice in KINDS.items() if notice.to is To.CUSTOMER]
    notifications.reseal(booking.uuid, kinds, link=secret_link.mailed_url(booking))
    push.forget_subject(booking.uuid)


@dataclass(frozen=True)
class Person:
    """Whom a message goes to, and the page it leads them to."""

    user: User | None
    email: str
    language: str
    link: str
    technician: Technician | None


def _person(
    b: Booking, to: To, former: Technician | None, technician: Technician | None
) -> Person | None:
    if to is To.OPS:
        page = f"/admin/requests_app/booking/{b.pk}/change/"
        return Person(None, settings.OPS_EMAIL, "fr", settings.SITE_URL + page, technician)
    if to is To.CUSTOMER:
        if b.customer is None:
            return None
        return Person(
            b.customer, b.customer.email, b.language, secret_link.mailed_url(b), technician
        )
    if to is To.FORMER:
        if former is None or former.pk == b.technician_id:
            return None
        page, technician = "/partner/offers/", former
        user, language = former.user, former.user.language
    elif technician is None:
        return None
    elif to is To.BLAMED:
        page, user, language = "/partner/faults/", technician.user, technician.user.language
    else:
        mine = technician.pk == b.technician_id
        page = f"/partner/jobs/{b.uuid}/" if mine else "/partner/offers/"
        user, language = technician.user, technician.user.language
    return (
        Person(user, user.email, language, settings.SITE_URL + page, technician)
        if user is not None
        else None
    )


def _name(fact: str) -> str:
    """`until_call_at` and its like all tell the delivery the same: when the message stops being
    true.
    """
    return "until_at" if fact.startswith("until_") else fact


def _starts(b: Booking, _: Technician | None) -> list[datetime]:
    """The start that was claimed, else the wishes in their order."""
    return [b.start_at] if b.start_at else [wish.start_at for wish in b.wishes.all()]


def _clocks(b: Booking) -> deadlines.TwoClocks:
    return deadlines.two_clocks(b.clocks_from_at, b.start_at, b.timezone, b.policy)


def _call_due(b: Booking, _: Technician | None) -> datetime | None:
    return (b.due_at or _clocks(b).call_due) if b.state == State.CLAIMED else None


def _confirm_due(b: Booking, _: Technician | None) -> datetime | None:
    if b.state == State.CALLED and b.due_at is not None:
        return b.due_at
    return _clocks(b).confirm_due if b.start_at else None


def _by_day(b: Booking, due: datetime | None) -> datetime | None:
    """Until when a reminder may still go out: not after its promise, and not into the quiet hours
    (rule L6).
    """
    at = mila_now()
    tonight = instant(
        datetime.combine(wall_time(at, b.timezone).date(), b.policy.night_from), b.timezone
    )
    return min(due, tonight) if due and tonight > at else due


def _search_limit(b: Booking, _: Technician | None) -> datetime | None:
    if b.state == State.SEARCHING:
        return search_ends_at(b)
    return deadlines.search_limit(b.last_start_at, b.policy) if b.last_start_at else None


def _free_until(b: Booking, _: Technician | None) -> datetime | None:
    """Until when cancelling costs nothing; None when that had passed already
    as the clocks began.
    """
    placed_at = b.placed_at or b.created_at
    until = deadlines.free_until(b.cancel_start_at or b.start_at, placed_at, b.policy)
    if b.country == Country.FR and b.policy.withdrawal_cost_cents == 0:
        until = max(until, withdrawal.ends_at(b) or until)
    return until if until > b.clocks_from_at else None


def _lost_start(b: Booking, technician: Technician | None) -> datetime | None:
    """The start they had claimed: the booking itself no longer knows it."""
    mine = Assignment.objects.filter(booking=b, technician=technician).order_by("-pk")
    return mine.values_list("start_at", flat=True).first()


def _reached(b: Booking, _: Technician | None) -> bool:
    """Whether the call that kept the promise was one, or the last of enough tries (rule L1)."""
    calls = CallAttempt.objects.filter(assignment__booking=b, assignment__ended_at=None).order_by(
        "-at"
    )
    return bool(calls.values_list("reached", flat=True).first())


def _visit_code(b: Booking, _: Technician | None) -> str:
    """The running assignment's; the message keeps it sealed."""
    running = Assignment.objects.filter(booking=b, ended_at=None).first()
    return running.code if running else ""


def _calendar(b: Booking, technician: Technician | None) -> dict[str, Any] | None:
    """The visit as it is now, or that it is off; nothing before a confirmation has given an entry
    out.

    The booking's epoch grows with each move: of two files with the same number a calendar takes the
    newer one.
    """
    given = (
        b.state == State.CONFIRMED
        or Notification.objects.filter(subject_id=b.uuid, kind="confirmed").exists()
    )
    if not given:
        return None
    start_at = b.start_at or _former_start(b)
    return {
        "sequence": b.epoch,
        "from": start_at,
        "minutes": b.duration_minutes,
        "stands": b.start_at is not None,
        "where": f"{b.postcode} {b.city}",
        "who": technician.name if technician and b.start_at else "",
    }


def _former_start(b: Booking) -> datetime | None:
    """The start of the assignment that has just ended."""
    return (
        Assignment.objects.filter(booking=b)
        .order_by("-pk")
        .values_list("start_at", flat=True)
        .first()
    )


def _papers(b: Booking, _: Technician | None) -> list[str]:
    if b.terms is None or b.placed_at is None:
        return []
    how = conditions.keep(conditions.text("withdrawal", b.terms.language, b.placed_at))
    return [b.terms.sha256, how.sha256]


def _withdrawn_at(b: Booking, _: Technician | None) -> datetime:
    """When the customer declared it; staff may have entered it later."""
    last = b.events.latest("sequence")
    return datetime.fromisoformat(last.data.get("declared_at") or last.at.isoformat())


def _sign_off(b: Booking) -> SignOff | None:
    try:
        return b.sign_off
    except ObjectDoesNotExist:
        return None


def _signed(field: str) -> Callable[[Booking, Technician | None], Any]:
    return lambda b, _: getattr(_sign_off(b), field, None)


def _last_quote(b: Booking) -> Quote | None:
    return b.quotes.agreed().order_by("-version").first()


def _proposal(b: Booking) -> Quote:
    return b.quotes.open().get()


def _final(b: Booking, _: Technician | None) -> int:
    quote = _last_quote(b)
    return (quote.service_cents if quote else b.service_cents) + b.booking_fee_cents


def _owed(b: Booking, _: Technician | None) -> int:
    """Of a booking that ended without one the fee, whatever was signed before it was decided."""
    if b.state in (State.FAILED, State.CANCELLED):
        return b.fee_cents
    sign_off = _sign_off(b)
    return sign_off.charge_cents if sign_off else b.fee_cents


def _who(_: Booking, technician: Technician | None) -> str:
    """Their name, and their company's where it is another."""
    if technician is None:
        return ""
    company = technician.partner.name
    return technician.name if company == technician.name else f"{technician.name} ({company})"


def _lines(b: Booking, _: Technician | None) -> list[dict[str, Any]]:
    """The lines of what was signed; one line where the price has none."""
    sign_off = b.sign_off
    lines = [
        {"label": line.label, "quantity": line.quantity, "cents": line.cents}
        for line in sign_off.quote.lines.all()
    ]
    return lines or [{"label": str(b.service), "quantity": 1, "cents": sign_off.service_cents}]


def _share(b: Booking, technician: Technician | None, amount_cents: int) -> int:
    """What stays with the technician's partner, at the rate of its kind (rule M2)."""
    assert technician is not None
    return split(amount_cents, b.policy.commission_bp[technician.partner.kind], 0).partner_cents


FACTS: dict[str, Callable[[Booking, Technician | None], Any]] = {
    # Where and what, as anybody may know it before a claim (rule D8)
    "place": lambda b, _: f"{b.postcode} {b.city}",
    "postcode": lambda b, _: b.postcode,
    "duration_minutes": lambda b, _: b.duration_minutes,
    "prepare": lambda b, _: b.service.prepare_list,
    # Who
    "technician": lambda b, t: t.name if t else "",
    "partner": lambda b, t: t.partner.name if t else "",
    "who": _who,
    "profile_url": lambda _, t: f"{settings.SITE_URL}/technicians/{t.public_id}/" if t else "",
    "friend": lambda b, t: t.partner.is_friend if t else False,
    "reached": _reached,
    "visit_code": _visit_code,
    "at_the_door": lambda b, _: was_at_the_door(b),
    "work_proved": lambda b, _: withdrawal.is_proved(b),
    # When
    "starts_at": _starts,
    "start_at": lambda b, _: b.start_at,
    "last_start_at": lambda b, _: b.last_start_at,
    "lost_start_at": _lost_start,
    "search_limit_at": _search_limit,
    "call_due_at": _call_due,
    "until_call_at": lambda b, t: _by_day(b, _call_due(b, t)),
    "confirm_due_at": _confirm_due,
    "until_confirm_at": lambda b, t: _by_day(b, _confirm_due(b, t)),
    "free_until_at": _free_until,
    "objection_seconds": lambda b, _: int(b.policy.objection_window.total_seconds()),
    "lateness_cancel_at": lambda b, _: deadlines.lateness_cancel_at(b.start_at, b.policy),
    "signature_limit_at": lambda b, _: (
        b.due_at or deadlines.signature_limit_at(b.finished_at, b.policy)
    ),
    "signed_at": _signed("signed_at"),
    "placed_at": lambda b, _: b.placed_at,
    "withdrawn_at": _withdrawn_at,
    "guarantee_until_at": lambda b, _: b.sign_off.signed_at + b.policy.guarantee,
    # The terms that were accepted, and how to withdraw: accounts.notifications attaches them (law
    # R5, R6)
    "papers": _papers,
    # The entry for their calendar: accounts.notifications attaches it
    "calendar": _calendar,
    # How much
    "total_cents": lambda b, _: b.total_cents,
    "final_cents": _final,
    "agreed_cents": lambda b, _: _final(b, _) - b.booking_fee_cents,
    "proposed_cents": lambda b, _: _proposal(b).service_cents + b.booking_fee_cents,
    "proposed_minutes": lambda b, _: _proposal(b).duration_minutes,
    "owed_cents": _owed,
    "cancel_cents": lambda b, _: b.policy.cancel_fee_cents[b.currency],
    "fee_cents": lambda b, _: b.fee_cents,
    "fee_share_cents": lambda b, t: _share(b, t, b.fee_cents),
    "earnings_cents": lambda b, t: _share(b, t, b.service_cents),
    "lines": _lines,
    "price_cents": _signed("service_cents"),
    "fee_part_cents": _signed("booking_fee_cents"),
    "commission_cents": _signed("commission_cents"),
    "partner_cents": _signed("partner_cents"),
    "charge_cents": _signed("charge_cents"),
}
