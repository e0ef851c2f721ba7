"""Staff hide a comment with a reason: the words go, the stars count, and the log says who and why
(rule L14, O2).
"""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice import visit_history
from customer import reviews
from customer.reviews import figures, recent_ratings
from requests_app.actions import hiding, reviewing
from requests_app.lifecycle import ReasonMissing
from requests_app.models import Rating, State
from tests.requests_app.booking_states import booking_in, refused
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
WORDS = "Il a tout cassé, ce voleur."


@pytest.fixture
def rated(now, partner, monkeypatch):
    monkeypatch.setattr(reviews, "SHOWN_FROM", 1)
    booking = booking_in(State.SIGNED_OFF, partner, now)
    reviewing.rate(booking.pk, quality=1, punctuality=1, friendliness=1, comment=WORDS)
    return booking


def act(booking, name):
    return reverse("admin:requests_app_booking_act", args=[booking.pk, name])


def shown():
    found = recent_ratings(figures())
    return [one["text"] for one in found["reviews"]], found["stars"], found["count"]


def test_hidden_words_are_gone_and_the_stars_count(rated, staff, partner, client):
    assert shown() == ([WORDS], 1, 1)

    hiding.hide_comment(rated.pk, by=staff, reason="An insult")

    assert shown() == ([], 1, 1)
    partner.refresh_from_db()
    assert (partner.star_sum, partner.star_count) == (1, 1)
    assert "voleur" not in client.get("/").content.decode()


def test_what_was_written_is_kept_with_who_when_and_why(rated, staff, now):
    rating = hiding.hide_comment(rated.pk, by=staff, reason=" An insult ")

    rating.refresh_from_db()
    assert (rating.comment, rating.hidden_at, rating.hidden_by, rating.hidden_reason) == (
        WORDS,
        now,
        staff,
        "An insult",
    )
    chapter = visit_history.sign_off(rated, now)
    assert any(WORDS in str(value) for _name, value in chapter.facts)
    assert any("An insult" in str(value) for _name, value in chapter.facts)


def test_repeat_keeps_the_first_reason(rated, staff, stranger):
    hiding.hide_comment(rated.pk, by=staff, reason="An insult")

    assert hiding.hide_comment(rated.pk, by=stranger, reason="Another").hidden_reason == "An insult"
    assert Rating.objects.get().hidden_by == staff


def test_shown_again_it_is_public(rated, staff):
    hiding.hide_comment(rated.pk, by=staff, reason="An insult")

    for _ in range(2):
        hiding.show_comment(rated.pk, by=staff, reason="It was true")

    assert shown() == ([WORDS], 1, 1)
    assert Rating.objects.values_list("hidden_at", "hidden_by", "hidden_reason").get() == (
        None,
        None,
        "",
    )


def test_answer_is_hidden_apart_and_shown_again(rated, staff, partner, now):
    reviewing.answer_rating(rated.pk, partner.pk, answer="You are the thief.")

    hiding.hide_answer(rated.pk, by=staff, reason=" An insult ")
    hidden = recent_ratings(figures())["reviews"]
    rating = Rating.objects.get()
    assert (rating.answer_hidden_at, rating.answer_hidden_by, rating.answer_hidden_reason) == (
        now,
        staff,
        "An insult",
    )
    hiding.show_answer(rated.pk, by=staff, reason="It was true")

    assert [(one["text"], one["answer"]) for one in hidden] == [(WORDS, "")]
    assert [one["answer"] for one in recent_ratings(figures())["reviews"]] == ["You are the thief."]
    rating.refresh_from_db()
    assert (rating.answer_hidden_at, rating.answer_hidden_by, rating.answer_hidden_reason) == (
        None,
        None,
        "",
    )


@pytest.mark.parametrize(
    "do", [hiding.hide_comment, hiding.show_comment, hiding.hide_answer, hiding.show_answer]
)
def test_without_a_reason_is_refused(do, rated, staff):
    before = Rating.objects.values().get()

    with refused(rated, ReasonMissing):
        do(rated.pk, by=staff, reason=" ")
    assert Rating.objects.values().get() == before


# --- In the back office


def test_both_acts_stand_in_the_log_with_their_reasons(client, rated, staff):
    sign_in(client, staff)

    client.post(act(rated, "hide-comment"), {"reason": "An insult"})
    assert shown()[0] == []
    client.post(act(rated, "show-comment"), {"reason": "It was true"})

    assert shown()[0] == [WORDS]
    log = LogEntry.objects.filter(object_id=str(rated.pk)).order_by("pk")
    assert [(one.user, one.change_message.rpartition(": ")[2]) for one in log] == [
        (staff, "An insult"),
        (staff, "It was true"),
    ]


def test_the_button_is_that_of_how_it_stands(client, rated, staff):
    sign_in(client, staff)
    page = reverse("admin:requests_app_booking_change", args=[rated.pk])

    def buttons():
        text = client.get(page).content.decode()
        return [name for name in ("hide-comment", "show-comment") if act(rated, name) in text]

    assert buttons() == ["hide-comment"]
    hiding.hide_comment(rated.pk, by=staff, reason="An insult")
    assert buttons() == ["show-comment"]
    Rating.objects.update(comment="")
    assert buttons() == []


def test_answer_has_its_own_buttons(client, rated, staff, partner):
    sign_in(client, staff)
    page = reverse("admin:requests_app_booking_change", args=[rated.pk])

    def buttons():
        text = client.get(page).content.decode()
        return [name for name in ("hide-answer", "show-answer") if act(rated, name) in text]

    assert buttons() == []
    reviewing.answer_rating(rated.pk, partner.pk, answer="Thank you")
    assert buttons() == ["hide-answer"]
    client.post(act(rated, "hide-answer"), {"reason": "An insult"})
    assert buttons() == ["show-answer"]
    client.post(act(rated, "show-answer"), {"reason": "It was true"})
    assert buttons() == ["hide-answer"]


def test_who_may_only_look_hides_nothing(client, rated, stranger):
    stranger.is_staff = True
    stranger.save()
    stranger.user_permissions.add(Permission.objects.get(codename="view_booking"))
    sign_in(client, stranger)

    assert client.post(act(rated, "hide-comment"), {"reason": "x"}).status_code == 403
    assert Rating.objects.get().hidden_at is None
    assert not LogEntry.objects.filter(object_id=str(rated.pk)).exists()
