"""Staff before the pages of people, and a form as a browser sends it."""

import uuid

import pytest
from django.urls import reverse

from accounts.models import Notification
from tests.signing_in import sign_in


@pytest.fixture
def ops(client, staff):
    sign_in(client, staff)
    return client


def page(name, *args):
    return reverse(f"admin:accounts_{name}", args=args)


def filled(form_page, **changes):
    """What the browser would send of this page unchanged, with these changes."""
    context = form_page.context
    forms = [context["adminform"].form]
    for formset in context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.initial_forms]
    sent = {}
    for form in forms:
        for box in form:
            name, value = box.html_name, box.value()
            parts = (
                box.field.widget.decompress(value)
                if hasattr(box.field.widget, "decompress")
                else None
            )
            if parts is not None:
                sent |= {f"{name}_{place}": part or "" for place, part in enumerate(parts)}
            elif value is not None and value is not False:
                sent[name] = value
    return sent | changes


def notice(**values):
    values = {
        "state": "failed",
        "due_at": None,
        "tries": 6,
        "error": "550 no such mailbox",
        **values,
    }
    return Notification.objects.create(
        kind="booked", subject_id=uuid.uuid4(), email="odile@example.com", language="fr", **values
    )
