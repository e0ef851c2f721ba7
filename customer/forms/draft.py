"""The steps of a booking: service, place, person, order. When: customer.forms.starts."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalogue.models import Service
from customer.forms.account import AddressField
from customer.forms.fields import PhoneField, at_the_door_field, door_code_field
from mila.web.forms import LineField, ProseField
from places.gazetteer import Suggestion, suggest_postcodes
from places.place import Country
from requests_app import withdrawal
from requests_app.models import Booking

SUGGESTIONS = 8


def country_field(**kwargs) -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Country"), choices=Country.choices, widget=forms.RadioSelect, **kwargs)


class ServiceForm(forms.Form):
    """Which service, in which country; the price follows from both and is never read from here (fault M11)."""

    service: forms.ModelChoiceField = forms.ModelChoiceField(
        Service.objects.none(),
        to_field_name="slug",
        label=_("Service"),
        empty_label=None,
        error_messages={"invalid_choice": _("This service is not offered there at the moment.")},
    )
    country = country_field()

    def __init__(self, *args, services, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services


class PlaceForm(forms.Form):
    """Where. `pick` is a line of the list of postcodes and fills in postcode and town (rule B5)."""

    country = country_field()
    street = LineField(
        label=_("Street and number"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        error_messages={"required": _("Please give the street and number.")},
    )
    postcode = LineField(
        label=_("Postcode"),
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric"}),
        error_messages={"required": _("Please give the postcode, or choose it from the list.")},
    )
    city = LineField(
        label=_("Town"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
        error_messages={"required": _("Please give the town.")},
    )
    door_code = door_code_field()

    def __init__(self, data=None, *, hides_door_code=False, **kwargs):
        super().__init__(picked(data), **kwargs)
        if hides_door_code:
            self.fields["door_code"].help_text = _(
                "What you wrote here is kept and not shown on this device. Leave it empty to keep it."
            )

    def suggestions(self) -> list[Suggestion]:
        """Postcodes that may be meant by what was typed."""
        if not self.is_bound:
            return []
        return suggested(self.data.get("postcode", ""), self.data.get("city", ""), self.data.get("country", ""))


def picked(data):
    """The same data with postcode and town from the line that was chosen."""
    code, bar, town = (data or {}).get("pick", "").partition("|")
    if not bar:
        return data
    data = data.copy()
    data["postcode"], data["city"] = code, town
    return data


def suggested(postcode: str, city: str, country: str) -> list[Suggestion]:
    """What the list offers: by the postcode and, if that leads nowhere, by the town."""
    where = country if country in Country.values else None
    postcode, city = postcode.strip()[:16], city.strip()[:80]
    found = suggest_postcodes(postcode, where, SUGGESTIONS) if postcode else []
    return found or (suggest_postcodes(city, where, SUGGESTIONS) if len(city) > 1 else [])


class WhoForm(forms.Form):
    """Who books, how to reach them, what is wrong, who opens the door (rule B7, B8)."""

    PHONE = {
        "label": _("Your telephone number"),
        "help_text": _("For the call before the visit, nothing else."),
        "error_messages": {"required": _("Please give a telephone number.")},
    }

    name = LineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Please give your name.")},
    )
    email = AddressField(help_text=_("For the confirmation and the link to your booking."))
    phone = PhoneField()
    problem = ProseField(
        label=_("What is wrong?"),
        max_length=2000,
        help_text=_("In your own words. Write no password."),
        error_messages={"required": _("Please say in a few words what is wrong.")},
    )
    at_the_door = at_the_door_field()

    def __init__(self, *args, booking: Booking, user: User | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["phone"] = PhoneField(country=booking.country, **self.PHONE)
        if user is not None:
            self.fields["email"].disabled = True
            self.initial = {**self.initial, "email": user.email}
            self.fields["email"].help_text = _("You are signed in with this address.")


class OrderForm(forms.Form):
    """The order itself: what the law wants said and ticked before it (rule M9, law R5, R6). For the card step."""

    CONTRACT = (
        _("If a Friend accepts, the contract is between you and that person, and Mila mediates."),
        _("If a Pro accepts, Mila sells you the service, and the Pro carries it out."),
        _("You know which one applies as soon as somebody has accepted."),
    )
    BUTTON = _("Order with obligation to pay")

    starts_early = forms.BooleanField(
        help_text=_(
            "You can still withdraw, until you sign. Once the work has begun you pay for what was done until then; "
            "with your signature the right of withdrawal ends."
        ),
    )

    def __init__(self, *args, booking: Booking, at: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        window_ends = withdrawal.ends_at(booking, from_at=at)
        if window_ends is None or booking.first_start_at is None or booking.first_start_at >= window_ends:
            del self.fields["starts_early"]
        else:
            days = {"days": booking.policy.withdrawal_window.days}
            early = self.fields["starts_early"]
            early.label = _("Please begin before the %(days)d days of withdrawal are over.") % days
            early.error_messages["required"] = (
                _("The visit is within the %(days)d days: we need your express wish to begin before their end.") % days
            )

    @property
    def waives_withdrawal(self) -> bool:
        """For `placing.place`, after is_valid()."""
        return self.cleaned_data.get("starts_early", False)
