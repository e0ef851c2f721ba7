"""How an offer stands, in the technician's words: one row for each display_state
(partner.offer_cards.OfferCard).
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class OfferWords:
    """`head`: in the sky of the card.

    `text`: below; `held_text` while a colleague is looking at it.
    """

    head: Any
    text: Any = ""
    held_text: Any = ""


OVER = OfferWords(
    _("No longer open"),
    _(
        "The customer no longer needs it, or it does not fit your calendar any more. You lose "
        "nothing."
    ),
)

DISPLAY_STATES: dict[str, OfferWords] = {
    "live": OfferWords(_("For you alone, until")),
    "open": OfferWords(
        _("Still open"),
        _("Your time is over, but nobody has taken it. You may look at it once more."),
        _(
            "Your time is over, and a colleague is looking at it now. If it is not taken, you come "
            "next."
        ),
    ),
    "queued": OfferWords(
        _("You are next in line"),
        _("A colleague is looking at it right now. If it is not taken, your turn comes by itself."),
    ),
    "taken": OfferWords(
        _("Taken"),
        _("Somebody was faster. You lose nothing; the next offer comes by itself."),
    ),
    "reserve": OfferWords(
        _("You are in reserve"),
        _(
            "You are in reserve, because somebody else has this job. Should it become free again, "
            "you are asked first."
        ),
    ),
    "declined": OfferWords(
        _("Not for you this time"),
        _("You have said no to this job. It counts nowhere against you."),
    ),
    "used": OfferWords(
        _("No longer open"),
        _("You have looked at it twice. It goes to somebody else now."),
    ),
    "closed": OVER,
    "mine": OVER,  # its page is the job's
}
