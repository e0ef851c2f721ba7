"""People sign in with their e-mail address; absences and areas are theirs to change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts import actions
from accounts.adapter import AccountAdapter
from accounts.models import CalendarEntry, CalendarEntryKind, PartnerProfile, Technician, User
from tests.requests_app.booking_states import booking_in

AT, HOUR = datetime(2026, 12, 1, 9, tzinfo=UTC), timedelta(hours=1)


def test_address_is_the_login_in_any_case(db):
    user = User.objects.create_user("Odile@Example.COM", "correct horse battery")

    assert user.email == "odile@example.com"
    assert authenticate(username="odile@example.com", password="correct horse battery") == user
    assert User.objects.get_by_natural_key("ODILE@example.com") == user
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_account_without_a_password_is_opened_by_none(db):
    User.objects.create_user("odile@example.com")

    assert authenticate(username="odile@example.com", password="") is None
    assert authenticate(username="odile@example.com", password="None") is None


def test_superuser_is_staff(db):
    user = User.objects.create_superuser("ops@example.com", "correct horse battery")

    assert (user.is_staff, user.is_superuser) == (True, True)


def test_second_account_of_an_address_is_refused_in_any_case(customer):
    with pytest.raises(IntegrityError, match="user_email_any_case"), transaction.atomic():
        User.objects.create(email="ODILE@example.com")


def test_people_are_called_by_their_name_else_their_address(customer):
    assert (str(customer), str(User(email="a@example.com"))) == ("Odile Perrachon", "a@example.com")


@pytest.mark.parametrize(("language", "expected"), [("de", "de"), ("fr-ch", "fr"), (None, "fr")])
def test_new_account_speaks_the_language_of_its_page(language, expected, rf, db):
    class Form:
        cleaned_data = {"email": "new@example.com", "password1": "correct horse battery"}

    request = rf.get("/")
    request.session = {}
    user = User()

    with translation.override(language):
        AccountAdapter().save_user(request, user, Form(), commit=False)

    assert (user.language, user.email) == (expected, "new@example.com")


@pytest.mark.parametrize(
    ("model", "columns", "constraint"),
    [
        (PartnerProfile, {"suspended_at": AT}, "suspension_has_a_reason"),
        (Technician, {"radius_m": 4_999}, "radius_5_to_50_km"),
        (Technician, {"radius_m": 50_001}, "radius_5_to_50_km"),
    ],
)
def test_database_refuses_what_the_rules_exclude(model, columns, constraint, partner):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        model.objects.update(**columns)


def test_stars_are_the_mean_with_one_decimal():
    assert Technician().stars is None
    assert Technician(star_sum=14, star_count=3).stars == 4.7


# --- Absences


def away(technician, starts_at=AT, ends_at=AT + HOUR):
    return actions.add_absence(technician.pk, starts_at=starts_at, ends_at=ends_at, note="Dentist")


def test_absence_blocks_their_time(partner):
    busy = away(partner)

    assert (busy.kind, busy.note, busy.during.lower, busy.during.upper) == (
        CalendarEntryKind.ABSENCE,
        "Dentist",
        AT,
        AT + HOUR,
    )


def test_same_absence_twice_is_one(partner):
    assert away(partner) == away(partner)
    assert CalendarEntry.objects.count() == 1


@pytest.mark.parametrize(("before", "after"), [(HOUR, 0 * HOUR), (0 * HOUR, HOUR)])
def test_absence_beside_another_is_fine(before, after, partner):
    away(partner)

    away(partner, AT - before if before else AT + HOUR, AT if before else AT + HOUR + after)

    assert CalendarEntry.objects.count() == 2


def test_absence_over_a_job_is_refused(morning, partner):
    job = booking_in("claimed", partner, morning)

    with pytest.raises(actions.TimeTaken):
        away(partner, job.start_at - HOUR, job.start_at + HOUR)
    assert CalendarEntry.objects.count() == 1


def test_absence_is_removed_once_and_only_by_its_owner(partner, rival_partner):
    busy = away(partner)

    assert actions.remove_absence(rival_partner.pk, busy.pk) is False
    assert actions.remove_absence(partner.pk, busy.pk) is True
    assert actions.remove_absence(partner.pk, busy.pk) is False


def test_time_of_a_job_is_not_removed(morning, partner):
    job = booking_in("claimed", partner, morning)

    assert actions.remove_absence(partner.pk, job.assignments.get().calendar_entry_id) is False
    assert CalendarEntry.objects.count() == 1
