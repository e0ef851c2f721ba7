"""The back office in a real Chromium: nothing critical for axe, nothing wider than the phone, a
silent console.
"""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Notification
from requests_app.actions import signing
from requests_app.lifecycle import Role, advance
from requests_app.models import State
from tests import chromium, factories
from tests.backoffice.looking import faults
from tests.cast import claimed, walk
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def town(morning, partner, rival_partner):
    """A few bookings in different standings; answers those whose pages are looked at."""
    job = claimed(factories.placed_booking(), partner)
    searching = factories.placed_booking()
    unfilled = factories.placed_booking()
    advance(unfilled.pk, "exhaust", role=Role.SYSTEM, by=None)
    contested = walk(
        factories.placed_booking(wishes=[factories.service_day_at(9, days=5)]),
        partner,
        State.FINISHED,
    )
    signing.refuse(contested.pk, by=contested.customer, reason="Les chambres n’ont toujours rien.")
    factories.PartnerFactory(name="Nouvelle Candidate", approved_at=None, payable=False)
    Notification.objects.filter(subject_id=job.uuid).update(
        state="failed", error="SMTPResponseException: 550"
    )
    return {"job": job, "searching": searching, "contested": contested}


def pages(town, partner):
    job, contested = town["job"], town["contested"]
    return {
        "board": reverse("admin:index"),
        "bookings": reverse("admin:requests_app_booking_changelist"),
        "booking": reverse("admin:requests_app_booking_change", args=[contested.pk]),
        "assign": reverse("admin:requests_app_booking_act", args=[town["searching"].pk, "assign"]),
        "move": reverse("admin:requests_app_booking_act", args=[job.pk, "move"]),
        "partner": reverse("admin:accounts_partnerprofile_change", args=[partner.partner_id]),
        "technician": reverse("admin:accounts_technician_change", args=[partner.pk]),
        "notices": reverse("admin:accounts_notification_changelist"),
    }


@pytest.mark.parametrize(
    ("width", "height", "light"), [(1280, 800, "light"), (390, 844, "light"), (1280, 800, "dark")]
)
def test_pages(live_server, town, staff, partner, width, height, light):
    client = Client()
    sign_in(client, staff)
    heard = []
    with chromium.opened() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=light, reduced_motion="reduce"
        )
        chromium.sign_in(context, client, live_server.url)
        page = context.new_page()
        page.on(
            "console",
            lambda line: heard.append(line.text) if line.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: heard.append(str(error)))
        found = faults(
            page, live_server.url, pages(town, partner), picture_name=f"admin-{{}}-{light}"
        )

    assert found == []
    assert heard == []
