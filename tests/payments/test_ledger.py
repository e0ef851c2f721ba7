"""The ledger only grows and always sums to zero, whoever asks (rule M7; fault M18)."""

import uuid

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from mila.clock import mila_now
from payments import ledger
from payments.models import LedgerEntry
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def charge(owing):
    return cast.charged(owing())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_ledgerentry SET cents = cents + 1",
        "UPDATE payments_ledgerentry SET key = key",
        "DELETE FROM payments_ledgerentry",
        "TRUNCATE payments_ledgerentry",
    ],
)
def test_nothing_is_changed_or_taken_away(charge, statement):
    before = list(LedgerEntry.objects.values_list("account", "cents"))
    commit()

    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert list(LedgerEntry.objects.values_list("account", "cents")) == before


def test_the_orm_is_refused_too(charge):
    line = LedgerEntry.objects.first()
    line.cents = 1

    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        line.save()
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        line.delete()


def add(charge, key, *lines):
    entry = uuid.uuid4()
    for account, cents, currency in lines:
        LedgerEntry.objects.create(
            entry=entry,
            key=key,
            account=account,
            booking=charge.booking,
            charge=charge,
            currency=currency,
            cents=cents,
            at=mila_now(),
        )


def commit():
    """The deferred checks of a commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "lines",
    [
        [("stripe", 100, "EUR")],
        [("stripe", 100, "EUR"), ("partner", -99, "EUR")],
        [("stripe", 100, "EUR"), ("partner", -100, "CHF")],
    ],
)
def test_an_entry_that_does_not_balance_is_refused_at_the_commit(charge, lines):
    start = transaction.savepoint()
    add(charge, "odd", *lines)

    with pytest.raises(DatabaseError, match="does not sum to zero"):
        commit()

    transaction.savepoint_rollback(start)


def test_a_balanced_entry_passes(charge):
    with transaction.atomic():
        add(charge, "even", ("stripe", 100, "EUR"), ("partner", -100, "EUR"))
        commit()


def test_a_charge_is_booked_once(charge):
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.book_charge(charge, mila_now())


def test_the_partners_line_has_their_name_the_others_none(charge):
    named = {line.account: line.partner for line in LedgerEntry.objects.all()}

    assert named.pop("partner") == charge.partner
    assert set(named.values()) == {None}
