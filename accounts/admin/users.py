"""Users, their rights, and customers. Staff sign in by the site's own door."""

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (both register what is taken out below)
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as AuthGroupAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from accounts.models import CustomerProfile, User
from mila.backoffice import ReadOnly, ReadsIds, SavesOnlyChanges

# Nobody looks at or removes another person's second factor here; addresses change through the person himself.
admin.site.unregister(Authenticator)
admin.site.unregister(EmailAddress)
admin.site.unregister(Group)
# Staff sign in by the site's own door: the admin's would let a person past his second factor (FAULT S9).
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@admin.register(Group)
class GroupAdmin(ReadsIds, AuthGroupAdmin, ModelAdmin):
    """What a group of staff may do. Only a superuser writes rights."""

    def has_change_permission(self, request, obj=None):
        return request.user.is_superuser

    has_add_permission = has_delete_permission = has_change_permission


@admin.register(User)
class UserAdmin(SavesOnlyChanges, ModelAdmin):
    """No password is shown or set: a person sets his own by the link "forgotten". Rights are a superuser's to give."""

    RIGHTS = ["is_staff", "is_superuser", "groups", "user_permissions"]
    FIXED = ["email", "last_login", "date_joined"]

    list_display = ["email", "name", "language", "is_active", "is_staff", "date_joined"]
    list_filter = ["is_staff", "is_active", "language"]
    search_fields = ["email", "name"]
    ordering = ["-pk"]
    show_full_result_count = False
    fieldsets = [
        (None, {"fields": ["email", "name", "language", "is_active", ("last_login", "date_joined")]}),
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
        return allowed and (obj is None or request.user.is_superuser or not (obj.is_staff or obj.is_superuser))

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if not change:
            obj.set_password(None)
        super().save_model(request, obj, form, change)


@admin.register(CustomerProfile)
class CustomerProfileAdmin(ReadOnly, ModelAdmin):
    list_display = ["user", "created_at"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    fields = ["user", "created_at"]
    show_full_result_count = False
