"""What the verbs find where there is nothing: they do nothing (rule L9, D5, D8)."""

import pytest
from django.db import transaction
from django.http import Http404

from accounts.models import Notification
from dispatch.access import offer_of_notice
from dispatch.offers.lists import tell_lists
from mila.clock import mila_now
from requests_app import access
from requests_app.lifecycle import end_assignment, lock_booking, undo_of
from requests_app.models import Assignment, BookingContact, ContactAccess, PhotoSize
from tests import factories


def test_nothing_made_is_nothing_to_take_back(job):
    assert undo_of(job, [], mila_now()) is None


def test_without_an_assignment_none_is_ended(job):
    job.assignments.all().delete()

    with transaction.atomic():
        end_assignment(lock_booking(job.pk), "release", mila_now())

    assert not Assignment.objects.exists()
    assert job.technician.calendar_entries.count() == 1


def test_where_the_place_is_not_known_no_list_is_told(searching):
    BookingContact.objects.filter(booking=searching).update(lat=None, lon=None)

    assert tell_lists(searching.pk) == 0


@pytest.mark.parametrize("row", [{"kind": "claimed"}, {"kind": "offer", "user": None}])
def test_message_of_something_else_leads_to_no_offer(searching, partner, row):
    told = {"kind": "offer", "user": partner.user, "subject_id": searching.uuid, "round": 1, **row}

    assert offer_of_notice(Notification(**told)) is None


def test_staff_without_the_right_open_no_photo(searching):
    staff = factories.UserFactory(is_staff=True)

    with pytest.raises(Http404):
        access.photo_for_staff(searching, staff, "a" * 43, size=PhotoSize.LARGE)

    assert not ContactAccess.objects.exists()


def test_partner_of_somebody_elses_job_stays_as_it_is(job, rival_partner):
    there = job.partner

    assert access.with_own_partner(rival_partner, job).partner == there
