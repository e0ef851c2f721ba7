"""Users, their rights, and customers. Staff sign in by the site's own door."""

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (both register what is taken out below)
from allauth.account.adapter import get_adapter
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as AuthGroupAdmin
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import CustomerProfile, User
from mila import second_factor
from mila.adminkit.acts import AsksAgain, ModelAdmin, ReadOnly, SavesOnlyChanges, ShowsContactData
from mila.adminkit.row_pickers import ReadsIds

# Nobody looks at or removes another person's second factor here; addresses change through the
# person alone.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)


# --- The door: the site's own, and behind it the second factor, before any page (rule O2, fault S9)


def may_enter(request) -> bool:
    """What Django's admin asks before each page."""
    return request.user.is_active and request.user.is_staff and second_factor.passed(request)


@secure_admin_login
def door(request):
    """Leads staff to their second factor, or to where one is made; then to the page they wanted."""
    wanted = get_next_redirect_url(request) or reverse("admin:index")
    if second_factor.passed(request):
        return redirect(wanted)
    if not second_factor.factors(request):
        messages.info(
            request,
            gettext(
                "The back office needs a second factor. Please add one now, a passkey if you can."
            ),
        )
        return redirect("mfa_index")
    first, *_others = get_adapter().get_reauthentication_methods(request.user)
    return redirect(f"{first['url']}?{urlencode({'next': wanted})}")


admin.site.has_permission = may_enter  # type: ignore[method-assign]
admin.site.login = door  # type: ignore[method-assign]


@admin.register(Group)
class GroupAdmin(AsksAgain, ReadsIds, AuthGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """What a group of staff may do. Only a superuser writes rights."""

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    has_add_permission = has_delete_permission = has_change_permission


@admin.register(User)
class UserAdmin(AsksAgain, ShowsContactData, SavesOnlyChanges, ModelAdmin):
    """No password is shown or set: people set their own by the link "forgotten".

    Rights are a superuser's to give.
    """

    RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]
    FIXED = ["email", "last_login", "date_joined"]

    list_display = ["email", "name", "language", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_staff", "is_active", "language"]
    search_fields = ["email", "name"]
    ordering = ["-pk"]
    show_full_result_count = False
    fieldsets = [
        (
            None,
            {"fields": ["email", "name", "language", "is_active", ("last_login", "date_joined")]},
        ),
        (_("Rights"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "language", "is_staff"]})]
    filter_horizontal = ["groups", "user_permissions"]

    def get_readonly_fields(self, request, obj=None):
        if obj is None:
            return []
        return self.FIXED if request.user.is_superuser else [*self.FIXED, *self.RIGHTS]

    def has_add_permission(self, request):
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request, obj=None):
        """Staff look after customers and partners; other staff only a superuser touches."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (
            obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser)
        )

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_password(None)
        super().save_model(request, obj, form, change)


@admin.register(CustomerProfile)
class CustomerProfileAdmin(ReadOnly, ShowsContactData, ModelAdmin):
    address = "user__email"
    list_display = ["user", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    fields = ["user", "created_at"]
    show_full_result_count = False
