"""Who is told what about a booking, and which facts each message may carry (rule N1, D8; fault A2).

One row of KINDS for each message; its words are in templates/emails/<kind>.txt. A fact that is not
in the row is not in the message: contact data of the customer is no fact at all, messages to
partners lead to the job's page instead.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import translation

from accounts import notifications, push
from accounts.models import Notification, NotificationState, Technician, Urgency, User
from mila.clock import mila_now
from requests_app import secret_link
from requests_app.models import Booking, BookingContact
from requests_app.notice_facts import FACTS


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
    `urgency`: how hard its person is looked for.
    """

    to: To
    facts: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    leads: str = ""
    waits: timedelta | None = None
    urgency: Urgency = Urgency.CALM


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
# needless once the proposal is answered, or falls
ASK_FOR_AN_ANSWER = ("price_proposed", "bank_waits")
PRICE_WAITS = ("technician", "start_at", "final_cents", "proposed_cents")
PATIENCE = timedelta(minutes=10)
LIGHT, SOON, NOW, VITAL = Urgency.LIGHT, Urgency.SOON, Urgency.NOW, Urgency.VITAL


def urgent(urgency: Urgency, notice: Notice) -> Notice:
    """Told by the ladder. What has a paper or a calendar's entry attached stays a mail: nothing
    else can carry it.
    """
    assert not {"papers", "calendar"} & set(notice.facts)
    return replace(notice, urgency=urgency)


KINDS: dict[str, Notice] = {
    # The customer's booking, in the order of its life
    "draft_saved": Notice(To.CUSTOMER, waits=PATIENCE),
    "address_code": to_customer(given=("code", "until_at")),
    "link_renewed": to_customer(),
    "booked": to_customer("starts_at", "total_cents", "search_limit_at", "papers"),
    # a mail, whatever else reaches them: it is for whoever did not do it
    "card_changed": to_customer(given=("card",)),
    "search_warning": urgent(SOON, to_customer("starts_at", "search_limit_at")),
    "unfilled": urgent(VITAL, to_customer("starts_at", "last_start_at")),
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
    "en_route": urgent(NOW, to_customer("technician", "start_at", "visit_code")),
    # to a device alone: who has none sees it on the page
    "arrived": urgent(Urgency.PASSING, to_customer("technician")),
    "taken_back": to_customer("technician", "start_at", given=("step",)),
    "late": urgent(NOW, to_customer("technician", "start_at", "lateness_cancel_at")),
    "failed": to_customer(
        "technician", "start_at", "fee_cents", "at_the_door", "objection_seconds"
    ),
    "please_sign": urgent(
        SOON,
        Notice(To.CUSTOMER, ("technician", "final_cents", "signature_limit_at"), waits=PATIENCE),
    ),
    "price_proposed": urgent(NOW, to_customer(*PRICE_WAITS, "proposed_minutes")),
    "bank_waits": urgent(NOW, replace(to_customer(*PRICE_WAITS), leads="?price")),
    "price_code": to_customer(
        "technician", "proposed_cents", given=("code", "until_at", "on_page")
    ),
    "price_agreed": to_customer("technician", "start_at", "final_cents", given=("on_screen",)),
    "price_as_booked": to_customer("total_cents", "duration_minutes"),
    "signed_unproved": to_customer("technician", "start_at", "charge_cents", "objection_seconds"),
    "contested": to_customer("technician", "start_at"),
    "decided": to_customer("charge_cents", "may_appeal"),
    "decided_none": to_customer("fee_cents", "may_appeal"),
    "decision_appealed": to_customer(given=("due_at",)),
    "decision_appeal_decided": to_customer(given=("overturned", "paid")),
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
    "outage_start": urgent(SOON, to_customer()),
    "outage_promise": to_customer("technician", "start_at", given=("extended_at",)),
    "outage_sign": to_customer(given=("extended_at",)),
    # The partner's job
    "offer": urgent(
        NOW,
        Notice(
            To.PARTNER,
            ("postcode", "starts_at", "duration_minutes", "earnings_cents"),
            given=("distance_m", "until_at", "from_reserve"),
        ),
    ),
    "job_claimed": to_partner("start_at", "duration_minutes", "call_due_at", "confirm_due_at"),
    "job_assigned": urgent(
        VITAL, to_partner("start_at", "duration_minutes", "call_due_at", "confirm_due_at")
    ),
    "call_reminder": urgent(SOON, to_partner("start_at", "call_due_at", "until_call_at")),
    "confirm_reminder": urgent(SOON, to_partner("start_at", "confirm_due_at", "until_confirm_at")),
    "confirm_missed": urgent(SOON, to_partner("start_at", "confirm_due_at")),
    "job_outage": to_partner("start_at", given=("extended_at",)),
    "job_moved": urgent(VITAL, to_partner("start_at", "call_due_at", "confirm_due_at")),
    "late_said": urgent(NOW, to_partner("start_at", "lateness_cancel_at")),
    "job_time_declined": urgent(LIGHT, to_partner("start_at")),
    "job_second_visit": urgent(LIGHT, to_partner("start_at")),
    "door_waited": urgent(NOW, to_partner("start_at")),
    "job_price_answered": urgent(NOW, to_partner("start_at", "agreed_cents", given=("accepted",))),
    "message_for_partner": urgent(
        LIGHT, Notice(To.PARTNER, ("place", "start_at"), leads="messages/")
    ),
    "job_contested": urgent(LIGHT, to_partner("start_at")),
    "job_paid": to_partner("start_at", "price_cents", "commission_cents", "partner_cents"),
    "job_refunded": to_partner("start_at", given=("share_cents",)),
    "call_missed": urgent(SOON, to_former()),
    "job_released": urgent(LIGHT, to_former()),
    "job_taken": urgent(SOON, to_former()),
    "job_lost": urgent(SOON, to_former()),
    "no_show": urgent(SOON, to_former()),
    "job_cancelled": urgent(VITAL, to_former("fee_cents", "fee_share_cents")),
    "job_withdrawn": urgent(VITAL, to_former("fee_cents", "fee_share_cents", "work_proved")),
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
    "decision_appeal_ops": Notice(To.OPS, ("place",), ("due_at",)),
    "decision_appeal_due_ops": Notice(To.OPS, (), ("due_at",)),
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
    "advance_ops": to_ops(given=("advance_cents",)),
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
    if person is None or not _is_heard(booking, notice, person.user):
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
    loud = notice.urgency != Urgency.CALM
    return notifications.Message(
        kind=kind,
        subject_id=about or booking.uuid,
        round=round,
        user=person.user,
        email=person.email,
        language=person.language,
        context=facts,
        sealed={
            "link": person.link + notice.leads,
            **sealed,
            **(_for_a_text(booking, person) if loud else {}),
        },
        urgency=notice.urgency,
        at=mila_now() + notice.waits if notice.waits else None,
    )


def _is_heard(booking: Booking, notice: Notice, user: User | None) -> bool:
    """What devices alone can tell is written down only for who has one that hears it."""
    return notice.urgency != Urgency.PASSING or (
        user is not None and push.follows(user, booking.uuid)
    )


def drop_waiting(booking: Booking) -> None:
    """The step has been made that these messages would have asked for: those that still wait are
    never sent.
    """
    waiting = Notification.objects.filter(subject_id=booking.uuid, state=NotificationState.QUEUED)
    patient = [kind for kind, notice in KINDS.items() if notice.waits]
    early = Q(kind__in=patient, tries=0, due_at__gt=mila_now())
    notifications.drop(waiting.filter(early | Q(kind__in=PROMISE_REMINDERS)))


def drop_answered(booking: Booking) -> None:
    """The proposed price waits for no answer any more."""
    notifications.call_off(booking.uuid, ASK_FOR_AN_ANSWER)


def reseal(booking: Booking) -> None:
    """The secret link is another one: messages to the customer that wait to be sent carry it."""
    kinds = [kind for kind, notice in KINDS.items() if notice.to is To.CUSTOMER]
    notifications.reseal(
        booking.uuid, kinds, link=secret_link.mailed_url(booking), page=_page(booking)
    )
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


def _for_a_text(b: Booking, person: Person) -> dict[str, str]:
    """What a text message needs: a number, and the page without the proof that only a mail may
    carry (rule B12).
    """
    if person.technician is not None and person.user == person.technician.user:
        return {"phone": str(person.technician.phone), "page": person.link}
    contact = BookingContact.objects.filter(booking=b).first()
    return {"phone": contact.phone if contact else "", "page": _page(b)}


def _page(b: Booking) -> str:
    return settings.SITE_URL + reverse("customer:booking", args=[b.token])


def _name(fact: str) -> str:
    """`until_call_at` and its like all tell the delivery the same: when the message stops being
    true.
    """
    return "until_at" if fact.startswith("until_") else fact
