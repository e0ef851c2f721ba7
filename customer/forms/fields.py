"""Fields that take what people really type: one line, several lines, a telephone number of any
country.
"""

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from mila.web.forms import LineField

HOME_CODES = {33, 41}  # their numbers for examples are no valid ones, and are taken
# Numbers of the overseas departments are written like the others but dialled under a code of their
# own: mobiles, then what is fixed.
OVERSEAS = {
    "690": 590,
    "691": 590,
    "694": 594,
    "696": 596,
    "697": 596,
    "692": 262,
    "693": 262,
    "590": 590,
    "594": 594,
    "596": 596,
    "262": 262,
    "263": 262,
    "269": 262,
}


def door_code_field() -> LineField:
    """How to find the door (rule B8)."""
    return LineField(
        label=_("Floor, code, how to find the door"),
        max_length=200,
        required=False,
        help_text=_("Only the person who comes sees it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def at_the_door_field() -> LineField:
    """Who opens and signs instead of the customer (rule B8)."""
    return LineField(
        label=_("Somebody else opens the door: that person's name"),
        max_length=120,
        required=False,
        help_text=_("That person signs at the end. You accept whatever raises the price."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PhoneField(LineField):
    """A number that can be dialled from anywhere, as E.164; without a code of its own, one of the
    country.
    """

    default_error_messages = {
        "invalid": _(
            "Please give a telephone number, such as 06 12 34 56 78, or with its country: +49 170 "
            "1234567."
        )
    }

    def __init__(self, *, country: str = "FR", **kwargs):
        self.country = country
        super().__init__(
            max_length=30,
            widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
            **kwargs,
        )

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return ""
        try:
            number = phonenumbers.parse(text, self.country)
        except phonenumbers.NumberParseException as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        national = str(number.national_number)
        if number.country_code == 33:
            number.country_code = OVERSEAS.get(national[:3], 33)
        known = (
            len(national) == 9
            if number.country_code in HOME_CODES
            else phonenumbers.is_valid_number(number)
        )
        if not known or number.extension:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
