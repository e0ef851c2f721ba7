"""What the style guide shows: every component in every state, with people and hours that do not
exist.
"""

from datetime import UTC, datetime, timedelta

from django import forms
from django.conf import settings
from django.contrib.messages import ERROR, SUCCESS
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

NOW = datetime(2026, 11, 23, 9, 14, 6, tzinfo=UTC)
ZONE = "Europe/Paris"
SWATCHES = (  # noqa: SIM905  (a list to read, not to parse)
    "paper raised sunk line edge ink ink-soft ink-faint accent accent-hover accent-text "
    "accent-wash done done-wash "
    "clock clock-fill clock-wash danger danger-wash glow dusk sky-low"
).split()
ICONS = (  # noqa: SIM905
    "wifi tv laptop smartphone printer home plug tools calendar clock pin car call message check "
    "cross plus next back "
    "down menu search user wallet bell card shield star parcel pen paper camera help alert globe "
    "mark"
).split()


class ExampleForm(forms.Form):
    """One field of each kind."""

    first_name = forms.CharField(label=_("First name"), initial="Odile")
    phone = forms.CharField(
        label=_("Telephone"),
        help_text=_("For the call before the visit, nothing else."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    postcode = forms.RegexField(
        r"^\d{5}$", label=_("Postcode"), error_messages={"invalid": _("A digit is missing.")}
    )
    country = forms.ChoiceField(label=_("Country"), choices=[("FR", "France"), ("CH", "Suisse")])
    locked = forms.CharField(label=_("Contract"), initial="Mila", disabled=True, required=False)
    problem = forms.CharField(
        label=_("What is wrong"),
        help_text=_("In your own words. Write no password."),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )
    photo = forms.FileField(label=_("A photo"), required=False)
    opens = forms.ChoiceField(
        label=_("Who will open?"),
        choices=[("me", _("I will")), ("other", _("Somebody else, who will sign"))],
        widget=forms.RadioSelect,
        initial="me",
    )
    tidy = forms.BooleanField(label=_("Everything is tidied up"), required=False, initial=True)


def examples() -> dict:
    """The context of templates/styleguide.html."""
    sent = {"first_name": "Odile", "phone": "06 39 98 01 17", "postcode": "6900", "country": "LI"}
    wrong = ExampleForm({f"wrong-{name}": value for name, value in sent.items()}, prefix="wrong")
    return {
        "now": NOW,
        "zone": ZONE,
        "swatches": SWATCHES,
        "icons": ICONS,
        "form": ExampleForm(),
        "signer": ExampleForm(prefix="signer")["first_name"],
        "wrong": wrong,
        "page": Paginator(range(60), 20).page(2),
        "in_a_ring": NOW + timedelta(seconds=84),
        "in_a_blink": NOW + timedelta(seconds=14),
        "in_half_a_day": NOW + timedelta(hours=11, minutes=40),
        "in_an_hour": NOW + timedelta(hours=1, minutes=5),
        "just_over": NOW - timedelta(minutes=12),
        "notes": [
            Message(SUCCESS, str(_("The visit is confirmed."))),
            Message(ERROR, str(_("The card was refused."))),
        ],
        "lines": [(_("Service, travel included"), 8900), (_("Booking and guarantee"), 490)],
        "booking_steps": [
            {"label": _("The service"), "url": "#steps", "state": "done"},
            {"label": _("Where, when"), "state": "now"},
            {"label": _("You"), "state": "next"},
            {"label": _("The card"), "state": "next"},
        ],
        "story": [
            {"state": "done", "what": _("Booked"), "at": NOW - timedelta(days=1)},
            {
                "state": "lost",
                "what": _("The first person cannot come"),
                "at": NOW - timedelta(hours=3),
                "note": _("We are looking for another one, at no cost to you."),
            },
            {
                "state": "now",
                "what": _("We are looking for somebody"),
                "when": _("answer before 18:00"),
            },
            {"state": "next", "what": _("A call, then the visit"), "at": NOW + timedelta(days=3)},
        ],
        "said": [
            {"at": NOW, "words": _("I am testing whether everything works.")},
            {"at": NOW - timedelta(minutes=20), "words": _("I have found the cause.")},
        ],
        "crumbs": [(_("Home"), "/"), (_("Internet and Wi-Fi"), "/"), (_("Slow Wi-Fi"), "")],
    }


@require_safe
def styleguide(request):
    """Every component in every state, for whoever builds pages: with DEBUG, or for staff."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    return render(request, "styleguide.html", examples())
