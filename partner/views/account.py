"""The payout account: how it stands, the way to Stripe's pages, and back
from them (rule D1, M5).
"""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mila.clock import mila_now
from mila.formats import span_words
from partner import account_page as page
from partner.doors import account_page, earnings_page
from payments import gateway, partners
from policy.queries import policy_at


@require_safe
@never_cache
@earnings_page
def account(request, payee):
    """In words: can take jobs, can be paid, what is missing, by when."""
    policy = policy_at(mila_now(), payee.partner.country)
    hold = span_words(policy.payout_hold_changed.total_seconds())
    context = {"page": page.account_page(payee.partner), "payee": payee, "hold": hold, "tab": "me"}
    return render(request, "partner/account.html", context)


@require_POST
@never_cache
@account_page
def start(request, payee):
    """A fresh way to Stripe's pages, for this click alone; the first one opens the account."""
    return _to_stripe(request, payee)


@require_safe
@never_cache
@account_page
def again(request, payee):
    """The way was used up, or too old: Stripe sends the person here for another one."""
    return _to_stripe(request, payee)


def _to_stripe(request, payee):
    try:
        url = partners.onboarding_url(
            payee.partner, back=_here("account_back"), again=_here("account_again")
        )
    except gateway.GatewayError:
        messages.error(
            request, _("Our payment provider does not answer. Please try again in a moment.")
        )
        return redirect("partner:account")
    return HttpResponseRedirect(url)


def _here(name: str) -> str:
    """Our own address, not the one a request happened to name."""
    return settings.SITE_URL + reverse(f"partner:{name}")


@require_safe
@never_cache
@earnings_page
def back(request, payee):
    """Coming back proves nothing: Stripe is asked, and its message or the sweep may tell more
    later.
    """
    try:
        partners.refresh_account(payee.partner.stripe_account)
    except gateway.GatewayError:
        messages.info(
            request, _("Our payment provider does not answer right now. This page will know soon.")
        )
    return redirect("partner:account")
