"""What a technician may be told instead of getting the job."""

from django.utils.translation import gettext_lazy as _

from mila.errors import Refusal


class OfferExpired(Refusal):
    sentence = _("Your time is over. If the job is still open, you can ask for it again.")


class OfferTaken(Refusal):
    sentence = _("Somebody was faster: this job is taken. You lose nothing.")


class WindowHeld(Refusal):
    sentence = _("A colleague is looking at it right now. You are next in line.")


class NotOffered(Refusal):
    sentence = _("This job is not open to you.")


class ReserveClosed(Refusal):
    sentence = _("Nobody in reserve is needed for this job any more.")


class TapsUsed(Refusal):
    sentence = _("You have looked at this job twice already.")
