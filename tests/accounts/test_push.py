"""A push reaches the device it was made for, once, and nobody else's (rule N1, N3, D4; fault A17,
S7, W11).
"""

import threading

import pytest
from django.core.cache import cache
from django.db import connection

from accounts import delivery, notifications, push, tasks
from accounts.channels.email import MAIL_RESTS
from accounts.models import PushSubscription
from dispatch import offers
from dispatch.models import Offer
from mila import web_push
from requests_app.actions import visit
from tests import factories, push_service
from tests.accounts.pushing import message, pushed, woken

# --- What goes out


def test_offer_is_urgent_lasts_as_long_as_its_window_and_is_about_its_booking(offered, searching):
    phone, offer = offered

    (headers,), left = phone.headers, (offer.expires_at - offer.opened_at).total_seconds()
    assert (headers["Urgency"], headers["Topic"]) == ("high", searching.uuid.hex)
    assert left - 10 <= int(headers["TTL"]) <= left
    (message,) = phone.got
    assert message["url"] == "/partner/offers/"
    assert [action["action"] for action in message["actions"]] == ["look", "pass"]


def test_locked_screen_tells_nothing_of_the_customer(offered, searching):
    phone, _offer = offered
    contact = searching.contact

    shown = " ".join(str(value) for name, value in phone.got[0].items() if name != "token")
    assert not any(
        word in shown
        for word in (contact.name, contact.street, contact.phone, searching.customer.email)
    )


def test_it_is_signed_with_the_key_browsers_subscribe_to(offered, service):
    assert service.signers == {web_push.public_key()}


def test_second_time_nothing_goes_out(offered):
    phone, _offer = offered

    assert pushed("offer") == [0]
    delivery.sweep()
    assert len(phone.got) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_push_it_once(service):
    user = factories.UserFactory()
    phone = woken(service, user)
    facts = {"number": "M1", "service": "Wi-Fi", "zone": "Europe/Paris"}
    row = notifications.queue_all([message(user, facts)])[0]
    line = threading.Barrier(4)

    def work():
        line.wait()
        delivery.deliver(row.pk)
        connection.close()

    crowd = [threading.Thread(target=work) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert len(phone.got) == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_being_taken_first_it_goes_out_twice(service):
    user = factories.UserFactory()
    phone = woken(service, user)
    row = notifications.queue_all([message(user, {"number": "M1"})])[0]

    for _ in range(2):
        push.send_push(row)

    assert len(phone.got) == 2


def test_what_the_broker_lost_is_swept(searching, partner, service):
    phone = woken(service, partner.user)
    offers.open_next(searching.pk)

    tasks.sweep_notifications()

    assert len(phone.got) == 1


def test_no_longer_true_is_not_pushed(searching, partner, service, stopped_clock):
    phone = woken(service, partner.user)
    offer = offers.open_next(searching.pk)
    stopped_clock(offer.expires_at)

    assert pushed("offer") == [0]
    assert phone.got == []


@pytest.fixture
def mail_rests():
    cache.set(MAIL_RESTS, True, 30)
    yield
    cache.delete(MAIL_RESTS)  # or the next tests' mails rest too


def test_mail_server_that_is_away_holds_up_no_push(searching, partner, service, mail_rests):
    phone = woken(service, partner.user)
    offers.open_next(searching.pk)

    delivery.sweep()

    assert len(phone.got) == 1


def test_lost_job_takes_its_pages_from_the_phone(job, partner, service):
    phone = woken(service, partner.user)
    visit.release(job.pk, partner.pk, by=partner.user, reason="ill")

    assert pushed("job_released") == [1]
    assert phone.got[0]["lost"] == str(job.uuid)


# --- Devices


@pytest.mark.parametrize("status", [404, 410])
def test_device_that_is_gone_is_forgotten(status, searching, partner, service):
    phone = woken(service, partner.user)
    phone.status = status
    offers.open_next(searching.pk)

    assert pushed("offer") == [0]
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("status", [302, 307, 429, 500, 503])
def test_service_that_will_not_have_it_is_asked_once_and_the_device_stays(
    status, searching, partner, service
):
    phone = woken(service, partner.user)
    phone.status = status
    offers.open_next(searching.pk)

    assert pushed("offer") == [0]
    assert PushSubscription.objects.count() == 1


def test_service_that_is_away_costs_nobody_else_theirs(searching, partner, service, settings):
    settings.PUSH_SERVICES = [service.origin, "http://127.0.0.1:9"]
    dead = {**service.phone("dead").subscription, "endpoint": "http://127.0.0.1:9/to/dead"}
    push.subscribe(partner.user, web_push.Device(**dead))
    phone = woken(service, partner.user)
    offers.open_next(searching.pk)

    assert pushed("offer") == [1]
    assert len(phone.got) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://evilpush.apple.com.example/x",
        "https://evil-fcm.googleapis.com/x",
        "https://push.apple.com.evil.example/x",
        "https://fcm.googleapis.com\r\nX: y/x",
        "file:///etc/passwd",
        "//fcm.googleapis.com/x",
        "https://",
        "",
    ],
)
def test_address_that_is_no_push_service_is_never_kept(endpoint, partner, client):
    phone = push_service.Service().phone()
    client.force_login(partner.user)

    answer = client.post(
        "/partner/phone/wake/",
        {**phone.subscription, "endpoint": endpoint},
        content_type="application/json",
    )

    assert answer.status_code == 422
    assert not PushSubscription.objects.exists()


def test_real_services_are_known():
    for host in ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"):
        assert web_push.is_push_service(f"https://{host}/send/abc")


@pytest.mark.parametrize(
    "broken", [{"p256dh": "AAAA"}, {"p256dh": "é"}, {"auth": ""}, {"auth": "A" * 23}]
)
def test_keys_that_are_none_are_refused(broken, partner, client, service):
    client.force_login(partner.user)

    answer = client.post(
        "/partner/phone/wake/",
        {**service.phone().subscription, **broken},
        content_type="application/json",
    )

    assert answer.status_code == 422
    assert not PushSubscription.objects.exists()


def test_who_signs_in_last_has_the_device(partner, rival_partner, service, searching):
    phone = woken(service, partner.user)
    push.subscribe(rival_partner.user, web_push.Device(**phone.subscription))

    offers.open_next(searching.pk)

    assert Offer.objects.get().technician == partner
    assert pushed("offer") == [0]
    assert phone.got == []


def test_signing_out_ends_it_on_this_device_alone(partner, client, service):
    other = woken(service, partner.user, "other")
    client.force_login(partner.user)
    client.post(
        "/partner/phone/wake/", service.phone("this").subscription, content_type="application/json"
    )

    answer = client.post("/accounts/logout/")

    assert [row.endpoint for row in PushSubscription.objects.all()] == [
        other.subscription["endpoint"]
    ]
    assert answer["Clear-Site-Data"] == '"cache", "storage"'


def test_changed_password_ends_it_everywhere(partner, service, searching):
    phone = woken(service, partner.user)
    partner.user.set_password("another-long-password")
    partner.user.save()

    offers.open_next(searching.pk)

    assert pushed("offer") == [0]
    assert phone.got == []
    assert not PushSubscription.objects.exists()


def test_oldest_device_makes_room(partner, service):
    for number in range(push.MOST_DEVICES + 1):
        woken(service, partner.user, f"phone-{number}")

    kept = [row.endpoint.rpartition("/")[2] for row in PushSubscription.objects.order_by("pk")]
    assert kept == [f"phone-{number}" for number in range(1, push.MOST_DEVICES + 1)]


def test_test_reaches_this_browser_alone(
    partner, client, service, django_capture_on_commit_callbacks, monkeypatch
):
    other = woken(service, partner.user, "other")
    this = woken(service, partner.user, "this")
    asked = []
    monkeypatch.setattr(tasks.push_test, "delay", lambda **ids: asked.append(ids))
    client.force_login(partner.user)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            "/partner/phone/test/",
            {"endpoint": this.subscription["endpoint"]},
            content_type="application/json",
        )
    tasks.push_test(**asked[0])

    assert answer.status_code == 202
    assert (len(this.got), other.got) == (1, [])


def test_test_of_somebody_elses_browser_is_refused(partner, rival_partner, client, service):
    theirs = woken(service, rival_partner.user)
    client.force_login(partner.user)

    answer = client.post(
        "/partner/phone/test/",
        {"endpoint": theirs.subscription["endpoint"]},
        content_type="application/json",
    )

    assert answer.status_code == 409
    assert theirs.got == []
