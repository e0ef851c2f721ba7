"""What ops do about money that goes back: refunds, what came back, answers to disputes."""

from uuid import uuid4

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from mila.adminkit.acts import Act, ActForm, Choice, stamp
from mila.formats import money
from mila.web.forms import ProseField
from payments import disputes, refunds, shares
from payments.models import Charge, Dispute, Refund
from requests_app.models import Booking

# --- Refunds


class MoneyBackForm(ActForm):
    """How much goes back, and who bears it."""

    service = forms.DecimalField(
        label=_("Of the price"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )
    fee = Choice(
        label=_("Booking fee"),
        choices=[("no", _("Mila keeps it")), ("yes", _("Give it back as well"))],
    )
    borne = Choice(
        label=_("Who bears it"),
        choices=[
            ("both", _("Partner and Mila, as it was shared")),
            ("mila", _("Mila alone, as good will")),
        ],
    )


def money_back(answers, charge: Charge | None) -> dict:
    """What such a form asks for, as the verbs take it."""
    fee_left = shares.left(charge, shares.returned(charge))[1] if charge else 0
    return {
        "service_cents": int(answers["service"] * 100),
        "booking_fee_cents": fee_left if answers["fee"] == "yes" else 0,
        "by_mila": answers["borne"] == "mila",
    }


class RefundForm(MoneyBackForm):
    """What there is, and whose it would be, stands beside the boxes."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4
        charge = refunds.refundable_charge(self.about)
        if charge is None:
            return
        back = shares.returned(charge)
        service, fee = shares.left(charge, back)
        whole = shares.shared(charge, back, service, fee)
        self.fields["service"].help_text = gettext(
            "At most %(all)s. Of all of it %(partner)s are the partner's part, and %(mila)s Mila's "
            "commission."
        ) % {
            "all": money(service, charge.currency),
            "partner": money(whole.partner_cents, charge.currency),
            "mila": money(whole.commission_cents, charge.currency),
        }
        self.fields["fee"].help_text = gettext("%(fee)s are left of it.") % {
            "fee": money(fee, charge.currency)
        }


def _refund(booking: Booking, by, answers) -> None:
    charge = booking.charges.filter(
        refunds__uuid=answers["key"]
    ).first() or refunds.refundable_charge(booking)
    if charge is None:
        raise refunds.NothingPaid
    refunds.refund(
        charge.pk,
        key=answers["key"],
        by=by,
        reason=answers["reason"],
        **money_back(answers, charge),
    )


def _came_back(booking: Booking) -> QuerySet[Refund]:
    return Refund.objects.filter(refunds.WAITS_FOR_STAFF, charge__booking=booking)


class CameBackForm(ActForm):
    """Which one, by its amount: of a booking more than one may have come back."""

    refund = Choice(label=_("Refund"), error_messages={"invalid_choice": refunds.NotBack.sentence})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["refund"].choices = [
            (one.pk, _amount_and_day(one, self.about.timezone)) for one in _came_back(self.about)
        ]


def _amount_and_day(refund: Refund, zone: str) -> str:
    return gettext("%(amount)s, made on %(at)s") % {
        "amount": money(refund.amount_cents, refund.currency),
        "at": stamp(refund.made_at, zone),
    }


def _send_again(booking: Booking, by, answers) -> None:
    refunds.send_again(int(answers["refund"]), by=by, reason=answers["reason"])


def _paid_by_hand(booking: Booking, by, answers) -> None:
    refunds.note_paid_by_hand(int(answers["refund"]))


# --- Disputes


def _answerable(booking: Booking) -> Dispute | None:
    found = Dispute.objects.filter(charge__booking=booking, state__in=disputes.ANSWERABLE)
    return next((one for one in found if disputes.is_answerable(one)), None)


class EvidenceForm(ActForm):
    words = ProseField(
        label=_("What you add for the bank"),
        required=False,
        max_length=5000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8}),
        help_text=_(
            "In English, without names. The pack on the booking's page goes with it, whatever you "
            "write."
        ),
    )


def _submit(booking: Booking, by, answers) -> None:
    dispute = _answerable(booking)
    if dispute is None:
        raise disputes.NotAnswerable
    disputes.submit_evidence(dispute.pk, by=by, words=answers["words"])


def _accept(booking: Booking, by, answers) -> None:
    dispute = _answerable(booking)
    if dispute is None:
        raise disputes.NotAnswerable
    disputes.accept(dispute.pk)


BOOKING_ACTS = (
    Act(
        "refund",
        _("Give money back"),
        "currency_exchange",
        _refund,
        form=RefundForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: refunds.refundable_charge(b) is not None,
        permission="payments.change_charge",
        done=_("It is on its way to the card. The payout of this booking waits meanwhile."),
        explain=_(
            "To the card it was paid with. The customer is told by e-mail, and the partner of "
            "their part."
        ),
    ),
    Act(
        "refund-again",
        _("Send the refund again"),
        "redo",
        _send_again,
        form=CameBackForm,
        asks_again=True,
        open_to=lambda b: _came_back(b).exists(),
        permission="payments.change_charge",
        done=_("It is on its way to the card once more."),
        explain=_("The customer's bank sent it back. To the same card; no share moves again."),
    ),
    Act(
        "refund-by-hand",
        _("Note that the refund was paid from the bank"),
        "account_balance",
        _paid_by_hand,
        form=CameBackForm,
        open_to=lambda b: _came_back(b).exists(),
        permission="payments.change_charge",
        asks_again=True,
        done=_("Noted. Nothing is owed to the customer any more."),
        explain=_(
            "You have transferred it from Mila's bank account. Say in the reason when, and by "
            "which order."
        ),
    ),
    Act(
        "evidence",
        _("Send the evidence to the bank"),
        "fact_check",
        _submit,
        form=EvidenceForm,
        asks_again=True,
        open_to=lambda b: _answerable(b) is not None,
        permission="payments.change_charge",
        done=_("It is on its way. The bank decides within weeks."),
        explain=_(
            "Once and for good: the bank takes no second one. Read the pack on the booking's page "
            "first."
        ),
    ),
    Act(
        "accept-dispute",
        _("Accept the dispute"),
        "thumb_down",
        _accept,
        danger=True,
        asks_again=True,
        open_to=lambda b: _answerable(b) is not None,
        permission="payments.change_charge",
        done=_("It is given up. Partner and Mila bear their parts."),
        explain=_("The payer is right: the money stays with them. This cannot be taken back."),
    ),
)
