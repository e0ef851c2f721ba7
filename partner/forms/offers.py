"""What a technician answers to an offer."""

from django import forms
from django.utils.translation import gettext_lazy as _

from dispatch.models import DeclineReason, Offer


class ClaimForm(forms.Form):
    """Exactly one of the wishes they are free for (rule B2)."""

    wish = forms.TypedChoiceField(
        label=_("When"),
        coerce=int,
        error_messages={
            "required": _("Please choose one of the times."),
            "invalid_choice": _("Please choose one of the times."),
        },
    )

    def __init__(self, *args, offer: Offer, **kwargs):
        super().__init__(*args, **kwargs)
        wish = self.fields["wish"]
        assert isinstance(wish, forms.TypedChoiceField)
        wish.choices = [(rank, rank) for rank in offer.wishes]


class DeclineForm(forms.Form):
    """Why not, in one tap (rule D4)."""

    reason = forms.ChoiceField(choices=DeclineReason.choices)
