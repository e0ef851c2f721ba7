"""A code out of a mail, and the right address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressField
from mila.forms import LineField


class CodeForm(forms.Form):
    """Six digits; whatever stands between them is passed over."""

    code = LineField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Please type the code of our message.")},
    )


class AddressForm(forms.Form):
    """Where the link to the booking goes."""

    email = AddressField()
