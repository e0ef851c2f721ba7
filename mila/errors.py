"""What a verb raises when it will not act: one base, one sentence for the person who asked."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """The verb did nothing. `sentence` is shown to the person, in their language."""

    sentence: str | Promise = _("That is not possible right now.")
    status = 409  # of the page, where a view shows no form with the sentence

    def __init__(self, sentence: str | Promise | None = None) -> None:
        super().__init__(sentence)
        if sentence is not None:
            self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


class AlreadyThere(Refusal):
    """The database has refused a second one of what there may be one of: somebody was a moment
    earlier.
    """

    sentence = _(
        "That is there already: somebody was a moment earlier. Please reload the page and look "
        "again."
    )
