"""What the customer writes after the order: how to find the door, what is not right, how it was."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customer.forms.fields import at_the_door_field, door_code_field
from customer.forms.photos import PictureField
from mila.web.forms import ProseField


class AccessForm(forms.Form):
    """How to find the door, and who opens (rule B8)."""

    door_code = door_code_field()
    at_the_door = at_the_door_field()


class RefuseForm(forms.Form):
    """What is not right, at work or with the report (rule L13)."""

    reason = ProseField(
        label=_("What is not right?"),
        max_length=2000,
        error_messages={
            "required": _("Please say what is not right; it is the first thing we look at.")
        },
    )


class AppealForm(forms.Form):
    """Why a decision of ours is not right (rule L17)."""

    words = ProseField(
        label=_("What is not right about it?"),
        max_length=2000,
        error_messages={"required": _("Please say what is not right about the decision.")},
    )
    photo = PictureField(
        label=_("A photo"),
        required=False,
        help_text=_(
            "Of what was not done, for example, up to 10 MB. Only you and Mila see it, and we "
            "remove where it was taken."
        ),
    )


STARS = [
    (1, _("1 – bad")),
    (2, _("2 – not good")),
    (3, _("3 – all right")),
    (4, _("4 – good")),
    (5, _("5 – very good")),
]


class StarSelect(forms.RadioSelect):
    template_name = "components/_star_choices.html"


def stars_field(label) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        coerce=int,
        choices=STARS,
        widget=StarSelect,
        help_text=_("1 is bad, 5 is very good."),
        error_messages={"required": _("Please choose one to five stars.")},
    )


class RatingForm(forms.Form):
    """Three times one to five stars and a comment (rule L14)."""

    quality = stars_field(_("Quality"))
    punctuality = stars_field(_("Punctuality"))
    friendliness = stars_field(_("Friendliness"))
    comment = ProseField(
        label=_("A few words"),
        max_length=1000,
        required=False,
        help_text=_("Others may read them, with your first initial and your town."),
    )
