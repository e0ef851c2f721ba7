"""What is paid out on a day, who has to say yes to it, and what keeps a share from it (rule M5)."""

from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from payments import earnings, operations
from payments.models import (
    DISPUTED,
    UNDER_WAY,
    Dispute,
    Earning,
    Payout,
    PayoutAccount,
    PayoutState,
    Refund,
)
from payments.payouts import telling
from payments.payouts.table import (
    OVER,
    STILL_HERE,
    LockedPayout,
    advance,
    lock_partner,
    lock_payout,
    new,
)
from places.calendar import is_bank_day, wall_time
from places.place import TIME_ZONES
from policy.queries import policy_at
from requests_app.lifecycle import lock_booking
from requests_app.models import DecisionAppeal


class AlreadyUnderWay(Refusal):
    sentence = _("This payout has been sent, or it was taken back. Nothing was changed.")


class OnePersonTwice(Refusal):
    sentence = _(
        "You have approved this payout already. Above the limit somebody else has to look as well."
    )


class NothingToFreeze(Refusal):
    sentence = _("Of this booking nothing waits to be paid out.")


def due_partners(at: datetime, limit: int) -> list[int]:
    """Of whom something is due today, on the wall of their country, and can be sent.

    Nobody who is suspended.
    """
    found: list[int] = []
    for country, zone in TIME_ZONES.items():
        today = wall_time(at, zone).date()
        if is_bank_day(today, country):
            due = Earning.objects.filter(
                payout=None, frozen_at=None, promised_on__lte=today, cents__gt=0
            )
            due = due.filter(partner__country=country, partner__suspended_at=None)
            ready = due.filter(partner__payout_account__can_be_paid=True)
            found += ready.values_list("partner", flat=True).distinct().order_by("partner")[:limit]
    return found


def _made_today(today: date):
    return Payout.objects.filter(day=today).exclude(state__in=OVER)


def plan(partner_id: int) -> list[Payout]:
    """One payout for each currency in which something is left of what is free, less what the
    partner owes.

    A repeat on the same day plans nothing. Above the limit two of our staff have to say yes.
    """
    due = (
        earnings.unpaid(partner_id)
        .values_list("currency", flat=True)
        .distinct()
        .order_by("currency")
    )
    return [payout for currency in list(due) if (payout := _plan(partner_id, currency)) is not None]


@verb
def _plan(partner_id: int, currency: str) -> Payout | None:
    """Looks again at what `due_partners` saw, now under the lock."""
    partner, at = lock_partner(partner_id), mila_now()
    today = wall_time(at, TIME_ZONES[partner.country]).date()
    account = (
        PayoutAccount.objects.select_for_update()
        .filter(partner=partner, lost_at=None, can_be_paid=True)
        .first()
    )
    made = _made_today(today).filter(partner=partner, currency=currency)
    if (
        account is None
        or partner.suspended_at
        or not is_bank_day(today, partner.country)
        or made.exists()
    ):
        return None
    due = Q(cents__gt=0, promised_on__lte=today, free_at__lte=at) | Q(
        cents__lt=0, promised_on__lte=today
    )
    rows = list(
        earnings.unpaid(partner_id)
        .filter(due, currency=currency, frozen_at=None)
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    total = sum(row.cents for row in rows)
    if total <= 0:
        return None
    asks = total > policy_at(at, partner.country).payout_approval_cents[currency]
    payout = new(
        partner=partner, account=partner.stripe_account, currency=currency, cents=total, day=today
    )
    advance(payout, "ask_staff" if asks else "plan", next_at=None if asks else at)
    Earning.objects.filter(pk__in=[row.pk for row in rows]).update(payout=payout)
    if asks:
        telling.tell_ops(payout, "approval")
    return payout


@verb
def approve(payout_id: int, *, by: User) -> Payout:
    """The first yes is kept, the second, another person's, sends it.

    Raises AlreadyUnderWay, OnePersonTwice.
    """
    payout = lock_payout(payout_id)
    if payout.state != PayoutState.WAITS:
        raise AlreadyUnderWay
    if payout.approved_by_id is None:
        payout.approved_by = by
        payout.save(update_fields=["approved_by"])
    elif payout.approved_by_id == by.pk:
        raise OnePersonTwice
    else:
        advance(payout, "approve", approved_too_by=by, next_at=mila_now())
    return payout


@verb
def drop(payout_id: int) -> Payout:
    """Taken back before anything was sent; its shares are planned anew on the next day.

    Raises AlreadyUnderWay.
    """
    payout = lock_payout(payout_id)
    give_back(payout, mila_now())
    return payout


def give_back(payout: LockedPayout, at: datetime) -> None:
    """Its shares are free again, and promised for the day that is true now.

    Raises AlreadyUnderWay.
    """
    shares = list(payout.earnings.values_list("pk", flat=True))
    _drop(payout, at)
    for earning in (
        Earning.objects.filter(pk__in=shares).select_related("partner", "booking").order_by("pk")
    ):
        earnings.promise_one_anew(earning, at)


def _is_still_here(payout: Payout) -> bool:
    # A call that was written down may have left the house, whatever state says that it was put
    # back.
    return payout.state in STILL_HERE and operations.unanswered(payout.operations.all()) is None


def _drop(payout: LockedPayout, at: datetime) -> None:
    if not _is_still_here(payout):
        raise AlreadyUnderWay
    advance(payout, "drop", next_at=None, ended_at=at)
    Earning.objects.filter(payout=payout).update(payout=None)


class StillOpen(Refusal):
    sentence = _(
        "A refund or a dispute of this booking is not over. Its payout goes on by itself then."
    )


@verb
def freeze(booking_id: int, *, by: User) -> list[Earning]:
    """Staff keep it: nothing of this booking is paid out until staff let it go on (rule G4). Also
    what a refund or a dispute had frozen: its end releases it no more. A repeat changes nothing.

    Raises NothingToFreeze, also where it is on its way to the bank: then it is owed, not frozen.
    """
    lock_booking(booking_id)
    freeze_what_waits(booking_id)
    frozen = Earning.objects.filter(booking_id=booking_id, frozen_at__isnull=False)
    if not frozen.exists():
        raise NothingToFreeze
    frozen.filter(frozen_by=None).update(frozen_by=by)
    return list(frozen)


def freeze_what_waits(booking_id: int) -> list[Earning]:
    """The shares of the booking that were not frozen and can be, with what
    is to be taken off them.
    """
    found = Earning.objects.filter(booking_id=booking_id, frozen_at=None).order_by("pk")
    for partner_id in sorted(set(found.values_list("partner_id", flat=True))):
        lock_partner(partner_id)
    at, frozen = mila_now(), []
    rows = list(found.select_for_update(of=("self",)).select_related("payout"))
    waits = [one for one in rows if one.payout is None or _is_still_here(one.payout)]
    if not any(one.cents > 0 for one in waits):
        return []
    for payout_id in sorted({one.payout_id for one in waits if one.payout_id}):
        _drop(lock_payout(payout_id), at)
    for earning in waits:
        earning.payout, earning.frozen_at = None, at
        earning.save(update_fields=["payout", "frozen_at"])
        frozen.append(earning)
    return frozen


@verb
def thaw(booking_id: int) -> list[Earning]:
    """Staff let it go on, at once, or with the end of what is still open. A repeat changes nothing.

    Raises StillOpen where a refund or a dispute alone keeps it.
    """
    lock_booking(booking_id)
    kept = Earning.objects.filter(booking_id=booking_id, frozen_by__isnull=False).update(
        frozen_by=None
    )
    if not is_contested(booking_id):
        return thaw_what_is_decided(booking_id)
    if not kept:
        raise StillOpen
    return []


def is_contested(booking_id: int) -> bool:
    """Whether a refund of the booking is being made, or a dispute or the customer's appeal is not
    over.
    """
    being_made = Refund.objects.filter(charge__booking_id=booking_id, state__in=UNDER_WAY)
    disputes = Dispute.objects.filter(charge__booking_id=booking_id)
    return (
        being_made.exists()
        or DecisionAppeal.objects.filter(booking=booking_id, verdict="").exists()
        or disputes.filter(Q(state__in=DISPUTED) | Q(next_at__isnull=False)).exists()
    )


def thaw_what_is_decided(booking_id: int) -> list[Earning]:
    """What nobody of our staff keeps is paid out on the next day of its kind.

    The caller holds the lock of the booking.
    """
    at, thawed = mila_now(), []
    found = Earning.objects.filter(
        booking_id=booking_id, frozen_at__isnull=False, frozen_by=None
    ).order_by("pk")
    for partner_id in sorted(set(found.values_list("partner_id", flat=True))):
        lock_partner(partner_id)
    for earning in found.select_for_update(of=("self",)).select_related("partner", "booking"):
        earning.frozen_at = None
        earning.save(update_fields=["frozen_at"])
        earnings.promise_one_anew(earning, at)
        thawed.append(earning)
    return thawed
