"""Money in the back office: seen, tried again, never written (rule M4, M7; fault T11)."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notification, PartnerProfile
from payments import actions, gateway
from payments.models import Charge, ChargeState, LedgerEntry, Operation, StripeEvent
from payments.standin import user_actions
from tests import factories
from tests.payments import cast
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


@pytest.fixture
def refused(owing):
    """Declined for good: the customer has been told."""
    charge = cast.charged(owing(cast.DECLINES_LATER))
    assert charge.state == ChargeState.FAILED
    return charge


@pytest.fixture
def paid(owing):
    return cast.charged(owing())


def act(charge, name):
    return reverse("admin:payments_charge_act", args=[charge.pk, name])


def of_booking(charge, name):
    return reverse("admin:requests_app_booking_act", args=[charge.booking_id, name])


# --- Try again
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [act, of_booking])
def test_refused_charge_is_tried_again(ops, refused, where):
    answer = ops.post(where(refused, "retry"), {"reason": "La banque a débloqué la carte"})

    refused.refresh_from_db()
    assert answer.status_code == 302
    assert (refused.state, refused.amount_cents) == (ChargeState.PLANNED, 7190)
    assert refused.next_at is not None


@pytest.mark.parametrize("where", [act, of_booking])
def test_paid_charge_offers_nothing(ops, paid, where):
    for name in ("retry", "link"):
        ops.post(where(paid, name), {"reason": "x"})
        with pytest.raises(actions.Refusal):
            (actions.retry if name == "retry" else actions.send_link)(paid.pk)

    paid.refresh_from_db()
    assert paid.state == ChargeState.SUCCEEDED
    assert cast.at_stripe(paid.booking)[0]["amount"] == 7190
    assert len(cast.at_stripe(paid.booking)) == 1


@pytest.mark.parametrize("name", ["retry", "link"])
def test_reason_is_required(ops, refused, name):
    notices = Notification.objects.count()

    assert ops.post(act(refused, name), {"reason": ""}).status_code == 200

    refused.refresh_from_db()
    assert refused.state == ChargeState.FAILED
    assert Notification.objects.count() == notices


def test_unanswered_charge_is_taken_up_now(refused):
    Charge.objects.filter(pk=refused.pk).update(state=ChargeState.UNKNOWN, next_at=None)

    charge = actions.retry(refused.pk)

    assert (charge.state, charge.next_at is not None) == (ChargeState.UNKNOWN, True)


def test_charge_closed_at_stripe_is_not_tried_again(refused):
    Charge.objects.filter(pk=refused.pk).update(failure_code="canceled")

    with pytest.raises(actions.NothingToTry):
        actions.retry(refused.pk)
    with pytest.raises(actions.NotWaiting):
        actions.send_link(refused.pk)


# --- The link
# --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [act, of_booking])
def test_link_goes_out_each_time_it_is_sent(ops, refused, where):
    before = refused.reminders

    for _time in range(2):
        assert ops.post(where(refused, "link"), {"reason": "Mail perdu"}).status_code == 302

    refused.refresh_from_db()
    by_hand = Notification.objects.filter(kind="unpaid", round__gte=actions.BY_HAND)
    assert [row.round for row in by_hand.order_by("round")] == [100, 101]
    assert refused.reminders == before


def test_link_of_a_charge_the_bank_asks_about(refused):
    Charge.objects.filter(pk=refused.pk).update(state=ChargeState.ACTION_REQUIRED)

    assert actions.send_link(refused.pk).kind == "action_required"


def test_acts_of_a_booking_that_owes_nothing_are_refused(morning):
    from backoffice.admin.payment_acts import _link_of, _retry_of

    booking = factories.placed_booking()

    for do in (_retry_of, _link_of):
        with pytest.raises(actions.Refusal):
            do(booking, None, {})


# --- Lists
# --------------------------------------------------------------------------------------------------

MODELS = ["charge", "operation", "ledgerentry", "stripeevent"]


def event():
    return StripeEvent.objects.create(
        stripe_id=f"evt_{uuid.uuid4().hex}",
        type="charge.updated",
        object_id="ch_1",
        livemode=False,
        payload={"name": "Odile"},
    )


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("way", ["change", "delete", "add"])
def test_nothing_is_written_by_a_form(ops, paid, model, way):
    event()
    rows = {
        "charge": paid,
        "operation": Operation.objects.first(),
        "ledgerentry": LedgerEntry.objects.first(),
    }
    row = rows.get(model) or StripeEvent.objects.first()
    args = [] if way == "add" else [row.pk]
    before = type(row).objects.filter(pk=row.pk).values().get()

    answer = ops.post(
        reverse(f"admin:payments_{model}_{way}", args=args),
        {"state": "planned", "cents": 1, "post": "yes"},
    )

    assert answer.status_code == 403
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("standing", ["", "unpaid", "waits", "open", "trouble"])
def test_lists_and_pages_open(ops, paid, model, standing):
    event()
    rows = {
        "charge": paid,
        "operation": Operation.objects.first(),
        "ledgerentry": LedgerEntry.objects.first(),
    }
    row = rows.get(model) or StripeEvent.objects.first()
    known = {"charge": ("unpaid", "waits", "open"), "stripeevent": ("open", "trouble")}.get(
        model, ()
    )

    query = {"standing": standing} if standing in known else {}
    assert ops.get(reverse(f"admin:payments_{model}_changelist"), query).status_code == 200
    page = ops.get(reverse(f"admin:payments_{model}_change", args=[row.pk])).content.decode()
    assert "Odile" not in page


def test_unpaid_charges_come_first(ops, refused, paid):
    assert paid.pk > refused.pk

    rows = list(ops.get(reverse("admin:payments_charge_changelist")).context["cl"].result_list)

    assert rows == [refused, paid]


def test_list_takes_the_same_queries_for_one_and_three(ops, owing):
    address = reverse("admin:payments_charge_changelist")
    cast.charged(owing())
    with CaptureQueriesContext(connection) as one:
        ops.get(address)
    cast.charged(owing())
    cast.charged(owing())
    with CaptureQueriesContext(connection) as three:
        ops.get(address)

    assert Charge.objects.count() == 3
    assert len(three) == len(one)


def test_story_holds_charge_calls_and_ledger(ops, paid):
    page = ops.get(
        reverse("admin:requests_app_booking_change", args=[paid.booking_id])
    ).content.decode()

    assert paid.operations.first().key in page
    assert reverse("admin:payments_charge_change", args=[paid.pk]) in page


# --- Accounts at Stripe
# ------------------------------------------------------------------------------------------


def partner_act(partner, name):
    return reverse("admin:accounts_partnerprofile_act", args=[partner.pk, name])


def test_account_is_opened_and_asked_about(ops, morning):
    technician = factories.TechnicianFactory(partner__stripe_account="", partner__payable=False)
    partner = technician.partner

    ops.post(partner_act(partner, "account"), {"reason": "Dossier complet"})
    partner.refresh_from_db()
    assert partner.stripe_account
    assert not technician.search_rows.exists()

    user_actions.onboard(partner.stripe_account)
    PartnerProfile.objects.filter(pk=partner.pk).update(payable=False)
    ops.post(partner_act(partner, "refresh"), {"reason": "Il a fini"})
    partner.refresh_from_db()
    assert partner.payable
    assert technician.search_rows.exists()


@pytest.mark.parametrize(
    ("name", "call"), [("account", "open_account"), ("refresh", "account_status")]
)
def test_silent_stripe_is_said_and_changes_nothing(ops, morning, monkeypatch, name, call):
    partner = factories.PartnerFactory(
        stripe_account="" if name == "account" else "acct_1", payable=False
    )

    def silent(*args, **kwargs):
        raise gateway.OutcomeUnknown("timeout", reason="timeout")

    monkeypatch.setattr(gateway, call, silent)
    answer = ops.post(partner_act(partner, name), {"reason": "x"})

    assert 'role="alert"' in answer.content.decode()
    before = partner.stripe_account
    partner.refresh_from_db()
    assert (partner.stripe_account, partner.payable) == (before, False)
