"""By which channels somebody wants notices (rule N1)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.notice_rows import Channel
from customer.notice_list import CHOICES

WORDS = {
    Channel.PUSH: (_("Notifications on my phone"), _("The quickest way, and free.")),
    Channel.SMS: (
        _("Text messages"),
        _("Only where it matters soon, to mobile numbers of France and Switzerland."),
    ),
    Channel.CALL: (
        _("A call by our team"),
        _("Only where nothing else reached you and it cannot wait."),
    ),
}


class ChannelsForm(forms.Form):
    """A tick for each channel that can be left out."""

    def __init__(self, *args, without, **kwargs):
        super().__init__(*args, **kwargs)
        for channel in CHOICES:
            label, help_text = WORDS[channel]
            self.fields[channel.value] = forms.BooleanField(
                label=label, help_text=help_text, required=False, initial=channel not in without
            )

    @property
    def without(self) -> list[str]:
        return [channel.value for channel in CHOICES if not self.cleaned_data[channel.value]]
