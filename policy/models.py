"""The dated rows of policy: one figure, from an instant on."""

import re
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from mila.clock import MilaNow
from places.place import Country
from policy.bounds import OutOfBounds, check
from policy.figures import TYPES, PolicyError


class PolicyRowQuerySet(models.QuerySet["PolicyRow"]):
    def in_force(self, at: datetime | Combinable, *, country: str) -> "list[PolicyRow]":
        """Rows that apply, the deciding one last: general before the country's, then early before
        late. One query.
        """
        return list(
            self.filter(starts_at__lte=at, country__in=["", country]).order_by(
                "country", "starts_at", "pk"
            )
        )  # "" sorts first

    def lock(self) -> None:
        """One writer after the other, until the end of the transaction: what a new row says against
        others is asked of all of them, also of one that is being written.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('policy', 0))")


class PolicyRow(models.Model):
    """One figure of `policy.figures.Policy` from an instant on; without a
    country it holds in both.
    """

    key = models.CharField(_("figure"), max_length=40)
    value = models.JSONField(_("value"))
    country = models.CharField(
        _("country"), max_length=2, choices=Country.choices, blank=True, default=""
    )
    starts_at = models.DateTimeField(_("from"), db_default=MilaNow())
    note = models.CharField(_("why"), max_length=200)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, editable=False
    )

    objects = PolicyRowQuerySet.as_manager()

    class Meta:
        ordering = ["key", "-starts_at"]
        verbose_name = _("policy row")
        verbose_name_plural = _("policy rows")
        constraints = [
            models.UniqueConstraint(
                fields=["key", "country", "starts_at"], name="one_policy_row_an_instant"
            ),
            models.CheckConstraint(
                condition=Q(country__in=["", *Country.values]), name="policy_row_country_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"

    def clean(self) -> None:
        """Refuses a figure that does not exist and a value that does not fit it or lies out of its
        bounds.
        """
        try:
            check(self.key, self.value)
        except (PolicyError, OutOfBounds) as error:
            raise ValidationError({"value" if self.key in TYPES else "key": str(error)}) from error


class PublishedText(models.Model):
    """The very words of a page an order rests on, as somebody accepted them or was sent them.

    Only added (law R6).
    """

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=16, editable=False)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, editable=False)
    dated = models.DateField(editable=False, help_text="The version by its day.")
    body = models.TextField(editable=False)

    class Meta:
        ordering = ["-dated", "-pk"]

    def plain(self) -> str:
        """As it goes along with a message: headings without marks, links without addresses."""
        lines = re.sub(r"\[([^\]]+)\]\(\w+\)", r"\1", self.body).split("\n")
        return (
            "\n".join(line.lstrip("#").lstrip() if line.startswith("#") else line for line in lines)
            + "\n"
        )
