"""The payer's own word for a price above what their card was saved for (rule L10)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customer.forms.signing import VersionForm
from mila.web.forms import LineField


class PayerForm(VersionForm):
    """The number that was sent to whoever pays; who is signed in needs none."""

    number = LineField(
        label=_("The four digits we have sent you"),
        max_length=9,
        required=False,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "class": "field-box code-field",
            }
        ),
    )

    def clean_number(self) -> str:
        """Without the blanks of a copied one."""
        return "".join(self.cleaned_data["number"].split())
