"""An appeal against a decision of ours, in a real Chromium: from the booking's page to the second
person's answer (rule L17).
"""

import pytest
from django.urls import reverse

from payments import appeals
from requests_app.actions import contesting, signing
from requests_app.models import DecisionAppeal, State, Verdict
from tests import cast, chromium, factories
from tests.browsing import follow
from tests.customer.test_card_in_browser import look, page
from tests.payments import cast as paid
from tests.pictures import jpeg

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium.path(), reason="no Chromium here"),
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
__all__ = ["page"]
PHOTO = {"name": "screen.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
REASON = "It works now: the picture was there when the technician left."


def test_from_the_decision_to_the_second_persons_answer(page):
    customer, staff = factories.UserFactory(), factories.UserFactory(is_staff=True)
    booking = factories.placed_booking(customer=customer, card=paid.saved_card(customer))
    work = cast.walk(booking, factories.TechnicianFactory(), State.FINISHED)
    signing.refuse(work.pk, by=None, reason="The screen is broken")
    signing.decide(work.pk, service_cents=6900, by=staff, reason=REASON)
    page.goto(reverse("customer:booking", args=[work.token]))
    look(page, "appeal-card")

    follow(page, f"a[href='{reverse('customer:appeal', args=[work.token])}']")
    look(page, "appeal-form")
    page.fill("textarea[name=words]", "It never worked")
    follow(page, "main button[type=submit]")
    assert DecisionAppeal.objects.get().words == "It never worked"
    look(page, "appeal-waits")

    second = factories.UserFactory(is_staff=True)
    contesting.decide_appeal(
        DecisionAppeal.objects.get().pk,
        verdict=Verdict.UPHELD,
        reason="The picture shows it",
        by=second,
    )
    page.reload()
    assert page.get_by_text("The picture shows it").is_visible(), (
        "the second person's reason is not shown"
    )
    look(page, "appeal-upheld")


def test_taken_back_before_it_was_paid(page):
    customer, staff = factories.UserFactory(), factories.UserFactory(is_staff=True)
    card = paid.saved_card(customer, paid.DECLINES_LATER)
    booking = factories.placed_booking(customer=customer, card=card)
    work = cast.walk(booking, factories.TechnicianFactory(), State.FINISHED)
    signing.refuse(work.pk, by=None, reason="The screen is broken")
    signing.decide(work.pk, service_cents=6900, by=staff, reason=REASON)
    page.goto(reverse("customer:appeal", args=[work.token]))
    page.fill("textarea[name=words]", "It never worked")
    page.set_input_files("input[name=photo]", files=[PHOTO])
    follow(page, "main button[type=submit]")
    look(page, "appeal-with-photo")

    appeals.overturn_unpaid(
        DecisionAppeal.objects.get().pk,
        reason="The picture was never there",
        by=factories.UserFactory(is_staff=True),
        service_cents=2000,
    )
    page.reload()
    assert page.get_by_text("The picture was never there").first.is_visible(), (
        "the second person's reason is not shown"
    )
    look(page, "appeal-overturned")
