"""The customer withdraws from the contract, up to the signature (rule B10, law R5)."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Notification, User
from mila.clock import mila_now
from mila.errors import Refusal
from mila.transactions import verb
from requests_app import notices, withdrawal
from requests_app.actions.changes import AddressNotProved, CostChanged, tell_of_half_done
from requests_app.lifecycle import MOVES, ReasonMissing, Role, advance, lock_booking
from requests_app.models import Booking, have_met

HOUR = timedelta(hours=1)


class NotMet(Refusal):
    """Nobody is shown the amount where staff record a withdrawal: a technician's tap alone charges
    nothing then.
    """

    sentence = _(
        "No visit code says that the work began. Record that something is not right, and decide "
        "what is owed."
    )


class WithdrawalOver(Refusal):
    sentence = _("There is no right of withdrawal from this contract, or it has ended.")


@verb
def send_link(booking_id: int, email: str) -> None:
    """Who has neither account nor link asks to withdraw: the way to the confirmation goes to the
    booking's own address.

    Nothing happens for another address, where nothing can be withdrawn from, or beyond
    `address_codes_an_hour`; the page says the same each time.
    """
    booking = (
        Booking.objects.select_for_update().filter(pk=booking_id, customer__email=email).first()
    )
    at = mila_now()
    if (
        booking is None
        or booking.state not in MOVES["withdraw"].sources
        or not withdrawal.may_withdraw(booking, at)
    ):
        return
    sent = Notification.objects.filter(subject_id=booking.uuid, kind="withdrawal_link")
    lately = sent.filter(Q(sent_at=None) | Q(sent_at__gt=at - HOUR)).count()
    if lately < booking.policy.address_codes_an_hour:
        notices.queue(booking, "withdrawal_link", round=sent.count() + 1)


@verb
def owe_nothing(booking_id: int, *, reason: str) -> Booking:
    """The customer says that no work was done before they withdrew, and no visit code says that it
    was: nothing is owed, staff hear of it (rule B10). A repeat changes nothing.

    Raises ReasonMissing.
    """
    booking = lock_booking(booking_id)
    if not reason.strip():
        raise ReasonMissing
    if booking.fee_cents:
        notices.queue(
            booking, "withdrawal_objected_ops", round=booking.epoch, fee_cents=booking.fee_cents
        )
        booking.fee_cents, booking.end_reason = 0, reason.strip()[:200]
        booking.save(update_fields=["fee_cents", "end_reason"])
    return booking


@verb
def withdraw(
    booking_id: int,
    *,
    role: Role,
    by: User | None,
    accepted_cost_cents: int = 0,
    declared_at: datetime | None = None,
    reason: str = "",
) -> Booking:
    """The contract ends; what was done until now is paid, nothing else. A repeat returns the
    booking.

    The cost grows by the minute: what was shown holds for `withdrawal_shown_for`, and is what is
    charged. Staff enter what came by letter or telephone with the instant it was declared, which
    sets the cost; it is never in the future. Raises WithdrawalOver, IllegalMove, CostChanged, or
    AddressNotProved where it costs something (rule B12).
    """
    booking = lock_booking(booking_id)
    last = booking.events.last()
    if last is not None and last.move == "withdraw":
        return booking
    now = mila_now()
    at = min(declared_at, now) if declared_at and role == Role.OPS else now
    if not withdrawal.may_withdraw(booking, at):
        raise WithdrawalOver
    cost = withdrawal.cost_cents(booking, at)
    if cost and role == Role.OPS and not have_met(booking):
        raise NotMet
    if role == Role.CUSTOMER:
        if cost and booking.email_proved_at is None:
            raise AddressNotProved
        if accepted_cost_cents < withdrawal.cost_cents(
            booking, at - booking.policy.withdrawal_shown_for
        ):
            raise CostChanged
        cost = min(cost, accepted_cost_cents)
    ended = advance(
        booking,
        "withdraw",
        role=role,
        by=by,
        at=now,
        reason=reason,
        fee_cents=cost,
        end_reason=reason[:200],
        data={"cost": cost, "declared_at": at.isoformat()},
    )
    tell_of_half_done(ended)
    return ended
