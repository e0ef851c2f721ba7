"""A price above what the card was saved for: the payer says yes on their own device, then their
bank is asked about the card, and only its yes makes the version count (rule L10, M4).

No money moves. Whoever hears the bank's yes first, the page, the webhook or the sweep, makes it
count, once. Who stops at their bank is reminded, once.
"""

import logging
from datetime import timedelta

from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import MilaNow, mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import cards, gateway
from payments.models import PriceRaise
from requests_app import deadlines, notices, price_versions, statement
from requests_app.actions import answering, quoting
from requests_app.lifecycle import lock_booking, lock_unless_locked
from requests_app.live_pages import tell_both
from requests_app.models import NEGOTIABLE, AcceptanceKind, Booking, Quote

log = logging.getLogger(__name__)
ABOUT = "quote__booking__customer"
PUSH_BACK = timedelta(minutes=1)


class NotTheirCard(Refusal):
    sentence = _("Your bank was asked about another card. Please try again with the card shown.")


def raise_of(quote: Quote | None) -> PriceRaise | None:
    """The question to the bank about this version, if one was asked and it still waits."""
    found = PriceRaise.objects.select_related(ABOUT).filter(quote=quote).first() if quote else None
    return found if found is not None and found.waits else None


def ask(booking_id: int, *, version: int, by: User | None, number: str = "") -> answering.Answer:
    """The payer says yes: proved by their account, or by the number that was sent for this version.

    From then on the bank may be asked (`open_question`). A wrong number uses up a try, so this
    answers and raises nothing for it. A repeat answers the same. Raises answering.ProposalGone.
    """
    quote = _waiting(booking_id, version)
    if raise_of(quote) is not None:
        return answering.Answer.ACCEPTED
    if by is None:
        answer = answering.prove_payer(booking_id, version=version, number=number)
        if answer != answering.Answer.ACCEPTED:
            return answer
    _note(booking_id, version, by)
    return answering.Answer.ACCEPTED


def _waiting(booking_id: int, version: int) -> Quote:
    """The proposal, which is above the ceiling. Raises answering.ProposalGone."""
    booking = Booking.objects.get(pk=booking_id)
    quote = answering.open_proposal(booking, version)
    if not quoting.needs_bank(booking, quote):
        raise answering.ProposalGone
    return quote


@verb
def _note(booking_id: int, version: int, by: User | None) -> None:
    booking = lock_booking(booking_id)
    quote = answering.open_proposal(booking, version)
    at = mila_now()
    PriceRaise.objects.get_or_create(
        quote=quote,
        defaults={
            "card": booking.card,
            "by": by,
            "asked_at": at,
            "remind_at": deadlines.bank_reminder_at(at, booking.policy),
        },
    )
    tell_both(booking, "answered")


def open_question(found: PriceRaise) -> PriceRaise:
    """Opened at Stripe, once for each version: a card refused by the bank is asked about again in
    the same one. Raises gateway.GatewayError.
    """
    if found.intent_id:
        return found
    booking = found.quote.booking
    assert booking.customer is not None
    intent = gateway.create_reauthentication(
        customer=cards.payment_customer(booking.customer).stripe_id,
        card=found.card,
        booking_uuid=str(booking.uuid),
        version=found.quote.version,
        amount_cents=found.quote.service_cents + booking.booking_fee_cents,
        key=cards.of_this_minute(f"{booking.uuid}-raise-{found.quote.version}-{found.number}"),
    )
    # Two pages at once open two: the one that is kept is asked, the other stays empty.
    PriceRaise.objects.filter(pk=found.pk, intent_id="").update(
        intent_id=intent.id, client_secret=intent.client_secret
    )
    found.refresh_from_db()
    return found


def finish(found: PriceRaise, *, device: str = "") -> bool:
    """What the bank said: whether the version counts now. Repeatable, before or after the webhook.

    Raises NotTheirCard, answering.ProposalGone (it fell meanwhile: the bank's yes changes nothing),
    quoting.NoTimeLeft, gateway.GatewayError.
    """
    if not found.intent_id:
        return False
    intent = gateway.retrieve_setup_intent(found.intent_id)
    if intent.status != "succeeded":
        return False
    if intent.payment_method != found.card:
        _ask_anew(found)
        raise NotTheirCard
    _count(found.pk, found.card, device)
    return True


@verb
def _ask_anew(found: PriceRaise) -> None:
    """This question is answered for a card we do not charge: the next try opens another."""
    PriceRaise.objects.filter(pk=found.pk, intent_id=found.intent_id, agreed_at=None).update(
        intent_id="", client_secret="", number=F("number") + 1
    )


@verb
def _count(raise_id: int, card: str, device: str) -> None:
    """The version counts, and the question is over, in one commit.

    Raises NotTheirCard where the booking has another one since (payments.another_card): what that
    one may be charged with, its bank was not asked.
    """
    found = PriceRaise.objects.select_related(ABOUT, "by").get(pk=raise_id)
    booking = lock_booking(found.quote.booking_id)
    if booking.card != card:
        raise NotTheirCard
    with translation.override(booking.language):
        quote = price_versions.proposal(booking)
        words = (
            statement.of_a_proposal(booking, price_versions.agreed(booking), quote)
            if quote is not None
            else ""
        )
    answering.accept(
        booking.pk,
        version=found.quote.version,
        by=found.by,
        words=words,
        device=device,
        kind=AcceptanceKind.BANK,
    )
    PriceRaise.objects.filter(pk=raise_id, agreed_at=None).update(
        agreed_at=mila_now(), remind_at=None
    )


def hear(intent_id: str) -> bool:
    """Stripe says that the bank has answered; whether the question is one of ours."""
    found = PriceRaise.objects.filter(intent_id=intent_id).first()
    if found is None:
        return False
    try:
        finish(found)
    except Refusal as refusal:  # it fell, or there is no time any more: said on the payer's page
        log.info("the bank's yes to version %s: %s", found.quote_id, refusal)
    return True


# --- Left at the bank


def take_up(raise_id: int) -> bool:
    """The payer has said yes a while ago: the bank is asked what became of it, and where it has
    said nothing the payer is reminded, once.

    Answers whether they were. Raises gateway.GatewayError: then it is asked again by the next
    sweep, as the reminder would say what may no longer be true.
    """
    found = PriceRaise.objects.select_related(ABOUT).filter(pk=raise_id).first()
    if found is not None and found.waits and found.intent_id:
        hear(found.intent_id)
    return _remind(raise_id)


@verb
def _remind(raise_id: int) -> bool:
    """Locks the booking: an answer, an end or a move that comes at the same moment is seen here, or
    finds a reminder that was true.
    """
    due = PriceRaise.objects.filter(pk=raise_id, remind_at__lte=MilaNow())
    booking_id = due.values_list("quote__booking_id", flat=True).first()
    booking = lock_unless_locked(booking_id) if booking_id else None
    found = due.select_related("quote").first() if booking is not None else None
    if booking is None or found is None:
        return False
    due.update(remind_at=None)
    if not found.waits or booking.state not in NEGOTIABLE:
        return False
    notices.queue(booking, "bank_waits", round=found.quote.version)
    return True


def put_off(raise_id: int) -> None:
    """The bank could not be asked: again in a minute."""
    PriceRaise.objects.filter(pk=raise_id, remind_at__isnull=False).update(
        remind_at=MilaNow() + PUSH_BACK
    )
