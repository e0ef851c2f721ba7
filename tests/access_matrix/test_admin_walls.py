"""The back office: every address only for staff, and each model only for staff with a right to it
(fault A1, A11).

Nothing here names a page: what is registered tomorrow is asked as well, and refused to everybody by
default.
"""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission

from accounts import calendar_reading
from accounts.models import Attempt, CustomerProfile, DeadAddress, Notification
from backoffice.admin.bookings import BookingAdmin
from catalogue.models import Checklist, Question, Topic
from mila.clock import mila_now
from payments.models import (
    Difference,
    Dispute,
    Earning,
    Payout,
    PayoutState,
    Refund,
    StripeEvent,
)
from places.models import Postcode
from policy.models import PolicyRow
from tests import factories
from tests.access_matrix.asker import FORBIDDEN, HIDDEN, IN, LOGIN, METHODS, NOT_ALLOWED
from tests.access_matrix.matrix import THOROUGH, Cell
from tests.access_matrix.ownership import NONE, OTHER, OWN
from tests.architecture.addresses import fill, routes
from tests.papers.cast import billing_of
from tests.payments import cast

pytestmark = pytest.mark.django_db(databases=["default", "standin"])

ADMIN = [(route, name) for route, name, _view in routes() if route.startswith("/admin/")]
MODEL = re.compile(r"/admin/(\w+)/(\w+)/")
MODELS = sorted((model._meta.app_label, model._meta.model_name) for model in admin.site._registry)
# What every member of staff may open; it says nothing but their own name.
FOR_STAFF = {
    f"admin:{page}"
    for page in ("index", "jsi18n", "search", "password_change", "password_change_done")
}
DOORS = {"admin:login", "admin:logout"}
LISTS = ("_changelist", "_history", "_balance")  # posted to, they are what they are
SIGHTS = (*LISTS, "_change")
AT_THE_DOOR = {IN, LOGIN, FORBIDDEN, NOT_ALLOWED}
REFUSED = frozenset({FORBIDDEN, HIDDEN, NOT_ALLOWED})


@pytest.fixture(scope="module")
def filled(ownership):
    """A row of every model, so that each has something to hide."""
    at = mila_now()
    Group.objects.create(name="Desk")
    CustomerProfile.objects.create(user=ownership.customer, phone="+33639980117")
    factories.PackageFactory()
    calendar_reading.follow_calendar(ownership.friend.pk, "https://cal.example.com/secret.ics")
    Topic.objects.create(slug="printer", kind="thing", brands="epson")
    PolicyRow.objects.create(key="pool_after_windows", value=5, note="As it was.")
    Postcode.objects.create(
        country="FR", code="69007", region="69", name="Lyon", lat=45.7, lon=4.8, precision="town"
    )
    StripeEvent.objects.create(
        stripe_id="evt_1", type="x", object_id="x", livemode=False, payload={}, received_at=at
    )
    payee = cast.payee()
    billing_of(payee)
    charge = cast.charged(
        cast.signed_booking(ownership.berthe, cast.saved_card(ownership.berthe), payee)
    )
    Question.objects.create(slug="ladder", kind="text", words="Is there a ladder?")
    Checklist.objects.create(part="tidy_up", version=9, items="Tidy", starts_at=at)
    Refund.objects.create(
        charge=charge,
        state="planned",
        currency="EUR",
        amount_cents=1,
        service_cents=1,
        booking_fee_cents=0,
        partner_cents=0,
        commission_cents=0,
        mila_cents=1,
        reversal_cents=0,
        fee_cents=0,
    )
    Dispute.objects.create(
        charge=charge, stripe_id="du_1", state="open", currency="EUR", amount_cents=1, opened_at=at
    )
    Difference.objects.create(kind="missing", currency="EUR", ours_cents=1, stripes_cents=0)
    share = Earning.objects.latest("pk")
    paid = {
        "partner": share.partner,
        "currency": share.currency,
        "cents": share.cents,
        "day": share.promised_on,
    }
    Payout.objects.create(**paid, state=PayoutState.WAITS)
    Attempt.objects.create(notification=Notification.objects.first(), channel="email")
    DeadAddress.objects.create(email="berthe@example.com", reason="bounced")
    return ownership


def places(wanted=None, *, missing: bool):
    """(name, address) of the admin, or of one model's pages: of its first row, or of one that does
    not exist.
    """
    for route, name in ADMIN:
        found = MODEL.match(route)
        model = found.groups() if found and found.groups() in MODELS else None
        if wanted in (None, model):
            yield name, fill(route, **_values(model and apps.get_model(*model), missing=missing))


def _values(model, *, missing: bool) -> dict:
    row = None if model is None or missing else model._default_manager.order_by("pk").first()
    photo = row.photos.first() if hasattr(row, "photos") else None
    acts = getattr(admin.site._registry.get(model), "acts", ())
    pk = row.pk if row else 0
    return {
        "object_id": pk,
        "pk": pk,
        "name": acts[0].name if acts else "x",
        "key": photo.key if photo else "x",
        "size": "small",
    }


def question(person, place, method, expected, *, whose=OWN, knows=frozenset()):
    name, address = place
    return Cell(
        name,
        person,
        whose,
        method,
        address,
        frozenset(expected),
        IN in expected,
        person.knows | knows,
    )


def test_every_model_of_the_admin_has_something_to_hide(filled):
    assert len(MODELS) >= 20
    assert [model for model in MODELS if not apps.get_model(*model).objects.exists()] == []


def test_nobody_but_staff_gets_in(filled, matrix, whole):
    outsiders = [person for person in filled.people.values() if not person.staff]
    cells = [
        question(person, place, method, AT_THE_DOOR if place[0] in DOORS else {LOGIN})
        for place in places(missing=False)
        for person in outsiders
        for method in (
            METHODS if whole else ("GET", "POST") if person.role in THOROUGH else ["GET"]
        )
    ]

    before = filled.rows()

    assert len(cells) >= 2_500
    assert matrix.faults(cells) == []
    assert filled.rows() == before


def test_staff_without_rights_finds_nothing(filled, matrix, whole):
    person = filled.people["staff without rights"]
    cells = [
        question(
            person, place, method, _for_bare_staff(place), whose=OTHER if not missing else NONE
        )
        for missing in (False, True)
        for place in places(missing=missing)
        # Django itself says that there is no such row
        if not (missing and place[0].endswith("_history"))
        for method in (METHODS if whole else ("GET", "POST"))
    ]

    assert matrix.faults(cells) == []


def _for_bare_staff(place) -> set:
    name, _address = place
    if name in FOR_STAFF | DOORS:
        return set(AT_THE_DOOR)
    if name == "admin":
        # leads on to the address of the row, without having looked whether it is there
        return {IN, *REFUSED}
    return set(REFUSED)


@pytest.mark.parametrize("model", MODELS, ids="_".join)
def test_a_model_is_a_right_of_its_own(model, filled, matrix):
    """Every right but those to this model opens nothing of it; the right to look at it opens what
    shows it.
    """
    person = filled.people["staff without rights"]
    of_it = Permission.objects.filter(
        content_type__app_label=model[0], content_type__model=model[1]
    )
    pages = [place for place in places(model, missing=False) if place[0] != "admin"]

    asked = [(page, method) for page in pages for method in ("GET", "POST")]

    person.user.user_permissions.set(Permission.objects.exclude(pk__in=of_it))
    without = matrix.faults(
        question(person, page, method, REFUSED, whose=OTHER) for page, method in asked
    )
    person.user.user_permissions.set(of_it.filter(codename__startswith="view_"))
    seen = matrix.faults(
        question(person, page, method, _for_looking(page, method), knows=frozenset(filled.facts))
        for page, method in asked
    )

    assert without + seen == []


def _for_looking(page, method) -> set:
    return {IN} if page[0].endswith(SIGHTS if method == "GET" else LISTS) else set(REFUSED)


def test_nothing_breaks_for_ops(filled, matrix):
    person = filled.people["ops"]
    cells = [
        question(person, place, "GET", {IN, LOGIN, *REFUSED}) for place in places(missing=False)
    ]

    assert matrix.faults(cells) == []


def test_page_of_the_admin_without_its_wall_is_found(filled, matrix, monkeypatch):
    monkeypatch.setattr(BookingAdmin, "has_view_permission", lambda self, request, obj=None: True)
    person = filled.people["staff without rights"]

    found = matrix.faults(
        question(person, place, "GET", REFUSED)
        for place in places(("requests_app", "booking"), missing=False)
    )

    assert (
        "GET admin:requests_app_booking_changelist (own) as staff without rights: in instead of "
        "403, 404, 405" in found
    )
