"""What a woken device answers: shown, or not for me; who follows one booking
(rule D4, L8, B11; fault A17).
"""

from datetime import timedelta

import pytest
from django.core import signing
from django.core.management import call_command

from accounts import delivery, notifications, push
from accounts.models import Notification, NotificationState, PushSubscription
from dispatch import offers
from dispatch.models import DeclineReason, OfferState
from mila import production
from mila.clock import mila_now
from requests_app import notices
from requests_app.actions import proving, visit
from requests_app.models import State
from tests.accounts.pushing import message, pushed, say, woken
from tests.cast import begin, nearly_time

HEARD, PASS = "/device/heard/", "/device/not-for-me/"


def test_window_runs_from_when_the_device_has_shown_it(offered, client, stopped_clock):
    phone, offer = offered
    now = offer.opened_at + timedelta(seconds=7)
    stopped_clock(now)

    assert say(client, HEARD, phone.got[0]["token"]).status_code == 204

    offer.refresh_from_db()
    assert (offer.acknowledged_at, offer.viewed_at) == (now, None)
    assert offer.expires_at == now + timedelta(minutes=2)
    notice = Notification.objects.get(kind="offer")
    assert (notice.state, notice.reached_at, notice.climbs_at) == ("reached", now, None)


def test_looking_at_it_later_makes_the_window_no_longer(offered, client, partner, stopped_clock):
    phone, offer = offered
    stopped_clock(offer.opened_at + timedelta(seconds=7))
    say(client, HEARD, phone.got[0]["token"])
    offer.refresh_from_db()
    ends = offer.expires_at
    stopped_clock(offer.opened_at + timedelta(seconds=60))

    seen = offers.acknowledge(offer.pk, partner.pk)

    assert (seen.viewed_at, seen.expires_at) == (offer.opened_at + timedelta(seconds=60), ends)


def test_shown_and_not_answered_has_lapsed_though_nobody_opened_the_page(
    offered, client, stopped_clock
):
    phone, offer = offered
    say(client, HEARD, phone.got[0]["token"])
    offer.refresh_from_db()
    stopped_clock(offer.expires_at)

    assert offers.expire(offer.pk)

    offer.refresh_from_db()
    assert offer.state == OfferState.LAPSED


def test_pushed_and_never_shown_is_not_reached(offered, stopped_clock):
    _phone, offer = offered
    stopped_clock(offer.expires_at)

    assert offers.expire(offer.pk)

    offer.refresh_from_db()
    assert offer.state == OfferState.NOT_REACHED


def test_not_for_me_asks_the_next_one(offered, client):
    phone, offer = offered

    assert say(client, PASS, phone.got[0]["token"]).status_code == 204
    assert say(client, PASS, phone.got[0]["token"]).status_code == 204

    offer.refresh_from_db()
    assert (offer.state, offer.decline_reason) == (OfferState.DECLINED, "")
    assert "" not in DeclineReason.values


def test_not_for_me_of_an_offer_that_is_over_changes_nothing(offered, client, partner, searching):
    phone, offer = offered
    offers.claim(searching.pk, partner.pk, rank=offer.wishes[0], by=partner.user)

    assert say(client, PASS, phone.got[0]["token"]).status_code == 204

    offer.refresh_from_db()
    searching.refresh_from_db()
    assert (offer.state, searching.state) == (OfferState.CLAIMED, State.CLAIMED)


@pytest.mark.parametrize("address", [HEARD, PASS])
@pytest.mark.parametrize("forge", ["", "x", "other salt", "other notice", "cut"])
def test_forged_word_of_a_device_does_nothing(
    address, forge, offered, client, rival_partner, service
):
    phone, offer = offered
    token = phone.got[0]["token"]
    theirs = PushSubscription.objects.get(user=offer.technician.user)
    mine = woken(service, rival_partner.user, "mine")
    own = PushSubscription.objects.get(user=rival_partner.user)
    tokens = {
        "other salt": signing.dumps([str(theirs.public_id), 1], salt="other", compress=True),
        # A device of one person, a notice of another: even if it could be signed.
        "other notice": signing.dumps(
            [str(own.public_id), Notification.objects.get(kind="offer").pk], salt=push.SALT
        ),
        "cut": token[:-1],
    }

    answer = say(client, address, tokens.get(forge, forge))

    assert answer.status_code == 403
    offer.refresh_from_db()
    assert (offer.state, offer.acknowledged_at) == (OfferState.OPEN, None)
    assert mine.got == []


def test_word_of_a_device_that_signed_out_does_nothing(offered, client):
    phone, offer = offered
    PushSubscription.objects.all().delete()

    assert say(client, HEARD, phone.got[0]["token"]).status_code == 403

    offer.refresh_from_db()
    assert offer.acknowledged_at is None


# --- Who follows one booking by its link


@pytest.fixture
def followed(job, client, service):
    phone = service.phone("customer")
    answer = client.post(
        f"/b/{job.token}/wake/", phone.subscription, content_type="application/json"
    )
    assert answer.json() == {"known": True}
    return phone


def test_customer_hears_that_somebody_comes_is_there_and_asks_to_sign(job, partner, followed):
    walk_on(job, partner, State.FINISHED)
    notices.queue(job, "please_sign", round=1)
    Notification.objects.filter(kind="please_sign").update(due_at=mila_now())

    assert [pushed(kind) for kind in ("en_route", "arrived", "please_sign")] == [[1], [1], [1]]

    assert {message["url"] for message in followed.got} == {f"/b/{job.token}/"}
    assert [message["title"] for message in followed.got][1].startswith("Yanis Corvel")


def walk_on(job, partner, until):
    """From the claim to there."""
    user, pk = partner.user, job.pk
    acts = {
        State.CALLED: lambda: visit.record_call(
            pk, partner.pk, by=user, channel="phone", reached=True
        ),
        State.CONFIRMED: lambda: visit.confirm(pk, partner.pk, by=user),
        State.EN_ROUTE: lambda: visit.depart(pk, partner.pk, by=user),
        State.ARRIVED: lambda: visit.arrive(pk, partner.pk, by=user),
        State.IN_PROGRESS: lambda: begin(job, partner),
        State.FINISHED: lambda: visit.finish(pk, partner.pk, by=user, report={"done": "x"}),
    }
    for step, act in acts.items():
        if step == State.EN_ROUTE:
            nearly_time(job)
        act()
        job.refresh_from_db()
        if step == until:
            break


def test_arrival_is_written_down_for_no_mail_and_only_where_a_device_hears_it(
    job, partner, service
):
    walk_on(job, partner, State.ARRIVED)
    assert not Notification.objects.filter(kind="arrived").exists()


def test_arrival_is_never_mailed(job, partner, followed, mailoutbox):
    walk_on(job, partner, State.ARRIVED)
    row = Notification.objects.get(kind="arrived")

    delivery.deliver(row.pk)

    row.refresh_from_db()
    assert (row.state, mailoutbox) == (NotificationState.SENT, [])


def test_link_that_has_become_another_one_wakes_nobody(job, partner, followed):
    proving.send_new_link(job.pk)
    walk_on(job, partner, State.EN_ROUTE)

    assert pushed("en_route") == [0]
    assert followed.got == []


def test_push_never_carries_the_link_that_proves_an_address(job, partner, followed):
    walk_on(job, partner, State.EN_ROUTE)
    pushed("en_route")

    assert "from-mail" not in str(followed.got)


def test_follower_of_one_booking_hears_of_no_other(job, partner, followed, customer):
    notifications.queue_all(
        [message(customer, {"link": "http://localhost:8000/b/other/"}, kind="late")]
    )

    assert pushed("late") == [0]
    assert followed.got == []


def test_follower_can_stop(job, partner, followed, client):
    client.post(
        f"/b/{job.token}/rest/",
        {"endpoint": followed.subscription["endpoint"]},
        content_type="application/json",
    )
    walk_on(job, partner, State.EN_ROUTE)

    assert pushed("en_route") == [0]


def test_new_key_is_one_production_takes(capsys):
    call_command("vapid_key")

    assert production._is_vapid(capsys.readouterr().out.strip())
