"""A customer, an account and a payment at the stand-in, by the gateway alone."""

import pytest

from payments import gateway
from payments.standin import user_actions

UUID = "5b1f6c1e-0c55-4d0e-9a53-7a7f7a2f0001"


@pytest.fixture
def payer():
    return gateway.create_customer(user_id=7, email="anna@example.org", key="user-7-customer")


@pytest.fixture
def account():
    opened = gateway.open_account(
        partner_id=3,
        kind="individual",
        country="FR",
        email="paul@example.org",
        key="partner-3-account",
    )
    user_actions.onboard(opened)
    return opened


@pytest.fixture
def save_card(payer):
    def save(number="4242424242424242", key="setup-1"):
        setup = gateway.create_setup_intent(customer=payer, booking_uuid=UUID, key=key)
        user_actions.type_card(setup.client_secret, number)
        return gateway.retrieve_setup_intent(setup.id).payment_method

    return save


@pytest.fixture
def plan(payer, account):
    return gateway.PaymentPlan(
        booking_uuid=UUID,
        kind="job",
        customer=payer,
        amount_cents=10290,
        currency="EUR",
        fee_cents=2290,
        destination=account,
        description="Wi-Fi",
        statement_suffix="WIFI",
    )
