"""The payout account in words: what the partner can do, what is missing,
and by when (rule D1, M5).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import PartnerProfile
from payments.models import PayoutAccount

# The beginning of Stripe's name for what is missing -> our words. The longest that fits is said,
# and each once.
MISSING = {
    "external_account": _("The bank account for your payouts"),
    "tos_acceptance": _("Your consent to the terms of our payment provider"),
    "business_profile": _("What you offer"),
    "individual": _("Details about you: name, address, date of birth"),
    "individual.verification": _("A document that proves who you are"),
    "company": _("Details of your company"),
    "company.verification": _("A document about your company"),
    "representative": _("Details of the person who acts for the company"),
    "person": _("Details of the people behind the company"),
    "owners": _("Details of the people behind the company"),
    "directors": _("Details of the people behind the company"),
    "executives": _("Details of the people behind the company"),
}
OTHER = _("A further detail, named on the provider's page")
# The beginning of Stripe's word for why something is switched off.
REASONS = {
    "requirements.past_due": _("Details that were asked for are missing."),
    "requirements.pending_verification": _("Our payment provider is checking what you sent."),
    "under_review": _("Our payment provider is looking into the account."),
    "rejected": _("Our payment provider has closed the account. Please write to us."),
    "listed": _("Our payment provider is looking into the account."),
    "platform_paused": _("We have paused the account. Please write to us."),
    "action_required": _("Something has to be confirmed on the provider's page."),
}
OTHER_REASON = _("Our payment provider has switched it off. Please write to us.")


@dataclass(frozen=True)
class Standing:
    """What the page says first. `kind` is the notice's; `go_on` names the
    button, if there is one.
    """

    kind: str
    words: Any
    go_on: Any = ""


NONE = Standing(
    "clock", _("You have no payout account yet. It takes a few minutes."), _("Open the account")
)
LEFT = Standing(
    "danger",
    _("You have cut the tie to your payout account. Please open another one."),
    _("Open again"),
)
STARTED = Standing("clock", _("Your payout account is not complete."), _("Go on"))
CHECKED = Standing(
    "clock",
    _("All is sent. Our payment provider is checking it; you need do nothing."),
    _("Look again"),
)
UNPAYABLE = Standing(
    "clock", _("You can take jobs. To be paid, something is still missing."), _("Complete it")
)
ASKED = Standing(
    "clock", _("All works. Our payment provider asks for something more."), _("Complete it")
)
READY = Standing(
    "done",
    _("All is in order: you can take jobs, and you are paid."),
    _("Change details or bank account"),
)


@dataclass(frozen=True)
class AccountPage:
    standing: Standing
    takes_jobs: bool
    can_be_paid: bool
    missing: list[Any]
    reason: Any
    due_at: datetime | None
    asked_at: datetime | None


def account_page(partner: PartnerProfile) -> AccountPage:
    row = PayoutAccount.objects.filter(partner=partner).first() or PayoutAccount(partner=partner)
    return AccountPage(
        standing=_standing(partner, row),
        takes_jobs=row.takes_jobs,
        can_be_paid=row.can_be_paid,
        missing=missing_words(row.missing),
        reason=_reason(row.reason),
        due_at=row.due_at,
        asked_at=row.asked_at,
    )


def _standing(partner: PartnerProfile, row: PayoutAccount) -> Standing:
    if row.lost_at is not None:
        return LEFT
    if not partner.stripe_account:
        return NONE
    if not row.takes_jobs:
        return CHECKED if row.checking and not row.missing else STARTED
    if not row.can_be_paid:
        return UNPAYABLE
    return ASKED if row.missing else READY


def missing_words(names: list[str]) -> list[Any]:
    """Each of our words once, in Stripe's order."""
    found = {}
    for name in names:
        fitting = [start for start in MISSING if name == start or name.startswith(f"{start}.")]
        if not fitting and name.startswith("person_"):
            fitting = ["person"]
        words = MISSING[max(fitting, key=len)] if fitting else OTHER
        found[str(words)] = words
    return list(found.values())


def _reason(word: str) -> Any:
    if not word:
        return ""
    return next((words for start, words in REASONS.items() if word.startswith(start)), OTHER_REASON)
