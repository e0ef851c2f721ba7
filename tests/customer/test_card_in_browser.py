"""The card step and the pay page in a real Chromium, with the stand-in's card fields."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from mila.clock import reset_clock, set_clock
from payments import cards, sweeps
from payments.models import Charge, ChargeState
from payments.standin import user_actions
from places.calendar import instant
from requests_app.actions import visit as visiting
from requests_app.models import Booking, Fault, State
from tests import cast as people
from tests import chromium, factories
from tests.browsing import look, picture
from tests.cast import MORNING
from tests.payments import cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


@pytest.fixture
def page(live_server):
    set_clock(MORNING)
    with chromium.opened() as browser:
        context = browser.new_context(
            locale="fr-FR", reduced_motion="reduce", base_url=live_server.url
        )
        made = context.new_page()
        made.set_viewport_size({"width": 390, "height": 844})
        errors = []
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.on(
            "console",
            lambda note: errors.append(note.text) if "Content Security" in note.text else None,
        )
        yield made
        reset_clock()
    assert errors == []


def type_card(page, number, ends="12/40"):
    fields = page.frame_locator("[data-card-fields] iframe")
    fields.locator("#number").fill(number)
    fields.locator("#expiry").fill(ends)
    fields.locator("#cvc").fill("123")


def order(page):
    page.get_by_role("button", name="Commander avec obligation de paiement").or_(
        page.get_by_role("button", name="Order with obligation to pay")
    ).locator("visible=true").first.click()


def card_step(page, **kwargs):
    factories.TechnicianFactory()  # somebody is free (rule B14)
    draft = factories.DraftFactory(card="", **kwargs)
    page.goto(reverse("customer:card", args=[draft.token]))
    expect(page.locator("[data-card-fields] iframe")).to_be_visible()
    return draft


def agree(page):
    page.locator("[name=starts_early]").check()
    page.locator("[name=terms]").check()


def test_an_order_with_a_good_card(page):
    draft = card_step(page)
    look(page, "book-card")
    type_card(page, cast.GOOD)
    page.locator("[name=terms]").check()

    # one consent is missing: said before the bank is asked, and the typed card stays (rule B4)
    order(page)

    expect(page.locator("[name=starts_early]")).to_be_focused()
    assert not draft.customer.payment_customer.cards.exists()
    expect(page.locator("[name=terms]")).to_be_checked()
    look(page, "book-card-consent-missing")
    page.locator("[name=starts_early]").check()
    order(page)
    page.wait_for_url(f"**{reverse('customer:booking', args=[draft.token])}")
    draft.refresh_from_db()
    assert draft.state == State.SEARCHING
    assert draft.withdrawal_waived_at is not None


def test_a_card_that_ends_before_the_visit_then_one_that_lasts(page):
    visit = instant(datetime(2040, 12, 5, 14), "Europe/Paris")
    set_clock(visit - timedelta(days=8))
    draft = card_step(page, wishes=[visit])
    agree(page)
    type_card(page, cast.GOOD, ends="11/40")

    order(page)

    expect(page.locator(".errors")).to_contain_text("11/2040")
    expect(page.locator("[name=terms]")).to_be_checked()
    look(page, "book-card-ends")
    type_card(page, "5555555555554444")
    order(page)
    page.wait_for_url(f"**{reverse('customer:booking', args=[draft.token])}")
    assert Booking.objects.get(pk=draft.pk).state == State.SEARCHING


def test_a_refused_card_then_one_that_asks_the_bank(page):
    draft = card_step(page)
    agree(page)
    type_card(page, cast.REFUSED_AT_ONCE)

    order(page)

    expect(page.locator("[data-card-error]")).to_be_visible()
    expect(page.locator("[name=terms]")).to_be_checked()
    look(page, "book-card-refused")
    type_card(page, cast.ASKS_ONCE)
    order(page)
    bank = page.frame_locator("dialog iframe")
    expect(bank.locator("button").first).to_be_visible()
    picture(page, "book-card-bank")
    bank.locator("button[value=agree]").click()
    page.wait_for_url(f"**{reverse('customer:booking', args=[draft.token])}")
    assert Booking.objects.get(pk=draft.pk).state == State.SEARCHING


def unpaid(number):
    customer = factories.UserFactory(name="Odile Perrachon", email="odile@example.com")
    booking = cast.signed_booking(
        customer, cast.saved_card(customer, number), cast.payee(user__name="Yanis Corvel")
    )
    sweeps.charge_booking(booking.pk)
    return booking


def test_paying_with_another_card(page):
    booking = unpaid(cast.DECLINES_LATER)
    page.goto(reverse("customer:booking", args=[booking.token]))
    look(page, "booking-unpaid")
    page.locator(
        f"a[href='{reverse('customer:pay', args=[booking.token])}'] >> visible=true"
    ).first.click()
    expect(page.locator("[data-card-fields] iframe")).to_be_visible()
    look(page, "pay-declined")

    type_card(page, cast.GOOD)
    page.locator("form[data-card-form] button[type=submit]").click()

    page.wait_for_url(f"**{reverse('customer:booking', args=[booking.token])}")
    assert Charge.objects.get().state == ChargeState.SUCCEEDED
    assert len(cast.at_stripe(booking)) == 1
    booking.refresh_from_db()
    assert booking.state == State.SETTLED


def test_confirming_with_the_bank(page):
    booking = unpaid(cast.ASKS_ALWAYS)
    page.goto(reverse("customer:pay", args=[booking.token]))
    look(page, "pay-bank-asks")
    button = page.locator("form[data-pay-form] button[type=submit]")

    button.click()
    bank = page.frame_locator("dialog iframe")
    bank.locator("button[value=refuse]").click()

    expect(page.locator("form[data-pay-form] [data-card-error]")).to_be_visible()
    look(page, "pay-bank-refused")
    button.click()
    bank.locator("button[value=agree]").click()
    page.wait_for_url(f"**{reverse('customer:booking', args=[booking.token])}")
    assert Charge.objects.get().state == ChargeState.SUCCEEDED


def test_a_customer_with_a_saved_card_needs_no_fields(page, live_server):
    factories.TechnicianFactory()  # somebody is free
    customer = factories.UserFactory()
    cast.saved_card(customer)
    client = Client()
    client.force_login(customer)
    chromium.sign_in(page.context, client, live_server.url)
    draft = factories.DraftFactory(card="", customer=customer)
    page.goto(reverse("customer:card", args=[draft.token]))
    expect(page.locator("[data-card-fields]")).to_be_hidden()
    look(page, "book-card-saved")
    agree(page)

    order(page)

    page.wait_for_url(f"**{reverse('customer:booking', args=[draft.token])}")
    assert Booking.objects.get(pk=draft.pk).state == State.SEARCHING


def test_page_that_takes_no_other_card_is_readable(page, client, live_server, customer):
    client.force_login(customer)
    chromium.sign_in(page.context, client, live_server.url)
    for _each in range(10):
        tried = cards.open_setup(factories.DraftFactory(customer=customer, card=""), by=customer)
        user_actions.type_card(tried.client_secret)
        cards.finish_setup(tried)
    draft = factories.DraftFactory(customer=customer, card="")

    page.goto(reverse("customer:card", args=[draft.token]))

    look(page, "cards-tried")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pas d’autre carte aujourd’hui")


@pytest.mark.parametrize("at_the_door", [True, False])
def test_a_visit_in_vain_is_read_where_one_may_object(page, at_the_door):
    payee = cast.payee(user__name="Yanis Corvel")
    booking = factories.placed_booking(customer=factories.UserFactory())
    booking = people.walk(booking, payee, State.ARRIVED)
    Booking.objects.update(claimed_at=MORNING - timedelta(days=20))
    set_clock(booking.start_at + timedelta(minutes=11))
    place = people.at_the_door(65, 12) if at_the_door else None
    told = {"reason": "Personne n’a ouvert.", "fault": Fault.CUSTOMER}
    visiting.fail_visit(booking.pk, payee.pk, by=payee.user, place=place, **told)
    sweeps.sweep()

    page.goto(reverse("customer:held", args=[booking.token]))
    page.locator("#read button").click()

    expect(page.locator("#agree")).to_be_visible()
    look(page, "held-at-the-door" if at_the_door else "held-no-place")


LINES = """button => {
  const words = document.createRange();
  words.selectNodeContents(button);
  return new Set([...words.getClientRects()].map((one) => Math.round(one.top))).size;
}"""


def test_order_stands_on_one_line_in_every_language(page):
    """The button of the dock, on two phones; nothing of the page is wider than they are."""
    card_step(page)
    address, seen = page.url, {}
    for language in ("fr", "de", "it", "en"):
        page.context.add_cookies(
            [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.url}]
        )
        page.goto(address)
        for width in (360, 390):
            page.set_viewport_size({"width": width, "height": 800})
            button = page.locator(".dock .button")
            seen[language, width] = (
                button.evaluate(LINES),
                page.evaluate("document.documentElement.scrollWidth"),
            )

    assert seen == {(language, width): (1, width) for language, width in seen}
