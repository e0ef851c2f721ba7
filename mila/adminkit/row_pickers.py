"""Fields that name another row by its id, for whoever may see it."""

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Field

from mila import second_factor
from mila.adminkit.acts import ShowsContactData
from mila.web.request_limits import Unreadable


class RowPicker(AutocompleteSelect):
    """The box that searches; a form that is refused shows again what was picked, if it can be an id
    at all.

    What is picked stands in the address (`?user=7`) or was sent: not `named`, it is shown by its id
    (fault A4).
    """

    def __init__(self, *args: Any, named: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.named = named

    def optgroups(self, name, value, attr=None):
        key = self.field.remote_field.model._meta.pk
        groups = super().optgroups(
            name, [one for one in value if one in EMPTY or may_be(key, one)], attr
        )
        if not self.named:
            for _group, options, _index in groups:
                for option in options:
                    option["label"] = str(option["value"])
        return groups


class ReadsIds:
    """What is sent as the id of a row is asked for only if it can be one: Django itself breaks on
    it (fault W3).
    """

    admin_site: Any

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            picked = self.admin_site.get_model_admin(db_field.remote_field.model)
            named = not isinstance(picked, ShowsContactData) or second_factor.is_fresh(request)
            kwargs.setdefault("widget", RowPicker(db_field, self.admin_site, named=named))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def response_action(self, request, queryset, *where):
        key = queryset.model._meta.pk
        if not all(may_be(key, one) for one in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise Unreadable("selection")
        return super().response_action(request, queryset, *where)


EMPTY = ("", None)


def may_be(key: Field, value: Any) -> bool:
    try:
        key.to_python(value)
    except ValidationError:
        return False
    return True
