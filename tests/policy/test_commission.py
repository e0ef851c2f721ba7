"""The commission of the row in force at the order, for the kind of partner
that claims (rule M2).
"""

from datetime import timedelta

import pytest

from mila.clock import mila_now
from partner import earnings
from partner.offer_cards import partner_cents
from payments.charges.opening import amount_owed
from policy.models import PolicyRow
from policy.queries import policy_at
from requests_app import notices
from requests_app.models import State
from tests import factories
from tests.cast import claimed, walk

RATES = {"friend": 1800, "pro": 1000}


@pytest.fixture
def ordered(morning, customer):
    """Ordered under these rates; an hour later others came into force."""
    PolicyRow.objects.create(
        key="commission_bp", value=RATES, starts_at=morning - timedelta(days=1)
    )
    data = policy_at(mila_now(), "FR").to_json()
    booking = factories.placed_booking(customer=customer, policy_data=data)
    PolicyRow.objects.create(key="commission_bp", value={"friend": 0, "pro": 0}, starts_at=morning)
    return booking


@pytest.mark.parametrize(("kind", "commission"), [("friend", 1242), ("pro", 690)])
def test_job_is_shared_by_the_kind_that_claims_at_the_rate_of_the_order(kind, commission, ordered):
    technician = factories.TechnicianFactory(partner__kind=kind)
    promised = partner_cents(ordered, technician)

    booking = walk(ordered, technician, State.SIGNED_OFF)

    frozen = booking.sign_off
    _kind, owed = amount_owed(booking, booking.partner)
    assert frozen.commission_cents == owed.commission_cents == commission
    assert frozen.partner_cents == promised == 6900 - commission
    assert earnings.share(booking, 6900) == promised


@pytest.mark.parametrize(("kind", "commission"), [("friend", 450), ("pro", 250)])
def test_fee_is_shared_in_the_same_way(kind, commission, ordered):
    technician = factories.TechnicianFactory(partner__kind=kind)
    booking = claimed(ordered, technician)
    booking.state, booking.fee_cents = State.CANCELLED, 2500

    _kind, owed = amount_owed(booking, technician.partner)

    assert (owed.commission_cents, owed.partner_cents) == (commission, 2500 - commission)
    assert notices.FACTS["fee_share_cents"](booking, technician) == 2500 - commission
