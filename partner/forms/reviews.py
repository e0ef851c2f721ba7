"""The answer to a review (rule L14)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mila.web.forms import ProseField
from requests_app.models import Rating

ANSWER_LENGTH = 1000


class AnswerForm(forms.Form):
    answer = ProseField(
        label=_("Your answer"),
        max_length=ANSWER_LENGTH,
        help_text=_(
            "Anybody may read it beside the review. It is sent once and cannot be changed "
            "afterwards."
        ),
        error_messages={"required": _("Please write your answer.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    @classmethod
    def of(cls, rating: Rating, data=None) -> "AnswerForm":
        """Several stand on one page: each field has an id of its own."""
        return cls(data, auto_id=f"%s-{rating.pk}")
