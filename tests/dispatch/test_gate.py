"""The Redis lock before a window: own token only, and everything works without it
(fault C3, C4, C5).
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dispatch import gate, offers
from mila import redis as mila_redis
from mila.redis import cache_redis
from tests.dispatch.steps import pooled

BOOKING = 987_654_321
SPAN = offers.tapping.GATE_SPAN


def holder(booking_id=BOOKING):
    return cache_redis().get(gate._key(booking_id))


@pytest.fixture(autouse=True)
def _empty():
    cache_redis().delete(gate._key(BOOKING))
    yield
    cache_redis().delete(gate._key(BOOKING))


@pytest.fixture
def redis_off(monkeypatch):
    """Nobody listens there."""
    client = mila_redis._client("unix:///nowhere/redis.sock")
    monkeypatch.setattr(gate, "cache_redis", lambda: client)


def test_the_first_takes_it_and_it_ends_by_itself():
    assert gate.take(BOOKING, "a", SPAN)
    assert not gate.take(BOOKING, "b", SPAN)

    assert holder() == "a"
    assert 59_000 < cache_redis().pttl(gate._key(BOOKING)) <= 60_000


def test_a_foreign_token_opens_and_extends_nothing():
    gate.take(BOOKING, "a", SPAN)

    gate.release(BOOKING, "b")
    gate.extend(BOOKING, "b", SPAN * 10)

    assert holder() == "a"
    assert cache_redis().pttl(gate._key(BOOKING)) <= 60_000


def test_its_own_token_does():
    gate.take(BOOKING, "a", SPAN)

    gate.extend(BOOKING, "a", SPAN * 2)
    assert cache_redis().pttl(gate._key(BOOKING)) > 60_000
    gate.release(BOOKING, "a")
    gate.release(BOOKING, "a")

    assert holder() is None


def test_the_database_overrides_what_is_there():
    gate.take(BOOKING, "a", SPAN)

    gate.put(BOOKING, "b", SPAN)

    assert holder() == "b"


def test_with_redis_off_everybody_may_ask_the_database(redis_off, caplog):
    assert gate.take(BOOKING, "a", SPAN)
    gate.put(BOOKING, "a", SPAN)
    gate.extend(BOOKING, "a", SPAN)
    gate.release(BOOKING, "a")

    assert len(caplog.records) == 4


@pytest.mark.django_db
def test_with_redis_off_a_technician_still_gets_their_job(
    redis_off, wanted, partner, rival_partner, django_capture_on_commit_callbacks
):
    pooled(wanted)
    with django_capture_on_commit_callbacks(execute=True):
        offer = offers.tap(wanted.pk, partner.pk)
        with pytest.raises(offers.WindowHeld):
            offers.tap(wanted.pk, rival_partner.pk)
        booking = offers.claim(wanted.pk, partner.pk, rank=offer.wishes[0], by=partner.user)

    assert booking.technician_id == partner.pk


@pytest.mark.django_db
def test_a_key_without_a_window_stands_in_nobodys_way(wanted, partner):
    pooled(wanted)
    gate.put(wanted.pk, "left behind", SPAN)

    assert offers.tap(wanted.pk, partner.pk).state == "open"


@pytest.mark.django_db
def test_the_gate_follows_the_window(
    wanted, partner, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(offers.windows, "_send_search", lambda booking_id: None)
    pooled(wanted)

    with django_capture_on_commit_callbacks(execute=True):
        offer = offers.tap(wanted.pk, partner.pk)
    assert holder(wanted.pk) == offer.lock_token

    with django_capture_on_commit_callbacks(execute=True):
        offers.decline(offer.pk, partner.pk, reason="far")
    assert holder(wanted.pk) is None


@pytest.mark.django_db
def test_a_claim_gives_the_gate_back(wanted, partner, django_capture_on_commit_callbacks):
    pooled(wanted)
    with django_capture_on_commit_callbacks(execute=True):
        offer = offers.tap(wanted.pk, partner.pk)

    with django_capture_on_commit_callbacks(execute=True):
        offers.claim(wanted.pk, partner.pk, rank=offer.wishes[0], by=partner.user)

    assert holder(wanted.pk) is None


@pytest.mark.django_db
def test_a_refused_tap_gives_the_gate_back(wanted, partner, rival_partner):
    offers.open_next(wanted.pk)

    with pytest.raises(offers.NotOffered):
        offers.tap(wanted.pk, rival_partner.pk)

    assert holder(wanted.pk) is None


@pytest.mark.django_db
def test_in_line_gives_the_gate_back_too(wanted, partner, rival_partner):
    pooled(wanted)
    offers.tap(wanted.pk, partner.pk)
    cache_redis().delete(gate._key(wanted.pk))  # flushed

    with pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)

    assert holder(wanted.pk) is None


@pytest.mark.django_db
def test_who_is_in_line_does_not_touch_the_row_again(
    wanted, partner, rival_partner, django_assert_num_queries, django_capture_on_commit_callbacks
):
    pooled(wanted)
    with django_capture_on_commit_callbacks(execute=True):
        offers.tap(wanted.pk, partner.pk)
        with pytest.raises(offers.WindowHeld):
            offers.tap(wanted.pk, rival_partner.pk)
    assert holder(wanted.pk)

    with django_assert_num_queries(5), pytest.raises(offers.WindowHeld):
        offers.tap(wanted.pk, rival_partner.pk)


class Three(RuleBasedStateMachine):
    """Three technicians take, extend and release with tokens of their own, old ones too; keys
    vanish at any moment.
    """

    tokens = Bundle("tokens")

    def __init__(self):
        super().__init__()
        cache_redis().delete(gate._key(BOOKING))
        self.held = None

    @rule(target=tokens, who=st.sampled_from("abc"))
    def takes(self, who):
        token = f"{who}-{gate.new_token()}"
        taken = gate.take(BOOKING, token, SPAN)
        assert taken == (self.held is None)
        if taken:
            self.held = token
        return token

    @rule(token=tokens)
    def releases(self, token):
        gate.release(BOOKING, token)
        if token == self.held:
            self.held = None

    @rule(token=tokens)
    def extends(self, token):
        gate.extend(BOOKING, token, SPAN)

    @precondition(lambda self: self.held)
    @rule()
    def is_flushed(self):
        cache_redis().delete(gate._key(BOOKING))
        self.held = None

    @invariant()
    def nobody_else_released_it(self):
        assert holder() == self.held


def test_no_token_ever_opens_anothers_gate():
    run_state_machine_as_test(
        Three,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
