"""Messages from Stripe: verified, stored once, acted on in any order and number
(fault M7, M9, M10).
"""

import json
import random
import time
from datetime import timedelta

import pytest
import stripe
from celery import current_app
from django.db import transaction
from django.urls import reverse
from kombu.exceptions import OperationalError

from accounts.models import SkillSearch
from mila.clock import mila_now, set_clock
from payments import cards, charges, gateway, partners, sweeps, tasks, webhooks
from payments.charges import sending
from payments.models import ChargeState, LedgerEntry, SavedCard, StripeEvent
from payments.standin import user_actions
from payments.standin.delivery import deliver_pending
from payments.standin.models import Event
from requests_app.models import BookingEvent, State
from tests import factories
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
PLATFORM, CONNECT = "whsec_standin_platform", "whsec_standin_connect"


def body_of(**values):
    values = {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": "pi_1"}},
        **values,
    }
    return json.dumps(values)


def send(client, body, *, secret=PLATFORM, at=None, to="webhook"):
    at = int(time.time()) if at is None else at
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    return client.post(
        reverse(f"payments:{to}"),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": header},
    )


def stored(type, object_id, **values):
    number = StripeEvent.objects.count()
    return StripeEvent.objects.create(
        stripe_id=f"evt_{number}",
        type=type,
        object_id=object_id,
        livemode=False,
        payload={},
        **values,
    )


class TestReceiving:
    def test_people_and_secrets_are_left_out_before_it_is_stored(self, client):
        person = {"name": "Zqxodile", "email": "zqxodile@example.com", "phone": "+33639987101"}
        method = {"id": "pm_1", "billing_details": person, "card": {"last4": "4242"}}
        intent = {
            "id": "pi_1",
            "client_secret": "zqxsecret",
            "receipt_email": person["email"],
            "amount": 7190,
            "last_payment_error": {"payment_method": method},
            "shipping": [person],
        }

        assert send(client, body_of(data={"object": intent})).status_code == 200

        kept = StripeEvent.objects.get().payload
        assert "zqx" not in json.dumps(kept).lower()
        assert kept["data"]["object"]["amount"] == 7190
        assert kept["data"]["object"]["last_payment_error"]["payment_method"]["card"] == {
            "last4": "4242"
        }

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": None}, {"id": 5}, {"id": "evt_" + "x" * 80}, {"type": ["x"]}, {"type": "x" * 80},
            {"account": ["x"]},
            {"livemode": None}, {"livemode": "yes"}, {"created": 1e300}, {"created": "now"},
            {"created": float("nan")},
            {"data": []}, {"data": {"object": {"id": 7}}}, {"extra": float("inf")},
            {"extra": "a\0b"},
        ],
    )  # fmt: skip
    def test_a_signed_body_that_is_no_event_is_refused(self, client, wrong):
        assert send(client, body_of(**wrong)).status_code == 400
        assert not StripeEvent.objects.exists()

    def test_a_signed_body_of_endless_depth_is_refused(self, client):
        body = body_of()[:-1] + f', "deep": {"[" * 10_000}{"]" * 10_000}}}'

        assert send(client, body).status_code == 400

    def test_a_signed_message_is_stored(self, client):
        answer = send(client, body_of())

        assert answer.status_code == 200
        event = StripeEvent.objects.get()
        assert (event.stripe_id, event.type, event.object_id) == (
            "evt_1",
            "payment_intent.succeeded",
            "pi_1",
        )
        assert event.next_at is not None
        assert event.done_at is None

    def test_twice_it_is_stored_once(self, client):
        answers = [send(client, body_of()).status_code for _ in range(2)]

        assert answers == [200, 200]
        assert StripeEvent.objects.count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"secret": "whsec_other"},
            {"secret": CONNECT},
            {"secret": PLATFORM, "to": "connect_webhook"},
            {"at": 1},
            {"at": int(time.time()) - 301},
        ],
    )
    def test_what_is_not_signed_for_this_address_now_is_refused(self, client, wrong):
        assert send(client, body_of(), **wrong).status_code == 400
        assert not StripeEvent.objects.exists()

    def test_one_byte_more_is_refused(self, client):
        header = stripe.WebhookSignature.generate_signature_header(
            body_of(), PLATFORM, int(time.time())
        )

        answer = client.post(
            reverse("payments:webhook"),
            body_of() + " ",
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )

        assert answer.status_code == 400
        assert not StripeEvent.objects.exists()

    def test_unsigned_or_read_only_is_refused(self, client):
        assert (
            client.post(
                reverse("payments:webhook"), "{}", content_type="application/json"
            ).status_code
            == 400
        )
        assert client.get(reverse("payments:webhook")).status_code == 405

    def test_two_secrets_while_they_rotate(self, client, settings):
        settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", PLATFORM]

        assert send(client, body_of()).status_code == 200
        assert send(client, body_of(id="evt_2"), secret="whsec_new").status_code == 200

    def test_a_message_about_an_account_has_its_own_address(self, client):
        body = body_of(type="account.updated", account="acct_9", data={"object": {"id": "acct_9"}})

        assert send(client, body, secret=CONNECT, to="connect_webhook").status_code == 200
        assert StripeEvent.objects.get().account == "acct_9"

    def test_a_worker_is_told_after_the_commit(
        self, client, monkeypatch, django_capture_on_commit_callbacks
    ):
        sent = []
        monkeypatch.setattr(
            current_app.tasks["payments.handle_event"],
            "delay",
            lambda **values: sent.append(values),
        )

        with django_capture_on_commit_callbacks(execute=True):
            send(client, body_of())
            assert sent == []

        assert sent == [{"event_id": StripeEvent.objects.get().pk}]

    def test_without_a_broker_the_sweep_has_it(
        self, client, monkeypatch, django_capture_on_commit_callbacks
    ):
        def away(**values):
            raise OperationalError

        monkeypatch.setattr(current_app.tasks["payments.handle_event"], "delay", away)

        with django_capture_on_commit_callbacks(execute=True):
            answer = send(client, body_of(type="customer.created"))

        assert answer.status_code == 200
        assert sweeps.sweep() == 1
        assert StripeEvent.objects.get().done_at is not None


class TestHandling:
    def test_an_unknown_type_is_done(self):
        event = stored("customer.created", "cus_1")

        webhooks.handle(event.pk)

        event.refresh_from_db()
        assert (event.next_at, event.error) == (None, "")
        assert event.done_at is not None

    def test_another_mode_is_ignored(self, settings):
        event = stored("payment_intent.succeeded", "pi_1")
        settings.STRIPE_SECRET_KEY = "sk_live_x"

        webhooks.handle(event.pk)

        event.refresh_from_db()
        assert "another mode" in event.error
        assert event.done_at is not None

    def test_a_payment_of_a_connected_account_is_the_partners(self):
        event = stored("payment_intent.succeeded", "pi_1", account="acct_9")

        webhooks.handle(event.pk)

        event.refresh_from_db()
        assert (event.error, event.tries) == ("", 0)

    def test_an_unknown_object_comes_again_five_times_then_staff_see_it(self, morning, payee):
        event = stored("setup_intent.succeeded", "seti_unknown")
        waits = []

        for _ in range(6):
            set_clock(mila_now(), speed=0)
            webhooks.handle(event.pk)
            event.refresh_from_db()
            waits.append((event.next_at - mila_now()).total_seconds() if event.next_at else None)

        assert waits == [10, 60, 600, 3600, 21600, None]
        assert event.error
        assert event.done_at is not None

    def test_an_error_is_kept_and_tried_again(self):
        event = stored("payment_intent.succeeded", "pi_missing")

        webhooks.handle(event.pk)

        event.refresh_from_db()
        assert "GatewayRefused" in event.error
        assert event.next_at is not None
        assert event.tries == 1

    def test_a_done_one_is_left_alone(self, owing):
        event = stored("payment_intent.succeeded", "pi_missing", done_at=mila_now())

        webhooks.handle(event.pk)

        event.refresh_from_db()
        assert event.tries == 0

    def test_a_saved_card(self, morning, customer):
        draft = factories.DraftFactory(customer=customer, card="")
        setup = cards.open_setup(draft)
        user_actions.type_card(setup.client_secret)

        for _ in range(2):
            webhooks.handle(stored("setup_intent.succeeded", setup.intent_id).pk)

        draft.refresh_from_db()
        assert draft.card == SavedCard.objects.get().stripe_id
        assert draft.state == State.DRAFT

    def test_what_is_final_is_not_asked_about_again(self, owing, customer, monkeypatch):
        booking, draft = owing(), factories.DraftFactory(customer=customer, card="")
        charge, setup = cast.charged(booking), cards.open_setup(draft)
        user_actions.type_card(setup.client_secret)
        cards.finish_setup(setup)
        monkeypatch.setattr(gateway, "retrieve_payment_intent", pytest.fail)
        monkeypatch.setattr(gateway, "retrieve_setup_intent", pytest.fail)
        events = [
            stored("payment_intent.succeeded", charge.intent_id),
            stored("setup_intent.succeeded", setup.intent_id),
        ]

        for event in events:
            webhooks.handle(event.pk)
            event.refresh_from_db()

        assert [(event.tries, event.error) for event in events] == [(0, "")] * 2
        assert all(event.done_at for event in events)

    def test_accounts_come_and_go(self, payee):
        account = payee.partner.stripe_account
        user_actions.restrict(account)

        webhooks.handle(stored("account.updated", account, account=account).pk)
        assert not SkillSearch.objects.exists()
        user_actions.onboard(account)
        webhooks.handle(stored("capability.updated", "transfers", account=account).pk)
        assert SkillSearch.objects.count() == 1
        user_actions.leave(account)
        webhooks.handle(stored("account.application.deauthorized", "ca_1", account=account).pk)
        assert not SkillSearch.objects.exists()

    def test_a_foreign_account_is_not_ours(self):
        assert not partners.refresh_account("acct_unknown")
        assert not partners.lose_account("acct_unknown")

    def test_the_jobs_of_lost_rows_say_nothing(self):
        tasks.handle_event(event_id=0)
        tasks.charge(booking_id=0)

    def test_the_jobs_do_it(self, owing):
        booking = owing()

        tasks.charge(booking_id=booking.pk)
        event = stored("payment_intent.succeeded", cast.intents(booking)[0]["id"])
        tasks.handle_event(event_id=event.pk)
        tasks.sweep()

        event.refresh_from_db()
        assert event.done_at is not None
        assert len(cast.at_stripe(booking)) == 1


class TestOrder:
    """Five messages about one payment, in all orders, none to three times too often: one final
    state (fault M7).
    """

    def one_story(self, owing, payer):
        """Declined, then asked by the bank, then paid by another card; our own record stands at
        "sent".
        """
        booking = owing(cast.DECLINES_LATER)
        charge = charges.open_charge(booking.pk)
        created = sending.next_operation(charge.pk)
        charges.record_intent(charge.pk, sending.call(created), operation_id=created.pk)
        confirmed = sending.next_operation(charge.pk)
        with pytest.raises(gateway.CardDeclined) as declined:
            sending.call(confirmed)
        charge.refresh_from_db()
        user_actions.confirm_on_session(
            cast.secret_of(charge), cast.saved_card(payer, cast.ASKS_ALWAYS)
        )
        types = (
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
        )
        events = [stored(type, charge.intent_id) for type in (*types, "charge.succeeded")]

        def answer():
            charges.record_error(confirmed.pk, declined.value)

        return booking, charge, [answer, *(self.message(event) for event in events)]

    def message(self, event):
        def arrives():
            # Another delivery of it, as if no row remembered the first.
            StripeEvent.objects.filter(pk=event.pk).update(done_at=None)
            webhooks.handle(event.pk)

        return arrives

    def test_every_order_and_number_ends_the_same(self, owing, payer, monkeypatch):
        booking, charge, messages = self.one_story(owing, payer)
        # what Stripe says whenever it is asked from here on
        truth = gateway.retrieve_payment_intent(charge.intent_id)
        monkeypatch.setattr(gateway, "retrieve_payment_intent", lambda intent_id: truth)
        told = Event.objects.filter(type__contains="payment_intent").order_by("serial")
        assert list(told.values_list("type", flat=True)) == [
            "payment_intent.created",
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "payment_intent.succeeded",
        ]
        dice, ends = random.Random(7), []

        def go_on(arrived, coming):
            """Every message that may come next, some of them again, each from
            the same beginning.
            """
            if not coming:
                charge.refresh_from_db()
                booking.refresh_from_db()
                settled = BookingEvent.objects.filter(booking=booking, move="settle").count()
                booked = LedgerEntry.objects.filter(account="stripe").count()
                ends.append((charge.state, booking.state, settled, booked))
            for number in sorted(coming):
                start = transaction.savepoint()
                messages[number]()
                for _ in range(dice.choice((0, 1, 2, 3)) if len(arrived) < 2 else 0):
                    messages[dice.choice([*arrived, number])]()
                go_on([*arrived, number], coming - {number})
                transaction.savepoint_rollback(start)

        go_on([], set(range(5)))

        assert ends == [(ChargeState.SUCCEEDED, State.SETTLED, 1, 1)] * 120

    def test_the_stand_ins_own_messages_doubled_and_shuffled(self, owing, client):
        booking = owing()
        cast.charged(booking)
        user_actions.switch_on("event_duplicate")

        def post(url, body, headers):
            address = "connect_webhook" if "connect" in url else "webhook"
            answer = client.post(
                reverse(f"payments:{address}"),
                body,
                content_type="application/json",
                headers={"Stripe-Signature": headers["Stripe-Signature"]},
            )
            return answer.status_code

        assert deliver_pending(post, shuffle=random.Random(3)) > 2
        sweeps.sweep()

        # the cast has thrown that setup away
        ours = StripeEvent.objects.exclude(type__startswith="setup_intent")
        assert ours.count() > 1
        assert not ours.filter(done_at=None).exists()
        assert not ours.exclude(error="").exists()
        assert len(cast.at_stripe(booking)) == 1

    def test_forged_ones_have_no_effect(self, owing, client):
        booking = owing(cast.DECLINES_LATER)
        charge = cast.charged(booking)

        body = body_of(data={"object": {"id": charge.intent_id, "status": "succeeded"}})
        assert send(client, body).status_code == 200  # even signed: what it claims is not believed
        sweeps.sweep()

        charge.refresh_from_db()
        assert charge.state == ChargeState.FAILED


def test_old_messages_wait_for_their_turn(morning):
    event = stored("customer.created", "cus_1", next_at=mila_now() + timedelta(minutes=1))

    sweeps.sweep()

    event.refresh_from_db()
    assert event.done_at is None
