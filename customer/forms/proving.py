"""The right address."""

from django import forms

from customer.forms.account import AddressField


class AddressForm(forms.Form):
    """Where the link to the booking goes."""

    email = AddressField()
