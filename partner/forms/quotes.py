"""A further version of the price, proposed before the work (rule L10)."""

import secrets

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.models import Package
from customer.forms.signing import KEY
from mila.formats import money
from mila.web.forms import LineField, ProseField
from partner.forms.jobs import MOST_PACKAGES, PriceField, written
from requests_app import price_versions
from requests_app.actions.quoting import (
    LONGEST_EXTRA,
    MOST_OWN_LINES,
    Wanted,
    agreed_service_cents,
    booked_minutes,
)
from requests_app.models import Booking, Quote

REASON_LENGTH = 300
LABEL_LENGTH = 80


class ProposalForm(forms.Form):
    """What would be done and cost: a Friend's own price and lines, packages of the catalogue, and
    the time.
    """

    key = forms.RegexField(KEY, widget=forms.HiddenInput)
    agreed_version = forms.IntegerField(min_value=1, max_value=30_000, widget=forms.HiddenInput)
    reason = ProseField(
        label=_("Why"),
        max_length=REASON_LENGTH,
        help_text=_(
            "The customer reads it beside the price. Never write the customer's passwords here."
        ),
        error_messages={"required": _("Please say why: the customer decides by it.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    more_minutes = forms.IntegerField(
        label=_("Minutes more"),
        min_value=0,
        max_value=LONGEST_EXTRA,
        required=False,
        help_text=_("Beside what the packages take. 0: no longer than booked."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data=None, *, booking: Booking, agreed: Quote, packages: list[Package]):
        super().__init__(data)
        assert booking.partner is not None
        self.agreed, self.packages, self.is_friend = agreed, packages, booking.partner.is_friend
        lines = price_versions.lines_of(agreed)
        counts = {line.package.pk: line.quantity for line in lines if line.package}
        taken = sum(line.quantity * line.package.duration_minutes for line in lines if line.package)
        booked = booked_minutes(booking)
        self.initial = {
            "key": secrets.token_urlsafe(24),
            "agreed_version": agreed.version,
            "more_minutes": max(0, booking.duration_minutes - booked - taken),
        }
        if self.is_friend:
            self._add_own_price(booking, [line for line in lines if line.own])
        for package in packages:
            self.fields[f"package_{package.pk}"] = forms.IntegerField(
                label=f"{package.name}, {money(package.price_cents, package.currency)}",
                min_value=0,
                max_value=MOST_PACKAGES,
                required=False,
                initial=counts.get(package.pk, 0),
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    def _add_own_price(self, booking: Booking, own: list[price_versions.Line]) -> None:
        self.fields["price"] = PriceField(
            label=_("Price of the booked work in %(currency)s") % {"currency": booking.currency},
            initial=written(agreed_service_cents(booking, self.agreed)),
            help_text=_("Without the booking fee."),
            error_messages={"required": _("Please write the price.")},
        )
        for number in range(MOST_OWN_LINES):
            line = own[number] if number < len(own) else None
            self.fields[f"words_{number}"] = LineField(
                label=_("Further work"),
                max_length=LABEL_LENGTH,
                required=False,
                initial=line.label if line else "",
            )
            self.fields[f"amount_{number}"] = PriceField(
                label=_("Amount in %(currency)s") % {"currency": booking.currency},
                required=False,
                initial=written(line.cents) if line else "",
            )

    def clean(self):
        cleaned = super().clean()
        for number in range(MOST_OWN_LINES if self.is_friend else 0):
            words, cents = cleaned.get(f"words_{number}"), cleaned.get(f"amount_{number}")
            if words and cents is None and f"amount_{number}" not in self.errors:
                self.add_error(f"amount_{number}", _("Please write what this costs; 0 if nothing."))
            if not words and cents and f"words_{number}" not in self.errors:
                self.add_error(f"words_{number}", _("Please say what this is for."))
        return cleaned

    @property
    def own_fields(self) -> list:
        """The rows of further work: those in use, and one that is free."""
        rows = [
            (self[f"words_{number}"], self[f"amount_{number}"]) for number in range(MOST_OWN_LINES)
        ]
        used = sum(bool(words.value() or amount.value()) for words, amount in rows)
        return rows[: used + 1]

    @property
    def package_fields(self) -> list:
        return [self[f"package_{package.pk}"] for package in self.packages]

    @property
    def wanted(self) -> Wanted:
        """For the verb, after is_valid()."""
        found = self.cleaned_data
        own = [
            (found.get(f"words_{number}"), found.get(f"amount_{number}"))
            for number in range(MOST_OWN_LINES)
        ]
        return Wanted(
            service_cents=found.get("price"),
            packages={
                package.pk: found.get(f"package_{package.pk}") or 0 for package in self.packages
            },
            own=[(words, cents) for words, cents in own if words],
            more_minutes=found.get("more_minutes") or 0,
        )
