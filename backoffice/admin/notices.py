"""Notices, and those that did not arrive."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts import notifications
from accounts.models import Notification, NotificationState
from mila.adminkit.acts import BAD, GOOD, WARN, Act, ModelAdmin, ReadOnly, WithActs, toned
from mila.clock import mila_now


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
    list_display = ["kind", "masked_email", "shown_state", "tries", "queued_at", "sent_at", "error"]
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
    fields += ["queued_at", "sent_at", "reached_at", "error"]
    readonly_fields = ["masked_email", "shown_state"]

    @display(description=_("to"))
    def masked_email(self, row):
        name, _at, domain = row.email.partition("@")
        return f"{name[:1]}•••@{domain}"

    @display(description=_("state"), ordering="state")
    def shown_state(self, row):
        tone = {
            NotificationState.FAILED: BAD,
            NotificationState.SENDING: WARN,
            NotificationState.REACHED: GOOD,
        }
        return toned(row.get_state_display(), tone.get(row.state, ""))
