"""What the law wants said and ticked before an order (rule M9, law R5, R6)."""

from datetime import timedelta

from django.utils import translation

from customer.forms.draft import OrderForm
from mila.clock import mila_now
from tests import factories


def form_of(booking, data=None):
    return OrderForm(data, booking=booking, at=mila_now())


def test_a_visit_within_14_days_needs_the_express_wish(morning):
    draft = factories.DraftFactory()

    without, with_it = form_of(draft, {}), form_of(draft, {"starts_early": "on"})

    assert not without.is_valid()
    assert list(without.errors) == ["starts_early"]
    assert with_it.is_valid()
    assert with_it.waives_withdrawal is True


def test_later_visit_needs_it_too_since_it_may_move_into_the_14_days(morning):
    later = factories.DraftFactory(wishes=[factories.LONG_AGO + timedelta(days=36_500)])

    assert not form_of(later, {}).is_valid()
    with translation.override("en"):
        assert form_of(later)["starts_early"].label.startswith(
            "Should the visit fall within the 14 days"
        )


def test_elsewhere_nothing_is_waived(morning):
    form = form_of(factories.DraftFactory(country="CH", currency="CHF"), {})

    assert form.is_valid()
    assert "starts_early" not in form.fields
    assert form.waives_withdrawal is False


def test_both_contracts_and_the_duty_to_pay_are_named():
    with translation.override("en"):
        words = [str(sentence) for sentence in (*OrderForm.CONTRACT, OrderForm.BUTTON)]

    assert "Friend" in words[0]
    assert "Pro" in words[1]
    assert words[-1] == "Order with obligation to pay"
