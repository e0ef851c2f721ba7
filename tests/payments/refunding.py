"""Refunds as staff make them, and what they leave behind: who bears what, what Stripe holds, that
all agree.
"""

from uuid import uuid4

import pytest

from payments import comparing, refunds
from payments.models import Difference, LedgerEntry
from payments.standin.store import ledger_gaps, ledger_sums
from tests import factories
from tests.payments import cast

LATE, COMES_BACK = "4000000000007726", "4000000000005126"


@pytest.fixture
def payee(morning):
    return cast.payee(user__name="Yanis Corvel", lat=45.80, lon=4.90)


@pytest.fixture
def ops(morning):
    return factories.UserFactory(is_staff=True)


@pytest.fixture
def paid(owing):
    """69.00 of work and 2.90 of fee were paid: 55.20 are the partner's, 13.80 commission."""
    return cast.charged(owing())


@pytest.fixture
def give(ops):
    def give(charge, service=0, fee=0, **more):
        row = refunds.refund(
            charge.pk,
            key=uuid4(),
            service_cents=service,
            booking_fee_cents=fee,
            by=ops,
            reason="Not done",
            **more,
        )
        return refunds.submit(row.pk)

    return give


def at_stripe(charge):
    """What the platform and the partner hold there."""
    sums = ledger_sums()
    return sums.get(("", "eur"), 0), sums.get((charge.partner.stripe_account, "eur"), 0)


def borne(refund):
    return (
        refund.partner_cents,
        refund.commission_cents,
        refund.booking_fee_cents,
        refund.mila_cents,
    )


def balances(booking):
    lines = LedgerEntry.objects.filter(booking=booking).values_list("account", "cents")
    found = {}
    for account, cents in lines:
        found[account] = found.get(account, 0) + cents
    return {account: cents for account, cents in found.items() if cents}


def all_is_well():
    assert cast.money_faults() == {}
    assert ledger_gaps() == {}
    comparing.compare()
    assert (
        list(
            Difference.objects.filter(closed_at=None).values_list(
                "kind", "type", "ours_cents", "stripes_cents"
            )
        )
        == []
    )
