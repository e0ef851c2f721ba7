"""Who a partner is on papers, and the mandate to make them in their name (rule M8; law R3, R4)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum.ch import uid
from stdnum.ch import vat as swiss_vat
from stdnum.exceptions import ValidationError as NoNumber
from stdnum.fr import siren, tva

from accounts.models import PartnerProfile
from mila.web.forms import LineField
from papers.models import Billing
from places.place import Country

FACTS = ("name", "street", "postcode", "city", "register_number", "vat_number")
DIGITS = {"FR": 5, "CH": 4}


class BillingForm(forms.Form):
    name = LineField(
        label=gettext_lazy("Name on papers"),
        max_length=120,
        help_text=gettext_lazy("Your own, or that of the company, as it is registered."),
    )
    street = LineField(label=gettext_lazy("Street and number"), max_length=120)
    postcode = LineField(label=gettext_lazy("Postcode"), max_length=5)
    city = LineField(label=gettext_lazy("Town"), max_length=80)
    register_number = LineField(label=gettext_lazy("Company number"), max_length=20)
    vat_number = LineField(
        label=gettext_lazy("VAT number"),
        max_length=24,
        required=False,
        help_text=gettext_lazy("Leave it empty if you do not owe VAT."),
    )
    mandate = forms.BooleanField(
        label=gettext_lazy("Mila makes invoices in my name and on my behalf, and numbers them."),
        error_messages={
            "required": gettext_lazy("Without this mandate nothing can be made in your name.")
        },
    )

    def __init__(self, *args: Any, partner: PartnerProfile, known: Billing | None, **kwargs: Any):
        initial = (
            {name: getattr(known, name) for name in FACTS} | {"mandate": True} if known else {}
        )
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.french = partner.country == Country.FR
        self.fields["postcode"].widget.attrs["inputmode"] = "numeric"
        self.fields["register_number"].help_text = (
            _("The SIREN number, nine digits.")
            if self.french
            else _("The UID, such as CHE-123.456.789.")
        )

    @property
    def facts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in FACTS}

    def clean_postcode(self) -> str:
        code, digits = self.cleaned_data["postcode"], DIGITS["FR" if self.french else "CH"]
        if not (code.isascii() and code.isdecimal() and len(code) == digits):
            raise ValidationError(_("Please write the postcode with its digits."), code="invalid")
        return code

    def clean_register_number(self) -> str:
        number = self.cleaned_data["register_number"]
        try:
            return siren.validate(number) if self.french else uid.format(uid.validate(number))
        except NoNumber as error:
            raise ValidationError(
                _("This is not a company number. Please check the digits."), code="invalid"
            ) from error

    def clean_vat_number(self) -> str:
        number = self.cleaned_data["vat_number"]
        if not number:
            return ""
        try:
            return (
                f"FR{tva.validate(number)}"
                if self.french
                else swiss_vat.format(swiss_vat.validate(number))
            )
        except NoNumber as error:
            raise ValidationError(
                _("This is not a VAT number. Please check the digits."), code="invalid"
            ) from error
