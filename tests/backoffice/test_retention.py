"""What grows goes when its time is over, and not a second before (rule B1)."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from accounts import notifications, proofs
from accounts.models import Notification, PushSubscription, User
from backoffice import retention
from dispatch.models import Offer, Trace
from mila.clock import machine_now, mila_now
from payments.models import PaymentCustomer, SavedCard, StripeEvent
from policy.kept import KEPT
from requests_app.actions import contact_access, drafting
from requests_app.actions.changes import cancel
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingContact, BookingPhoto, OfflineStep
from tests import factories

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def event():
    return StripeEvent.objects.create(
        stripe_id="evt_1",
        type="x",
        object_id="o",
        livemode=False,
        payload={"id": "evt_1"},
        done_at=mila_now(),
    )


def test_every_kind_has_its_period():
    assert retention.DROP.keys() == KEPT.keys()


@pytest.mark.parametrize(("late", "dropped"), [(-SECOND, 0), (SECOND, 1)])
def test_draft_that_nobody_orders_goes_with_what_was_typed(late, dropped, morning, stopped_clock):
    draft = factories.DraftFactory()
    BookingPhoto.objects.create(booking=draft, rank=1, sha256="0" * 64)
    stopped_clock(draft.created_at + KEPT["drafts"] + late)

    assert retention.let_go()["drafts"] == dropped
    assert retention.let_go()["drafts"] == 0

    assert Booking.objects.count() == BookingContact.objects.count() == 1 - dropped
    photo = BookingPhoto.objects.get()
    assert (photo.booking is None) == bool(dropped)
    assert photo.delete_after_at is None or photo.delete_after_at <= mila_now()


@pytest.fixture
def guest(morning):
    """Who has typed an address into a draft, and come as far as the card."""
    guest = drafting.customer_for("odile@example.com", name="Odile", language="fr")
    factories.DraftFactory(customer=guest, email_proved_at=None, card="")
    PaymentCustomer.objects.create(user=guest, stripe_id="cus_1")
    return guest


def later_without_drafts(stopped_clock):
    stopped_clock(mila_now() + KEPT["drafts"] + SECOND)
    assert retention.let_go()["drafts"] == 1


def test_guest_whom_only_the_draft_knew_goes_with_it(guest, stopped_clock):
    later_without_drafts(stopped_clock)

    assert not User.objects.filter(pk=guest.pk).exists()
    assert not PaymentCustomer.objects.exists()


def _proved(guest):
    proofs.prove(guest)


def _has_a_password(guest):
    guest.set_password("six dry olives")
    guest.save()


def _has_ordered(guest):
    factories.placed_booking(customer=guest)


def _has_saved_a_card(guest):
    SavedCard.objects.create(
        customer=guest.payment_customer,
        stripe_id="pm_1",
        brand="visa",
        last4="4242",
        exp_month=1,
        exp_year=2030,
    )


@pytest.mark.parametrize("is_somebody", [_proved, _has_a_password, _has_ordered, _has_saved_a_card])
def test_guest_who_is_more_than_a_draft_stays(is_somebody, guest, stopped_clock):
    is_somebody(guest)

    later_without_drafts(stopped_clock)

    assert User.objects.filter(pk=guest.pk).exists()


def test_ordered_booking_and_a_draft_that_staff_have_looked_into_stay(
    searching, staff, stopped_clock
):
    looked_into = factories.DraftFactory()
    contact_access.show_contact(looked_into.pk, by=staff, reason="Called us")
    stopped_clock(mila_now() + KEPT["drafts"] * 20)

    assert retention.let_go()["drafts"] == 0

    assert set(Booking.objects.all()) == {searching, looked_into}


@pytest.mark.parametrize("state", ["sent", "reached", "failed"])
@pytest.mark.parametrize(("late", "emptied"), [(-SECOND, False), (SECOND, True)])
def test_words_of_a_message_go_and_that_it_went_stays(
    late, emptied, state, searching, stopped_clock
):
    Notification.objects.update(state=state)
    before = Notification.objects.get(kind="booked")
    stopped_clock(before.queued_at + KEPT["notices"] + late)

    retention.let_go()

    after = Notification.objects.get(pk=before.pk)
    assert (after.context == {}, after.sealed == "") == (emptied, emptied)
    assert (after.kind, after.email, after.state) == (before.kind, before.email, state)


@pytest.mark.parametrize(("late", "sent"), [(-SECOND, True), (SECOND, False)])
def test_failed_message_without_its_words_is_not_sent_again(late, sent, searching, stopped_clock):
    Notification.objects.update(state="failed", due_at=None)
    row = Notification.objects.get(kind="booked")
    stopped_clock(row.queued_at + KEPT["notices"] + late)
    retention.let_go()

    with nullcontext() if sent else pytest.raises(notifications.NothingToSendAgain):
        notifications.send_again(row.pk)

    assert Notification.objects.get(pk=row.pk).state == ("queued" if sent else "failed")


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_message_that_has_not_gone_out_keeps_its_words(state, searching, stopped_clock):
    Notification.objects.update(state=state)
    stopped_clock(mila_now() + KEPT["notices"] * 2)

    assert retention.let_go()["notices"] == 0


def test_trace_goes_and_its_offer_stays(job, stopped_clock):
    stopped_clock(Trace.objects.get().at + KEPT["traces"] + SECOND)

    assert retention.let_go()["traces"] == 1

    assert not Trace.objects.exists()
    assert Offer.objects.filter(booking=job).exists()


def test_body_of_a_message_from_stripe_goes_and_what_it_was_stays(event, stopped_clock):
    stopped_clock(event.received_at + KEPT["webhooks"] + SECOND)

    assert retention.let_go()["webhooks"] == 1

    event.refresh_from_db()
    assert (event.payload, event.stripe_id, event.type) == ({}, "evt_1", "x")


def test_body_of_one_that_was_not_dealt_with_stays(event, stopped_clock):
    StripeEvent.objects.update(done_at=None)
    stopped_clock(event.received_at + KEPT["webhooks"] * 2)

    assert retention.let_go()["webhooks"] == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        StripeEvent.objects.update(payload={})
    with pytest.raises(IntegrityError), transaction.atomic():
        StripeEvent.objects.update(payload={"id": "another"}, done_at=mila_now())


def test_session_goes_at_its_end(db):
    for key, ends_at in (
        ("over", machine_now() - SECOND),
        ("runs", machine_now() + timedelta(hours=1)),
    ):
        Session.objects.create(session_key=key, session_data="", expire_date=ends_at)

    assert retention.let_go()["sessions"] == 1

    assert Session.objects.get().session_key == "runs"


def device(subject_id, name="a"):
    return PushSubscription.objects.create(
        user=factories.UserFactory(), subject_id=subject_id, endpoint=f"https://push.example/{name}"
    )


@pytest.mark.parametrize(("late", "dropped"), [(-SECOND, 0), (SECOND, 1)])
def test_browser_woken_for_one_booking_goes_after_its_end(late, dropped, searching, stopped_clock):
    device(searching.uuid)
    cancel(searching.pk, role=Role.CUSTOMER, by=searching.customer)
    stopped_clock(searching.events.last().at + KEPT["devices"] + late)

    assert retention.let_go()["devices"] == dropped

    assert PushSubscription.objects.count() == 1 - dropped


def test_browser_of_a_running_booking_or_of_an_account_stays(searching, stopped_clock):
    device(searching.uuid)
    device(None, "b")
    stopped_clock(mila_now() + KEPT["devices"] * 5)

    assert retention.let_go()["devices"] == 0

    assert PushSubscription.objects.count() == 2


@pytest.mark.parametrize(("late", "dropped"), [(-SECOND, 0), (SECOND, 1)])
def test_step_of_a_phone_goes(late, dropped, job, stopped_clock):
    step = OfflineStep.objects.create(
        technician=job.technician,
        booking=job,
        key="k" * 36,
        step="note",
        done=True,
        device_at=mila_now(),
    )
    step.refresh_from_db()
    stopped_clock(step.at + KEPT["phone_steps"] + late)

    assert retention.let_go()["phone_steps"] == dropped

    assert OfflineStep.objects.count() == 1 - dropped


def test_one_piece_at_a_time(searching, stopped_clock, monkeypatch):
    monkeypatch.setattr(retention, "PIECE", 1)
    Notification.objects.create(
        kind="x",
        subject_id=searching.uuid,
        email="a@example.com",
        language="fr",
        context={"a": 1},
        state="sent",
    )
    Notification.objects.update(state="sent")
    stopped_clock(mila_now() + KEPT["notices"] * 2)

    assert [retention.let_go()["notices"] for _ in range(3)] == [1, 1, 0]
