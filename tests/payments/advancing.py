"""What tests of advances look at: what Mila is owed, what was fetched back, and that all agree."""

from datetime import timedelta

from mila.clock import mila_now, set_clock
from payments import comparing, sweeps
from payments.models import Account, Difference, LedgerEntry
from payments.standin.models import Thing
from payments.standin.store import ledger_gaps
from tests.payments import cast

SHARE = 5520  # of 69.00


def owed(account=Account.ADVANCED):
    return sum(LedgerEntry.objects.filter(account=account).values_list("cents", flat=True))


def of_partner(payee):
    lines = LedgerEntry.objects.filter(account=Account.PARTNER, partner=payee.partner)
    return -sum(lines.values_list("cents", flat=True))


def reversals():
    found = Thing.objects.filter(kind="transfer_reversal").order_by("serial")
    return [one.body["amount"] for one in found if "advance" in one.body["metadata"]]


def later(by=timedelta(hours=7)):
    set_clock(mila_now() + by, speed=0)
    sweeps.sweep_returns()
    sweeps.sweep_payouts()


def agrees():
    comparing.compare()
    assert list(Difference.objects.filter(closed_at=None).values_list("kind", "type")) == []
    assert (cast.money_faults(), ledger_gaps()) == ({}, {})
