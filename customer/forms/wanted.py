"""What a service asks while it is booked, and the packages that can be added to it (rule B13)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.models import Package, Question, QuestionKind
from mila.formats import minutes, money
from mila.web.forms import LineField

MOST = 9999
ANSWER_LENGTH = 120


class PackagesForm(forms.Form):
    """Which extras; what does not fit any more is passed over by the verb."""

    packages_shown = forms.BooleanField(required=False, widget=forms.HiddenInput, initial=True)
    package = forms.TypedMultipleChoiceField(
        label=_("Add to the visit"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, packages: Sequence[Package], **kwargs):
        super().__init__(*args, **kwargs)
        field: Any = self.fields["package"]
        field.choices = [(one.pk, self._label(one)) for one in packages]

    @staticmethod
    def _label(one: Package) -> str:
        return (
            f"{one.name}, {money(one.price_cents, one.currency)}, {minutes(one.duration_minutes)}"
        )


def add_questions(form: forms.Form, questions: Sequence[Question], *, after: str) -> None:
    """A field for each question, below `after`; none has to be answered."""
    fields = {name_of(question): field_of(question) for question in questions}
    order = list(form.fields)
    place = order.index(after) + 1
    form.fields.update(fields)
    form.order_fields([*order[:place], *fields, *order[place:]])


def name_of(question: Question) -> str:
    return f"question_{question.pk}"


def field_of(question: Question) -> forms.Field:
    if question.kind == QuestionKind.CHOICE:
        options = [(option, option) for option in question.options_list]
        return forms.ChoiceField(
            label=question.words, choices=options, required=False, widget=forms.RadioSelect
        )
    if question.kind == QuestionKind.NUMBER:
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        return forms.IntegerField(
            label=question.words, min_value=0, max_value=MOST, required=False, widget=widget
        )
    return LineField(label=question.words, max_length=ANSWER_LENGTH, required=False)


def answers_of(form: forms.Form, questions: Sequence[Question]) -> list[tuple[Question, str]]:
    """What was answered, in order; after is_valid()."""
    given = [(question, form.cleaned_data.get(name_of(question))) for question in questions]
    return [(question, str(answer)) for question, answer in given if answer not in (None, "")]
