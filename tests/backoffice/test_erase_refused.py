"""Who may erase a person, when it is refused, and that the rows about it stay (law R17)."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from backoffice import erasure
from payments.models import Charge
from requests_app.actions import signing
from requests_app.models import State
from tests import cast, factories
from tests.backoffice import erasing
from tests.payments import cast as money

pytestmark = pytest.mark.django_db(databases=["default", "standin"])
WHY = {"by": "Nadia of support", "reason": "Asked by letter on 3 December"}


@pytest.fixture
def payee(morning):
    return money.payee(user__name="Yanis Corvel", user__email="yanis@example.com")


@pytest.fixture
def person(payee):
    return erasing.visit_over(payee, email="odile@example.com", key="one")


def erase(person):
    return erasure.erase_person(User.objects.get(pk=person.user.pk), **WHY)


def refused(person, match):
    before = erasing.whole_database()
    with pytest.raises(erasure.NotErased, match=match), transaction.atomic():
        erase(person)
    assert erasing.whole_database() == before


def test_live_booking_refuses(person):
    factories.placed_booking(customer=person.user, wishes=[factories.service_day_at(9, days=8)])

    refused(person, "is still searching")


def test_contested_booking_refuses(person):
    other = money.payee(user__name="Inès Rivale", user__email="ines@example.com")
    later = factories.placed_booking(
        customer=person.user, wishes=[factories.service_day_at(9, days=8)]
    )
    cast.walk(later, other, State.FINISHED)
    signing.refuse(later.pk, by=None, reason="Toujours lent.")

    refused(person, "is still contested")


@pytest.mark.parametrize("state", ["held", "failed", "action_required", "unknown", "planned"])
def test_open_charge_refuses(state, person):
    Charge.objects.update(state=state)

    refused(person, f"is still {state}")


def test_charge_that_was_objected_to_and_decided_is_no_obstacle(person):
    Charge.objects.update(state="objected")

    erase(person)

    assert not User.objects.filter(email="odile@example.com").exists()


def test_who_works_for_mila_or_a_partner_is_refused(payee, staff):
    for user in (payee.user, staff):
        with pytest.raises(erasure.NotErased, match="They work"):
            erasure.erase_person(user, **WHY)

    assert User.objects.get(pk=payee.user.pk).email == "yanis@example.com"


def test_without_a_reason_nothing_happens(person):
    with pytest.raises(erasure.NotErased, match="--reason"):
        erasure.erase_person(person.user, by="x", reason="  ")

    assert erasing.noted() == []


def test_nobody_of_this_name(db):
    with pytest.raises(CommandError, match="nobody with this address"):
        call_command("erase_person", "nobody@example.com", reason="x")


def test_the_site_s_role_cannot(person):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE ROLE mila_test_site")
        call_command("grant_application_role", "mila_test_site")
        before = erasing.whole_database()
        cursor.execute("SET LOCAL ROLE mila_test_site")

        with pytest.raises(erasure.NotErased, match="owner of the tables"):
            erase(person)
        for statement in (
            "INSERT INTO mila_erasure (person, by, reason, table_name, row_id, columns, remains) "
            "VALUES (1, 'x', 'x', 't', '1', '{}', '')",
            "UPDATE mila_erasure SET reason = 'x'",
            "UPDATE requests_app_signoff SET signer = ''",
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)

        cursor.execute("RESET ROLE")
        assert erasing.whole_database() == before


@pytest.mark.parametrize(
    "statement",
    ["UPDATE mila_erasure SET reason = 'x'", "DELETE FROM mila_erasure", "TRUNCATE mila_erasure"],
)
def test_rows_of_an_erasure_stay_also_for_the_owner(statement, person):
    erase(person)
    before = erasing.noted()

    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="Evidence stays"),
        transaction.atomic(),
    ):
        cursor.execute(statement)

    assert erasing.noted() == before


def test_after_an_erasure_evidence_is_closed_again(person):
    erase(person)

    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="Evidence stays"),
        transaction.atomic(),
    ):
        cursor.execute("UPDATE requests_app_signoff SET signer = 'gAAAA'")
