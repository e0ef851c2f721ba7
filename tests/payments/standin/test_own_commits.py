"""Why the stand-in has an alias of its own: Stripe never rolls back with us."""

import threading

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction

from payments import gateway
from payments.standin import user_actions
from payments.standin.client import the_standin
from payments.standin.models import Thing
from payments.standin.router import StandinRouter


@pytest.mark.django_db(databases=["default", "standin"])
def test_charge_survives_our_rollback():
    payer = gateway.create_customer(user_id=1, email="anna@example.org", key="c")
    setup = gateway.create_setup_intent(customer=payer, booking_uuid="b", key="s")
    card = user_actions.type_card(setup.client_secret)["payment_method"]
    plan = gateway.PaymentPlan("b", "job", payer, 1000, "EUR")

    with transaction.atomic():
        intent = gateway.create_payment_intent(plan, key="b-pi")
        gateway.confirm_payment_intent(intent.id, payment_method=card, key="b-confirm-1")
        transaction.set_rollback(True)

    assert gateway.retrieve_payment_intent(intent.id).paid
    assert gateway.confirm_payment_intent(intent.id, payment_method=card, key="b-confirm-1").paid
    assert Thing.objects.filter(kind="charge").count() == 1


@pytest.mark.race
@pytest.mark.django_db(databases=["default", "standin"], transaction=True)
def test_key_in_use_is_409_and_two_keys_pay_once(ask):
    standin = the_standin()
    headers = {"Authorization": "Bearer sk_x", "Stripe-Version": "1"}
    intent = ask("POST", "/v1/payment_intents", amount="1000", currency="eur")[1]["id"]
    inside, leave = threading.Event(), threading.Event()
    answers = {}

    def slow(seconds):
        inside.set()
        leave.wait(10)

    def confirm(name, key, fault=""):
        try:
            sent = {
                **headers,
                "Idempotency-Key": key,
                **({"Standin-Fault": fault} if fault else {}),
            }
            path = f"/v1/payment_intents/{intent}/confirm"
            answers[name] = standin.handle("POST", path, sent, "payment_method=pm_card_visa")
        finally:
            connections.close_all()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("payments.standin.core.time.sleep", slow)
        first = threading.Thread(target=confirm, args=("first", "k", "slow"))
        first.start()
        assert inside.wait(10)
        confirm("same key", "k")
        leave.set()
        first.join()
    threads = [threading.Thread(target=confirm, args=(f"key {n}", f"k{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers["first"][0] == 200
    assert (answers["same key"][0], answers["same key"][2]["error"]["code"]) == (
        409,
        "idempotency_key_in_use",
    )
    assert {answers[f"key {n}"][2]["error"]["code"] for n in range(4)} == {
        "payment_intent_unexpected_state"
    }
    assert Thing.objects.filter(kind="charge").count() == 1


def test_only_its_own_tables_are_on_the_alias():
    router = StandinRouter()
    for model in apps.get_models():
        own = model._meta.app_label == "standin"
        assert (
            router.db_for_read(model) == router.db_for_write(model) == ("standin" if own else None)
        )
        assert router.allow_migrate("standin", model._meta.app_label) is own
        assert router.allow_migrate("default", model._meta.app_label) is not own
    assert router.allow_relation(Thing(), Thing())
    assert not router.allow_relation(Thing(), ContentType())


@pytest.mark.django_db(databases=["default", "standin"])
def test_tables_are_where_they_belong():
    own = {
        "standin_thing",
        "standin_answer",
        "standin_posting",
        "standin_event",
        "standin_delivery",
        "standin_fault",
    }

    assert set(connections["standin"].introspection.table_names()) == own | {"django_migrations"}
    assert not own & set(connections["default"].introspection.table_names())
