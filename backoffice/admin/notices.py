"""Notices, and those that did not arrive."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts import actions, calls, notifications
from accounts.mail_words import headline
from accounts.models import Attempt, DeadAddress, Notification, NotificationState
from mila.adminkit.acts import BAD, GOOD, WARN, Act, ModelAdmin, ReadOnly, WithActs, linked, toned
from mila.clock import mila_now
from requests_app.models import Booking


class StaffFilter(admin.SimpleListFilter):
    title = _("needs staff")
    parameter_name = "needs"

    def lookups(self, request, model_admin):
        return [("staff", _("Failed or stuck"))]

    def queryset(self, request, queryset):
        if self.value() != "staff":
            return queryset
        return queryset.filter(pk__in=notifications.needing_staff(mila_now()).values("pk"))


def _resend(row, by, answers):
    notifications.send_again(row.pk)


@admin.register(Notification)
class NotificationAdmin(WithActs, ReadOnly, ModelAdmin):
    acts = (
        Act("resend", _("Send again"), "forward_to_inbox", _resend, done=_("It goes out now."),
            open_to=lambda row: notifications.needing_staff(mila_now()).filter(pk=row.pk).exists(),
            explain=_("It may have arrived although nobody told us: then it arrives twice.")),
    )  # fmt: skip
    list_display = [
        "shown_kind",
        "masked_email",
        "shown_state",
        "tries",
        "queued_at",
        "sent_at",
        "error",
    ]
    list_filter = [StaffFilter, "state", "language"]
    search_fields = ["kind", "=email", "subject_id"]
    ordering = ["-pk"]
    show_full_result_count = False
    fields = [
        "kind",
        "subject_id",
        "round",
        "masked_email",
        "language",
        "shown_state",
        "tries",
        "due_at",
    ]
    fields += [
        "urgency",
        "climbs_at",
        "queued_at",
        "sent_at",
        "reached_at",
        "seen_at",
        "channels",
        "error",
    ]
    readonly_fields = ["masked_email", "shown_state", "channels"]

    @display(description=_("Notice"), ordering="kind")
    def shown_kind(self, row):
        return headline(row) or row.kind

    @display(description=_("to"))
    def masked_email(self, row):
        name, _at, domain = row.email.partition("@")
        return f"{name[:1]}•••@{domain}"

    @display(description=_("channels"))
    def channels(self, row):
        return "; ".join(
            f"{one.get_channel_display()}: {one.get_state_display()}" for one in row.attempts.all()
        )

    @display(description=_("state"), ordering="state")
    def shown_state(self, row):
        tone = {
            NotificationState.FAILED: BAD,
            NotificationState.SENDING: WARN,
            NotificationState.REACHED: GOOD,
        }
        tone[NotificationState.SEEN] = GOOD
        return toned(row.get_state_display(), tone.get(row.state, ""))


class CallsFilter(admin.SimpleListFilter):
    title = _("calls")
    parameter_name = "calls"

    def lookups(self, request, model_admin):
        return [("open", _("To be called"))]

    def queryset(self, request, queryset):
        if self.value() != "open":
            return queryset
        return queryset.filter(pk__in=calls.to_call().values("pk"))


def _to_call(attempt):
    return calls.to_call().filter(pk=attempt.pk).exists()


@admin.register(Attempt)
class AttemptAdmin(WithActs, ReadOnly, ModelAdmin):
    """One channel of a notice; those of the list of calls have their verbs here.

    The number: on the booking's page.
    """

    acts = (
        Act(
            "called",
            _("Called, spoken with"),
            "call",
            lambda row, by, answers: calls.called(row.pk, reached=True),
            done=_("They know."),
            open_to=_to_call,
            explain=_("The reason says who was spoken with."),
        ),
        Act(
            "missed",
            _("Called, not reached"),
            "phone_missed",
            lambda row, by, answers: calls.called(row.pk, reached=False),
            done=_("Noted; it stays on the list."),
            open_to=_to_call,
        ),
        Act(
            "give_up",
            _("Give up calling"),
            "call_end",
            lambda row, by, answers: calls.give_up(row.pk),
            done=_("It is off the list; the notice is failed."),
            open_to=_to_call,
            danger=True,
        ),
    )
    list_display = ["notice", "person", "channel", "state", "tries", "begun_at", "error"]
    list_filter = [CallsFilter, "channel", "state"]
    list_select_related = ["notification__user"]
    ordering = ["-pk"]
    show_full_result_count = False
    fields = [
        "notice",
        "person",
        "about",
        "channel",
        "state",
        "tries",
        "begun_at",
        "sent_at",
        "reached_at",
        "seen_at",
    ]
    fields += ["parts", "error"]
    readonly_fields = ["notice", "person", "about"]

    @display(description=_("notice"))
    def notice(self, row):
        return headline(row.notification) or row.notification.kind

    @display(description=_("person"))
    def person(self, row):
        return row.notification.user or "–"

    @display(description=_("booking"))
    def about(self, row):
        found = Booking.objects.filter(uuid=row.notification.subject_id).first()
        return linked(found.number, "requests_app_booking_change", found.pk) if found else "–"


def _lift(row, by, answers):
    actions.try_address_again(row.email)


@admin.register(DeadAddress)
class DeadAddressAdmin(WithActs, ReadOnly, ModelAdmin):
    acts = (
        Act(
            "lift",
            _("Try this address again"),
            "mark_email_read",
            _lift,
            done=_("The next mail goes there again."),
        ),
    )
    list_display = ["masked_email", "reason", "since"]
    search_fields = ["=email"]
    ordering = ["-since"]
    fields = ["masked_email", "reason", "error", "since"]
    readonly_fields = ["masked_email"]

    @display(description=_("address"))
    def masked_email(self, row):
        name, _at, domain = row.email.partition("@")
        return f"{name[:1]}•••@{domain}"
