"""What the last step sends: which card, and the consents of the order. Never a card number."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from customer.forms.draft import OrderForm
from payments.models import SavedCard

NEW = "new"
AGAIN = "again"
NOT_SAVED = _("No card was saved. Please fill in its fields and try again.")


class CardChoice(forms.ChoiceField):
    """A saved card by its id, or "new": the fields of the payment provider. Nothing chosen means
    new.

    `again`: words for the card that was tried last, where it may be tried once more.
    """

    def __init__(self, cards: list[SavedCard], again: object = ""):
        saved = [
            *([(AGAIN, again)] if again else []),
            *((str(card.pk), str(card)) for card in cards),
        ]
        words = _("Another card") if saved else _("Your card")
        super().__init__(
            label=_("Which card?"),
            choices=[*saved, (NEW, words)],
            initial=str(cards[0].pk) if cards else NEW,
            widget=forms.RadioSelect if saved else forms.HiddenInput,
        )

    def clean(self, value):
        return super().clean(value or NEW)


class CardForm(OrderForm):
    """The order with its card. Only the cards that are offered can be chosen."""

    field_order = ("card", "starts_early", "terms")

    terms = forms.BooleanField(
        label=_("I have read the terms and the rules for cancelling."),
        error_messages={"required": _("Please confirm that you have read the terms.")},
    )

    def __init__(
        self, data=None, *args, cards: list[SavedCard], ended: Sequence[SavedCard] = (), **kwargs
    ):
        """`ended`: cards of the customer that end before the visit.

        Sent all the same, one is refused by its name.
        """
        self.ends = next((one for one in ended if data and data.get("card") == str(one.pk)), None)
        if self.ends is not None:
            data = data.copy()
            data["card"] = NEW  # the fields for another one stand open
        super().__init__(data, *args, **kwargs)
        self.fields["card"] = CardChoice(cards)
        self.order_fields(self.field_order)

    def clean(self):
        if self.ends is not None:
            words = _(
                "Nothing was ordered: %(card)s ends before your visit. Please use another card."
            )
            raise forms.ValidationError(words % {"card": self.ends})
        return super().clean()


class PayForm(forms.Form):
    """Which card pays what is open."""

    def __init__(self, *args, cards: list[SavedCard], again: object = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["card"] = CardChoice(cards, again)
