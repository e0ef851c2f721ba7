"""Nobody gets in where they should not, whatever they ask for and however; controls take one wall
away (fault A1).
"""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

import mila.urls
import mila.web.error_pages
from dispatch import access as dispatch_access
from dispatch.models import Offer
from requests_app import access
from requests_app.models import Booking, BookingPhoto, ContactAccess
from tests.access_matrix.table import LOOK, TABLE, Row, signed_in, without_address, without_row
from tests.architecture.addresses import routes
from tests.cast import MORNING

pytestmark = pytest.mark.django_db(databases=["default", "standin"])


def area(name: str) -> str:
    space, colon, _rest = name.partition(":")
    return space if colon else "signing in" if name.startswith(("account_", "mfa_")) else "house"


AREAS = sorted({area(name) for name in TABLE})


def test_every_address_has_its_row():
    assert without_row(routes()) == []
    assert without_address(routes()) == []


def test_every_row_is_asked_as_everybody(matrix):
    cells = list(matrix.cells())

    assert {cell.name for cell in cells} == set(TABLE)
    assert len(cells) >= 5_000
    assert len(matrix.ownership.people) >= 12
    for name in TABLE:
        assert {cell.person.role for cell in cells if cell.name == name} == set(
            matrix.ownership.people
        )


@pytest.mark.parametrize("wanted", AREAS)
def test_everybody_gets_what_the_table_says(wanted, matrix, whole):
    cells = matrix.cells(*(name for name in TABLE if area(name) == wanted), whole=whole)
    before = matrix.ownership.rows()

    assert matrix.faults(cells) == []
    assert matrix.ownership.rows() == before


# --- Controls: with one wall away, the matrix says so


def asked(matrix, *names, by):
    """What is wrong with these addresses when these people ask."""
    return matrix.faults(cell for cell in matrix.cells(*names) if cell.person.role in by)


def test_new_address_without_a_row_is_named():
    new = path("new/<int:pk>/", lambda request, pk: HttpResponse(), name="new_page")

    assert without_row([*routes(), *routes([new])]) == ["new_page: /new/<int:pk>/"]


def test_row_of_an_address_that_is_gone_is_named():
    assert without_address(found for found in routes() if found[1] != "partner:job") == [
        "partner:job"
    ]


def test_page_without_any_wall_is_found(matrix, monkeypatch, settings):
    class OneMore:
        urlpatterns = [
            *mila.urls.urlpatterns,
            path("open/", lambda request: HttpResponse("in"), name="open_page"),
        ]
        handler404 = mila.urls.handler404

    settings.ROOT_URLCONF = OneMore
    monkeypatch.setitem(TABLE, "open_page", Row(signed_in, LOOK))

    found = asked(matrix, "open_page", by=["anonymous", "customer"])

    assert "GET open_page (own) as anonymous: in instead of to the login" in found
    assert "DELETE open_page (own) as customer: in instead of 405" in found


def test_job_of_another_is_found(matrix, monkeypatch):
    monkeypatch.setattr(access, "jobs_of_technician", lambda technician: access.BOOKINGS.all())

    found = asked(matrix, "partner:job", "partner:thanks", by=["stranger", "released", "colleague"])

    assert "GET partner:job (other) as stranger: in instead of 404" in found
    assert "GET partner:job (lost) as released: in instead of 404" in found
    assert "GET partner:thanks (other) as colleague: in instead of 404" in found


def test_offer_of_another_is_found(matrix, monkeypatch):
    monkeypatch.setattr(
        dispatch_access,
        "offer_for_technician",
        lambda technician, pk: get_object_or_404(Offer, pk=pk),
    )

    found = asked(matrix, "partner:claim", by=["asked"])

    assert "POST partner:claim (other) as asked: in instead of 404" in found


def test_booking_of_another_and_its_secret_are_found(matrix, monkeypatch):
    monkeypatch.setattr(
        access, "booking_for_customer", lambda user, uuid: get_object_or_404(Booking, uuid=uuid)
    )

    found = asked(matrix, "customer:booking_own", by=["other customer"])

    assert "GET customer:booking_own (other) as other customer: in instead of 404" in found
    assert (
        f"GET customer:booking_own (other) as other customer: tells {matrix.ownership.one.token}"
        in found
    )


def test_wrong_role_is_found(matrix, monkeypatch):
    monkeypatch.setattr(access, "technician_of", lambda user: matrix.ownership.holder)

    found = asked(matrix, "partner:job", by=["customer"])

    assert "GET partner:job (other) as customer: in instead of 403, 404" in found


def test_photo_of_another_behind_ones_own_link_is_found(matrix, monkeypatch):
    monkeypatch.setattr(
        access, "_photo", lambda booking, key: get_object_or_404(BookingPhoto, key=key)
    )

    found = asked(matrix, "customer:photo", "partner:photo", by=["customer", "holder"])

    assert "GET customer:photo (mixed) as customer: in instead of 404" in found
    assert "GET partner:photo (mixed) as holder: in instead of 404" in found


def test_contact_data_on_a_page_that_may_be_seen_are_found(matrix, monkeypatch):
    monkeypatch.setattr(access, "may_see_contact", lambda booking, technician: True)

    found = asked(matrix, "partner:job", by=["suspended"])

    assert "GET partner:job (own) as suspended: tells Berthe Quillandre" in found


def test_refusal_that_tells_is_found(matrix, monkeypatch):
    page = mila.web.error_pages.error_page
    monkeypatch.setattr(
        mila.web.error_pages,
        "error_page",
        lambda request, status, **kwargs: _with_a_street(page(request, status, **kwargs)),
    )

    found = asked(matrix, "partner:job", by=["stranger"])

    assert "GET partner:job (other) as stranger: tells 3 quai du Saule-Rieur" in found


def _with_a_street(response):
    response.write("3 quai du Saule-Rieur")
    return response


def test_refusal_that_writes_is_found(matrix, monkeypatch):
    find = access.job_for_technician

    def noted(technician, uuid):
        ContactAccess.objects.create(
            booking=matrix.ownership.one, user=technician.user, reason="look", at=MORNING
        )
        return find(technician, uuid)

    monkeypatch.setattr(access, "job_for_technician", noted)
    before = matrix.ownership.rows()

    found = asked(matrix, "partner:start", by=["stranger"])

    assert any(
        fault.startswith("POST partner:start (other) as stranger: is refused and writes")
        for fault in found
    )
    assert matrix.ownership.rows() != before


def test_refusal_that_tells_another_s_from_nothing_is_found(matrix, monkeypatch):
    def forbidden(technician, pk):
        raise PermissionDenied if Offer.objects.filter(pk=pk).exists() else access.Http404

    monkeypatch.setattr(dispatch_access, "offer_for_technician", forbidden)

    found = asked(matrix, "partner:claim", by=["stranger"])

    assert "POST partner:claim as stranger: 403 for another's, 404 for nothing" in found


def test_page_that_breaks_is_found(matrix, monkeypatch, caplog):
    caplog.set_level("CRITICAL", logger="django.request")
    monkeypatch.setattr(access, "booking_by_link", lambda token, **kwargs: None)

    found = asked(matrix, "customer:status", by=["anonymous"])

    assert "GET customer:status (other) as anonymous: breaks" in found
