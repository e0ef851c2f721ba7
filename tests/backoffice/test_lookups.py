"""What a list of the back office may be narrowed by is declared; the rest could be read out by
asking (fault A5).

Generated: each list, each column of its model and of the models beside it, each comparison there
is. What is registered tomorrow is asked as well.
"""

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.test import RequestFactory

from mila import second_factor
from mila.adminkit import acts
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db
EACH = 20  # of those that are refused, one in so many goes through a whole list
OFFICES = sorted(admin.site._registry.values(), key=lambda office: office.opts.label)


@pytest.fixture(autouse=True)
def _the_factor_was_shown_just_now(monkeypatch):
    monkeypatch.setattr(second_factor, "is_fresh", lambda request: True)


def comparisons(model, prefix="", deep=1):
    """`field`, `field__gte`, `relation__field__startswith` ... of the model and of what it leads
    to.
    """
    for field in model._meta.get_fields():
        name = f"{prefix}{field.name}"
        yield name
        if field.is_relation:
            yield from (f"{name}__{end}" for end in ("exact", "in", "isnull", "gte", "lt"))
            if deep and field.related_model and field.related_model is not model:
                yield from comparisons(field.related_model, f"{name}__", deep - 1)
            elif field.related_model:
                yield f"{name}__pk"
                yield f"{name}__pk__gte"
        else:
            yield from (f"{name}__{end}" for end in field.get_lookups())


@pytest.mark.parametrize("office", OFFICES, ids=lambda office: office.opts.label)
def test_only_declared_filters_narrow_a_list(office, staff, monkeypatch):
    found = list(dict.fromkeys(comparisons(office.model)))
    declared = acts.declared_lookups(office.get_list_filter(None))
    refused = set()
    request = RequestFactory().get("/")
    request.user = staff
    rows = office.get_queryset(request)  # built once: some take a while, and thousands are asked
    monkeypatch.setattr(office, "get_queryset", lambda request: rows)
    for number, lookup in enumerate(found):
        if number % EACH and not office.lookup_allowed(lookup, "1", request):
            refused.add(lookup)  # the list's own first question; to build it takes ten times longer
            continue
        request = RequestFactory().get("/", {lookup: "1"})
        request.user = staff
        try:
            office.get_changelist_instance(request)
        except DisallowedModelAdminLookup:
            refused.add(lookup)
        except IncorrectLookupParameters:
            pass  # allowed, and "1" is none of its values

    assert len(found) >= 10
    assert set(found) - refused <= declared
    assert isinstance(office, acts.ModelAdmin)


def test_so_many_are_asked():
    assert len(OFFICES) >= 20
    assert sum(len(set(comparisons(office.model))) for office in OFFICES) >= 10_000


@pytest.mark.parametrize(
    "address",
    [
        "/admin/requests_app/booking/?token__gte=a",
        "/admin/requests_app/booking/?token=a",
        "/admin/requests_app/booking/?customer__password__startswith=argon2",
        "/admin/requests_app/booking/?card__startswith=pm_",
        "/admin/accounts/user/?password__startswith=argon2",
        "/admin/accounts/user/?is_superuser__exact=1",
        "/admin/accounts/user/?emailaddress__email__contains=a",
        "/admin/payments/charge/?booking__token__gte=a",
        "/admin/dispatch/offer/?lock_token__startswith=a",
        "/admin/payments/charge/?booking__customer__password__startswith=argon2",
    ],
)
def test_the_link_of_a_booking_cannot_be_asked_out_of_a_list(client, staff, searching, address):
    sign_in(client, staff)

    answer = client.get(address)

    assert answer.status_code == 400
    assert searching.token not in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/admin/requests_app/booking/?state__exact=searching",
        "/admin/requests_app/booking/?standing=live&clock=running",
        "/admin/requests_app/booking/?service__category__id__exact=1",
        "/admin/requests_app/booking/?q=odile&o=1",
        "/admin/accounts/technician/?partner__kind__exact=pro&active__exact=1",
        "/admin/accounts/notification/?needs=staff",
        "/admin/dispatch/offer/?reserve_at__isempty=1",
        "/admin/payments/charge/?standing=waits",
    ],
)
def test_what_is_declared_goes_on_working(client, staff, searching, address):
    sign_in(client, staff)

    assert client.get(address).status_code == 200
