"""A price answered on the technician's phone: by a signature, and where it rises by the number of
who pays (rule B8, L10).
"""

import pytest

from accounts.codes import TooManyCodes
from accounts.models import Notification
from requests_app.actions import answering, meeting
from requests_app.actions.answering import Answer
from requests_app.actions.signing import SignatureMissing
from requests_app.actions.visit import NotYours
from requests_app.models import AcceptanceKind
from requests_app.price_versions import ByHand
from tests.cast import number_of, propose
from tests.requests_app.booking_states import refused, unchanged
from tests.requests_app.quote_steps import HAND, agreed, on_screen, work

__all__ = ["work"]  # fixtures


def test_stroke_alone_accepts_what_does_not_rise(work, partner):
    quote = propose(work, partner, 5000)

    assert on_screen(work, partner, quote) == Answer.ACCEPTED

    quote.refresh_from_db()
    assert (quote.acceptance_kind, quote.accepted_by_payer) == (AcceptanceKind.SCREEN, True)
    event = work.quote_events.last()
    assert (event.signer, event.signature, event.words) == (
        "Odile Perrachon",
        "[[1,2]]",
        "the words",
    )


@pytest.mark.parametrize("number", ["", "0000", "12345"])
def test_stroke_alone_accepts_no_higher_price(number, work, partner):
    quote = propose(work, partner, 7000)

    with unchanged(work):
        assert on_screen(work, partner, quote, number=number) == Answer.SPENT
    assert agreed(work) == (1, 6900)


def test_the_visit_code_accepts_nothing(work, partner):
    quote = propose(work, partner, 7000)
    answering.send_number(work.pk, partner.pk, version=quote.version)
    code = work.assignments.get(ended_at=None).code
    if code == number_of(work):
        return  # one in ten thousand

    assert meeting.type_code(work.pk, partner.pk, code=code) == meeting.Code.RIGHT
    assert on_screen(work, partner, quote, number=code) == Answer.WRONG
    assert agreed(work) == (1, 6900)


def test_number_sent_to_the_payer_and_a_stroke_accept_a_higher_price(work, partner):
    quote = propose(work, partner, 9000)
    answering.send_number(work.pk, partner.pk, version=quote.version)
    row = Notification.objects.get(subject_id=work.uuid, kind="price_code")
    assert row.user == work.customer

    assert on_screen(work, partner, quote, number=number_of(work)) == Answer.ACCEPTED

    quote.refresh_from_db()
    assert quote.acceptance_kind == AcceptanceKind.NUMBER
    with unchanged(work):
        assert on_screen(work, partner, quote, number="") == Answer.ACCEPTED


def test_the_number_without_a_signature_is_nothing(work, partner):
    quote = propose(work, partner, 9000)
    answering.send_number(work.pk, partner.pk, version=quote.version)

    with refused(work, SignatureMissing):
        on_screen(work, partner, quote, number=number_of(work), hand=ByHand(signer="Odile"))


def test_number_of_another_version_accepts_nothing(work, partner):
    first = propose(work, partner, 7000)
    answering.send_number(work.pk, partner.pk, version=first.version)
    number = number_of(work)
    second = propose(work, partner, 10_000)

    assert on_screen(work, partner, second, number=number) == Answer.SPENT
    assert agreed(work) == (1, 6900)


def test_number_is_used_up_and_too_old_after_its_time(work, partner, stopped_clock):
    quote = propose(work, partner, 7000)
    answering.send_number(work.pk, partner.pk, version=quote.version)
    row = work.price_code
    stopped_clock(row.until_at)

    assert on_screen(work, partner, quote, number=number_of(work)) == Answer.SPENT
    assert agreed(work) == (1, 6900)


def test_guesses_are_counted_over_all_versions_of_the_assignment(work, partner):
    """The attack: a new proposal and a new number for each five guesses."""
    tries = work.policy.code_tries
    answers = []
    for turn in range(tries):
        quote = propose(work, partner, 7000 + turn)
        answering.send_number(work.pk, partner.pk, version=quote.version)
        wrong = f"{(int(number_of(work)) + 1) % 10_000:04d}"
        answers.append(on_screen(work, partner, quote, number=wrong))
    assert answers == [Answer.WRONG] * (tries - 1) + [Answer.SPENT]

    assert on_screen(work, partner, quote, number=number_of(work)) == Answer.SPENT
    assert agreed(work) == (1, 6900)
    assert answering.accept(work.pk, version=quote.version, by=None)  # their own page still does
    assert agreed(work) == (quote.version, quote.service_cents)


def test_numbers_are_no_way_to_fill_a_mailbox(work, partner):
    quote = propose(work, partner, 7000)
    for _turn in range(work.policy.address_codes_an_hour):
        answering.send_number(work.pk, partner.pk, version=quote.version)

    with refused(work, TooManyCodes):
        answering.send_number(work.pk, partner.pk, version=quote.version)


@pytest.mark.parametrize("act", ["send", "accept", "decline"])
def test_stranger_turns_no_phone(act, work, partner, rival_partner):
    quote = propose(work, partner, 5000)
    ids = (work.pk, rival_partner.pk)

    with refused(work, NotYours):
        if act == "send":
            answering.send_number(*ids, version=quote.version)
        elif act == "accept":
            answering.accept_on_screen(
                *ids, version=quote.version, by=rival_partner.user, hand=HAND
            )
        else:
            answering.decline_on_screen(*ids, version=quote.version, by=rival_partner.user)


def test_lowered_by_a_stroke_and_raised_again_needs_the_number(work, partner):
    on_screen(work, partner, propose(work, partner, 5000))
    quote = propose(work, partner, 6900)

    assert on_screen(work, partner, quote) == Answer.SPENT
    assert agreed(work) == (2, 5000)
