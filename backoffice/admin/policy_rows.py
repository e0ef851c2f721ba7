"""The policy for ops: figures are dated rows, a new one replaces, none is rewritten.

What a row does is shown before it is saved. It stands above the policy because it shows the
order of technicians.
"""

import hashlib
import json
from typing import Any

from celery import current_app
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.search import SCORE_FIGURES, SWEEP_SCORES
from backoffice.ranking_preview import reordered
from mila.adminkit.acts import AsksAgain, ModelAdmin, OnlyGrows
from mila.adminkit.row_pickers import ReadsIds
from mila.clock import mila_now
from mila.transactions import after_commit
from mila.web.forms import LineField
from places.place import Country
from policy.bounds import bounds
from policy.effects import contradictions_of, contradictions_without, effects
from policy.figures import FIGURES, Policy, decode
from policy.models import PolicyRow
from policy.values import encode
from policy.words import in_words, unit_of


def _figures() -> list[tuple[str, str]]:
    """Those that act; what only later work will read cannot be set."""
    named = [(key, str(one.words)) for key, one in FIGURES.items() if not one.later]
    return [("", "–"), *sorted(named, key=lambda pair: pair[1])]


def _in_words(key: str, policy: Policy) -> str:
    return in_words(key, getattr(policy, key))


class FigureField(forms.JSONField):
    """One line of JSON, empty before anything is written."""

    def prepare_value(self, value):
        return "" if value is None else super().prepare_value(value)


class PolicyRowForm(forms.ModelForm):
    """Valid only when its effect has been shown: the first time it is sent, the page shows what it
    would do.
    """

    key = forms.ChoiceField(label=_("figure"), choices=_figures, widget=UnfoldAdminSelectWidget)
    value = FigureField(
        label=_("value"),
        widget=UnfoldAdminTextInputWidget,
        help_text=_(
            "Choose the figure first: its unit, its bounds and its effect are shown before "
            "anything is saved."
        ),
    )
    seen = LineField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = PolicyRow
        fields = ["key", "value", "country", "starts_at", "note"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.shown: list[dict[str, Any]] = []
        key = self["key"].value()
        if key in FIGURES:
            self.fields["value"].help_text = _help(key)

    def _post_clean(self):
        """Refuses what would stand against another figure, at once or when a later row comes into
        force.
        """
        super()._post_clean()
        if not self.errors:
            for sentence in contradictions_of(self.instance):
                self.add_error("value", sentence)

    def is_valid(self):
        if not super().is_valid():
            return False
        row = self.instance
        about = json.dumps([row.key, row.value, row.country, row.starts_at.isoformat()])
        seen = hashlib.sha256(about.encode()).hexdigest()
        if self.cleaned_data["seen"] == seen:
            return True
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = seen
        self.shown = [_shown(row.key, effect) for effect in effects(row)]
        return False


def _help(key: str) -> str:
    default = getattr(Policy(), key)
    words = in_words(key, default)
    written = json.dumps(encode(default))
    return gettext("%(unit)s, from %(least)s to %(most)s. By default: %(default)s") % {
        "unit": capfirst(unit_of(key)),
        **bounds(key),
        "default": words if words == written else f"{written} ({words})",
    }


def _shown(key, effect) -> dict[str, Any]:
    before, after = (_in_words(key, policy) for policy in (effect.before, effect.after))
    return {
        "country": Country(effect.country).label,
        "before": before,
        "after": after,
        "same": before == after,
        "order": reordered(effect),
    }


@admin.register(PolicyRow)
class PolicyRowAdmin(AsksAgain, OnlyGrows, ReadsIds, ModelAdmin):
    form = PolicyRowForm
    list_display = ["figure", "in_words", "where", "starts_at", "set_by", "note"]
    list_filter = ["country"]
    list_select_related = ["set_by"]
    search_fields = ["key", "note"]
    actions = ["delete_selected"]

    def changelist_view(self, request, extra_context=None):
        with transaction.atomic():
            if request.method == "POST":
                PolicyRow.objects.lock()
            return super().changelist_view(request, extra_context)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        with transaction.atomic():
            if request.method == "POST":
                PolicyRow.objects.lock()
            return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        with transaction.atomic():
            PolicyRow.objects.lock()
            return super().delete_view(request, object_id, extra_context)

    @admin.action(description=_("Take back the selected rows"), permissions=["delete"])
    def delete_selected(self, request, queryset):
        """Judged as what it is, a change by all of them: where each may go they need not go
        together.
        """
        request.goes_together = list(queryset)
        against = contradictions_without(*request.goes_together)
        if against:
            sentence = gettext("These rows cannot go together. Without them: %(why)s")
            self.message_user(request, sentence % {"why": " ".join(against)}, messages.ERROR)
            return None
        return delete_selected(self, request, queryset)

    @display(description=_("figure"), ordering="key")
    def figure(self, row):
        return FIGURES[row.key].words if row.key in FIGURES else row.key

    @display(description=_("value"))
    def in_words(self, row):
        return in_words(row.key, decode(row.key, row.value)) if row.key in FIGURES else row.value

    @display(description=_("country"), ordering="country")
    def where(self, row):
        return row.get_country_display() if row.country else gettext("both countries")

    def has_delete_permission(self, request, obj=None):
        """Not while other figures count on the row: without it they would
        stand against each other.
        """
        may = super().has_delete_permission(request, obj)
        if obj in getattr(request, "goes_together", []):
            return may  # with others, and they were judged as one
        return may and (obj is None or not contradictions_without(obj))

    def save_model(self, request, obj, form, change):
        obj.set_by = request.user
        super().save_model(request, obj, form, change)
        if obj.key in SCORE_FIGURES and obj.starts_at <= mila_now():
            after_commit(current_app.tasks[SWEEP_SCORES].delay)
