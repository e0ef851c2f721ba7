"""What ops do about a share whose charge stays unpaid: Mila pays it, above a limit by two of them
(rule M4, O1).
"""

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mila.adminkit.acts import GOOD, WARN, Act, ActForm, Section, stamp, toned
from mila.formats import money
from payments import advances
from payments.models import Advance, Charge
from requests_app.models import Booking


def _charge(booking: Booking) -> Charge | None:
    return next((one for one in booking.charges.all() if advances.is_open(one)), None)


def _asked_for(booking: Booking) -> Charge | None:
    return next((one for one in booking.charges.all() if advances.waits_for_another(one)), None)


def _grant(booking: Booking, by, answers) -> None:
    charge = _charge(booking)
    if charge is None:
        raise advances.NothingToAdvance
    advances.grant(charge.pk, by=by, reason=answers["reason"])


def _approve(booking: Booking, by, answers) -> None:
    charge = _asked_for(booking)
    if charge is None:
        raise advances.NothingToAdvance
    advances.approve(charge.pk, by=by)


class AdvanceForm(ActForm):
    """How much it is stands above the reason: no amount is staff's to choose."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        charge = _charge(self.about) or _asked_for(self.about)
        if charge is not None:
            self.fields["reason"].help_text = gettext(
                "%(partner)s gets %(share)s. Kept with your name and the time."
            ) % {
                "partner": charge.partner,
                "share": money(charge.partner_cents, charge.currency),
            }


BOOKING_ACTS = (
    Act(
        "advance",
        _("Advance the partner's share"),
        "volunteer_activism",
        _grant,
        form=AdvanceForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: _charge(b) is not None,
        permission="payments.change_charge",
        done=_("Noted. Below the limit it goes with the next payout; above, a second yes is due."),
        explain=_(
            "The customer has not paid for long. Mila pays the partner from its own balance, and "
            "keeps asking the customer; what is never paid stays Mila's loss."
        ),
    ),
    Act(
        "advance-approve",
        _("Say yes to the advance"),
        "check_circle",
        _approve,
        form=AdvanceForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: _asked_for(b) is not None,
        permission="payments.change_charge",
        done=_("It goes with the partner's next payout."),
        explain=_("Somebody else of you has asked for it. Two different people say yes."),
    ),
)


def advanced(b: Booking, at: datetime) -> Section:
    """What Mila paid before the customer did, and whether it is back (rule M4)."""
    found = Advance.objects.filter(charge__booking=b).select_related("charge", "by", "approved_by")
    rows = [
        [
            money(one.cents, one.charge.currency),
            _standing(one),
            one.reason,
            one.by,
            one.approved_by or "",
            stamp(one.made_at, b.timezone),
            stamp(one.repaid_at, b.timezone),
            stamp(one.reversed_at, b.timezone),
        ]
        for one in found
    ]
    columns = [
        _("Advanced"),
        _("Standing"),
        _("Reason"),
        _("Asked by"),
        _("Approved by"),
        _("Made"),
        _("Customer paid"),
        _("Fetched back"),
    ]
    return Section("advance", gettext("Advance to the partner"), columns, rows)


def _standing(advance: Advance) -> str:
    if advance.made_at is None:
        return toned(gettext("waits for a second yes"), WARN)
    if advance.repaid_at is None:
        return toned(gettext("the customer owes it to Mila"), WARN)
    if advance.next_at is not None:
        return toned(gettext("paid, being fetched back"), WARN)
    return toned(gettext("back with Mila"), GOOD)
