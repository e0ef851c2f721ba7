"""What the pages of the back office share: rows nobody edits, acts with a reason, and the chapters
of a story.

State and money move only through verbs (rule O1): an act is a small form in front of one. Who, when
and why is kept with the row's history (rule O2), and in the event where the verb writes one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import unfold.admin
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Field
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from mila import second_factor
from mila.cleaning import canonical_email
from mila.clock import mila_now
from mila.errors import Refusal
from mila.formats import short_moment
from mila.web.forms import CanonicalEmailField, LineField, PlainSlugField, ProseField

# Tones of a value: what it means, never decoration.
GOOD, WARN, BAD, QUIET = "good", "warn", "bad", "quiet"


def toned(text: Any, tone: str, *, wraps: bool = False) -> str:
    """A badge stays on one line; what `wraps` is a sentence."""
    kind = "b-tone b-line" if wraps else "b-tone"
    return format_html('<span class="{} b-{}">{}</span>', kind, tone, text)


def linked(text: Any, name: str, *args: Any) -> str:
    return format_html(
        '<a class="b-link" href="{}">{}</a>', reverse(f"admin:{name}", args=args), text
    )


def stamp(at: datetime | None, zone: Any = None) -> str:
    """To the second, as a log needs it: Tue 24 Nov, 10:03:12."""
    return f"{short_moment(at, zone)}:{at:%S}" if at else ""


class NativeDate(forms.DateInput):
    """The phone's own calendar, in the theme's clothes."""

    input_type = "date"

    def __init__(self):
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


class NativeMoment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self):
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%dT%H:%M")


class ActForm(forms.Form):
    """Every act says why. `about` is the row it is about."""

    reason = LineField(
        label=_("Reason"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Kept with your name and the time."),
    )

    def __init__(self, *args: Any, about: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.about = about
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


class Choice(forms.ChoiceField):
    widget = UnfoldAdminSelectWidget


@dataclass(frozen=True)
class Act:
    """One thing staff may do to a row. `do(row, by, answers)` calls the verb; its Refusal is shown,
    nothing changes.

    `page`: a template that shows what `do` answered, once, instead of going back to the row.
    `asks_again`: the person shows the second factor again, unless they did within ten minutes
    (rule O2).
    """

    name: str
    label: Any
    icon: str
    do: Callable[[Any, Any, dict[str, Any]], Any]
    done: Any = ""
    explain: Any = ""
    form: type[ActForm] = ActForm
    open_to: Callable[[Any], bool] = lambda row: True
    permission: str = ""
    danger: bool = False
    page: str = ""
    asks_again: bool = False


@dataclass(frozen=True)
class Section:
    """One part of a row's story: facts, a table, and longer texts folded away."""

    name: str
    title: Any
    columns: list[Any] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    facts: list[tuple[Any, Any]] = field(default_factory=list)
    folds: list[tuple[Any, str]] = field(default_factory=list)
    note: Any = ""

    @property
    def lines(self) -> list[list[tuple[Any, Any]]]:
        """Each cell beside the name of its column: on a phone a row is a card."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


class ModelAdmin(unfold.admin.ModelAdmin):
    """The one base of every page of the back office: what an address may filter by is declared, and
    nothing else.

    Django lets any column of the model be compared in the address of a list; whoever reads a list
    could so find out, character by character, what the list does not show: `?token__gte=`
    (fault A5).

    What is typed passes the one cleaning place as on every other page, each column by its kind
    (mila.cleaning).

    An e-mail address is searched for as a whole, "=email" in `search_fields`: part of one, asked
    for again and again, reads it out letter by letter.
    """

    formfield_overrides: Mapping[type[Field], Mapping[str, Any]] = {
        models.CharField: {"form_class": LineField},
        models.TextField: {"form_class": ProseField},
        models.EmailField: {"form_class": CanonicalEmailField},
        models.SlugField: {"form_class": PlainSlugField},
    }

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        return lookup in declared_lookups(self.get_list_filter(request))

    def get_search_results(self, request, queryset, search_term):
        words = (canonical_email(word) if "@" in word else word for word in search_term.split())
        return super().get_search_results(request, queryset, " ".join(words))


# As Django's filters of choices, booleans, related rows and empty columns write their field into
# the address.
FILTER_ENDS = ("", "__exact", "__isnull", "__isempty", "__id__exact")


def declared_lookups(filters) -> set[str]:
    """The parameters by which the filters beside a list narrow it."""
    own = {getattr(one, "parameter_name", "") for one in filters if isinstance(one, type)}
    fields = [
        one if isinstance(one, str) else one[0] for one in filters if not isinstance(one, type)
    ]
    return own | {f"{name}{end}" for name in fields for end in FILTER_ENDS}


class ReadOnly:
    """Shown, never edited: it is history, or a verb writes it."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class OnlyGrows:
    """Rows are added; those in force are history, those to come may still be taken back."""

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (
            obj is None or obj.starts_at > mila_now()
        )


class AsksAgain:
    """What is written here decides over money or doors: the second factor is shown again first
    (rule O2).
    """

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        if request.method == "POST" or object_id is None:
            second_factor.ask_again(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(self, request, object_id, extra_context=None):
        second_factor.ask_again(request)
        return super().delete_view(request, object_id, extra_context)

    def changelist_view(self, request, extra_context=None):
        if request.method == "POST":
            second_factor.ask_again(request)
        return super().changelist_view(request, extra_context)


class ShowsContactData:
    """Rows that name customers and their addresses: whoever looks shows the second factor again
    (rule O2, fault A4).

    Asked where the rows are fetched, so that no page is forgotten: list, row, history, deleting.
    The box in which a row is picked for another one finds, until then, only who is named by the
    whole e-mail address: the column `address`.
    """

    address = "email"

    def get_queryset(self, request):
        if not self.is_picker(request):
            second_factor.ask_again(request)
        return super().get_queryset(request)

    def get_search_results(self, request, queryset, search_term):
        if self.is_picker(request) and not second_factor.is_fresh(request):
            return queryset.filter(**{self.address: canonical_email(search_term)}), False
        return super().get_search_results(request, queryset, search_term)

    @staticmethod
    def is_picker(request) -> bool:
        return request.path == reverse("admin:autocomplete")


class SavesOnlyChanges:
    """Writes only the columns somebody changed: a form left open never takes back what a verb wrote
    (fault T12).
    """

    def save_model(self, request, obj, form, change):
        if change:
            names = {column.name for column in obj._meta.concrete_fields}
            obj.save(update_fields=sorted(names & set(form.changed_data)))
        else:
            super().save_model(request, obj, form, change)


class Labelled:
    """Names the boxes of a table of rows: its column headings do not reach a screen reader (WCAG
    4.1.2).
    """

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        box = super().formfield_for_dbfield(db_field, request, **kwargs)
        if box is not None:
            getattr(box.widget, "widget", box.widget).attrs["aria-label"] = capfirst(box.label)
        return box


class WithActs:
    """Buttons in front of verbs."""

    acts: tuple[Act, ...] = ()
    opts: Any
    admin_site: Any
    media: Any

    def get_urls(self):
        act = path(
            "<path:object_id>/do/<slug:name>/",
            self.admin_site.admin_view(self.act_view),
            name=self._act_url(),
        )
        return [act, *super().get_urls()]

    def _act_url(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_act"

    def may_act(self, request, act: Act) -> bool:
        return request.user.has_perm(
            act.permission or f"{self.opts.app_label}.change_{self.opts.model_name}"
        )

    def act_buttons(self, request, obj) -> list[dict[str, Any]]:
        """What may be done to this row now, as the theme's buttons want it."""
        return [
            {
                "name": act.name,
                "title": act.label,
                "icon": act.icon,
                "danger": act.danger,
                "variant": ActionVariant.DANGER if act.danger else ActionVariant.DEFAULT,
                "attrs": {},
                "dialog": None,
                "path": reverse(f"admin:{self._act_url()}", args=[obj.pk, act.name]),
            }
            for act in self.acts
            if self.may_act(request, act) and act.open_to(obj)
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        answer = super().change_view(request, object_id, form_url, extra_context)
        context = getattr(answer, "context_data", None)
        if context and context.get("original") is not None:
            context["actions_detail"] = self.act_buttons(request, context["original"])
        return answer

    def act_view(self, request, object_id, name):
        act = next((act for act in self.acts if act.name == name), None)
        if act is None:
            raise Http404
        obj = self.get_object(request, unquote(object_id))
        # Before anything is said about the row, also that there is none.
        if not (self.may_act(request, act) and self.has_view_permission(request, obj)):
            raise PermissionDenied
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not act.open_to(obj):
            messages.warning(request, gettext("This is no longer possible. Nothing was changed."))
            return self._back(obj)
        if act.asks_again:
            second_factor.ask_again(request)
        form = act.form(request.POST if request.method == "POST" else None, about=obj)
        if request.method == "POST" and form.is_valid():
            try:
                result = act.do(obj, request.user, form.cleaned_data)
            except Refusal as error:
                form.add_error(None, str(error))
            else:
                self.log_change(request, obj, f"{act.label}: {form.cleaned_data['reason']}")
                if act.page:
                    return self._page(request, obj, act, act.page, result=result)
                messages.success(request, act.done)
                return self._back(obj)
        return self._page(request, obj, act, "admin/act.html", form=form)

    def _back(self, obj):
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", obj.pk)

    def _page(self, request, obj, act: Act, template: str, **context: Any) -> TemplateResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": act.label,
            "act": act,
            "opts": self.opts,
        }
        context |= {"original": obj, "media": self.media, "back": self._back(obj).url}
        return TemplateResponse(request, template, context)
