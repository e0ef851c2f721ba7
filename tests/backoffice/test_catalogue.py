"""Ops set prices as new dated rows; none that holds is rewritten."""

import pytest
from django.urls import reverse

from catalogue.models import Service, ServicePrice
from tests.factories import PackageFactory, ServiceFactory
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


@pytest.mark.parametrize(
    "model", ["category", "service", "package", "serviceprice", "packageprice"]
)
def test_lists_and_forms_open(ops, model):
    service, package = ServiceFactory(), PackageFactory()
    rows = {"service": service, "category": service.category, "package": package}

    assert ops.get(reverse(f"admin:catalogue_{model}_changelist"), {"q": "w"}).status_code == 200
    assert ops.get(reverse(f"admin:catalogue_{model}_add")).status_code == 200
    if model in rows:
        page = ops.get(
            reverse(f"admin:catalogue_{model}_change", args=[rows[model].pk])
        ).content.decode()
        assert 'name="name_fr"' in page
        assert 'name="name_it"' in page
        assert "googleapis" not in page


def test_price_in_force_is_not_rewritten(ops):
    price = ServiceFactory().prices.get(country="FR")

    answer = ops.post(
        reverse("admin:catalogue_serviceprice_change", args=[price.pk]), {"price_cents": 1}
    )

    assert answer.status_code == 403
    assert ServicePrice.objects.get(pk=price.pk).price_cents == 6900


@pytest.mark.parametrize("wrong", ["x", "1.5", "\u00b2"])
def test_what_is_no_id_is_refused_where_a_row_is_picked(ops, wrong):
    answer = ops.post(reverse("admin:catalogue_serviceprice_add"), {"service": wrong})

    assert answer.status_code == 200
    assert "service" in answer.context["adminform"].form.errors
    assert not ServicePrice.objects.exists()


def test_picked_row_is_shown_again_when_something_else_is_refused(ops):
    service = ServiceFactory()

    page = ops.post(
        reverse("admin:catalogue_serviceprice_add"), {"service": service.pk}
    ).content.decode()

    assert f'<option value="{service.pk}" selected' in page


def test_what_is_no_id_is_refused_where_rows_are_ticked(ops):
    service = ServiceFactory()
    ticked = {"action": "delete_selected", "select_across": "0", "index": "0"}

    answer = ops.post(
        reverse("admin:catalogue_service_changelist"),
        {**ticked, "_selected_action": [service.pk, "x"]},
    )

    assert answer.status_code == 400
    assert Service.objects.exists()
