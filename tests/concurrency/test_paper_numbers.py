"""Numbers of papers under many issues at once, some of them given up (fault M23, invariant I12)."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from threading import Barrier

import pytest
from django.db import connections, transaction
from django.db.models import QuerySet

from backoffice.invariants import violations
from mila.errors import AlreadyThere
from papers import actions
from papers.contents import Draft
from papers.models import Audience, Paper, PaperKind, Series
from tests.concurrency.threads import raised

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True, databases=["default", "standin"]),
]
CONNECTIONS = 16
ISSUES = int(os.environ.get("PAPER_ISSUES", "320"))  # the whole: PAPER_ISSUES=5000
GIVEN_UP = 5  # percent


class GivenUp(Exception):
    """The transaction ends without what it had issued."""


def draft(key: str, series: str) -> Draft:
    """As little of a paper as there can be."""
    return Draft(PaperKind.RECEIPT, Audience.CUSTOMER, series, key, "en", "EUR", 100, {"lines": []})


def issue(numbers, dice: Random) -> int:
    """Each in a transaction of its own, from two series at once; answers how many were kept."""
    kept = 0
    try:
        for number in numbers:
            drafts = [
                draft(f"{number}-{series}", series) for series in dice.sample(["RFR", "RCH"], 2)
            ]
            try:
                with transaction.atomic():
                    actions.store(drafts)
                    if dice.randrange(100) < GIVEN_UP:
                        raise GivenUp
                kept += 1
            except GivenUp:
                continue
    finally:
        connections.close_all()
    return kept


def side_by_side(count: int) -> int:
    parts = [(range(one, count, CONNECTIONS), Random(one)) for one in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(lambda part: issue(*part), parts))


def test_no_gap_and_no_twin():
    kept = side_by_side(ISSUES)

    assert kept < ISSUES  # some were given up
    for series in Series.objects.all():
        serials = (
            Paper.objects.filter(series=series.name)
            .order_by("serial")
            .values_list("serial", flat=True)
        )
        assert list(serials) == list(range(1, kept + 1))
        assert series.last == kept
    assert Series.objects.count() == 2
    assert "I12" not in violations()


def test_without_the_lock_two_take_the_same_number_and_the_database_refuses_one(monkeypatch):
    """The control: what the lock keeps apart; behind it stands the constraint."""
    actions.store([draft("first", "RFR")])
    gate = Barrier(2)

    save = Series.save

    def together(self, **kwargs):
        gate.wait(timeout=20)  # both have read the same last number
        save(self, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_: self)
    monkeypatch.setattr(Series, "save", together)

    (refused,) = raised(
        *[partial(actions.store, [draft(key, "RFR")]) for key in ("second", "third")]
    )

    assert isinstance(refused, AlreadyThere)
    assert Paper.objects.count() == 2
