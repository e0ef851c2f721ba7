"""Ops set figures as new dated rows; none that holds is rewritten."""

import json
from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.urls import reverse

from accounts.models import Technician, TechnicianSkill
from accounts.search import SWEEP_SCORES, refresh_search_rows
from mila.clock import mila_now
from policy.models import PolicyRow
from policy.values import encode
from tests import factories
from tests.factories import LONG_AGO
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
ADD = "admin:policy_policyrow_add"


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def with_figures(level, **figures):
    who = factories.TechnicianFactory()
    Technician.objects.filter(pk=who.pk).update(**figures)
    TechnicianSkill.objects.filter(technician=who).update(level=level)
    refresh_search_rows(who)
    return who


@pytest.fixture
def loved(db):
    return with_figures(1, star_sum=500, star_count=100)


@pytest.fixture
def skilled(db):
    return with_figures(2, star_sum=100, star_count=100)


def figure(**changes):
    return {
        "key": "wishes_max",
        "value": "2",
        "country": "",
        "starts_at_0": "2026-12-01",
        "starts_at_1": "00:00",
        "note": "autumn",
        **changes,
    }


def form_of(answer):
    return answer.context["adminform"].form


def looked_at(ops, **changes):
    """Sent once: the page shows what it would do."""
    return form_of(ops.post(reverse(ADD), figure(**changes)))


def saved(ops, **changes):
    """Sent twice, as the page asks for it."""
    return ops.post(reverse(ADD), figure(**changes, seen=looked_at(ops, **changes)["seen"].value()))


def test_figure_is_added_with_its_author(ops, staff):
    answer = saved(ops)

    row = PolicyRow.objects.get()
    assert answer.status_code == 302
    assert (row.key, row.value, row.set_by, row.note) == ("wishes_max", 2, staff, "autumn")


def test_nothing_is_saved_before_its_effect_was_shown(ops):
    answer = ops.post(reverse(ADD), figure(country="CH", key="offer_window", value="300"))

    assert not PolicyRow.objects.exists()
    assert answer.status_code == 200
    (shown,) = form_of(answer).shown
    assert (shown["country"], shown["before"], shown["after"]) == (
        "Switzerland",
        "2 minutes",
        "5 minutes",
    )
    page = answer.content.decode()
    assert "5 minutes" in page
    assert "Tuesday 1 December" in page


def test_effect_that_was_shown_is_the_one_that_is_saved(ops):
    seen = looked_at(ops)["seen"].value()

    answer = ops.post(reverse(ADD), figure(value="1", seen=seen))

    assert answer.status_code == 200
    assert [one["after"] for one in form_of(answer).shown] == ["1", "1"]
    assert not PolicyRow.objects.exists()


def test_row_that_another_stands_before_says_so(ops):
    PolicyRow.objects.create(key="wishes_max", value=1, country="CH", note="t", starts_at=LONG_AGO)

    shown = {one["country"]: one["same"] for one in looked_at(ops).shown}

    assert shown == {"France": False, "Switzerland": True}


WRONG = [
    ({"key": "no_such"}, "key", ""),
    ({"value": '"three"'}, "value", "is written like this: 3"),
    ({"value": "{"}, "value", ""),
    ({"note": ""}, "note", ""),
    ({"key": "offer_window", "value": "5"}, "value", "must lie between 30 seconds and 30 minutes"),
    (
        {"key": "booking_fee_cents", "value": '{"EUR": 290, "CHF": 2001}'},
        "value",
        "between 0.00 and 20.00",
    ),
    ({"key": "day_opens", "value": '"05:00"'}, "value", "between 06:00 and 12:00"),
    ({"key": "signature_reminders", "value": "[0, 3600]"}, "value", "from 3 to 3 values"),
    ({"key": "reminder_ladder", "value": "[1800, 7200]"}, "value", "not in order"),
    ({"key": "call_share", "value": "[3, 2]"}, "value", "not in order"),
    (
        {
            "key": "score_weights_ppm",
            "value": '{"stars": 1, "level": 1, "reliability": 1, "nearness": 1}',
        },
        "value",
        "must add up to 1,000,000",
    ),
    ({"key": "confirm_lead", "value": "108000"}, "value", "must be less than “Short notice"),
    (
        {"key": "search_ends_lead", "value": "36000"},
        "value",
        "may be at most “Warning of an empty search",
    ),
    (
        {"key": "signature_limit", "value": "172800"},
        "value",
        "after the time to sign is over (48 hours)",
    ),
]


@pytest.mark.parametrize(("wrong", "where", "sentence"), WRONG)
def test_wrong_figure_is_refused_in_a_sentence(wrong, where, sentence, ops):
    form = looked_at(ops, **wrong)

    assert sentence in " ".join(form.errors[where])
    assert form.shown == []
    assert not PolicyRow.objects.exists()


def test_row_that_a_later_one_would_contradict_is_refused(ops):
    PolicyRow.objects.create(
        key="confirm_lead", value=20 * 3600, note="t", starts_at="2027-01-01T00:00Z"
    )

    form = looked_at(ops, key="short_notice", value=str(19 * 3600))

    assert "must be less than" in form.errors["value"][0]


def test_two_rows_in_the_right_order_are_taken(ops):
    assert saved(ops, key="short_notice", value=str(40 * 3600)).status_code == 302
    assert saved(ops, key="confirm_lead", value=str(36 * 3600)).status_code == 302


def test_unit_and_bounds_stand_beside_the_value(ops):
    page = ops.get(reverse(ADD), {"key": "offer_window"})

    words = "In seconds, from 30 seconds to 30 minutes. By default: 120 (2 minutes)"
    assert form_of(page).fields["value"].help_text == words
    assert words in page.content.decode()


def test_list_says_figures_in_words(ops):
    PolicyRow.objects.create(key="cancel_free_lead", value=172800, note="t", starts_at=LONG_AGO)
    PolicyRow.objects.create(
        key="a_figure_of_old", value=7, country="CH", note="t", starts_at=LONG_AGO
    )

    page = ops.get(reverse("admin:policy_policyrow_changelist")).content.decode()

    assert "48 hours" in page
    assert "Free to cancel until so long before the start" in page
    assert "a_figure_of_old" in page


def test_weights_show_who_would_come_first(ops, loved, skilled):
    weights = {"stars": 0, "level": 650_000, "reliability": 150_000, "nearness": 200_000}

    french, swiss = looked_at(ops, key="score_weights_ppm", value=json.dumps(weights)).shown

    assert french["order"].technicians == 2
    assert (french["order"].before[0], french["order"].after[0]) == (loved.name, skilled.name)
    assert (swiss["order"].technicians, swiss["order"].before) == (0, [])
    assert looked_at(ops).shown[0]["order"] is None


def test_row_in_force_at_once_sends_the_sweep_on_its_way(
    ops, loved, morning, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr(current_app.tasks[SWEEP_SCORES], "delay", lambda: sent.append(1))
    weights = json.dumps(
        {"stars": 0, "level": 650_000, "reliability": 150_000, "nearness": 200_000}
    )

    def at(day, key="score_weights_ppm", value=weights):
        with django_capture_on_commit_callbacks(execute=True):
            assert saved(ops, key=key, value=value, starts_at_0=day).status_code == 302

    at("2026-11-20")
    assert sent == [1]
    at("2027-11-20")
    at("2026-11-20", key="wishes_max", value="1")
    assert sent == [1]


@pytest.fixture
def either_may_go():
    """Two rows to come, of which a third needs one."""
    at = mila_now() + timedelta(days=30)
    rows = [
        ("payout_hold_long", 20, "", 0),
        ("payout_hold_long", 20, "FR", 0),
        ("payout_hold", 10, "FR", 1),
    ]
    made = [
        PolicyRow.objects.create(
            key=key,
            value=encode(timedelta(days=days)),
            country=country,
            note="x",
            starts_at=at + timedelta(days=later),
        )
        for key, days, country, later in rows
    ]
    return [row.pk for row in made[:2]]


@pytest.mark.parametrize(("shift", "status"), [(-1, 403), (1, 302)])
def test_only_what_does_not_hold_yet_may_be_taken_back(ops, shift, status):
    row = PolicyRow.objects.create(
        key="wishes_max", value=4, note="test", starts_at=mila_now() + timedelta(days=shift)
    )

    answer = ops.post(reverse("admin:policy_policyrow_delete", args=[row.pk]), {"post": "yes"})

    assert answer.status_code == status
    assert PolicyRow.objects.exists() == (status == 403)


def test_row_to_come_that_another_counts_on_stays(ops):
    """Without the longer wait the later figure would stand against it: it is taken back first."""
    later = mila_now() + timedelta(days=30)
    rows = [
        PolicyRow.objects.create(
            key=key, value=encode(value), note="x", starts_at=later + timedelta(days=day)
        )
        for day, (key, value) in enumerate(
            [
                ("signature_limit", timedelta(hours=96)),
                ("signature_reminders", (timedelta(), timedelta(hours=24), timedelta(hours=80))),
            ]
        )
    ]
    first, second = (reverse("admin:policy_policyrow_delete", args=[row.pk]) for row in rows)

    assert ops.post(first, {"post": "yes"}).status_code == 403
    assert PolicyRow.objects.count() == 2
    ops.post(second, {"post": "yes"})
    ops.post(first, {"post": "yes"})
    assert not PolicyRow.objects.exists()


def test_rows_that_may_each_go_are_judged_together(ops, either_may_go):
    """In France a long hold rests on either of two longer ones; without both it stands against the
    default.
    """
    rows = reverse("admin:policy_policyrow_changelist")
    chosen = {"action": "delete_selected", "_selected_action": either_may_go, "post": "yes"}

    said = ops.post(rows, chosen, follow=True).content.decode()

    assert "cannot go together" in said
    assert "may be at most" in said
    assert PolicyRow.objects.count() == 3
    ops.post(rows, {**chosen, "_selected_action": either_may_go[:1]})
    assert PolicyRow.objects.count() == 2


def test_rows_of_which_one_counts_on_the_other_go_together(ops, either_may_go):
    chosen = [row.pk for row in PolicyRow.objects.all()]

    ops.post(
        reverse("admin:policy_policyrow_changelist"),
        {"action": "delete_selected", "_selected_action": chosen, "post": "yes"},
    )

    assert not PolicyRow.objects.exists()


def test_what_holds_already_is_not_taken_back_among_others(ops, either_may_go):
    held = PolicyRow.objects.create(
        key="wishes_max", value=2, note="x", starts_at=mila_now() - timedelta(days=1)
    )

    ops.post(
        reverse("admin:policy_policyrow_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [held.pk, either_may_go[0]],
            "post": "yes",
        },
    )

    assert PolicyRow.objects.count() == 4
