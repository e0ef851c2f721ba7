"""A price above what the card was saved for: the payer's yes, then their bank's, and what happens
when either is missing, late or told twice (rule L10, M4; fault M7).
"""

import pytest
from django.utils import translation

from accounts.models import Notification
from backoffice.invariants import violations
from payments import gateway, raising, webhooks
from payments.models import PriceRaise
from payments.standin import user_actions
from payments.standin.models import Thing
from requests_app import price_versions
from requests_app.actions import answering, quoting
from requests_app.actions.withdrawing import withdraw
from requests_app.lifecycle import Role
from requests_app.models import AcceptanceKind, Booking, QuoteEvent
from tests import cast
from tests.payments import cast as paid
from tests.payments.above_ceiling import HIGH, high, work

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
__all__ = ["high", "work"]  # fixtures


def asked(work, quote, by=None):
    """The payer has said yes by their account, and the question stands at the bank."""
    raising.ask(work.pk, version=quote.version, by=by or work.customer)
    return raising.open_question(PriceRaise.objects.select_related().get(quote=quote))


def agreed(work):
    quote = price_versions.agreed(work)
    return quote.service_cents, quote.acceptance_kind


def with_card(work, number):
    card = paid.saved_card(work.customer, number)
    Booking.objects.filter(pk=work.pk).update(card=card)
    return card


@pytest.mark.parametrize("number", [paid.GOOD, paid.ASKS_ONCE, paid.ASKS_ALWAYS])
def test_above_the_ceiling_the_bank_alone_makes_it_count(number, work, high):
    card = with_card(work, number)
    question = asked(work, high)
    assert not raising.finish(question)
    assert agreed(work) == (6900, AcceptanceKind.BOOKING)

    user_actions.confirm_saved_card(question.client_secret, card)

    assert raising.finish(question, device="Firefox")
    assert agreed(work) == (HIGH, AcceptanceKind.BANK)
    event = QuoteEvent.objects.get(quote=high, step="accepted")
    assert (event.kind, event.device, event.by) == ("bank", "Firefox", work.customer)
    assert event.words
    assert not Thing.objects.filter(kind="charge").exists()  # no money moved
    assert violations() == {}


def test_question_names_booking_version_and_the_whole_amount(work, high):
    question = asked(work, high)

    body = Thing.objects.get(kind="setup_intent", id=question.intent_id).body
    assert body["metadata"] == {
        "booking": str(work.uuid),
        "kind": "raise",
        "version": "2",
        "amount": str(HIGH + work.booking_fee_cents),
    }
    assert body["payment_method_options"]["card"]["request_three_d_secure"] == "challenge"


def test_bank_that_refuses_changes_nothing_and_may_be_asked_again(work, high):
    card = with_card(work, paid.ASKS_ALWAYS)
    question = asked(work, high)
    user_actions.confirm_saved_card(question.client_secret, card, bank_agrees=False)

    assert not raising.finish(question)
    assert agreed(work) == (6900, AcceptanceKind.BOOKING)
    assert price_versions.proposal(work) == high

    user_actions.confirm_saved_card(asked(work, high).client_secret, card)
    assert raising.finish(question)
    assert PriceRaise.objects.count() == 1


def test_abandoned_question_leaves_what_was_agreed(work, high):
    question = asked(work, high)

    answering.decline(work.pk, version=high.version, by=None)

    assert agreed(work) == (6900, AcceptanceKind.BOOKING)
    assert not PriceRaise.objects.get(pk=question.pk).waits


def test_yes_of_the_bank_to_a_version_that_fell_changes_nothing(work, high, partner):
    question = asked(work, high)
    newer = cast.propose(work, partner, HIGH + 100)
    user_actions.confirm_saved_card(question.client_secret, question.card)

    with pytest.raises(answering.ProposalGone):
        raising.finish(question)

    assert agreed(work) == (6900, AcceptanceKind.BOOKING)
    assert price_versions.proposal(work) == newer
    question.refresh_from_db()
    assert question.agreed_at is None


def test_yes_of_the_bank_after_the_booking_was_withdrawn_changes_nothing(work, high):
    question = asked(work, high)
    withdraw(work.pk, role=Role.CUSTOMER, by=None, accepted_cost_cents=50_000)
    user_actions.confirm_saved_card(question.client_secret, question.card)

    with pytest.raises(answering.ProposalGone):
        raising.finish(question)
    assert agreed(work) == (6900, AcceptanceKind.BOOKING)


def test_card_of_somebody_else_confirms_nothing_and_the_next_try_asks_anew(work, high):
    question = asked(work, high)
    user_actions.type_card(question.client_secret)

    with pytest.raises(raising.NotTheirCard):
        raising.finish(question)

    assert agreed(work) == (6900, AcceptanceKind.BOOKING)
    again = asked(work, high)
    assert again.intent_id != question.intent_id
    user_actions.confirm_saved_card(again.client_secret, again.card)
    assert raising.finish(again)


# --- Who says yes


def test_number_sent_to_the_payer_proves_them_and_a_wrong_one_does_not(work, high):
    answering.send_number_to_page(work.pk, version=high.version)

    wrong = raising.ask(work.pk, version=high.version, by=None, number="no")
    assert (wrong, PriceRaise.objects.count()) == (answering.Answer.WRONG, 0)

    right = raising.ask(work.pk, version=high.version, by=None, number=cast.number_of(work))
    assert right == answering.Answer.ACCEPTED
    assert PriceRaise.objects.get().by is None


def test_without_number_or_account_no_bank_is_asked(work, high):
    assert raising.ask(work.pk, version=high.version, by=None) == answering.Answer.SPENT
    assert not PriceRaise.objects.exists()


def test_said_twice_is_one_question(work, high):
    first, second = asked(work, high), asked(work, high)

    assert first.intent_id == second.intent_id
    assert PriceRaise.objects.count() == 1


def test_below_the_ceiling_no_bank_is_asked(work, partner):
    quote = cast.propose(work, partner, 8900)

    with pytest.raises(answering.ProposalGone):
        raising.ask(work.pk, version=quote.version, by=work.customer)
    assert not PriceRaise.objects.exists()


def test_what_the_bank_has_confirmed_is_the_ceiling_from_then_on(work, high, partner):
    question = asked(work, high)
    user_actions.confirm_saved_card(question.client_secret, question.card)
    raising.finish(question)
    cast.agree(work, partner, 8000)

    cast.agree(work, partner, HIGH)  # by the link: the card was authenticated for it
    with pytest.raises(quoting.AboveCeiling):
        cast.agree(work, partner, HIGH + 1)

    assert agreed(work)[0] == HIGH
    assert violations() == {}


# --- Between the bank and the database


def test_killed_after_the_banks_yes_the_webhook_makes_it_count(work, high, monkeypatch):
    question = asked(work, high)
    user_actions.confirm_saved_card(question.client_secret, question.card)
    with monkeypatch.context() as patched:
        patched.setattr(answering, "accept", lambda *_args, **_kwargs: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            raising.finish(question)
    assert agreed(work) == (6900, AcceptanceKind.BOOKING)
    assert price_versions.proposal(work) == high

    with translation.override("de"):
        assert raising.hear(question.intent_id)

    assert agreed(work) == (HIGH, AcceptanceKind.BANK)
    assert "Gesamt" not in QuoteEvent.objects.get(quote=high, step="accepted").words


def test_page_and_webhook_both_is_one_acceptance(work, high):
    question = asked(work, high)
    user_actions.confirm_saved_card(question.client_secret, question.card)

    assert raising.finish(question)
    assert raising.hear(question.intent_id)
    assert raising.finish(question)

    assert QuoteEvent.objects.filter(quote=high, step="accepted").count() == 1
    told = Notification.objects.filter(subject_id=work.uuid, kind="job_price_answered")
    assert told.count() == 1


def test_webhook_to_what_fell_is_answered_and_changes_nothing(work, high):
    question = asked(work, high)
    user_actions.confirm_saved_card(question.client_secret, question.card)
    answering.decline(work.pk, version=high.version, by=None)

    assert raising.hear(question.intent_id)
    assert agreed(work) == (6900, AcceptanceKind.BOOKING)


def test_question_nobody_knows_is_no_question_of_ours(db):
    assert not raising.hear("seti_unknown")


def test_message_of_stripe_leads_here(work, high):
    question = asked(work, high)
    event = type("Event", (), {"object_id": question.intent_id})

    assert webhooks.HANDLERS["setup_intent.succeeded"](event)


def test_lost_answer_leaves_the_yes_and_the_question_is_opened_by_the_next_look(work, high):
    user_actions.switch_on("answer_lost", path="setup_intents", times=1)
    with pytest.raises(gateway.OutcomeUnknown):
        asked(work, high)
    assert PriceRaise.objects.get().intent_id == ""

    question = raising.open_question(PriceRaise.objects.select_related().get())

    assert question.intent_id
    assert not raising.finish(question)


def test_question_never_opened_has_no_answer(work, high):
    raising.ask(work.pk, version=high.version, by=work.customer)

    assert not raising.finish(PriceRaise.objects.get())
