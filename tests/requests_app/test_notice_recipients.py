"""Whom a message is for, and what they may know (rule N2, D8; fault A2)."""

import json

import pytest
from django.conf import settings as site

from accounts import mail_words
from accounts.models import Notification
from requests_app import notices, secret_link
from requests_app.models import Booking
from requests_app.notices import KINDS, To
from tests import factories
from tests.cast import claimed
from tests.requests_app.notice_steps import queued, signed

__all__ = ["signed"]  # fixtures


def contact_of(booking):
    """Everything only the partner's job page may show, and the customer's own key to their page."""
    contact = booking.contact
    return {
        contact.name,
        contact.phone,
        contact.street,
        contact.door_code,
        contact.problem,
        contact.at_the_door,
        booking.customer.email,
        booking.customer.name,
        booking.token,
    }


def test_partners_get_no_contact_data_of_the_customer(signed, partner, rival_partner):
    for kind, notice in KINDS.items():
        if notice.to in (To.PARTNER, To.FORMER):
            notices.queue(signed, kind, round=99, former=rival_partner)
    notices.queue(signed, "offer", round=100, technician=rival_partner)
    rows = Notification.objects.exclude(email="canary@example.com").exclude(email=site.OPS_EMAIL)
    assert rows.count() >= sum(notice.to in (To.PARTNER, To.FORMER) for notice in KINDS.values())

    for row in rows:
        message = mail_words.render(row)
        seen = (
            json.dumps(row.context, ensure_ascii=False)
            + message.subject
            + message.body
            + message.alternatives[0][0]
        )
        assert [canary for canary in contact_of(signed) if canary in seen] == [], row.kind


def test_canaries_would_be_found(signed):
    """Control: the customer's own messages do carry their key."""
    row = queued("booked")

    assert signed.token in mail_words.render(row).body


def test_before_the_claim_an_offer_tells_district_time_and_earnings_alone(searching, partner):
    notices.queue(searching, "offer", round=1, technician=partner, distance_m=4200)

    row = queued("offer", round=1)
    assert set(row.context) == {
        "number",
        "service",
        "country",
        "currency",
        "zone",
        "postcode",
        "starts_at",
        "duration_minutes",
        "earnings_cents",
        "distance_m",
    }
    assert row.context["earnings_cents"] == 5520
    assert mail_words.unsealed(row)["link"] == f"{site.SITE_URL}/partner/offers/"


def test_caller_cannot_slip_in_other_facts(searching, partner):
    with pytest.raises(TypeError, match="street"):
        notices.queue(searching, "offer", round=1, technician=partner, street="14 rue de l’Exemple")

    assert not Notification.objects.filter(kind="offer").exists()


def test_each_is_told_in_their_own_language_by_their_own_link(searching, partner):
    Booking.objects.update(language="de")
    partner.user.language = "it"
    partner.user.save(update_fields=["language"])
    job = claimed(searching, partner)

    to_customer, to_partner = queued("claimed"), queued("job_claimed")
    assert (to_customer.email, to_customer.language, to_customer.user) == (
        job.customer.email,
        "de",
        job.customer,
    )
    assert mail_words.unsealed(to_customer)["link"] == secret_link.mailed_url(job)
    assert job.token not in str(to_customer.context)
    assert (to_partner.email, to_partner.language, to_partner.user) == (
        partner.user.email,
        "it",
        partner.user,
    )
    assert mail_words.unsealed(to_partner)["link"] == f"{site.SITE_URL}/partner/jobs/{job.uuid}/"


def test_name_of_the_service_is_the_readers(searching):
    searching.service.name_de = "Langsames WLAN"
    searching.service.save()
    searching.language = "de"
    notices.queue(searching, "search_warning", round=1)
    notices.queue(searching, "search_warning_ops", round=1)

    assert queued("search_warning").context["service"] == "Langsames WLAN"
    assert queued("search_warning_ops").context["service"] == "Wi-Fi lent"


def test_staff_read_it_at_their_address(job):
    row = notices.queue(job, "late_ops", round=1)

    assert (row.email, row.user, row.language) == (site.OPS_EMAIL, None, "fr")
    assert (
        mail_words.unsealed(row)["link"]
        == f"{site.SITE_URL}/admin/requests_app/booking/{job.pk}/change/"
    )


def test_a_repeat_tells_nobody_twice(job):
    assert notices.queue(job, "late", round=1) is not None
    assert notices.queue(job, "late", round=1) is None


def test_nobody_to_tell(db, customer):
    draft = factories.DraftFactory(customer=None)

    assert notices.queue(draft, "draft_saved", round=1) is None
    assert notices.queue(draft, "job_claimed", round=1) is None
    assert notices.queue(draft, "job_cancelled", round=1, former=None) is None
    assert not Notification.objects.exists()


def test_who_keeps_the_job_is_not_told_that_they_lost_it(job, partner):
    assert notices.queue(job, "job_taken", round=1, former=partner) is None
