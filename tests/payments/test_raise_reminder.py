"""A payer who has said yes to a price above their card's ceiling and stopped at their bank: they
are reminded once, while it waits, and never of what is answered or fell (rule L10, N1).
"""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from accounts.models import Notification
from mila.clock import mila_now
from payments import raising, sweeps
from payments.models import PriceRaise
from payments.standin import user_actions
from requests_app import price_versions
from requests_app.actions import answering, visit
from requests_app.actions.withdrawing import withdraw
from requests_app.lifecycle import Role
from requests_app.models import Booking, State
from tests import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
HIGH = 20_000
SECOND = timedelta(seconds=1)


@pytest.fixture
def work(booked, partner):
    return cast.walk(booked, partner, State.IN_PROGRESS)


@pytest.fixture
def left(work, partner, stopped_clock):
    """The payer has said yes, and the question stands open at their bank."""
    quote = cast.propose(work, partner, HIGH)
    stopped_clock(mila_now())
    raising.ask(work.pk, version=quote.version, by=work.customer)
    return raising.open_question(PriceRaise.objects.select_related().get(quote=quote))


def due(left):
    return left.asked_at + left.quote.booking.policy.bank_reminder_after


def reminders(work):
    return Notification.objects.filter(subject_id=work.uuid, kind="bank_waits")


def agreed(work):
    return price_versions.agreed(work).service_cents


@pytest.mark.parametrize(("after", "told"), [(-SECOND, 0), (timedelta(0), 1), (SECOND, 1)])
def test_the_payer_is_reminded_in_its_second_and_once(after, told, work, left, stopped_clock):
    stopped_clock(due(left) + after)

    sweeps.sweep()
    sweeps.sweep()

    assert reminders(work).count() == told
    assert agreed(work) == 6900
    assert raising.raise_of(left.quote) is not None


def test_the_reminder_names_what_waits_and_how_much_and_goes_to_the_payer(
    work, left, stopped_clock
):
    stopped_clock(due(left))
    sweeps.sweep()

    told = reminders(work).get()

    assert told.user == work.customer
    assert told.context["proposed_cents"] == HIGH + work.booking_fee_cents
    assert told.context["final_cents"] == 6900 + work.booking_fee_cents
    assert "link" not in told.context


def test_its_link_leads_to_the_price_and_on_to_the_bank(client, work, left, stopped_clock):
    stopped_clock(due(left))
    sweeps.sweep()
    link = urlsplit(json.loads(reminders(work).get().sealed)["link"])

    answer = client.get(f"{link.path}?{link.query}", follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain[-1][0].endswith("/price/")
    assert 'name="accept"' in page


def confirmed(work, quote, partner):
    question = PriceRaise.objects.select_related().get(quote=quote)
    user_actions.confirm_saved_card(question.client_secret, question.card)
    assert raising.finish(question)


def declined(work, quote, partner):
    answering.decline(work.pk, version=quote.version, by=None)


def proposed_anew(work, quote, partner):
    cast.propose(work, partner, HIGH + 100)


def withdrawn(work, quote, partner):
    withdraw(work.pk, role=Role.CUSTOMER, by=None, accepted_cost_cents=50_000)


def ended(work, quote, partner):
    visit.finish(work.pk, partner.pk, by=partner.user, report={"done": "Canal changé"})


OVER = (confirmed, declined, proposed_anew, withdrawn, ended)


@pytest.mark.parametrize("over", OVER)
def test_of_what_is_answered_or_fell_nobody_is_reminded(over, work, left, partner, stopped_clock):
    over(work, left.quote, partner)
    stopped_clock(due(left))

    sweeps.sweep()

    assert not reminders(work).exists()
    assert not PriceRaise.objects.filter(remind_at__lte=mila_now()).exists()


@pytest.mark.parametrize("over", OVER)
def test_a_reminder_that_has_not_left_goes_with_its_question(
    over, work, left, partner, stopped_clock
):
    stopped_clock(due(left))
    sweeps.sweep()
    assert reminders(work).exists()

    over(work, left.quote, partner)

    assert not reminders(work).exists()


def test_a_reminder_that_has_left_goes_on_by_no_other_channel(work, left, stopped_clock):
    stopped_clock(due(left))
    sweeps.sweep()
    reminders(work).update(sent_at=mila_now(), climbs_at=mila_now() + SECOND)

    answering.decline(work.pk, version=left.quote.version, by=None)

    told = reminders(work).get()
    assert (told.state, told.due_at, told.climbs_at) == ("sent", None, None)


def test_a_yes_of_the_bank_that_nobody_heard_counts_and_reminds_nobody(work, left, stopped_clock):
    user_actions.confirm_saved_card(left.client_secret, left.card)
    stopped_clock(due(left))

    sweeps.sweep()

    assert agreed(work) == HIGH
    assert not reminders(work).exists()


def test_bank_that_cannot_be_asked_is_asked_again_before_anybody_is_reminded(
    work, left, stopped_clock
):
    user_actions.switch_on("answer_lost", path="setup_intents", times=1)
    stopped_clock(due(left))

    sweeps.sweep()
    assert not reminders(work).exists()
    left.refresh_from_db()
    assert left.remind_at == mila_now() + raising.PUSH_BACK

    stopped_clock(left.remind_at)
    sweeps.sweep()
    assert reminders(work).count() == 1


def test_question_that_never_reached_the_bank_is_reminded_of_too(work, partner, stopped_clock):
    quote = cast.propose(work, partner, HIGH)
    stopped_clock(mila_now())
    raising.ask(work.pk, version=quote.version, by=work.customer)
    stopped_clock(mila_now() + Booking.objects.get(pk=work.pk).policy.bank_reminder_after)

    sweeps.sweep()

    assert reminders(work).count() == 1
