"""Who a customer is and how they are reached is not read out of the back office by roundabout ways
(fault A4, A5).
"""

import smtplib

import pytest
from django.contrib import admin
from django.core.mail.backends.locmem import EmailBackend
from django.db.models import EmailField
from django.urls import reverse

from accounts import delivery
from accounts.models import (
    CustomerProfile,
    Dispatcher,
    Notification,
    NotificationState,
    Technician,
    User,
)
from mila import second_factor
from mila.adminkit.acts import ShowsContactData
from mila.clock import mila_now
from requests_app.models import BookingContact
from tests import factories
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
LONG_AGO = second_factor.RECENT + 60
OFFICES = sorted(admin.site._registry.values(), key=lambda office: office.opts.label)
COUNTS = ("TOTAL", "INITIAL")
OF_CUSTOMERS = (User, CustomerProfile, BookingContact)


@pytest.fixture
def nameless():
    return factories.UserFactory(name="", email="secret.address@example.com")


# --- A person picked for another row


def with_dispatcher(partner, user):
    tables = {
        f"{table}-{count}_FORMS": "0"
        for table in ("technicians", "dispatchers")
        for count in COUNTS
    }
    row = {
        "dispatchers-0-user": user.pk,
        "dispatchers-0-id": "",
        "dispatchers-0-partner": partner.partner_id,
    }
    return {**tables, "dispatchers-TOTAL_FORMS": "1", **row}


def picked_pages(client, user, partner):
    """The pages that show again who was picked in a box: by the address, by a refused form, by a
    refused row.
    """
    add = reverse("admin:accounts_technician_add")
    change = reverse("admin:accounts_partnerprofile_change", args=[partner.partner_id])
    yield client.get(add, {"user": user.pk})
    yield client.post(add, {"user": user.pk})
    yield client.post(change, with_dispatcher(partner, user))


def test_who_is_picked_is_an_id_until_the_factor_is_shown_again(
    client, staff, customer, nameless, partner
):
    sign_in(client, staff, seconds_ago=LONG_AGO)

    for user, word in ((customer, "Odile"), (nameless, "secret.address")):
        *adding, dispatching = picked_pages(client, user, partner)
        assert {answer.status_code for answer in adding} == {302}
        assert dispatching.status_code == 200
        page = dispatching.content.decode()
        assert word not in page
        assert f'<option value="{user.pk}" selected>{user.pk}</option>' in " ".join(page.split())
    assert not Dispatcher.objects.exists()
    assert Technician.objects.get() == partner


def test_within_ten_minutes_who_is_picked_has_a_name(client, staff, customer, partner):
    sign_in(client, staff)

    for answer in picked_pages(client, customer, partner):
        assert answer.status_code == 200
        assert "Odile" in answer.content.decode()


def test_a_row_that_is_no_person_keeps_its_name(client, staff, partner):
    sign_in(client, staff, seconds_ago=LONG_AGO)

    page = client.get(
        reverse("admin:accounts_technician_change", args=[partner.pk])
    ).content.decode()

    skill = partner.skills.get().skill
    assert f'<option value="{skill.pk}" selected>{skill}</option>' in " ".join(page.split())


# --- An address asked out of a search


def searched_columns(office):
    for path in office.search_fields:
        names = path.lstrip("^=@").split("__")
        model, column = office.model, None
        for name in names:
            if model is None:
                break  # what follows a column is a comparison
            column = model._meta.get_field(name)
            owner, model = model, column.related_model
        yield path, owner, column


@pytest.mark.parametrize("office", OFFICES, ids=lambda office: office.opts.label)
def test_no_list_is_searched_by_part_of_an_address(office):
    """Lists that show customers anyway ask for the factor themselves; every other one takes a whole
    address.
    """
    if isinstance(office, ShowsContactData):
        return
    for path, owner, column in searched_columns(office):
        if isinstance(column, EmailField):
            assert path.startswith("="), path
        else:
            assert owner not in OF_CUSTOMERS, path


def test_so_many_columns_are_looked_at():
    found = [
        (path, column) for office in OFFICES for path, _owner, column in searched_columns(office)
    ]

    assert len(found) >= 30
    assert sum(isinstance(column, EmailField) for _path, column in found) >= 7


PARTS = [
    "odile",
    "@",
    "odile@example",
    "example.com",
    "e@e",
    "dile@example.com",
    "odile@example.co",
    "%@%",
]
WHOLE = ["odile@example.com", "Odile@Example.com ", "odile@example.com."]


@pytest.mark.parametrize("fresh", [True, False])
@pytest.mark.parametrize("name", ["requests_app_booking", "accounts_notification"])
def test_only_a_whole_address_finds(client, staff, searching, name, fresh):
    Notification.objects.exclude(email="odile@example.com").delete()
    sign_in(client, staff, seconds_ago=0 if fresh else LONG_AGO)

    def found(word):
        return len(
            client.get(reverse(f"admin:{name}_changelist"), {"q": word}).context["cl"].result_list
        )

    assert [found(part) for part in PARTS] == [0] * len(PARTS)
    assert all(found(word) for word in WHOLE)


def test_an_address_is_searched_for_in_the_one_form_it_is_kept_in(client, staff, searching):
    User.objects.filter(pk=searching.customer_id).update(email="odile@xn--mller-kva.ch")
    sign_in(client, staff)

    page = client.get(reverse("admin:requests_app_booking_changelist"), {"q": "Odile@Müller.ch"})

    assert list(page.context["cl"].result_list) == [searching]


# --- What a mail server answered


def refusing(monkeypatch, error):
    def refuse(self, messages):
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    row = Notification.objects.filter(email="odile@example.com").first()
    Notification.objects.filter(pk=row.pk).update(state=NotificationState.QUEUED, due_at=mila_now())
    delivery.deliver(row.pk)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (
            smtplib.SMTPRecipientsRefused({"odile@example.com": (550, b"no such user")}),
            "550, b'no such user'",
        ),
        (
            smtplib.SMTPDataError(552, b"<Odile@EXAMPLE.com>: mailbox full"),
            "552, b'<•••>: mailbox full'",
        ),
        (smtplib.SMTPSenderRefused(501, b"syntax", "mila@example.com"), "501, b'syntax'"),
        (OSError("odile@example.com is away, x" + "x" * 600), "••• is away, x"),
    ],
)
def test_the_answer_of_a_mail_server_names_nobody(
    client, staff, searching, monkeypatch, error, kept
):
    row = refusing(monkeypatch, error)
    sign_in(client, staff, seconds_ago=LONG_AGO)
    pages = [client.get(reverse("admin:accounts_notification_changelist"))]
    pages.append(client.get(reverse("admin:accounts_notification_change", args=[row.pk])))

    assert row.error.startswith(f"{type(error).__name__}: ")
    assert kept in row.error
    assert len(row.error) <= 500
    for told in (row.error, *(page.content.decode() for page in pages)):
        assert "odile@" not in told.lower()
