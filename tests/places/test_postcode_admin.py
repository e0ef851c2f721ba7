import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from places.gazetteer import table
from places.models import Postcode
from tests.signing_in import sign_in

pytestmark = pytest.mark.usefixtures("gazetteer")
FORM = {"name": "Lausanne", "region": "VD", "towns": "", "lat": "46.516", "lon": "6.63282"}


@pytest.fixture
def ops(client, django_user_model):
    user = get_user_model()(is_staff=True, is_superuser=True, is_active=True)
    setattr(user, user.USERNAME_FIELD, "ops@mila.example")
    user.save()
    sign_in(client, user)
    return client


def change(ops, **fields):
    row = Postcode.objects.get(code="1003")
    answer = ops.post(reverse("admin:places_postcode_change", args=[row.pk]), {**FORM, **fields})
    assert answer.status_code == 302
    return Postcode.objects.get(code="1003")


def test_corrected_point_is_marked_and_seen_at_once(ops):
    assert table().get("CH", "1003").lat == 46.516

    row = change(ops, lat="46.52")

    assert (row.lat, row.precision, row.corrected) == (46.52, "hand", True)
    assert table().get("CH", "1003").lat == 46.52


def test_corrected_name_leaves_the_point_s_precision(ops):
    row = change(ops, name="Lausanne Gare")

    assert (row.precision, row.corrected) == ("town", True)


def test_saving_nothing_corrects_nothing(ops):
    row = change(ops)

    assert not row.corrected


def test_new_postcode_is_ops_own(ops):
    new = {**FORM, "country": "CH", "code": "1099", "name": "Neuve"}
    ops.post(reverse("admin:places_postcode_add"), new)

    row = Postcode.objects.get(code="1099")
    assert (row.corrected, row.precision) == (True, "hand")
    assert str(row) == "1099 Neuve"


def test_list_can_be_searched_and_nothing_deleted(ops):
    page = ops.get(reverse("admin:places_postcode_changelist"), {"q": "Fontaines"}).content.decode()
    row = Postcode.objects.get(code="1003")
    refused = ops.post(reverse("admin:places_postcode_delete", args=[row.pk]), {"post": "yes"})

    assert "Chagny" in page
    assert "Lausanne" not in page
    assert refused.status_code == 403
