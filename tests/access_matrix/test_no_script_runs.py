"""What people write is shown as they wrote it and never runs (fault W1): payloads in every column,
on every page.

The people of a small dataset have written payloads wherever they can. Each page as each of them
sees it, and the HTML of each mail, is opened in Chromium: nothing may call the canary, and the
content policy has nothing to report.
"""

import re

import pytest
from csp.decorators import csp_exempt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path, reverse

from mila.urls import urlpatterns as urls_of_the_house
from requests_app.models import Booking, State
from tests import chromium
from tests.access_matrix import dataset, hostile
from tests.access_matrix.endpoints import opened
from tests.access_matrix.gallery import Gallery, Shown
from tests.access_matrix.payloads import PAYLOADS, RAW
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(databases=["default", "standin"]),
]
HEADERS = ("Content-Type", "Content-Security-Policy")
# What such a page shows hangs on the booking's state: all of them are looked at. Of others the
# first two.
STORY = "admin:requests_app_booking_change"
EACH = {"customer:booking", "partner:job", "customer:pay", STORY}
STORIES = 6
FEW = 2
# Columns that have to be met; that others are filled as well costs nothing.
PEOPLE = ("visitor", "customer", "friend", "pro")
SEEN_BY_PEOPLE = {
    "Technician.name",
    "BookingContact.name",
    "BookingContact.street",
    "BookingContact.door_code",
    "Booking.report",
    "BookingContact.problem",
    "Booking.city",
    "Service.name_fr",
    "PartnerProfile.name",
}
SEEN_BY_STAFF = {
    "User.name",
    "Technician.name",
    "PartnerProfile.suspension_reason",
    "StripeEvent.error",
    "Notification.error",
    "BookingEvent.reason",
    "Booking.city",
}


def hang(gallery: Gallery, address: str, answer) -> str:
    gallery.hang(
        address, {name: answer[name] for name in HEADERS if name in answer}, answer.content
    )
    return address


def hang_all(gallery: Gallery, here: dataset.Dataset, role: str) -> None:
    """Every page of this person, under an address of its own; a refusal once for each pattern."""
    client = Client(raise_request_exception=False)
    if here.people[role]:
        sign_in(client, here.people[role])
    for name, addresses in here.addresses(role).items():
        counts: dict[int, int] = {}
        for address, answer in opened(client, addresses):
            status = answer.status_code
            if (
                status in (301, 302, 405)
                or answer.streaming
                or not answer.get("Content-Type", "").startswith("text/html")
            ):
                continue
            counts[status] = counts.get(status, 0) + 1
            if name in EACH or counts[status] <= (FEW if status == 200 else 1):
                hang(gallery, f"/{role}{address}", answer)
            if name.startswith("admin:") and counts.get(200) == (STORIES if name == STORY else 1):
                break


def hang_a_refused_photo(gallery: Gallery) -> None:
    """The name of a file is said again, and stands nowhere else."""
    draft = Booking.objects.get(state=State.DRAFT, photos__isnull=False)
    for number, one in enumerate(PAYLOADS[:3]):
        photo = SimpleUploadedFile(
            f"{one}.jpg".replace("/", ""), b"GIF89a", content_type="image/jpeg"
        )
        answer = Client().post(
            reverse("customer:draft_photos", args=[draft.token]), {"photos": photo}
        )
        assert answer.status_code == 422
        hang(gallery, f"/photo/{number}", answer)


def look_at_all(gallery: Gallery) -> dict:
    with gallery.open():
        shown = {address: gallery.show(address) for address in list(gallery.pages)}
    return {address: one for address, one in shown.items() if not one.clean}


def met(gallery: Gallery, names: set[str]) -> set[str]:
    everything = b"".join(body for _headers, body in gallery.pages.values()).decode()
    return {name for name in names if hostile.mark(name) in everything}


def test_no_page_of_people_runs_what_they_write(morning):
    gallery, here = Gallery(), dataset.build()
    placed = hostile.poison()
    for role in PEOPLE:
        hang_all(gallery, here, role)
    hang_a_refused_photo(gallery)

    assert look_at_all(gallery) == {}
    assert {payload for _column, payload in placed} == set(PAYLOADS)
    assert met(gallery, SEEN_BY_PEOPLE) == SEEN_BY_PEOPLE
    assert len(gallery.pages) > 100


def test_no_page_of_staff_and_no_mail_runs_what_people_write(morning):
    gallery, here = Gallery(), dataset.build()
    hostile.poison()
    hang_all(gallery, here, dataset.STAFF)
    kinds = 0
    for kind, page in hostile.mails():
        gallery.hang(
            f"/mail/{kind}", {"Content-Type": "text/html"}, page.encode()
        )  # no policy: mail programs have none
        kinds += 1

    assert look_at_all(gallery) == {}
    assert met(gallery, SEEN_BY_STAFF) == SEEN_BY_STAFF
    assert kinds > 40


# Controls: pages that paste what they are given, with our policy and without.
def _pasted(request, template="<!doctype html><title>-</title><p>{{ text|safe }}</p>"):
    text = PAYLOADS[int(request.GET["n"])]
    return HttpResponse(engines["django"].from_string(template).render({"text": text}))


@csp_exempt()
def bare(request):
    return _pasted(request)


def guarded(request):
    return _pasted(request)


@csp_exempt()
def attribute(request):
    return _pasted(
        request,
        '<!doctype html><title>-</title><a href="{{ text }}" data-x="{{ text|safe }}">x</a>',
    )


urlpatterns = [
    *urls_of_the_house,
    path("bare/", bare),
    path("guarded/", guarded),
    path("attribute/", attribute),
]


def look_at(view: str, numbers) -> Shown:
    """Some payloads at once, each pasted into a frame of its own."""
    gallery, frames = Gallery(), []
    for number in numbers:
        frames.append(hang(gallery, f"/{view}/{number}", Client().get(f"/{view}/", {"n": number})))
    frames = "".join(f'<iframe src="{address}"></iframe>' for address in frames)
    gallery.hang(
        "/", {"Content-Type": "text/html"}, f"<!doctype html><title>-</title>{frames}".encode()
    )
    with gallery.open():
        return gallery.show("/")


def numbers_in(said: list[str]) -> set[int]:
    """Of the payloads that were heard, as they call themselves."""
    return {
        int(one)
        for text in said
        for one in re.findall(r"ran \(?(\d+)|__ran\((\d+)|canary/(\d+)", text)
        for one in one
        if one
    }


def number_of(beginning: str) -> int:
    return next(number for number, one in enumerate(PAYLOADS) if one.startswith(beginning))


@pytest.mark.urls(__name__)
def test_where_a_page_forgets_to_escape_nearly_every_payload_is_noticed():
    shown = look_at("bare", range(len(RAW)))

    unnoticed = set(range(1, len(RAW) + 1)) - numbers_in(shown.ran)
    ran = numbers_in([what for what in shown.ran if what.startswith("ran ")])
    assert len(unnoticed) <= 12, [RAW[number - 1] for number in unnoticed]
    assert len(ran) >= 85, [RAW[number - 1] for number in set(range(1, len(RAW) + 1)) - ran]


@pytest.mark.urls(__name__)
def test_the_policy_stops_and_reports_what_is_pasted():
    policed = [number_of("<script>"), number_of("<svg onload="), number_of("<img src=x onerror=")]

    gallery = Gallery()
    for number in policed:
        hang(gallery, f"/{number}", Client().get("/guarded/", {"n": number}))
    with gallery.open():
        shown = [gallery.show(f"/{number}") for number in policed]

    assert all(one.reports for one in shown)
    assert not [what for one in shown for what in one.ran if what.startswith("ran ")]


@pytest.mark.urls(__name__)
def test_what_waits_for_a_click_is_noticed():
    waiting = [
        "javascript:__ran",
        "JaVaScRiPt:__ran",
        "java\tscript:",
        '" hx-on:load="',
        '" x-data x-init="',
        '" onmouseover="',
    ]
    numbers = [number_of(one) for one in waiting]

    shown = look_at("attribute", numbers)

    assert {number + 1 for number in numbers} <= numbers_in(shown.ran)
