"""Ops correct a postcode's point here; a corrected row outlives every new edition of the file."""

from django.contrib import admin

from mila.adminkit.acts import ModelAdmin
from mila.clock import MilaNow
from places.models import Postcode
from places.place import Precision


@admin.register(Postcode)
class PostcodeAdmin(ModelAdmin):
    list_display = ["code", "name", "country", "region", "precision", "corrected"]
    list_filter = ["country", "precision", "corrected"]
    search_fields = ["code", "name", "towns"]
    fields = [
        ("country", "code"),
        ("name", "region"),
        "towns",
        ("lat", "lon"),
        ("precision", "corrected"),
    ]
    readonly_fields = ["precision", "corrected"]

    def save_model(self, request, obj, form, change):
        if change and not form.changed_data:
            return
        obj.corrected = True
        if {"lat", "lon"} & set(form.changed_data):
            obj.precision = Precision.HAND
        obj.changed_at = MilaNow()
        super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, "country", "code"] if obj else self.readonly_fields

    def has_delete_permission(self, request, obj=None):
        return False
