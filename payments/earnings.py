"""What a partner has earned and not been paid yet, and the day it is promised for (rule M5).

One row for each line of the ledger that is a partner's, made in the same transaction. Whoever
writes one has locked the booking, or the partner.
"""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import PartnerProfile, Technician
from mila.cleaning import canonical_email
from mila.transactions import verb
from payments.models import (
    Advance,
    Charge,
    ChargeKind,
    Dispute,
    Earning,
    Hold,
    PayoutAccount,
    Refund,
    WayPay,
)
from payments.payout_days import first_day
from places.calendar import wall_time
from places.distance import metres
from places.folding import fold
from places.place import TIME_ZONES, VAGUE
from policy.queries import policy_at
from requests_app.models import Booking

SAME_HOUSE_M = 50


def earn_charge(charge: Charge, at: datetime) -> Earning | None:
    """The partner's share of a paid charge. A repeat returns the first one."""
    if charge.partner is None or not charge.partner_cents:
        return None
    return _earn(charge.booking, charge.partner, charge.partner_cents, at, charge=charge)


def earn_way(way: WayPay, at: datetime) -> Earning | None:
    """A way that Mila pays; the money has still to be brought to the partner's account."""
    return _earn(way.booking, way.partner, way.cents, at, way=way) if way.cents else None


def earn_advance(advance: Advance, at: datetime) -> Earning | None:
    """What Mila advances of an unpaid charge: the time of the hold is long over, so it goes with
    the next payout. The money has still to be brought to the partner's account.
    """
    charge = advance.charge
    assert charge.partner is not None
    return _earn(charge.booking, charge.partner, advance.cents, at, advance=advance)


def take_back(
    charge: Charge, cents: int, at: datetime, **of: Refund | Dispute | Advance
) -> Earning | None:
    """The partner's part of a refund, of a lost dispute, or what was advanced (`of`). It waits with
    its share while that is not paid out; later it is a debt, netted from the next payout
    (fault M15). A repeat returns the first one.
    """
    found = Earning.objects.filter(**of).first()
    if found is not None or charge.partner is None or not cents:
        return found
    PartnerProfile.objects.select_for_update(no_key=True).get(pk=charge.partner.pk)
    share = Earning.objects.filter(charge=charge).select_for_update().first()
    waits = share if share is not None and share.payout_id is None else None
    today = wall_time(at, TIME_ZONES[charge.partner.country]).date()
    return Earning.objects.create(
        partner=charge.partner,
        technician=share.technician if share else None,
        booking=charge.booking,
        currency=charge.currency,
        cents=-cents,
        earned_at=at,
        free_at=waits.free_at if waits else at,
        promised_on=waits.promised_on if waits else today,
        frozen_at=waits.frozen_at if waits else None,
        frozen_by=waits.frozen_by if waits else None,
        **of,
    )


def _earn(
    booking: Booking,
    partner: PartnerProfile,
    cents: int,
    at: datetime,
    *,
    charge: Charge | None = None,
    way: WayPay | None = None,
    advance: Advance | None = None,
) -> Earning:
    of: dict[str, Charge | WayPay | Advance | None] = {
        "charge": charge,
        "way": way,
        "advance": advance,
    }
    found = Earning.objects.filter(**of, refund=None, dispute=None, set_off=None).first()
    if found is not None:
        return found
    # Two jobs of a partner that are paid in the same moment are counted one after the other.
    PartnerProfile.objects.select_for_update(no_key=True).get(pk=partner.pk)
    hold = why_longer(booking, partner) if advance is None else Hold.NONE
    rests = booking.policy.payout_hold_long if hold else booking.policy.payout_hold
    earning = Earning(
        partner=partner,
        technician=_technician(booking, partner),
        booking=booking,
        **of,
        currency=booking.currency,
        cents=cents,
        earned_at=at,
        hold=hold,
        free_at=at if advance is not None else at + rests,
    )
    _promise(earning, changed_until(partner))
    earning.save(force_insert=True)
    return earning


def _technician(booking: Booking, partner: PartnerProfile) -> Technician | None:
    """Who of them has the job, or had it when it was cancelled or went to others."""
    if booking.technician and booking.partner_id == partner.pk:
        return booking.technician
    last = (
        booking.assignments.filter(partner=partner)
        .select_related("technician")
        .order_by("-pk")
        .first()
    )
    return last.technician if last else None


# --- How long it rests


def why_longer(booking: Booking, partner: PartnerProfile) -> Hold:
    if have_something_in_common(booking, partner):
        return Hold.OVERLAP
    jobs = Earning.objects.filter(partner=partner, charge__kind=ChargeKind.JOB).count()
    return Hold.FIRST_JOBS if jobs < booking.policy.payout_first_jobs else Hold.NONE


def have_something_in_common(booking: Booking, partner: PartnerProfile) -> bool:
    """Whether the payer's account, name, address, telephone or house is the partner's too
    (fault A4).

    A look by the house and by nobody: no name leaves this function. The number of the bank account
    is Stripe's alone.
    """
    people = list(partner.technicians.select_related("user"))
    payer, contact = booking.customer, getattr(booking, "contact", None)
    if payer is not None:
        emails = {
            canonical_email(partner.email),
            *(canonical_email(one.user.email) for one in people),
        }
        if payer.pk in {one.user_id for one in people} or canonical_email(payer.email) in emails:
            return True
    names = {fold(partner.name), *(fold(one.name) for one in people)} - {""}
    if {fold(payer.name if payer else ""), fold(contact.name if contact else "")} & names:
        return True
    if contact is None:
        return False
    if contact.phone and contact.phone in {str(one.phone) for one in people}:
        return True
    if contact.lat is None or contact.lon is None or contact.precision in VAGUE:
        return False
    return any(metres(contact.lat, contact.lon, one.lat, one.lon) <= SAME_HOUSE_M for one in people)


def changed_until(partner: PartnerProfile) -> datetime | None:
    """Until when nothing goes to a bank account that was changed lately."""
    changed = (
        PayoutAccount.objects.filter(partner=partner)
        .values_list("bank_changed_at", flat=True)
        .first()
    )
    return changed + policy_at(changed, partner.country).payout_hold_changed if changed else None


def _promise(earning: Earning, not_before: datetime | None) -> None:
    partner = earning.partner
    earning.promised_on = first_day(
        earning.earned_at,
        max(earning.free_at, not_before) if not_before else earning.free_at,
        friend=partner.is_friend,
        country=partner.country,
        zone=TIME_ZONES[partner.country],
        policy=earning.booking.policy,
    )


# --- What changes the promise


def unpaid(partner_id: int) -> QuerySet[Earning]:
    return Earning.objects.filter(partner_id=partner_id, payout=None)


@verb
def promise_anew(partner_id: int, at: datetime) -> None:
    """The bank account was changed, or a payout came back: what is not paid yet gets the day that
    is true now.
    """
    partner = PartnerProfile.objects.select_for_update(no_key=True).get(pk=partner_id)
    until = changed_until(partner)
    rows = (
        unpaid(partner_id)
        .select_for_update(of=("self",))
        .select_related("partner", "booking")
        .order_by("pk")
    )
    for earning in rows:
        _promise(earning, max(at, until) if until else at)
        earning.save(update_fields=["promised_on"])


def promise_one_anew(earning: Earning, at: datetime) -> None:
    """It was frozen, and goes on. The caller holds its lock."""
    until = changed_until(earning.partner)
    _promise(earning, max(at, until) if until else at)
    earning.save(update_fields=["promised_on"])
