"""The technician's public page, their reviews, and an account's cards in a real Chromium
(rule L14, B7).
"""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from payments.models import Charge, SavedCard
from requests_app.actions import reviewing
from requests_app.models import Rating, State
from tests import cast as people
from tests import chromium, factories
from tests.browsing import follow
from tests.customer.test_card_in_browser import look, type_card
from tests.customer.test_card_in_browser import page as page
from tests.payments import cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]


def enter(page, user, live_server):
    """The browser has this person's session."""
    visitor = Client()
    visitor.force_login(user)
    chromium.sign_in(page.context, visitor, live_server.url)


def test_review_is_answered_and_read(page, live_server):
    customer = factories.UserFactory(name="Odile Perrachon")
    technician = factories.TechnicianFactory(
        user__name="Yanis Corvel", languages=["fr", "en"], settled_jobs=12
    )
    booking = people.walk(factories.placed_booking(customer=customer), technician, State.SIGNED_OFF)
    reviewing.rate(
        booking.pk,
        quality=5,
        punctuality=4,
        friendliness=5,
        comment="Le Wi-Fi va enfin partout. Merci !",
    )

    enter(page, technician.user, live_server)
    page.goto(reverse("partner:reviews"))
    look(page, "partner-reviews")
    page.get_by_text("Répondre à cet avis").click()
    page.get_by_label("Votre réponse").fill("Merci à vous, et bonne continuation.")
    look(page, "partner-reviews-answer")
    page.get_by_role("button", name="Publier la réponse").click()
    expect(page.get_by_text("Votre réponse figure à côté de l’avis.")).to_be_visible()
    assert Rating.objects.get().answer == "Merci à vous, et bonne continuation."

    page.context.clear_cookies()
    page.goto(reverse("customer:booking", args=[booking.token]))
    expect(page.get_by_role("heading", name="Votre avis")).to_be_visible()
    look(page, "booking-own-review")
    page.get_by_role("link", name="Les avis, et ce que nous avons vérifié").click()
    expect(page.get_by_role("heading", level=1, name="Yanis")).to_be_visible()
    expect(page.get_by_text("Merci à vous, et bonne continuation.")).to_be_visible()
    look(page, "technician")


def test_card_is_added_chosen_and_removed(page, live_server):
    customer = factories.UserFactory(name="Odile Perrachon")
    cast.saved_card(customer)
    enter(page, customer, live_server)
    page.goto(reverse("customer:own_cards"))
    page.get_by_role("link", name="Ajouter une carte").click()
    type_card(page, "4000 0025 0000 3155", ends="03/41")
    look(page, "add-card")
    page.get_by_role("button", name="Enregistrer la carte").click()
    page.frame_locator("dialog iframe").locator("button[value=agree]").click()
    expect(page.get_by_text("La carte est enregistrée.")).to_be_visible(timeout=15_000)
    look(page, "own-cards")
    page.get_by_role("button", name="Proposer en premier").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("4242")
    page.get_by_role("button", name="Retirer").last.click()
    expect(page.get_by_role("heading", level=2)).to_have_count(1)
    assert SavedCard.objects.filter(removed_at=None).get().last4 == "4242"


def test_a_booking_under_way_gets_another_card(page, live_server):
    customer = factories.UserFactory(name="Odile Perrachon")
    booking = factories.placed_booking(customer=customer, card=cast.saved_card(customer))
    former = booking.card
    enter(page, customer, live_server)
    page.goto(reverse("customer:booking", args=[booking.token]))
    follow(page, f"a[href='{reverse('customer:another_card', args=[booking.token])}']")
    type_card(page, "4000 0025 0000 3155", ends="03/41")
    look(page, "another-card")

    page.locator("form[data-card-form] button[type=submit]").click()
    page.frame_locator("dialog iframe").locator("button[value=agree]").click()
    page.wait_for_url(f"**{reverse('customer:booking', args=[booking.token])}")

    booking.refresh_from_db()
    assert booking.card != former, "the booking still has the former card"
    look(page, "another-card-taken")


def test_unpaid_page_says_why(page, live_server):
    customer = factories.UserFactory(name="Odile Perrachon")
    technician = cast.payee(user__name="Yanis Corvel")
    booking = cast.signed_booking(
        customer, cast.saved_card(customer, cast.DECLINES_LATER), technician
    )
    cast.charged(booking)
    Charge.objects.update(failure_code="insufficient_funds")
    enter(page, customer, live_server)

    page.goto(reverse("customer:pay", args=[booking.token]))

    expect(
        page.get_by_text("Le compte de la carte n’était pas assez approvisionné.")
    ).to_be_visible()
    expect(page.locator("[data-card-fields] iframe")).to_be_visible()
    look(page, "pay-why")
