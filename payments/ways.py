"""Who pays the partner's way where no customer does (rule L11, B10): Mila, decided once, with its
ledger entry.

Staff decide each of them, with the right over money and the second factor. None is paid by itself:
a place is what a phone says, and where the customer owes nothing there is nobody who would object.
"""

from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile, User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from payments import earnings, ledger
from payments.models import WayPay
from requests_app import notices
from requests_app.lifecycle import Locked, lock_booking
from requests_app.models import Booking, Fault, State

# Until brands exist Mila answers for theirs as well.
MILA_ANSWERS = (Fault.MILA, Fault.BRAND)


class WayNotOpen(Refusal):
    sentence = _(
        "Nothing is to be decided here: it was decided meanwhile, or the way is not Mila's to pay."
    )


def is_claimed(booking: Booking) -> bool:
    """Whether this end of a visit may be Mila's to pay."""
    last = booking.events.last()
    if booking.state != State.FAILED or booking.fee_cents or last is None:
        return False
    # A customer who was not at home and owes nothing is inside the right of withdrawal. What staff
    # decided about one is no claim.
    return booking.end_fault in MILA_ANSWERS or (
        booking.end_fault == Fault.CUSTOMER and last.move == "fail_visit"
    )


def waits_for_staff(booking: Booking) -> bool:
    return WayPay.objects.filter(booking=booking, cents=None).exists()


@verb
def ask_about_way(booking_id: int) -> WayPay | None:
    """After the end of a visit: staff are asked whether Mila pays the way; None where it is not
    Mila's. Once.
    """
    booking = lock_booking(booking_id)
    found = WayPay.objects.filter(booking=booking).first()
    if found is not None or not is_claimed(booking):
        return found
    assert booking.partner is not None
    notices.queue(booking, "way_ops", round=booking.epoch)
    return WayPay.objects.create(booking=booking, partner=booking.partner)


@verb
def decide_way(booking_id: int, *, paid: bool, by: User) -> WayPay:
    """Staff decide whether Mila pays. A repeat returns the decision. Raises WayNotOpen."""
    booking = lock_booking(booking_id)
    way = WayPay.objects.select_for_update().filter(booking=booking).first()
    if way is None or (way.cents is not None and bool(way.cents) != paid):
        raise WayNotOpen
    return way if way.cents is not None else _decide(booking, way, paid=paid, by=by)


def _decide(booking: Locked, way: WayPay, *, paid: bool, by: User) -> WayPay:
    way.cents = booking.policy.cancel_fee_cents[booking.currency] if paid else 0
    way.by, way.at = by, mila_now()
    way.save(update_fields=["cents", "by", "at"])
    if way.cents:  # a policy of 0 pays nothing
        ledger.book_way(way, way.at)
        earnings.earn_way(way, way.at)
    if booking.technician_id:
        publish.publish(f"technician:{booking.technician_id}", "way")
    return way


@verb
def pay_on_appeal(booking_id: int, partner: PartnerProfile, *, by: User) -> WayPay:
    """A fault was overturned: Mila pays the partner what the visit in vain would have brought
    (rule L17, L11). Once.

    Also where nobody had been asked about the way. Raises WayNotOpen where it was decided, or is
    another partner's.
    """
    booking = lock_booking(booking_id)
    way = WayPay.objects.select_for_update().filter(booking=booking).first()
    if way is not None and (way.partner_id != partner.pk or way.cents == 0):
        raise WayNotOpen
    way = way or WayPay.objects.create(booking=booking, partner=partner)
    return way if way.cents else _decide(booking, way, paid=True, by=by)
