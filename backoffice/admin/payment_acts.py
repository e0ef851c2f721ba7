"""What ops do about a charge: try it again, send the link, decide on a way."""

from collections.abc import Callable
from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mila.adminkit.acts import Act, ActForm, Choice
from payments import actions, charges, payouts, ways
from payments.models import Charge, ChargeState, PayoutState
from requests_app.lifecycle import Role
from requests_app.models import Booking


def _of(booking: Booking, fits: Callable[[Charge], bool]) -> Charge | None:
    return next((charge for charge in booking.charges.all() if fits(charge)), None)


def _retry_of(booking: Booking, by, answers) -> None:
    charge = _of(booking, actions.can_retry)
    if charge is None:
        raise actions.NothingToTry
    actions.retry(charge.pk)


def _link_of(booking: Booking, by, answers) -> None:
    charge = _of(booking, actions.waits)
    if charge is None:
        raise actions.NotWaiting
    actions.send_link(charge.pk)


RETRY = Act(
    "retry",
    _("Try the charge again"),
    "credit_card",
    lambda charge, by, answers: actions.retry(charge.pk),
    done=_("The card is asked within seconds."),
    open_to=actions.can_retry,
    explain=_("The same amount on the same card. It can never be charged twice."),
    permission="payments.change_charge",
    asks_again=True,
)
LINK = Act(
    "link",
    _("Send the payment link"),
    "link",
    lambda charge, by, answers: actions.send_link(charge.pk),
    done=_("The link is on its way."),
    open_to=actions.waits,
    explain=_("The customer gets the e-mail with the link to pay once more."),
    permission="payments.change_charge",
)


def _take_up(booking: Booking, by, answers) -> None:
    charge = booking.charges.filter(state=ChargeState.HELD).first()
    if charge is None:
        raise charges.NotHeld
    charges.object_to(charge.pk, by=by, reason=answers["reason"], role=Role.OPS)


class WayForm(ActForm):
    paid = Choice(
        label=_("Who pays"), choices=[("yes", _("Mila pays the partner")), ("no", _("Nobody pays"))]
    )


def _decide_way(booking: Booking, by, answers) -> None:
    ways.decide_way(booking.pk, paid=answers["paid"] == "yes", by=by)


# Not with the bank yet: in no payout, or in one of which nothing was sent.
STILL_OURS = Q(payout=None) | Q(payout__state__in=[PayoutState.WAITS, PayoutState.PLANNED])

BOOKING_ACTS = (
    Act(
        "take-up",
        _("Take what nobody reads to a decision"),
        "gavel",
        _take_up,
        open_to=lambda b: b.charges.filter(state=ChargeState.HELD).exists(),
        done=_("Nothing is charged before you decide."),
        permission="payments.change_charge",
        asks_again=True,
        explain=_(
            "The charge waits for the customer to read of it. From here on it waits for your "
            "decision instead."
        ),
    ),
    Act(
        "way",
        _("Decide whether Mila pays the way"),
        "directions_walk",
        _decide_way,
        form=WayForm,
        open_to=ways.waits_for_staff,
        done=_("Decided. The job's page says so."),
        permission="payments.change_charge",
        asks_again=True,
        explain=_(
            "The visit was in vain and no customer pays it. In all, without commission, from "
            "Mila's own account."
        ),
    ),
    Act(
        "freeze",
        _("Freeze the payout"),
        "ac_unit",
        lambda booking, by, answers: payouts.freeze(booking.pk, by=by),
        open_to=lambda b: b.earnings.filter(STILL_OURS, frozen_by=None, cents__gt=0).exists(),
        done=_("Nothing of this booking is paid out until you end it."),
        permission="payments.change_charge",
        asks_again=True,
        explain=_("While a case or a dispute is open. The partner sees that it waits, not why."),
    ),
    Act(
        "thaw",
        _("Let the payout go on"),
        "sunny",
        lambda booking, by, answers: payouts.thaw(booking.pk),
        open_to=lambda b: (
            b.earnings.filter(frozen_by__isnull=False).exists()
            or (b.earnings.exclude(frozen_at=None).exists() and not payouts.is_contested(b.pk))
        ),
        done=_(
            "It is paid out on the next day of its kind, or once its refund or dispute is over."
        ),
        permission="payments.change_charge",
        asks_again=True,
    ),
    replace(RETRY, do=_retry_of, open_to=lambda b: _of(b, actions.can_retry) is not None),
    replace(LINK, do=_link_of, open_to=lambda b: _of(b, actions.waits) is not None),
)
