"""Two of our staff write figures in the same second (rule O1): the second is read beside the
first, and refused in words where they stand against each other.
"""

from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from backoffice.admin.policy_rows import PolicyRowAdmin
from mila.clock import reset_clock, set_clock
from policy.models import PolicyRow, PolicyRowQuerySet
from policy.values import encode
from tests import factories
from tests.cast import MORNING
from tests.concurrency.threads import at_once
from tests.signing_in import sign_in

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
ADD = "admin:policy_policyrow_add"


@pytest.fixture
def two(db):
    """Two browsers, each of one of our staff, who have shown the second factor."""
    set_clock(MORNING, speed=0)
    found = []
    for _person in range(2):
        browser = Client()
        sign_in(browser, factories.UserFactory(is_staff=True, is_superuser=True))
        browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        found.append(browser)
    yield found
    reset_clock()


def looked_at(browser, **figure):
    """Sent once: what is sent to save it."""
    sent = {"country": "", "starts_at_0": "2026-12-01", "starts_at_1": "00:00", "note": "autumn"}
    sent |= figure
    form = browser.post(reverse(ADD), sent).context["adminform"].form
    assert not form.errors
    return {**sent, "seen": form["seen"].value()}


def save_at_once(browsers, forms):
    pairs = zip(browsers, forms, strict=True)
    return at_once(*[partial(browser.post, reverse(ADD), form) for browser, form in pairs])


@pytest.fixture
def both_checked(monkeypatch):
    """Each has been found free of faults before the other one saves."""
    gate = Barrier(2, timeout=5)
    save = PolicyRow.save

    def wait(self, *args, **kwargs):
        gate.wait()
        return save(self, *args, **kwargs)

    monkeypatch.setattr(PolicyRow, "save", wait)


HOLD = {"key": "payout_hold", "value": "518400"}  # six days
LONG_HOLD = {"key": "payout_hold_long", "value": "432000"}  # five: less than the other's six


def test_of_two_that_stand_against_each_other_one_is_refused_in_words(two):
    forms = [looked_at(browser, **one) for browser, one in zip(two, (HOLD, LONG_HOLD), strict=True)]

    answers = save_at_once(two, forms)

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert PolicyRow.objects.count() == 1
    (refused,) = (answer for answer in answers if answer.status_code == 200)
    errors = refused.context["adminform"].form.errors
    assert "may be at most" in errors["value"][0]


def test_control_without_the_lock_both_are_written(two, both_checked, monkeypatch):
    forms = [looked_at(browser, **one) for browser, one in zip(two, (HOLD, LONG_HOLD), strict=True)]
    monkeypatch.setattr(PolicyRowQuerySet, "lock", lambda self: None)

    save_at_once(two, forms)

    assert PolicyRow.objects.count() == 2


def test_of_two_for_one_figure_and_instant_one_is_refused_in_words(two):
    forms = [
        looked_at(browser, key="wishes_max", value=value)
        for browser, value in zip(two, ("1", "2"), strict=True)
    ]

    answers = save_at_once(two, forms)

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert PolicyRow.objects.count() == 1
    (refused,) = (answer for answer in answers if answer.status_code == 200)
    assert "already exists" in str(refused.context["adminform"].form.errors)


@pytest.fixture
def either_may_go(two):
    """A long hold in France rests on either of the first two."""
    day = timedelta(days=1)
    rows = [("payout_hold_long", 20, ""), ("payout_hold_long", 20, "FR"), ("payout_hold", 10, "FR")]
    made = [
        PolicyRow.objects.create(
            key=key,
            value=encode(days * day),
            country=country,
            note="x",
            starts_at=MORNING + 9 * day,
        )
        for key, days, country in rows
    ]
    return [row.pk for row in made[:2]]


def take_back_at_once(browsers, rows):
    """One from the list, the other from its own page."""
    chosen = {"action": "delete_selected", "_selected_action": rows[0], "post": "yes"}
    own_page = reverse("admin:policy_policyrow_delete", args=[rows[1]])
    return at_once(
        partial(browsers[0].post, reverse("admin:policy_policyrow_changelist"), chosen),
        partial(browsers[1].post, own_page, {"post": "yes"}),
    )


def test_of_two_rows_that_cannot_both_go_one_stays(two, either_may_go):
    take_back_at_once(two, either_may_go)

    assert PolicyRow.objects.filter(pk__in=either_may_go).count() == 1


def test_control_without_the_lock_both_go(two, either_may_go, monkeypatch):
    gate = Barrier(2, timeout=5)
    monkeypatch.setattr(PolicyRowQuerySet, "lock", lambda self: None)
    # judged, and not yet gone
    monkeypatch.setattr(PolicyRowAdmin, "log_deletions", lambda *args: gate.wait())

    take_back_at_once(two, either_may_go)

    assert not PolicyRow.objects.filter(pk__in=either_may_go).exists()
