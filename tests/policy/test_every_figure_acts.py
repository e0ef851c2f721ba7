"""Each figure changed by a dated row changes what the product says or does from its instant on, and
not before.
"""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts import search
from mila.clock import mila_now
from policy.bounds import OutOfBounds, check
from policy.figures import FIGURES, Policy
from policy.models import PolicyRow
from policy.values import encode
from tests import factories
from tests.policy.probes import AT, PROBES, Site

# So small that a person would not set them, so that one step in the test is enough.
BELOW_THEIR_BOUNDS = {
    "address_codes_an_hour",
    "cards_per_booking",
    "cards_per_day",
    "cancel_free_after_booking",
    "drafts_per_day",
    "drops_per_day",
    "jobs_lost_per_week",
    "open_claims_per_day",
    "own_windows_max",
    "pool_lead",
    "call_short_lead",
    "withdrawal_window",
}


@pytest.fixture
def site(client, partner, stopped_clock, monkeypatch):
    stopped_clock(AT)
    factories.ServiceFactory()
    for _ in range(3):
        search.count_stars(partner, 5)
    return Site(client, partner, monkeypatch)


def asked(probe, site):
    """What it answers; what it wrote is taken back, the clock too."""
    with transaction.atomic():
        answer = probe(site)
        transaction.set_rollback(True)
    return answer


def test_each_figure_that_acts_has_its_probe():
    assert set(PROBES) == {key for key, about in FIGURES.items() if not about.later}


@pytest.mark.parametrize("key", PROBES)
def test_row_changes_what_is_said_or_done(key, site, stopped_clock):
    value, probe = PROBES[key]
    assert value != encode(getattr(Policy(), key))
    PolicyRow.objects.create(key=key, value=value, starts_at=AT + timedelta(days=30), note="later")
    before = asked(probe, site)
    assert asked(probe, site) == before  # the same question has the same answer
    PolicyRow.objects.create(key=key, value=value, starts_at=mila_now(), note="now")

    assert asked(probe, site) != before


@pytest.mark.parametrize("key", PROBES)
def test_probe_uses_a_value_that_may_be_set(key):
    value, _probe = PROBES[key]
    try:
        check(key, value)
    except OutOfBounds:
        assert key in BELOW_THEIR_BOUNDS
    else:
        assert key not in BELOW_THEIR_BOUNDS


@pytest.mark.parametrize("key", FIGURES)
def test_default_lies_within_its_own_bounds(key):
    default = getattr(Policy(), key)

    assert check(key, encode(default)) == default
