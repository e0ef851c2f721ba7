"""Evidence cannot be changed or taken away, whoever asks (fault M20; law R21;
docs/database-roles.md).
"""

from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction

from catalogue.models import Checklist
from mila.clock import mila_now
from papers import actions, printing
from payments import ledger
from payments.models import Charge, Operation, StripeEvent
from policy.models import PublishedText
from requests_app.access import reveal_contact
from requests_app.actions import signing
from requests_app.models import (
    BookingEvent,
    ChecklistTick,
    ContactAccess,
    DoorPlace,
    LateSignature,
    QuoteEvent,
    SignOff,
    State,
)
from tests import cast, factories
from tests.evidence import forged
from tests.papers.cast import billing_of, credit

TABLES = [
    "requests_app_bookingevent",
    "requests_app_signoff",
    "requests_app_latesignature",
    "requests_app_quoteevent",
    "requests_app_contactaccess",
    "requests_app_doorplace",
    "requests_app_checklisttick",
    "policy_publishedtext",
    "papers_paper",
    "papers_paperfile",
    "papers_givenback",
    "payments_ledgerentry",
    "payments_operation",
    "payments_stripeevent",
    "mila_evidence_change",
    "mila_erasure",
]
# A column of each that says what happened.
TELLING = {
    "requests_app_bookingevent": "move",
    "requests_app_signoff": "kind",
    "requests_app_latesignature": "kind",
    "requests_app_quoteevent": "words",
    "requests_app_contactaccess": "reason",
    "requests_app_doorplace": "move",
    "requests_app_checklisttick": "words",
    "policy_publishedtext": "body",
    "papers_paper": "content",
    "papers_paperfile": "body",
    "papers_givenback": "key",
    "payments_ledgerentry": "key",
    "payments_operation": "key",
    "payments_stripeevent": "type",
    "mila_evidence_change": "work",
    "mila_erasure": "reason",
}


def run(statement, *given):
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def rows(table):
    return run(f"SELECT to_jsonb(t) FROM {table} t ORDER BY t.id")


@pytest.fixture
def evidence(searching, partner):
    """A row in each of the tables."""
    booking = cast.walk(searching, partner, State.SIGNED_OFF)
    reveal_contact(booking, partner, reason="job page")
    frozen = {
        field.attname: getattr(booking.sign_off, field.attname)
        for field in LateSignature._meta.fields
        if field.name not in ("id", "by")
    }
    LateSignature.objects.create(**frozen)
    charge = Charge.objects.create(
        booking=booking,
        kind="job",
        state="succeeded",
        currency="EUR",
        partner=booking.partner,
        amount_cents=booking.sign_off.charge_cents,
        service_cents=booking.sign_off.service_cents,
        booking_fee_cents=booking.sign_off.booking_fee_cents,
        commission_cents=booking.sign_off.commission_cents,
        partner_cents=booking.sign_off.partner_cents,
    )
    ledger.book_charge(charge, mila_now())
    checklist = Checklist.objects.create(
        part="tidy_up", version=9, items="Tidy", starts_at=mila_now()
    )
    ChecklistTick.objects.create(
        assignment=booking.assignments.get(),
        checklist=checklist,
        position=0,
        words="Tidy",
        ticked=True,
        at=mila_now(),
    )
    billing_of(partner)
    for paper in actions.issue_for_charge(charge.pk):
        printing.print_paper(paper.pk)
    given = {"amount_cents": 100, "partner_cents": 80}
    credit(charge, **given)
    operation = Operation.objects.create(
        charge=charge, kind="confirm", key="k", params={"a": 1}, state="sent"
    )
    StripeEvent.objects.create(
        stripe_id="evt_1", type="x", object_id="x", livemode=False, payload={"a": 1}
    )
    run(
        "INSERT INTO mila_evidence_change (work, table_name, row_id, columns) VALUES ('w', 't', 1, "
        "'{c}')",
    )
    run(
        "INSERT INTO mila_erasure (person, by, reason, table_name, row_id, columns, remains) "
        "VALUES (1, 'b', 'r', 't', '1', '{c}', '')",
    )
    run("SET CONSTRAINTS ALL IMMEDIATE")
    return SimpleNamespace(booking=booking, operation=operation)


STATEMENTS = {
    "update": "UPDATE {table} SET {column} = {column} || 'x'",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table} CASCADE",
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("how", STATEMENTS)
def test_row_stays_as_it_was_written(table, how, evidence):
    before = rows(table)
    assert before

    with pytest.raises(DatabaseError, match=r"Evidence stays|only grows"), transaction.atomic():
        run(STATEMENTS[how].format(table=table, column=TELLING[table]))

    assert rows(table) == before


@pytest.mark.parametrize("table", TABLES)
def test_control_without_its_trigger_the_row_changes(table, evidence):
    before = rows(table)

    with forged():
        run(STATEMENTS["update"].format(table=table, column=TELLING[table]))

    assert rows(table) != before


@pytest.mark.parametrize(
    "model",
    [BookingEvent, QuoteEvent, SignOff, LateSignature, ContactAccess, DoorPlace, PublishedText],
)
def test_the_orm_is_refused_too(model, evidence):
    row = model.objects.first()

    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        row.save()
    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        model.objects.filter(pk=row.pk)._raw_delete("default")

    assert model.objects.filter(pk=row.pk).exists()


def test_call_whose_outcome_is_unknown_gets_its_answer(evidence):
    evidence.operation.state, evidence.operation.answer = "unknown", {"tries": 1}
    evidence.operation.save()
    evidence.operation.state, evidence.operation.answer = "done", {"status": "succeeded"}
    evidence.operation.save()

    assert Operation.objects.get().answer == {"status": "succeeded"}


@pytest.mark.parametrize("state", ["done", "failed"])
def test_final_answer_stays(state, evidence):
    evidence.operation.state, evidence.operation.answer = state, {"no": "CardDeclined"}
    evidence.operation.save()

    evidence.operation.answer = {"status": "succeeded"}
    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        evidence.operation.save()

    assert Operation.objects.get().answer == {"no": "CardDeclined"}


def test_message_of_stripe_is_taken_up_but_says_what_it_said(evidence):
    StripeEvent.objects.update(tries=1, done_at=mila_now(), next_at=None)

    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        StripeEvent.objects.update(payload={"b": 2})

    assert StripeEvent.objects.get().payload == {"a": 1}


def test_cipher_is_written_anew_only_by_named_work_and_leaves_a_row(evidence):
    cipher = "UPDATE requests_app_signoff SET signer = 'gAAAA'"
    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        run(cipher)

    run("SET LOCAL mila.maintenance = 'rotate_fields'")
    run(cipher)

    pk = SignOff.objects.values_list("pk", flat=True).get(booking=evidence.booking)
    change = run(
        "SELECT work, table_name, row_id, columns FROM mila_evidence_change WHERE work <> 'w'"
    )
    assert change == [("rotate_fields", "requests_app_signoff", pk, ["signer"])]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE requests_app_signoff SET signer = 'gAAAA', kind = 'other'",
        "UPDATE requests_app_signoff SET charge_cents = charge_cents",
        "UPDATE requests_app_signoff SET sha256 = 'other'",
        "UPDATE requests_app_bookingevent SET move = 'other'",
        "UPDATE requests_app_bookingevent SET hash = 'other'",
        "UPDATE requests_app_contactaccess SET reason = 'gAAAA', booking_id = booking_id + 1",
        "DELETE FROM requests_app_signoff",
        "UPDATE mila_evidence_change SET work = 'other'",
        "UPDATE mila_erasure SET remains = 'other'",
    ],
)
def test_named_work_changes_nothing_but_ciphers(statement, evidence):
    run("SET LOCAL mila.maintenance = 'rotate_fields'")
    before = [rows(table) for table in TABLES]

    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        run(statement)

    assert [rows(table) for table in TABLES] == before


def test_named_work_of_another_role_than_the_owner_changes_nothing(evidence):
    before = rows("requests_app_signoff")
    run("CREATE ROLE mila_test_guest")
    run("GRANT ALL ON ALL TABLES IN SCHEMA public TO mila_test_guest")

    run("SET LOCAL ROLE mila_test_guest")
    run("SET LOCAL mila.maintenance = 'rotate_fields'")
    with pytest.raises(DatabaseError, match="Evidence stays"), transaction.atomic():
        run("UPDATE requests_app_signoff SET signer = 'gAAAA'")

    run("RESET ROLE")
    assert rows("requests_app_signoff") == before


def test_person_whose_acts_are_recorded_is_not_deleted(evidence, staff):
    booking = factories.placed_booking()
    signing.advance(booking.pk, "cancel", role="ops", by=staff)

    with pytest.raises(DatabaseError, match="protected foreign key"), transaction.atomic():
        staff.delete()

    assert booking.events.filter(by=staff).count() == 1
