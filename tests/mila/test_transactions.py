"""A verb is one transaction; a deadlock repeats it whole, three times at most.

Real transactions.
"""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import Skill
from mila.errors import Refusal
from mila.transactions import TRIES, after_commit, verb

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def break_with(code):
    """PostgreSQL itself raises this error."""
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '{code}'; END $$")


class Verb:
    """Writes a row, then fails as often as it is told."""

    def __init__(self, code, failures, done=()):
        self.code, self.failures, self.calls, self.done = code, failures, 0, done

    def __call__(self):
        self.calls += 1
        Skill.objects.create(slug=f"try-{self.calls}", name="x")
        if self.done != ():
            after_commit(self.done.append, self.calls)
        if self.calls <= self.failures:
            break_with(self.code)
        return self.calls


def as_verb(act):
    def function():
        return act()

    return verb(function)


def rows():
    return list(Skill.objects.values_list("slug", flat=True))


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_broken_deadlock_repeats_the_whole_verb(code):
    act = Verb(code, failures=TRIES - 1, done=[])

    assert as_verb(act)() == 3

    assert rows() == ["try-3"]
    assert act.done == [3]


def test_third_failure_is_raised_and_nothing_is_left():
    act = Verb("40P01", failures=TRIES)

    with pytest.raises(OperationalError):
        as_verb(act)()

    assert act.calls == TRIES
    assert rows() == []


@pytest.mark.parametrize("code", ["57014", "55P03"])
def test_other_errors_are_not_repeated(code):
    act = Verb(code, failures=1)

    with pytest.raises(OperationalError):
        as_verb(act)()

    assert (act.calls, rows()) == (1, [])


def test_refusal_is_not_repeated_and_leaves_nothing():
    act = Verb("40P01", failures=0)

    @verb
    def refuses():
        act()
        raise Refusal

    with pytest.raises(Refusal):
        refuses()

    assert (act.calls, rows()) == (1, [])


def test_inner_verb_leaves_the_repeating_to_the_outermost():
    inner = Verb("40P01", failures=1)
    calls = []

    @verb
    def outer():
        calls.append(1)
        Skill.objects.create(slug=f"outer-{len(calls)}", name="x")
        return as_verb(inner)()

    assert outer() == 2

    assert (len(calls), inner.calls) == (2, 2)
    assert rows() == ["outer-2", "try-2"]


def test_inside_a_plain_transaction_it_is_not_repeated():
    act = Verb("40P01", failures=1)

    with pytest.raises(OperationalError), transaction.atomic():
        as_verb(act)()

    assert (act.calls, rows()) == (1, [])


@pytest.mark.parametrize("repeats", [True, False])
def test_two_that_lock_crosswise_both_get_through_only_as_verbs(repeats):
    """The control without the verb loses one of the two to PostgreSQL's deadlock detector."""
    for slug in ("a", "b"):
        Skill.objects.create(slug=slug, name="-")
    both_hold_one, met, failures = threading.Barrier(2, timeout=10), set(), []

    def cross(first, second):
        Skill.objects.select_for_update().get(slug=first)
        if first not in met:  # the second time there is nobody to wait for
            met.add(first)
            both_hold_one.wait()
        Skill.objects.filter(slug=second).update(name=first)

    def run(first, second):
        try:
            if repeats:
                verb(cross)(first, second)
            else:
                with transaction.atomic():
                    cross(first, second)
        except OperationalError as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(failures) == (0 if repeats else 1)
    changed = sorted(Skill.objects.exclude(name="-").values_list("slug", flat=True))
    assert len(changed) == (2 if repeats else 1)
