"""Where nobody comes yet: told once, when somebody does; stopped, forgotten, erased (rule B14)."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from accounts import delivery
from accounts.models import Notification
from backoffice import retention
from dispatch import alerts
from dispatch.models import AlertTrail, AreaAlert
from mila.clock import mila_now
from places.actions import load_gazetteer
from places.gazetteer import Entry
from policy.kept import KEPT
from tests import factories
from tests.dispatch.steps import later

pytestmark = pytest.mark.django_db
MENDE = {"lat": 44.518, "lon": 3.501}
ADDRESS = "odile@example.com"


@pytest.fixture
def draft(still):
    load_gazetteer([Entry("FR", "48000", "48", "Mende", "", 44.518, 3.501, "town")])
    draft = factories.DraftFactory(postcode="48000", city="Mende", contact=MENDE)
    draft.wishes.all().delete()
    return draft


@pytest.fixture
def alert(draft):
    alerts.ask(draft, email=ADDRESS, language="de")
    return AreaAlert.objects.get()


def kinds():
    return list(Notification.objects.order_by("pk").values_list("kind", flat=True))


def somebody_comes():
    return factories.TechnicianFactory(**MENDE)


def test_what_is_kept_is_the_address_and_the_district(alert):
    assert (alert.email, alert.language, alert.postcode, alert.city) == (
        ADDRESS,
        "de",
        "48000",
        "Mende",
    )
    assert (alert.lat, alert.lon) == (44.52, 3.5)
    assert kinds() == ["area_alert_kept"]


@pytest.mark.parametrize(("postcode", "place"), [("48000", "48000 Mende"), ("48999", "48999")])
def test_no_words_of_a_stranger_go_out_in_a_mail_of_ours(postcode, place, draft):
    draft.postcode, draft.city = postcode, "You have won: www.example.com"
    alerts.ask(draft, email=ADDRESS, language="fr")
    somebody_comes()
    later(hours=1)

    alerts.sweep()

    assert kinds() == ["area_alert_kept", "area_alert"]
    assert {row.context["place"] for row in Notification.objects.all()} == {place}
    assert "won" not in AreaAlert.objects.get().city


def test_asking_again_keeps_one_and_writes_nothing_more(draft, alert):
    alerts.ask(draft, email=ADDRESS, language="fr")

    assert AreaAlert.objects.count() == 1
    assert kinds() == ["area_alert_kept"]


def test_no_mailbox_is_filled_by_asking_for_many_places(draft):
    for number in range(9):
        draft.postcode = f"4800{number}"
        alerts.ask(draft, email=ADDRESS, language="fr")

    assert AreaAlert.objects.count() == len(kinds()) == 5


def test_who_has_stopped_is_not_written_to_again_while_that_is_kept(draft, alert, stopped_clock):
    alerts.stop(alerts.key_of(alert))

    for postcode in ("48000", "48100"):
        draft.postcode = postcode
        alerts.ask(draft, email=ADDRESS, language="fr")
    alerts.ask(draft, email="other@example.com", language="fr")

    assert list(AreaAlert.objects.values_list("email", flat=True)) == ["other@example.com"]
    assert kinds() == ["area_alert_kept"]
    stopped_clock(mila_now() + KEPT["alerts"] + timedelta(seconds=1))
    assert retention.let_go()["alerts"] == 3
    alerts.ask(draft, email=ADDRESS, language="fr")
    assert AreaAlert.objects.filter(email=ADDRESS).exists()


def test_mails_of_a_day_count_though_their_alerts_are_forgotten(draft):
    for number in range(9):
        draft.postcode = f"4800{number}"
        alerts.ask(draft, email=ADDRESS, language="fr")
        alerts._forget(AreaAlert.objects.all())
    assert AlertTrail.objects.count() == 5

    later(days=1)
    alerts.ask(draft, email=ADDRESS, language="fr")

    assert AreaAlert.objects.count() == 1


def test_what_outlives_an_alert_names_nobody(alert):
    trail = AlertTrail.objects.get()

    assert len(trail.address_hash) == 64
    assert "odile" not in trail.address_hash


def test_as_long_as_nobody_comes_nobody_is_told(alert):
    later(hours=1)

    assert alerts.sweep() == 1
    assert alerts.sweep() == 0  # looked at just now

    assert kinds() == ["area_alert_kept"]
    assert AreaAlert.objects.exists()


def test_as_soon_as_somebody_comes_they_are_told_once_and_forgotten(alert):
    somebody_comes()
    later(hours=1)

    alerts.sweep()
    assert kinds() == ["area_alert_kept", "area_alert"]
    later(hours=1)
    alerts.sweep()
    assert kinds() == ["area_alert_kept", "area_alert"]  # not gone yet: the address is still needed

    for row in Notification.objects.all():
        delivery.deliver(row.pk)
    later(hours=1)
    alerts.sweep()

    assert len(mail.outbox) == 2
    assert not AreaAlert.objects.exists()
    assert kinds() == []


def test_one_whose_mail_failed_waits_for_staff_until_the_alert_is_over(alert):
    somebody_comes()
    later(hours=1)
    alerts.sweep()
    Notification.objects.filter(kind="area_alert").update(state="failed", due_at=None)
    Notification.objects.filter(kind="area_alert_kept").update(state="sent")

    later(hours=1)
    alerts.sweep()
    assert AreaAlert.objects.exists()
    assert "area_alert" in kinds()

    later(days=365)
    alerts.sweep()
    assert not AreaAlert.objects.exists()
    assert kinds() == []


def test_where_somebody_comes_already_nothing_is_kept(draft):
    somebody_comes()

    alerts.ask(draft, email=ADDRESS, language="fr")

    assert not AreaAlert.objects.exists()
    assert kinds() == []


def test_one_who_comes_for_something_else_is_nobody(alert):
    factories.TechnicianFactory(**MENDE, skills={factories.SkillFactory(slug="other"): 3})
    later(hours=1)

    alerts.sweep()

    assert AreaAlert.objects.exists()


@pytest.mark.parametrize(("days", "waits"), [(364, True), (365, False)])
def test_nobody_waits_for_ever(days, waits, alert):
    later(days=days)

    alerts.sweep()

    assert AreaAlert.objects.exists() is waits
    assert kinds() == (["area_alert_kept"] if waits else [])


def test_both_mails_lead_where_they_say(client, alert):
    somebody_comes()
    later(hours=1)
    alerts.sweep()

    for row in Notification.objects.order_by("pk"):
        delivery.deliver(row.pk)

    kept, comes = mail.outbox
    assert kept.to == comes.to == [ADDRESS]
    assert alerts.key_of(alert) in kept.body
    assert "/book/slow-wifi/?country=FR" in comes.body
    assert client.get("/book/slow-wifi/?country=FR").status_code == 200


def test_looking_at_the_link_stops_nothing_and_the_button_stops_all_of_the_address(
    client, draft, alert
):
    draft.postcode = "48100"
    alerts.ask(draft, email=ADDRESS, language="fr")
    alerts.ask(draft, email="other@example.com", language="fr")
    page = reverse("customer:stop_alerts", args=[alerts.key_of(alert)])

    client.get(page)
    assert AreaAlert.objects.filter(email=ADDRESS).count() == 2

    client.post(page)

    assert list(AreaAlert.objects.values_list("email", flat=True)) == ["other@example.com"]
    assert list(Notification.objects.values_list("email", flat=True)) == ["other@example.com"]
    assert client.post(page).status_code == 200  # a repeat


def test_a_made_up_link_stops_nothing(client, alert):
    client.post(reverse("customer:stop_alerts", args=[str(alert.uuid)]))

    assert AreaAlert.objects.exists()


def test_the_page_keeps_the_address_and_says_so(client, draft):
    page = reverse("customer:draft_tell_me", args=[draft.token])

    answer = client.post(
        page, {"email": "Odile@Example.com"}, follow=True, headers={"accept-language": "en"}
    )

    assert AreaAlert.objects.get().email == ADDRESS
    assert "We write to you as soon" in answer.content.decode()
    assert mila_now() - AreaAlert.objects.get().asked_at < timedelta(minutes=1)


def test_no_address_is_said_and_keeps_nothing(client, draft):
    answer = client.post(reverse("customer:draft_tell_me", args=[draft.token]), {"email": "odile"})

    assert answer.status_code == 422
    assert 'value="odile"' in answer.content.decode()
    assert not AreaAlert.objects.exists()
    assert kinds() == []
