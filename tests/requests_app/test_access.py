"""The only roads to a booking; on every other one it is not found (fault A1, A9)."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from accounts.models import Technician
from requests_app import access
from requests_app.actions import visit
from requests_app.models import State
from tests import factories
from tests.requests_app.booking_states import booking_in

NOBODY = AnonymousUser()


# --- The secret link


def test_link_leads_to_its_booking(now, partner):
    booking = booking_in(State.DRAFT, partner, now)

    assert access.booking_by_link(booking.token) == booking


@pytest.mark.parametrize(
    "alter", [str.swapcase, lambda token: token[:-1], lambda token: "", lambda token: token + "x"]
)
def test_altered_link_leads_nowhere(alter, now, partner):
    booking = booking_in(State.DRAFT, partner, now)

    with pytest.raises(Http404):
        access.booking_by_link(alter(booking.token))


def test_link_too_short_to_be_secret_leads_nowhere(now, partner):
    booking = booking_in(State.DRAFT, partner, now, token="short")

    with pytest.raises(Http404):
        access.booking_by_link(booking.token)


# --- The customer


def test_customer_finds_their_own(now, customer, stranger):
    own, other = factories.placed_booking(customer=customer), factories.placed_booking()

    assert access.booking_for_customer(customer, own.uuid) == own
    assert list(access.bookings_of_customer(customer)) == [own]
    with pytest.raises(Http404):
        access.booking_for_customer(customer, other.uuid)


@pytest.mark.parametrize("who", ["stranger", "staff", "anonymous"])
def test_others_do_not_find_it(who, now, customer, request):
    booking = factories.placed_booking(customer=customer)
    user = NOBODY if who == "anonymous" else request.getfixturevalue(who)

    with pytest.raises(Http404):
        access.booking_for_customer(user, booking.uuid)
    assert list(access.bookings_of_customer(user)) == []


def test_draft_of_nobody_is_not_everybody_s(now):
    draft = factories.DraftFactory(customer=None)

    with pytest.raises(Http404):
        access.booking_for_customer(NOBODY, draft.uuid)
    assert list(access.bookings_of_customer(NOBODY)) == []


# --- The technician


def test_technician_of_a_user(partner, stranger):
    assert access.technician_of(partner.user) == partner
    assert access.technician_of(stranger) is None
    assert access.technician_of(NOBODY) is None


def test_technician_who_has_left_is_none(partner):
    Technician.objects.update(active=False)

    assert access.technician_of(partner.user) is None


def test_technician_finds_the_jobs_they_have_now(now, partner, rival_partner):
    job = booking_in(State.CLAIMED, partner, now)

    assert access.job_for_technician(partner, job.uuid) == job
    assert list(access.jobs_of_technician(partner)) == [job]
    assert list(access.jobs_of_technician(rival_partner)) == []
    for somebody in (rival_partner, None):
        with pytest.raises(Http404):
            access.job_for_technician(somebody, job.uuid)
    with pytest.raises(Http404):
        access.job_for_technician(partner, uuid.uuid4())


def test_lost_job_is_not_found_but_known_as_lost(now, partner, rival_partner):
    job = booking_in(State.CLAIMED, partner, now)
    assert not access.had_job(partner, job.uuid)

    visit.release(job.pk, partner.pk, by=partner.user, reason="ill")

    with pytest.raises(Http404):
        access.job_for_technician(partner, job.uuid)
    assert access.had_job(partner, job.uuid)
    assert not access.had_job(rival_partner, job.uuid)


# --- Pages of the technician's app


@access.technician_page
def page(request, technician, word):
    return HttpResponse(f"{technician.name} {word}")


def ask(rf, user):
    request = rf.get("/partner/")
    request.user = user
    return page(request, "hello")


def test_page_gets_the_technician(rf, partner):
    assert ask(rf, partner.user).content.decode() == "Yanis Corvel hello"


def test_page_refuses_another_role(rf, customer):
    with pytest.raises(PermissionDenied):
        ask(rf, customer)


def test_page_lets_a_stranger_sign_in(rf):
    answer = ask(rf, NOBODY)

    assert answer.status_code == 302
    assert answer.url.endswith("?next=/partner/")
