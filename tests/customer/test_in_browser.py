"""The booking in a real Chromium: by script, without script, and the page
that follows by itself.
"""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from places.actions import load_gazetteer
from places.gazetteer import Entry
from requests_app.actions import changes
from requests_app.lifecycle import Role
from requests_app.models import Booking, BookingPhoto, LateSignature, State
from tests import chromium, factories, pictures
from tests.browsing import look
from tests.cast import MORNING, walk
from tests.dispatch.steps import taken
from tests.requests_app.booking_states import silence

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def first_step(live_server, somebody_free):
    load_gazetteer(
        [
            Entry("FR", "69007", "69", "Lyon 7e Arrondissement", "", 45.7485, 4.8467, "town"),
            Entry("FR", "69008", "69", "Lyon 8e Arrondissement", "", 45.73, 4.87, "town"),
        ]
    )
    service = factories.ServiceFactory()
    return live_server.url + reverse("customer:book", args=[service.slug])


def test_with_script(open_page, first_step):
    page = open_page()
    page.goto(first_step)
    look(page, "where")

    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=postcode]", "690")
    assert not Booking.objects.exists()  # half an address begins nothing
    page.click("#picks .choice >> nth=0")
    expect(page.locator("[name=postcode]")).to_have_value("69007")
    expect(page.locator(".day-card")).to_have_count(3)  # below the address, on the same page
    expect(page.locator("[name=street]")).to_have_value("14 rue de l’Exemple")
    page.fill("[name=door_code]", "4180A")
    expect(page).to_have_url(re.compile("/book/d/.*/when/"))
    look(page, "where-and-when")

    page.check(".day-card input >> nth=2", force=True)
    expect(page.locator("#hours legend")).to_contain_text("Thursday 26")
    page.check("[id='slot-2026-11-26T17:30']", force=True)
    expect(page.locator("#dock-total")).to_contain_text("17:30")
    page.click("[name=add]")
    expect(page.locator(".slot[data-wish]")).to_have_count(1)
    page.check("[id='slot-2026-11-26T18:30']", force=True)
    expect(page.locator(".wish")).to_have_count(2)
    expect(page.locator("[id='slot-2026-11-26T18:30']")).to_be_focused()
    look(page, "when")
    page.click(".dock button")

    page.wait_for_url("**/who/")
    page.click(".dock button")
    page.wait_for_selector(".errors")
    look(page, "who-refused")
    draft = Booking.objects.get()
    assert [wish.wall for wish in draft.wishes.all()] == ["2026-11-26T17:30", "2026-11-26T18:30"]
    assert (draft.contact.street, draft.contact.door_code) == ("14 rue de l’Exemple", "4180A")


def test_without_script(open_page, first_step):
    page = open_page(java_script_enabled=False)
    page.goto(first_step)
    page.fill("[name=street]", "14 rue de l’Exemple")
    page.fill("[name=city]", "Lyon")
    page.click(".dock button")
    page.check("#picks input >> nth=1")
    page.click(".dock button")

    page.check(".day-card input >> nth=2", force=True)
    page.click("[name=show]")
    page.check("[id='slot-2026-11-26T17:30']", force=True)
    page.click("[name=add]")
    page.check("[id='slot-2026-11-26T18:30']", force=True)
    page.click(".dock button")

    page.wait_for_url("**/who/")
    booking = Booking.objects.get()
    assert booking.postcode == "69008"
    assert [wish.wall for wish in booking.wishes.all()] == ["2026-11-26T17:30", "2026-11-26T18:30"]


def test_the_page_follows_by_itself(open_page, live_server, searching):
    page = open_page()
    page.goto(live_server.url + reverse("customer:booking", args=[searching.token]))
    look(page, "booking-searching")

    changes.cancel(searching.pk, role=Role.CUSTOMER, by=None)
    page.evaluate(
        "document.querySelector('[data-live-url]').dispatchEvent(new CustomEvent('live', "
        "{bubbles: true}))"
    )

    expect(page).to_have_title(re.compile("Your visit is cancelled"))
    assert page.locator("h1").inner_text().split() == ["Your", "visit", "is", "cancelled"]
    look(page, "booking-cancelled")


@pytest.fixture
def last_step(live_server, morning, files):
    """The address of the step that takes photos, of a draft that has everything else."""
    return live_server.url + reverse("customer:draft_who", args=[factories.DraftFactory().token])


def chosen(tmp_path, *colours, size=(900, 600)):
    for colour in colours:
        (tmp_path / f"{colour}.jpg").write_bytes(pictures.jpeg(colour, size))
    return [tmp_path / f"{colour}.jpg" for colour in colours]


def test_photos_with_script(open_page, last_step, tmp_path):
    page = open_page()
    page.goto(last_step)
    page.fill("[name=problem]", "Half writ")

    page.set_input_files("[name=photos]", chosen(tmp_path, "teal", "olive"))
    expect(page.locator("#photos .photo img")).to_have_count(2)
    expect(page.locator("#summary .photo")).to_have_count(2)
    there = "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"
    chromium.until(page, lambda: page.evaluate(there))

    (tmp_path / "cv.jpg").write_text("<script>alert(1)</script>")
    page.set_input_files("[name=photos]", [tmp_path / "cv.jpg", *chosen(tmp_path, "navy")])
    expect(page.locator("#photos .field-error")).to_contain_text(
        "cv.jpg: It is not a picture we can read."
    )
    expect(page.locator("#photos .photo")).to_have_count(3)

    page.click("[name=remove] >> nth=0")
    expect(page.locator("#photos .photo")).to_have_count(2)
    page.set_input_files("[name=photos]", chosen(tmp_path, "maroon", "gray", "tan"))
    expect(page.locator("#photos .photo")).to_have_count(4)
    expect(page.locator("#photos .field-error")).to_contain_text("There is room for four photos.")
    expect(page.locator("[name=photos]")).to_have_count(0)
    # last: taking the picture leaves style attributes behind, which a later swap would copy
    look(page, "photos")
    expect(page.locator("[name=problem]")).to_have_value("Half writ")

    with page.expect_popup() as opened:
        page.click("#photos .photo >> nth=0", position={"x": 20, "y": 60})
    picture = opened.value
    picture.wait_for_load_state()
    assert picture.evaluate("document.images[0].naturalWidth") == 900
    assert BookingPhoto.objects.exclude(booking=None).count() == 4


def test_photos_without_script(open_page, last_step, tmp_path):
    page = open_page(java_script_enabled=False)
    page.goto(last_step)
    page.fill("[name=phone]", "12")
    page.fill("[name=problem]", "Half writ")
    page.set_input_files("[name=photos]", chosen(tmp_path, "teal", "olive"))
    page.press("[name=name]", "Enter")

    expect(page.locator("#photos .photo")).to_have_count(2)
    page.click("[name=remove] >> nth=1")
    expect(page.locator("#photos .photo")).to_have_count(1)
    expect(page.locator("[name=problem]")).to_have_value("Half writ")
    assert BookingPhoto.objects.exclude(booking=None).count() == 1


@pytest.fixture
def signed_in(open_page, live_server, client):
    """A page of somebody who is signed in."""

    def opened(user):
        client.force_login(user)
        page = open_page()
        chromium.sign_in(page.context, client, live_server.url)
        return page

    return opened


def test_notes_from_the_work_appear_on_the_customers_page(
    open_page, signed_in, live_server, searching, partner
):
    booking = walk(searching, partner, State.IN_PROGRESS)
    phone, customer = signed_in(partner.user), open_page()
    customer.goto(live_server.url + reverse("customer:booking", args=[booking.token]))
    phone.goto(live_server.url + reverse("partner:job", args=[booking.uuid]))
    said, field = phone.locator("[aria-labelledby=say] .said"), phone.locator("[name=text]")

    field.fill("Il manque")
    phone.click("button[value=found]")
    expect(said).to_contain_text("J’ai trouvé la cause.")
    expect(field).to_have_value("Il manque")
    field.fill("Mot de passe : Soleil")
    phone.click("[aria-labelledby=say] button:not([name])")
    expect(phone.locator(".field-error")).to_be_visible()
    expect(field).to_have_value("Mot de passe : Soleil")
    field.fill("Je déplace la box.")
    phone.click("[aria-labelledby=say] button:not([name])")
    expect(said).to_contain_text("Je déplace la box.")
    expect(field).to_have_value("")
    look(phone, "job-notes")

    customer.evaluate(
        "document.querySelector('[data-live-url]').dispatchEvent(new CustomEvent('live', "
        "{bubbles: true}))"
    )
    expect(customer.locator(".timeline .said li")).to_have_text(
        [re.compile("Je déplace la box."), re.compile("I have found the cause.")]
    )
    look(customer, "booking-notes")


def test_signing_afterwards_changes_nothing_about_the_amount(
    open_page, live_server, searching, partner
):
    booking = walk(searching, partner, State.FINISHED)
    silence(booking)
    page = open_page()

    page.goto(live_server.url + reverse("customer:booking", args=[booking.token]))
    look(page, "booking-silent")
    page.goto(live_server.url + reverse("customer:sign", args=[booking.token]))
    look(page, "sign-late")
    page.fill("[name=typed]", "Odile Perrachon")
    page.click("[form=sign][type=submit]")

    page.wait_for_url(f"**/b/{booking.token}/")
    assert LateSignature.objects.get().signer == "Odile Perrachon"
    look(page, "booking-signed-late")


def test_partner_keeps_themselves_in_reserve(
    signed_in, live_server, stopped_clock, customer, partner, rival_partner
):
    stopped_clock(MORNING)
    job = taken(factories.placed_booking(customer=customer), partner, rival_partner)
    page = signed_in(partner.user)

    page.goto(live_server.url + "/partner/offers/")
    look(page, "offers-taken")
    page.click(f"form[action='{reverse('partner:keep_in_reserve', args=[job.uuid])}'] button")

    expect(
        page.locator(f"form[action='{reverse('partner:leave_reserve', args=[job.uuid])}']")
    ).to_be_visible()
    look(page, "offers-reserve")
