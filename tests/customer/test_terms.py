"""The terms of an order: linked before it, kept word for word with it, sent with its mail
(law R5, R6).
"""

import re

from django.core import mail
from django.urls import reverse

from accounts import delivery
from accounts.models import Notification
from mila.clock import mila_now
from policy import conditions
from policy.models import PolicyRow, PublishedText
from requests_app.models import Booking
from tests import factories

EN = {"accept-language": "en"}


def terms_page(client, booking):
    return client.get(reverse("customer:own_terms", args=[booking.token]), headers=EN)


def test_order_keeps_the_words_and_figures_it_was_made_under(searching):
    """Also when the policy is another one later."""
    PolicyRow.objects.create(
        key="cancel_fee_cents", value={"EUR": 4000, "CHF": 4000}, starts_at=mila_now(), note="x"
    )
    searching.refresh_from_db()

    assert searching.terms.language == searching.language
    assert (
        searching.terms.sha256
        == conditions.Text("terms", "fr", searching.terms.dated, searching.terms.body).sha256
    )
    assert "25" in searching.terms.body
    assert "40,00" not in searching.terms.body
    assert "40,00" in conditions.text("terms", "fr", mila_now()).body


def test_draft_shows_what_it_would_be_ordered_under_and_the_order_keeps_just_that(client, morning):
    draft = factories.DraftFactory(language="en")
    PolicyRow.objects.create(
        key="cancel_fee_cents", value={"EUR": 4000, "CHF": 4000}, starts_at=mila_now(), note="x"
    )
    before = terms_page(client, draft).content.decode()

    factories.placing.place(draft.pk, role=factories.Role.CUSTOMER, by=None)

    after = terms_page(client, Booking.objects.get(pk=draft.pk)).content.decode()
    version = re.compile(r"Version of ([^<]+)<")
    assert version.search(before)[1] == version.search(after)[1]


def test_two_orders_under_the_same_words_share_them(morning):
    first, second = factories.placed_booking(), factories.placed_booking()

    assert first.terms == second.terms
    assert PublishedText.objects.filter(name="terms").count() == 1


def test_mail_of_the_order_carries_terms_and_withdrawal_with_its_form(searching):
    delivery.deliver(Notification.objects.get(kind="booked").pk)

    [message] = mail.outbox
    terms, withdrawal = sorted(message.attachments, key=lambda one: one.filename)
    assert terms.filename == f"mila-terms-{searching.terms.dated}.txt"
    assert terms.content == searching.terms.plain()
    assert "](" not in terms.content
    assert "Modèle de formulaire" in withdrawal.content
    assert "rétractation sont joints" in message.body


def test_booking_page_leads_to_the_accepted_version(client, searching):
    page = client.get(
        reverse("customer:booking", args=[searching.token]), headers=EN
    ).content.decode()

    assert f'href="{reverse("customer:own_terms", args=[searching.token])}"' in page
    assert 'lang="fr"' in terms_page(client, searching).content.decode()
