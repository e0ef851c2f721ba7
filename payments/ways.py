"""Who pays the partner's way where no customer does (rule L11, B10): Mila, decided once, with its ledger entry.

By itself only where staff have said whose fault it was, or where more than a word shows that somebody stood at the door
of a customer who may still withdraw. Everything else the technician alone says, and staff decide.
"""

from enum import Enum, auto

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.streams import publish
from mila.transactions import verb
from payments import ledger
from payments.models import WayPay
from requests_app import notices
from requests_app.lifecycle import Locked, Role, lock_booking
from requests_app.models import Booking, Fault, State, was_at_the_door

# Until brands exist Mila answers for theirs as well.
MILA_ANSWERS = (Fault.MILA, Fault.BRAND)


class WayNotOpen(Refusal):
    sentence = _("Nothing is to be decided here: it was decided meanwhile, or the way is not Mila's to pay.")


class Claim(Enum):
    NONE = auto()
    ON_THEIR_WORD = auto()
    SHOWN = auto()


def claim(booking: Booking) -> Claim:
    """What speaks for it that Mila pays this way."""
    last = booking.events.last()
    if booking.state != State.FAILED or booking.fee_cents or last is None:
        return Claim.NONE
    if booking.end_fault in MILA_ANSWERS:
        return Claim.SHOWN if last.role == Role.OPS else Claim.ON_THEIR_WORD
    if booking.end_fault == Fault.CUSTOMER and last.move == "fail_visit":  # free: inside the right of withdrawal
        return Claim.SHOWN if was_at_the_door(booking) else Claim.ON_THEIR_WORD
    return Claim.NONE


def waits_for_staff(booking: Booking) -> bool:
    return WayPay.objects.filter(booking=booking, cents=None).exists()


@verb
def settle_way(booking_id: int) -> WayPay | None:
    """After the end of a visit: pay what is shown, ask staff about what is only said; else None. Once; repeatable."""
    booking = lock_booking(booking_id)
    found = WayPay.objects.filter(booking=booking).first()
    if found is not None:
        return found
    match claim(booking):
        case Claim.SHOWN:
            return _decide(booking, _asked(booking), paid=True, by=None)
        case Claim.ON_THEIR_WORD:
            notices.queue(booking, "way_ops", round=booking.epoch)
            return _asked(booking)
    return None


@verb
def decide_way(booking_id: int, *, paid: bool, by: User) -> WayPay:
    """Staff decide what a technician's word is worth. A repeat returns the decision. Raises WayNotOpen."""
    booking = lock_booking(booking_id)
    way = WayPay.objects.select_for_update().filter(booking=booking).first()
    if way is None or (way.cents is not None and bool(way.cents) != paid):
        raise WayNotOpen
    return way if way.cents is not None else _decide(booking, way, paid=paid, by=by)


def _asked(booking: Locked) -> WayPay:
    assert booking.partner is not None
    return WayPay.objects.create(booking=booking, partner=booking.partner)


def _decide(booking: Locked, way: WayPay, *, paid: bool, by: User | None) -> WayPay:
    way.cents = booking.policy.cancel_fee_cents[booking.currency] if paid else 0
    way.by, way.at = by, mila_now()
    way.save(update_fields=["cents", "by", "at"])
    if paid:
        ledger.book_way(way, way.at)
    publish.publish(f"technician:{booking.technician_id}", "way")
    return way
