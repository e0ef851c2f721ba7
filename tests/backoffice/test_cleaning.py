"""Every box for text of the back office passes the one cleaning place (rule B12): each registered
form is walked.
"""

import pytest
from django import forms
from django.contrib import admin
from django.urls import reverse

from accounts.models import PartnerProfile, User
from tests import factories
from tests.signing_in import sign_in

UNSEEN = "\u200b\u3164\u202e"
# Kinds whose text is read by a parser of its own, which takes no such sign.
PARSED = (forms.JSONField, forms.UUIDField)


def boxes(rf, staff):
    """(name, box) of every form of the back office: each model's new and old row, the rows on it,
    and the acts.
    """
    request = rf.get("/admin/")
    request.user = staff
    for model, page in admin.site._registry.items():
        for act in getattr(page, "acts", ()):
            yield from (
                (f"{model.__name__}:{act.name}.{name}", box)
                for name, box in act.form.base_fields.items()
            )
        if page.has_add_permission(request):
            yield from of_page(request, model, page, None)
        if page.has_change_permission(request, model()):
            yield from of_page(request, model, page, model())


def of_page(request, model, page, row):
    for name, box in page.get_form(request, obj=row, change=row is not None).base_fields.items():
        yield f"{model.__name__}.{name}", box
    for inline in page.get_inline_instances(request, obj=row):
        for name, box in inline.get_formset(request, obj=row).form.base_fields.items():
            yield f"{model.__name__}/{inline.model.__name__}.{name}", box


def is_text(box):
    return isinstance(box, forms.CharField) and not isinstance(box, PARSED)


def leaves(box):
    """What a box makes of a text with what nobody sees at its end and in its middle."""
    mail = isinstance(box, forms.EmailField)
    seen = "ab@example.com" if mail else "ab"
    try:
        return box.to_python(seen[0] + UNSEEN + seen[1:] + UNSEEN) == seen and not box.to_python(
            UNSEEN
        )
    except forms.ValidationError:
        return True  # refused in words


@pytest.mark.django_db
def test_every_box_for_text_is_cleaned(rf, staff):
    found = [(name, box) for name, box in boxes(rf, staff) if is_text(box)]
    assert len({name for name, _box in found}) > 40
    assert {
        "PartnerProfile.name",
        "PartnerProfile.email",
        "User.name",
        "Service.name_fr",
        "PolicyRow.note",
    } <= {name for name, _box in found}

    assert sorted({name for name, box in found if not leaves(box)}) == []


def test_control_a_plain_box_is_found():
    assert not leaves(forms.CharField())
    assert not leaves(forms.EmailField())


@pytest.mark.django_db
def test_an_address_and_a_name_of_the_back_office_are_the_persons_own(client, staff, customer):
    sign_in(client, staff)

    client.post(
        reverse("admin:accounts_user_add"),
        {"email": f"Neu@müller.ch{UNSEEN}", "name": f"Ne{UNSEEN}u", "language": "de"},
    )

    assert User.objects.get(email="neu@xn--mller-kva.ch").name == "Neu"


@pytest.mark.django_db
def test_a_name_of_nothing_is_no_name(client, staff):
    partner = factories.TechnicianFactory().partner
    sign_in(client, staff)
    address = reverse("admin:accounts_partnerprofile_change", args=[partner.pk])
    context = client.get(address).context
    sent = {box.html_name: box.value() or "" for box in context["adminform"].form}
    for formset in context["inline_admin_formsets"]:
        sent |= {box.html_name: box.value() for box in formset.formset.management_form}

    answer = client.post(address, {**sent, "name": UNSEEN})

    assert answer.status_code == 200
    assert "name" in answer.context["adminform"].form.errors
    assert PartnerProfile.objects.get(pk=partner.pk).name == partner.name
