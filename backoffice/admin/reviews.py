"""What ops may do about the words of a review: hide them, and show them again (rule L14)."""

from django.utils.translation import gettext_lazy as _

from mila.adminkit.acts import Act
from requests_app.actions import hiding

ONLY_UNLAWFUL = _(
    "Only what the law forbids to publish. The words are kept, the stars go on counting. "
    "Whoever wrote them reads your reason."
)


def _act(verb):
    return lambda booking, by, answers: verb(booking.pk, by=by, reason=answers["reason"])


BOOKING_ACTS = (
    Act(
        "hide-comment",
        _("Hide the comment"),
        "visibility_off",
        _act(hiding.hide_comment),
        open_to=lambda b: hiding.has_comment(b, hidden=False),
        done=_("Nobody reads it any more. The stars count."),
        explain=ONLY_UNLAWFUL,
    ),
    Act(
        "show-comment",
        _("Show the comment again"),
        "visibility",
        _act(hiding.show_comment),
        open_to=lambda b: hiding.has_comment(b, hidden=True),
        done=_("The comment is public again."),
    ),
    Act(
        "hide-answer",
        _("Hide the answer to the review"),
        "visibility_off",
        _act(hiding.hide_answer),
        open_to=lambda b: hiding.has_answer(b, hidden=False),
        done=_("Nobody reads the answer any more."),
        explain=ONLY_UNLAWFUL,
    ),
    Act(
        "show-answer",
        _("Show the answer again"),
        "visibility",
        _act(hiding.show_answer),
        open_to=lambda b: hiding.has_answer(b, hidden=True),
        done=_("The answer is public again."),
    ),
)
