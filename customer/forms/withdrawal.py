"""Which contract somebody wants to withdraw from, where neither account nor browser says it
(law R5).
"""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from customer.forms.account import AddressField
from mila.web.forms import LineField


class WithdrawalForm(forms.Form):
    number = LineField(
        label=_("Number of your booking"),
        max_length=16,
        help_text=_(
            "It begins with M. You find it on the page of your booking and in the message that "
            "confirms it."
        ),
        error_messages={"required": _("Please give the number of your booking.")},
    )
    email = AddressField(help_text=_("The address you booked with."))

    def clean_number(self) -> int:
        found = re.fullmatch(r"[Mm]?\s*0*([1-9][0-9]{0,8})", self.cleaned_data["number"])
        if found is None:
            raise forms.ValidationError(_("A booking number looks like M000123."))
        return int(found[1])
