"""The steps of a booking: service, place, person, order. When: customer.forms.starts."""

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LANGUAGES, User
from catalogue.models import Question, Service
from customer.forms.account import AddressField
from customer.forms.fields import PhoneField, at_the_door_field, door_code_field
from customer.forms.wanted import add_questions, answers_of
from mila.errors import Refusal
from mila.web.forms import LineField, ProseField
from places import addresses, geocoding, streets
from places.gazetteer import Suggestion, suggest_postcodes
from places.place import Country
from requests_app import withdrawal
from requests_app.models import Booking

SUGGESTIONS = 8
# of an address that is not whole: its boxes, and how much of each a booking holds
KEPT = {"street": 160, "postcode": 5, "city": 80, "door_code": 200}


def country_field(**kwargs) -> forms.ChoiceField:
    widget = forms.RadioSelect(attrs={"autocomplete": "country"})
    return forms.ChoiceField(label=_("Country"), choices=Country.choices, widget=widget, **kwargs)


class ServiceForm(forms.Form):
    """Which service, in which country; the price follows from both and is never read from here
    (fault M11).
    """

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
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
        error_messages={
            "required": _("Please give the street and number."),
            "max_length": _("This is longer than a street can be. Please shorten it."),
        },
    )
    # the street that was asked about
    unnumbered = LineField(required=False, max_length=160, widget=forms.HiddenInput)
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
    spoken = forms.MultipleChoiceField(
        label=_("Which languages can the person who comes speak with you?"),
        choices=LANGUAGES,
        required=False,
        help_text=_(
            "The language of this page counts in any case. More languages, more people who can "
            "come."
        ),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data=None, *, hides_door_code=False, **kwargs):
        super().__init__(picked(data), **kwargs)
        if hides_door_code:
            self.fields["door_code"].help_text = _(
                "What you wrote here is kept and not shown on this device. Leave it empty to keep "
                "it."
            )

        self.suggestions: list[Suggestion] = []
        self.other_country = ""

    @property
    def offers_streets(self) -> bool:
        """Whether addresses can be offered while one is typed, in one of the countries."""
        return any(streets.offered(country) for country in Country.values)

    def clean(self):
        """Asks about a town that is not the postcode's, a code of the other country, a street
        without a number.
        """
        found = super().clean()
        self._ask_for_number(found.get("street", ""))
        if "postcode" not in found and "city" not in found:
            return found
        code, city, country = (found.get(name, "") for name in ("postcode", "city", "country"))
        try:
            doubt = addresses.doubt_about(code, city, country) if code and country else None
        except (geocoding.UnknownPostcode, geocoding.OutsideServiceArea) as refusal:
            self.refuse_code(refusal)  # the second without a list of towns that are not meant
        else:
            if doubt:
                self.add_error("postcode", doubt.sentence)
                self.suggestions = doubt.suggestions
                self.other_country = next(
                    (one.country for one in doubt.suggestions if one.country != country), ""
                )
            elif self.errors.get("postcode") or self.errors.get("city"):
                self.suggestions = suggested(code, city, country)
        return found

    def typed(self) -> dict[str, str]:
        """What stands in it so far, for `drafting.keep_address`; nothing before the first letter
        of an address.
        """
        found = {name: str(self[name].value() or "").strip()[:most] for name, most in KEPT.items()}
        return found if any(found[name] for name in ("street", "postcode", "city")) else {}

    def refuse_code(self, refusal: Refusal) -> None:
        """A code that leads nowhere, a Cedex one without the word: said with what may be meant."""
        self.add_error("postcode", str(refusal))
        if isinstance(refusal, geocoding.UnknownPostcode):
            # what was refused is among the cleaned no more
            typed = (str(self[name].value() or "") for name in ("postcode", "city", "country"))
            self.suggestions = suggested(*typed)

    def _ask_for_number(self, street: str) -> None:
        """Once: who sends the same street again has none."""
        if (
            street
            and not any(letter.isdigit() for letter in street)
            and self.cleaned_data["unnumbered"] != street
        ):
            self.add_error("street", _("Is there no house number? If so, simply continue."))
            # what ** takes of a query are lists
            typed = {name: self.data.get(name) for name in self.data}
            self.data = {**typed, self.add_prefix("unnumbered"): street}


def picked(data):
    """The same data with postcode, town and country from the line that was chosen."""
    code, bar, rest = (data or {}).get("pick", "").partition("|")
    if not bar:
        return data
    town, _bar, country = rest.partition("|")
    data = data.copy()
    data["postcode"], data["city"] = code, town
    if country:
        data["country"] = country
    return data


def suggested(postcode: str, city: str, country: str) -> list[Suggestion]:
    """What the list offers: the towns of a whole postcode, codes that begin
    so, else by the town.
    """
    where = country if country in Country.values else None
    postcode, city = postcode.strip()[:16], city.strip()[:80]
    if towns := addresses.towns_of(postcode, city, country):
        return towns
    found = suggest_postcodes(postcode, where, SUGGESTIONS) if postcode else []
    return found or (suggest_postcodes(city, where, SUGGESTIONS) if len(city) > 1 else [])


TYPED = frozenset({"name", "phone", "problem", "at_the_door"})
LONGEST = 2000  # characters of one of them
ME, OTHER = "me", "other"
FOR_WHOM = [(ME, _("For me")), (OTHER, _("For somebody else: I book and pay"))]


class WhoForm(forms.Form):
    """Who books, how to reach them, what is wrong, who opens the door (rule B7, B8)."""

    PHONE = {
        "label": _("Your telephone number"),
        "help_text": _("For the call before the visit, nothing else."),
        "error_messages": {"required": _("Please give a telephone number.")},
    }

    for_whom = forms.ChoiceField(
        label=_("Who is the visit for?"),
        choices=FOR_WHOM,
        initial=ME,
        widget=forms.RadioSelect,
    )
    at_the_door = at_the_door_field()
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
    prefers_writing = forms.BooleanField(
        label=_("Please write to me, do not call"),
        required=False,
        help_text=_(
            "Because you are deaf, abroad or at work, for example. Your answer by message counts "
            "as the call."
        ),
    )

    def __init__(
        self,
        *args,
        booking: Booking,
        user: User | None,
        questions: Sequence[Question] = (),
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        if self.is_bound and not self.data.get("for_whom"):  # a page that did not ask
            typed = {name: self.data.get(name) for name in self.data}
            self.data = {**typed, "for_whom": OTHER if self.data.get("at_the_door") else ME}
        self.questions = questions
        add_questions(self, questions, after="problem")
        self.fields["phone"] = PhoneField(country=booking.country, **self.PHONE)
        if user is not None:
            self.fields["email"].disabled = True
            self.initial = {**self.initial, "email": user.email}
            self.fields["email"].help_text = _("You are signed in with this address.")

    def clean(self):
        """For somebody else: then that person has a name.

        For oneself: then nobody else is named (rule B8).
        """
        found = super().clean()
        if (
            found.get("for_whom") == OTHER
            and not found.get("at_the_door")
            and "at_the_door" not in self.errors
        ):
            self.add_error(
                "at_the_door", _("Please give the name of the person who opens the door.")
            )
        if found.get("for_whom") == ME:
            found["at_the_door"] = ""
        return found

    def typed(self) -> tuple[dict[str, str], dict[str, str]]:
        """What stands in it so far: what is right, and what is not. For `drafting.keep_typed`."""
        self.is_valid()
        right = {name: self.cleaned_data[name] for name in TYPED if name in self.cleaned_data}
        wrong = TYPED - right.keys()
        return right, {name: str(self[name].value() or "").strip()[:LONGEST] for name in wrong}

    @property
    def answers(self) -> list[tuple[Question, str]]:
        """For the verb, after is_valid()."""
        return answers_of(self, self.questions)


class AlertForm(forms.Form):
    """Where nobody comes yet: whom to tell when somebody does (rule B14)."""

    email = AddressField(
        help_text=_(
            "We write to you when somebody comes, and delete your address then, or when you say so."
        )
    )


EARLY = _("Please begin before the %(days)d days of withdrawal are over.")
LATER = _(
    "Should the visit fall within the %(days)d days of withdrawal, please begin before they are "
    "over."
)


class OrderForm(forms.Form):
    """The order itself: what the law wants said and ticked before it (rule M9, law R5, R6).

    For the card step.
    """

    CONTRACT = (
        _("If a Friend accepts, the contract is between you and that person, and Mila mediates."),
        _("If a Pro accepts, Mila sells you the service, and the Pro carries it out."),
        _("You know which one applies as soon as somebody has accepted."),
    )
    BUTTON = _("Order with obligation to pay")

    starts_early = forms.BooleanField(
        help_text=_(
            "You can still withdraw, until you sign or the booking is closed without a signature. "
            "Once the work has begun you pay for what was done until then; with the signature, or "
            "that end, the right of withdrawal ends."
        ),
    )

    def __init__(self, *args, booking: Booking, at: datetime, **kwargs):
        super().__init__(*args, **kwargs)
        window_ends = withdrawal.ends_at(booking, from_at=at)
        if window_ends is None or booking.first_start_at is None:
            del self.fields["starts_early"]
        else:
            # Asked for a later visit too: it may be moved to an earlier day, and with a Friend the
            # days count from the claim. Without the wish the whole work would be owed by nobody
            # (law R5).
            days = {"days": booking.policy.withdrawal_window.days}
            early, later = self.fields["starts_early"], booking.first_start_at >= window_ends
            early.label = (LATER if later else EARLY) % days
            early.error_messages["required"] = (
                _(
                    "We need your express wish to begin before the %(days)d days of withdrawal are "
                    "over."
                )
                % days
            )

    @property
    def waives_withdrawal(self) -> bool:
        """For `placing.place`, after is_valid()."""
        return self.cleaned_data.get("starts_early", False)
