"""What must always hold is asked of the database; each breach is named (invariant I1-I14)."""

import json
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, JSONField

from backoffice.invariants import INVARIANTS, violations
from mila.clock import mila_now
from requests_app.models import (
    Booking,
    BookingEvent,
    Quote,
    QuoteEvent,
    QuoteLine,
    SignOff,
)
from tests.backoffice.breaches import (
    BREACHES,
    HOUR,
    OF_THE_HOUSE,
    access,
    change,
    dataset,
    gone,
    last_event,
    version_1,
)
from tests.evidence import forged

__all__ = ["dataset"]  # fixtures


def test_all_is_well(dataset):
    assert violations() == {}
    assert violations([dataset.paid.pk, dataset.job.pk, dataset.offered.pk]) == {}


def test_every_invariant_has_a_breach():
    assert {name for name, _what, _breach in BREACHES} == set(INVARIANTS)


def test_each_breach_is_named_for_the_house_and_for_its_booking(dataset):
    """One dataset for all of them: it takes longer to build than to break."""
    mine, unnamed = [dataset.paid.pk, dataset.job.pk, dataset.offered.pk], []
    for name, what, breach in BREACHES:
        before = transaction.savepoint()
        breach(dataset)
        alone = name == "search" or f"{name} {what}" in OF_THE_HOUSE
        if name not in violations() or not (alone or name in violations(mine)):
            unnamed.append(f"{name} {what}")
        transaction.savepoint_rollback(before)

    assert unnamed == []
    assert violations() == {}


# What is no evidence: a row's own number, what a form sent twice is known by, and when it was lost.
NO_EVIDENCE = {"SignOff.key", "Quote.key"}
CHAINED = (BookingEvent, QuoteEvent, Quote, QuoteLine, SignOff)


def another(row, column):
    """The value of this column with one byte, one unit or one row of another; None where it cannot
    be told from the former.
    """
    value = getattr(row, column.attname)
    if isinstance(column, JSONField):
        return {**value, "x": 1}
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return f"{value[:-1]}{'y' if value.endswith('x') else 'x'}"
    if value is None and column.is_relation:
        return get_user_model().objects.first().pk
    return mila_now() if value is None and isinstance(column, DateTimeField) else "x"


def altered(row, **columns):
    """Whether the database lets it happen."""
    with forged():
        try:
            with transaction.atomic():
                return bool(type(row).objects.filter(pk=row.pk).update(**columns))
        except IntegrityError:
            return False


@pytest.mark.parametrize("model", CHAINED, ids=lambda model: model.__name__)
def test_one_byte_of_any_column_of_evidence_is_found(model, dataset):
    rows = {
        BookingEvent: last_event(dataset),
        QuoteEvent: dataset.job.quote_events.last(),
        Quote: version_1(dataset),
        QuoteLine: version_1(dataset).lines.get(),
        SignOff: dataset.paid.sign_off,
    }
    row, silent = rows[model], []
    for column in model._meta.concrete_fields:
        name = f"{model.__name__}.{column.name}"
        if column.primary_key or name in NO_EVIDENCE:
            continue
        before = transaction.savepoint()
        if altered(row, **{column.attname: another(row, column)}) and violations() == {}:
            silent.append(name)
        transaction.savepoint_rollback(before)

    assert silent == []


def all_events_gone(w, booking):
    """And with them what the booking itself says about them."""
    gone(BookingEvent, *booking.events.values_list("pk", flat=True))
    change(Booking, booking.pk, events_hash="")


@pytest.mark.parametrize("which", ["paid", "job", "offered"])
def test_all_events_of_a_booking_gone_are_found(which, dataset):
    all_events_gone(dataset, getattr(dataset, which))

    assert violations() != {}


@pytest.mark.parametrize("which", ["paid", "job", "offered"])
def test_all_rows_of_a_booking_gone_are_found(which, dataset):
    booking = getattr(dataset, which)
    before = transaction.savepoint()
    gone(QuoteLine, *QuoteLine.objects.filter(quote__booking=booking).values_list("pk", flat=True))
    for relation in Booking._meta.related_objects:
        model, column = relation.related_model, relation.field.name
        gone(model, *model.objects.filter(**{column: booking}).values_list("pk", flat=True))
    gone(Booking, booking.pk)

    found = violations()

    transaction.savepoint_rollback(before)
    assert "I13" in found


def test_access_until_seven_days_after_the_sign_off_is_in_order(dataset):
    access(
        dataset.paid,
        dataset.partner,
        SignOff.objects.get().signed_at + timedelta(days=7, seconds=-1),
    )

    assert violations() == {}


# --- The command


def test_command_prints_each_invariant_that_holds(dataset, capsys):
    call_command("verify_invariants")

    out = capsys.readouterr().out
    assert [row.split()[:2] for row in out.splitlines()] == [[name, "holds"] for name in INVARIANTS]


def test_command_names_what_is_broken_and_fails(dataset, capsys):
    change(Booking, dataset.job.pk, due_at=dataset.now - HOUR)

    with pytest.raises(SystemExit):
        call_command("verify_invariants")

    assert f"booking {dataset.job.pk} is overdue" in capsys.readouterr().out


def test_command_looks_at_one_booking(dataset, capsys):
    change(Booking, dataset.job.pk, due_at=dataset.now - HOUR)

    call_command("verify_invariants", "--json", booking=dataset.paid.pk)

    assert json.loads(capsys.readouterr().out) == {"bookings": 3, "violations": {}}
