"""Papers for staff: found by number, opened as they were issued; nothing can be changed
(rule M8; law R21).
"""

from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.decorators import display

from mila import second_factor
from mila.adminkit.acts import ModelAdmin, ReadOnly, ShowsContactData
from mila.formats import money
from mila.web.downloads import pdf
from papers import access
from papers.models import Billing, Paper


@admin.register(Paper)
class PaperAdmin(ReadOnly, ModelAdmin):
    list_display = ["number", "kind", "audience", "partner", "booking", "amount", "issued_at"]
    list_filter = ["kind", "audience", "currency", "year"]
    list_select_related = ["partner", "booking__service"]
    search_fields = ["=serial", "=booking__id", "partner__name"]
    ordering = ["-pk"]
    show_full_result_count = False
    exclude = ["content"]
    readonly_fields = ["number", "file_link"]

    def get_urls(self):
        opened = path(
            "<int:pk>/file/",
            self.admin_site.admin_view(require_safe(self.file)),
            name="papers_paper_file",
        )
        return [opened, *super().get_urls()]

    def file(self, request, pk):
        """One for a customer leaves a row that says who looked (fault A11). It says where somebody
        lives: the factor is shown again (rule O2).
        """
        second_factor.ask_again(request)
        file = access.file_for_staff(request.user, pk)
        return pdf(file.pdf, file.paper.number)

    @display(description=_("amount"), ordering="total_cents")
    def amount(self, paper):
        return money(paper.total_cents, paper.currency)

    @display(description=_("file"))
    def file_link(self, paper):
        address = reverse("admin:papers_paper_file", args=[paper.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("Open as PDF"))


@admin.register(Billing)
class BillingAdmin(ReadOnly, ShowsContactData, ModelAdmin):
    """As the partner gave it; of a Friend that is where they live."""

    list_display = ["name", "partner", "register_number", "vat_number", "mandate_at"]
    list_select_related = ["partner"]
    search_fields = ["name", "partner__name", "=register_number"]
    ordering = ["pk"]
    show_full_result_count = False
