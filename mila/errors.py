"""What a verb raises when it will not act: one base, one sentence for the person who asked."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """The verb did nothing. `sentence` is shown to the person, in his language."""

    sentence: str | Promise = _("That is not possible right now.")

    def __init__(self, sentence: str | Promise | None = None) -> None:
        super().__init__(sentence)
        if sentence is not None:
            self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)
