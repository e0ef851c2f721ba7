"""Stars once, one answer, and the job that counts when it is paid (rule D2, L14, M1)."""

from decimal import Decimal

import pytest

from accounts import mail_words
from accounts.models import Notification, SkillSearch
from accounts.search import expected_rows
from policy.figures import Policy
from requests_app.actions import hiding, reviewing, signing
from requests_app.lifecycle import IllegalMove
from requests_app.models import Rating, SignOffKind, State
from tests.evidence import forged
from tests.requests_app.booking_states import booking_in, moves, refused, told, unchanged


def rate(booking, quality=5, punctuality=4, friendliness=5, comment=" Very kind. "):
    return reviewing.rate(
        booking.pk,
        quality=quality,
        punctuality=punctuality,
        friendliness=friendliness,
        comment=comment,
    )


def stars(technician):
    technician.refresh_from_db()
    return technician.star_sum, technician.star_count


@pytest.mark.parametrize("state", [State.FINISHED, State.SIGNED_OFF, State.SETTLED])
def test_rating_is_kept_and_counts_in_the_rank(state, now, partner):
    booking = booking_in(state, partner, now)

    rating = rate(booking)

    assert (rating.technician, rating.quality, rating.punctuality, rating.friendliness) == (
        partner,
        5,
        4,
        5,
    )
    assert (rating.comment, rating.at) == ("Very kind.", now)
    assert stars(partner) == (Decimal("4.7"), 1)
    assert (
        SkillSearch.objects.get(technician=partner).base_score_ppm
        == expected_rows(partner, Policy())[0].base_score_ppm
    )
    assert moves(booking) == []


def test_second_rating_returns_the_first(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    first = rate(booking)

    with unchanged(booking):
        assert rate(booking, quality=1) == first
    assert stars(partner) == (Decimal("4.7"), 1)


@pytest.mark.parametrize("odd", [{"quality": 0}, {"punctuality": 6}, {"friendliness": -1}])
def test_stars_out_of_range_are_refused(odd, now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)

    with refused(booking, reviewing.StarsMissing):
        rate(booking, **odd)
    assert stars(partner) == (0, 0)


@pytest.mark.parametrize(
    "state", [State.IN_PROGRESS, State.FAILED, State.CANCELLED, State.CONTESTED]
)
def test_visit_that_is_not_done_is_not_rated(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        rate(booking)
    assert stars(partner) == (0, 0)


def on_their_screen(booking):
    return reviewing.rate(
        booking.pk,
        quality=5,
        punctuality=5,
        friendliness=5,
        comment="Perfect!",
        on_technicians_screen=True,
    )


def test_on_the_technician_s_screen_after_a_signature_with_the_code(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)

    assert on_their_screen(booking).quality == 5


def test_on_the_technician_s_screen_without_the_code_is_refused(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    booking.assignments.update(code_typed_at=None)

    with refused(booking, IllegalMove):
        on_their_screen(booking)
    assert (stars(partner), Rating.objects.count()) == ((0, 0), 0)


def test_on_the_technician_s_screen_before_a_signature_is_refused(now, partner):
    booking = booking_in(State.FINISHED, partner, now)
    booking.assignments.update(code_typed_at=now)

    with refused(booking, IllegalMove):
        on_their_screen(booking)
    assert (stars(partner), Rating.objects.count()) == ((0, 0), 0)


@pytest.mark.parametrize("kind", sorted(set(SignOffKind) - {SignOffKind.SCREEN}))
def test_on_the_technician_s_screen_after_another_end_is_refused(kind, now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    with forged():
        booking.sign_offs.update(kind=kind)

    with refused(booking, IllegalMove):
        on_their_screen(booking)
    assert stars(partner) == (0, 0)


@pytest.mark.parametrize("state", [State.FINISHED, State.SIGNED_OFF])
def test_nobody_rates_themself(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        reviewing.rate(
            booking.pk, quality=5, punctuality=5, friendliness=5, comment="", by=partner.user
        )
    assert stars(partner) == (0, 0)


def test_partner_answers_once(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    rate(booking)

    reviewing.answer_rating(booking.pk, partner.pk, answer=" Thank you ")
    rating = reviewing.answer_rating(booking.pk, partner.pk, answer="Something else")

    assert (rating.answer, rating.answered_at) == ("Thank you", now)
    assert told(booking) == ["review_answered"]


def test_customer_reads_the_answer_without_ways_to_reach_anybody(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    rate(booking)

    reviewing.answer_rating(
        booking.pk, partner.pk, answer="Thank you, call me on 06 39 98 01 17 or a@example.com"
    )

    mail = mail_words.render(Notification.objects.get(kind="review_answered"))
    assert mail.to == [booking.customer.email]
    assert "Thank you, call me on •••" in mail.body
    assert "06 39" not in mail.body
    assert "a@example.com" not in mail.body


@pytest.mark.parametrize("answer", ["", "  "])
def test_answer_without_words_is_refused(answer, now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    rate(booking)

    with refused(booking, reviewing.AnswerMissing):
        reviewing.answer_rating(booking.pk, partner.pk, answer=answer)
    assert (Rating.objects.get().answered_at, told(booking)) == (None, [])


def test_review_that_is_hidden_needs_no_answer(now, partner, staff):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    rate(booking)
    hiding.hide_comment(booking.pk, by=staff, reason="An insult")

    with refused(booking, reviewing.HiddenReview):
        reviewing.answer_rating(booking.pk, partner.pk, answer="Same to you")
    assert (Rating.objects.get().answer, told(booking)) == ("", [])


def test_stranger_has_nothing_to_answer(now, partner, rival_partner):
    booking = booking_in(State.SIGNED_OFF, partner, now)
    rate(booking)

    with refused(booking, Rating.DoesNotExist):
        reviewing.answer_rating(booking.pk, rival_partner.pk, answer="Thank you")


# --- Settled


def test_settled_job_counts_and_everybody_is_told(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now, signed_off_at=now)

    settled = signing.settle(booking.pk)

    partner.refresh_from_db()
    assert (settled.state, partner.settled_jobs) == (State.SETTLED, 1)
    assert (moves(settled), told(settled)) == (["settle"], ["job_paid", "receipt"])


@pytest.mark.parametrize(("before", "newcomer"), [(3, True), (4, False)])
def test_fifth_settled_job_ends_the_time_of_a_newcomer(before, newcomer, now, partner):
    type(partner).objects.update(settled_jobs=before)
    booking = booking_in(State.SIGNED_OFF, partner, now, signed_off_at=now)

    signing.settle(booking.pk)

    assert SkillSearch.objects.get(technician=partner).newcomer is newcomer


def test_repeat_of_settling_changes_nothing(now, partner):
    booking = booking_in(State.SIGNED_OFF, partner, now, signed_off_at=now)
    signing.settle(booking.pk)

    with unchanged(booking):
        signing.settle(booking.pk)
    partner.refresh_from_db()
    assert partner.settled_jobs == 1


@pytest.mark.parametrize("state", [State.FINISHED, State.CONTESTED, State.CANCELLED])
def test_settling_out_of_turn_is_refused(state, now, partner):
    booking = booking_in(state, partner, now)

    with refused(booking, IllegalMove):
        signing.settle(booking.pk)
