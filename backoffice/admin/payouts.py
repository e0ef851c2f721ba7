"""Money out: partners' accounts, payouts, and who says yes to the large ones (rule M5, O1)."""

from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from mila.adminkit.acts import BAD, GOOD, WARN, Act, ModelAdmin, ReadOnly, WithActs, toned
from mila.errors import Refusal
from mila.formats import money
from payments import gateway, partners, payouts
from payments.models import Earning, Operation, Payout, PayoutAccount, PayoutState

TONES = {
    PayoutState.PAID: GOOD,
    PayoutState.FAILED: BAD,
    PayoutState.WAITS: WARN,
    PayoutState.UNKNOWN: WARN,
}


class StripeSilent(Refusal):
    sentence = _("Stripe did not answer as it should. Please try again in a moment.")


def _open_account(partner, by, answers) -> None:
    try:
        partners.open_account(partner)
    except gateway.GatewayError as error:
        raise StripeSilent from error


def _refresh_account(partner, by, answers) -> None:
    try:
        partners.refresh_account(partner.stripe_account)
    except gateway.GatewayError as error:
        raise StripeSilent from error


def _onboarding(partner, by, answers) -> dict[str, str]:
    here = settings.SITE_URL
    try:
        url = partners.onboarding_url(
            partner,
            back=here + reverse("partner:account_back"),
            again=here + reverse("partner:account_again"),
        )
    except gateway.GatewayError as error:
        raise StripeSilent from error
    return {"url": url, "account": here + reverse("partner:account")}


PARTNER_ACTS = (
    Act(
        "onboarding",
        _("A way to Stripe's pages"),
        "link",
        _onboarding,
        asks_again=True,
        page="admin/accounts/partnerprofile/onboarding.html",
        explain=_(
            "For one visit, within minutes, with the partner beside you. Never send it: whoever "
            "opens it can "
            "name a bank account. Partners find their own on their page."
        ),
    ),
    Act(
        "account",
        _("Open the account at Stripe"),
        "account_balance",
        _open_account,
        done=_("The account is open."),
        open_to=lambda partner: not partner.stripe_account,
        asks_again=True,
        explain=_("The partner fills in the rest, on Stripe's pages."),
    ),
    Act(
        "refresh",
        _("Ask Stripe about the account"),
        "sync",
        _refresh_account,
        done=_("Stripe has been asked."),
        open_to=lambda partner: bool(partner.stripe_account),
        explain=_("Whether the partner can be paid, as Stripe says it now."),
    ),
)


PAYOUT_ACTS = (
    Act(
        "approve",
        _("Approve"),
        "check_circle",
        lambda payout, by, answers: payouts.approve(payout.pk, by=by),
        done=_("Noted. Above the limit it is sent once two of you have said yes."),
        asks_again=True,
        open_to=lambda payout: payout.state == PayoutState.WAITS,
        permission="payments.change_payout",
        explain=_(
            "You have looked at the jobs below and at the partner's account. Two different people "
            "say yes."
        ),
    ),
    Act(
        "drop",
        _("Take it back"),
        "undo",
        lambda payout, by, answers: payouts.drop(payout.pk),
        done=_("Nothing is sent. Its shares are planned anew for the next day of their kind."),
        danger=True,
        open_to=lambda payout: payout.state in (PayoutState.WAITS, PayoutState.PLANNED),
        asks_again=True,
        permission="payments.change_payout",
    ),
)


class EarningInline(ReadOnly, TabularInline):
    model = Earning
    extra = 0
    fields = readonly_fields = [
        "booking",
        "technician",
        "cents",
        "currency",
        "earned_at",
        "free_at",
        "hold",
    ]


class CallInline(ReadOnly, TabularInline):
    model = Operation
    extra = 0
    fields = readonly_fields = ["kind", "state", "key", "sent_at", "answered_at", "answer"]


@admin.register(Payout)
class PayoutAdmin(WithActs, ReadOnly, ModelAdmin):
    acts = PAYOUT_ACTS
    list_display = [
        "day",
        "partner",
        "shown_state",
        "amount",
        "arrives_on",
        "failure_code",
        "approved_by",
    ]
    list_filter = ["state", "currency"]
    list_select_related = ["partner", "approved_by"]
    search_fields = ["stripe_id", "partner__name"]
    ordering = ["-pk"]
    show_full_result_count = False
    inlines = [EarningInline, CallInline]

    @display(description=_("state"), ordering="state")
    def shown_state(self, payout):
        return toned(payout.get_state_display(), TONES.get(PayoutState(payout.state), ""))

    @display(description=_("amount"), ordering="cents")
    def amount(self, payout):
        return money(payout.cents, payout.currency)


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnly, ModelAdmin):
    """As Stripe said it last. Which bank account it is, Stripe alone knows."""

    list_display = ["partner", "takes_jobs", "can_be_paid", "due_at", "reason", "asked_at"]
    list_filter = ["takes_jobs", "can_be_paid"]
    list_select_related = ["partner"]
    search_fields = ["partner__name"]
    exclude = ["bank"]
    ordering = ["pk"]
    show_full_result_count = False
