"""What ops may do with a booking, each by its verb and with a reason (rule O1)."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from mila.adminkit.acts import (
    Act,
    ActForm,
    Choice,
    NativeDate,
    NativeMoment,
)
from mila.formats import phone, short_moment
from mila.web.forms import LineField
from requests_app.actions import changes, contact_access, signing, visit, withdrawing
from requests_app.lifecycle import MOVES, Role
from requests_app.models import Fault

DAY = timedelta(days=1)


class ReasonToLook(ActForm):
    reason = LineField(
        label=_("Reason"),
        max_length=contact_access.LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Kept with your name and the time; the customer may ask for it."),
    )


class WishesForm(ActForm):
    """As many starts as the booking's policy lets it have, as the clock on the customer's wall
    says.
    """

    LABELS = (_("First wish"), _("Second wish"), _("Third wish"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        policy = self.about.policy
        grid = (
            datetime.combine(date.min, time()) + number * policy.slot_step
            for number in range(DAY // policy.slot_step)
        )
        starts = [f"{at:%H:%M}" for at in grid if policy.day_opens <= at.time() < policy.day_closes]
        hours = [("", "–"), *((at, at) for at in starts)]
        self.labels = self.LABELS[: policy.wishes_max]
        for number, label in enumerate(self.labels, 1):
            need = number == 1
            self.fields[f"day_{number}"] = forms.DateField(
                label=label, required=need, widget=NativeDate
            )
            self.fields[f"hour_{number}"] = Choice(label=_("Hour"), required=need, choices=hours)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    def clean(self):
        answers = super().clean()
        answers["walls"] = []
        for number in range(1, len(self.labels) + 1):
            day, hour = answers.get(f"day_{number}"), answers.get(f"hour_{number}")
            if day and hour:
                answers["walls"].append(datetime.combine(day, time.fromisoformat(hour)))
            elif day or hour:
                self.add_error(f"day_{number}", _("Please give both, day and hour."))
        return answers


class FaultForm(ActForm):
    fault = Choice(
        label=_("Who caused it"),
        choices=Fault.choices,
        help_text=_("It decides who is paid and who pays."),
    )


class DeclarationForm(ActForm):
    declared_at = forms.DateTimeField(
        label=_("When the customer declared it"),
        widget=NativeMoment,
        help_text=_(
            "The letter's postmark, the hour of the e-mail or the call. It decides what is owed."
        ),
    )


class PriceForm(ActForm):
    amount = forms.DecimalField(
        label=_("What the work is worth"),
        min_value=0,
        max_digits=8,
        decimal_places=2,
        localize=True,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text=_("Without the booking fee. Never above what the partner reported."),
    )


def _open(move: str, *more: str):
    """Whether the table lets ops make one of these moves from where the booking stands."""
    sources = frozenset().union(*(MOVES[name].sources for name in (move, *more)))
    return lambda booking: booking.state in sources


def _release(b, by, answers):
    visit.release(b.pk, b.technician_id, by=by, reason=answers["reason"], role=Role.OPS)


def _cancel(b, by, answers):
    changes.cancel(b.pk, role=Role.OPS, by=by, reason=answers["reason"])


def _withdraw(b, by, answers):
    withdrawing.withdraw(
        b.pk, role=Role.OPS, by=by, declared_at=answers["declared_at"], reason=answers["reason"]
    )


def _move(b, by, answers):
    changes.move(b.pk, answers["walls"], role=Role.OPS, by=by, reason=answers["reason"])


def _fail(b, by, answers):
    visit.fail_visit(
        b.pk,
        b.technician_id,
        by=by,
        reason=answers["reason"],
        fault=answers["fault"],
        role=Role.OPS,
    )


def _refuse(b, by, answers):
    signing.refuse(b.pk, by=by, reason=answers["reason"], role=Role.OPS)


def _decide(b, by, answers):
    signing.decide(
        b.pk, service_cents=int(answers["amount"] * 100), by=by, reason=answers["reason"]
    )


def _decide_fee(b, by, answers):
    signing.decide_fee(b.pk, by=by, reason=answers["reason"])


def _decide_none(b, by, answers):
    signing.decide_none(b.pk, by=by, reason=answers["reason"], fault=answers["fault"])


def _show(b, by, answers):
    contact, calls, messages = contact_access.show_contact(b.pk, by=by, reason=answers["reason"])
    return [
        (gettext("Name"), contact.name),
        (gettext("Phone"), phone(contact.phone)),
        (gettext("E-mail"), b.customer and b.customer.email),
        (gettext("Street"), contact.street),
        (gettext("Place"), f"{b.postcode} {b.city}"),
        (gettext("Door code"), contact.door_code),
        (gettext("At the door"), contact.at_the_door),
        (gettext("Problem"), contact.problem),
        *((answer.words, answer.answer) for answer in b.answers.all()),
        (gettext("Photos"), _photos(b)),
        *(
            (gettext("Note of the call on %(at)s") % {"at": short_moment(c.at, b.timezone)}, c.note)
            for c in calls
        ),
        *(
            (
                gettext("%(author)s wrote on %(at)s")
                % {"author": m.get_author_display(), "at": short_moment(m.at, b.timezone)},
                m.words,
            )
            for m in messages
        ),
    ]


def _photos(b) -> str:
    """Small ones, each leading to the large one."""
    links = [
        (
            reverse("admin:requests_app_booking_photo", args=[b.pk, photo.key, "large"]),
            reverse("admin:requests_app_booking_photo", args=[b.pk, photo.key, "small"]),
            gettext("Photo %(number)d") % {"number": number},
        )
        for number, photo in enumerate(b.photos.all(), 1)
    ]
    image = '<a class="b-photo" href="{}"><img src="{}" width="120" height="120" alt="{}"></a> '
    return format_html_join("", image, links)


ACTS = (
    Act(
        "contact",
        _("Show contact data"),
        "visibility",
        _show,
        form=ReasonToLook,
        explain=_(
            "Name, telephone, street and what the customer wrote are shown once, and your look is "
            "kept."
        ),
        permission="requests_app.view_bookingcontact",
        page="admin/requests_app/booking/contact.html",
        asks_again=True,
    ),
    Act(
        "move",
        _("Move to another time"),
        "event",
        _move,
        form=WishesForm,
        done=_("The booking was moved."),
        open_to=_open("move_open", "move_lost"),
        explain=_(
            "On the customer's wish. Local time of the place. A technician who is free then keeps "
            "the job."
        ),
    ),
    Act(
        "release",
        _("Take it from the partner"),
        "person_remove",
        _release,
        done=_("The search has begun again."),
        open_to=_open("release"),
        explain=_("The assignment ends without fault, and the booking is offered to others."),
    ),
    Act(
        "fail",
        _("End the visit unsuccessfully"),
        "report",
        _fail,
        form=FaultForm,
        danger=True,
        open_to=_open("fail_visit"),
        asks_again=True,
        done=_("The visit was ended."),
    ),
    Act(
        "refuse",
        _("Record that the customer says something is not right"),
        "do_not_disturb_on",
        _refuse,
        open_to=_open("refuse"),
        done=_("The clock has stopped. Nothing is charged before the decision."),
        explain=_("On the customer's wish. Nothing is charged before you decide."),
    ),
    Act(
        "decide",
        _("Decide the price"),
        "gavel",
        _decide,
        form=PriceForm,
        open_to=_open("decide"),
        asks_again=True,
        done=_("Decided. The card is charged with it."),
        explain=_("Customer and partner are told your reason. The card is charged at once."),
    ),
    Act(
        "decide-fee",
        _("Decide that the visit in vain is paid"),
        "directions_walk",
        _decide_fee,
        open_to=_open("decide_fee"),
        asks_again=True,
        done=_("Decided. The card is charged with the fee."),
        explain=_("The fee of the order's policy. Customer and partner are told your reason."),
    ),
    Act(
        "decide-none",
        _("Decide that nothing is owed"),
        "money_off",
        _decide_none,
        form=FaultForm,
        danger=True,
        open_to=_open("decide_none"),
        asks_again=True,
        done=_("Decided. Nothing is charged."),
        explain=_("Customer and partner are told your reason."),
    ),
    Act(
        "withdraw",
        _("Record a withdrawal"),
        "undo",
        _withdraw,
        form=DeclarationForm,
        danger=True,
        asks_again=True,
        open_to=lambda b: b.country == "FR" and _open("withdraw")(b),
        done=_("The contract is ended. The customer has the confirmation by e-mail."),
        explain=_(
            "Declared by letter, e-mail or telephone. The work done until then is paid, nothing "
            "else."
        ),
    ),
    Act(
        "cancel",
        _("Cancel the booking"),
        "cancel",
        _cancel,
        danger=True,
        open_to=_open("cancel"),
        done=_("The booking was cancelled. It costs the customer nothing."),
        explain=_("There will be no visit. It costs the customer nothing; both sides are told."),
    ),
)
