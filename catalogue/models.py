"""What Mila sells: services and packages with their dated prices."""

# modeltranslation puts its own managers in at start
# mypy: disable-error-code="django-manager-missing"

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import Skill
from mila.clock import MilaNow
from places.place import Country


class Currency(models.TextChoices):
    EUR = "EUR", "EUR"
    CHF = "CHF", "CHF"


CURRENCY_OF = {Country.FR.value: Currency.EUR.value, Country.CH.value: Currency.CHF.value}


def lines(text: str | None) -> list[str]:
    """A list kept as one line each, without the blanks."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class Category(models.Model):
    slug = models.SlugField(unique=True)
    icon = models.SlugField(help_text=_("Name of a symbol in the sprite."))
    name = models.CharField(_("name"), max_length=60)
    hurt = models.CharField(_("what hurts"), max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self):
        return self.name


class PricedQuerySet(models.QuerySet):
    """Things with dated prices: `on_sale` answers what they cost somewhere at an instant."""

    def on_sale(self, country: str, at: datetime):
        """Active rows with a price in force there; adds `price_cents` and `currency`. One query."""
        prices: Any = self.model._meta.get_field("prices")
        in_force = prices.related_model.objects.filter(
            **{prices.field.name: OuterRef("pk")}, country=country, starts_at__lte=at
        ).order_by("-starts_at")
        return (
            self.filter(active=True)
            .annotate(
                price_cents=Subquery(in_force.values("price_cents")[:1]),
                currency=Value(CURRENCY_OF[country]),
            )
            .filter(price_cents__isnull=False)
        )


class Service(models.Model):
    """A catalogue entry. The lists are texts with one item a line, so that each language is one
    field.
    """

    slug = models.SlugField(unique=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="services")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    summary = models.CharField(_("summary"), max_length=240)
    included = models.TextField(_("included"), blank=True)
    not_included = models.TextField(_("not included"), blank=True)
    tools = models.TextField(_("tools"), blank=True)
    steps = models.TextField(_("steps"), blank=True)
    prepare = models.TextField(_("what to prepare"), blank=True)
    search_words = models.TextField(_("words people search with"), blank=True)
    duration_minutes = models.PositiveSmallIntegerField(_("duration in minutes"))
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = PricedQuerySet.as_manager()
    price_cents: int  # where it comes from `on_sale`
    currency: str

    class Meta:
        ordering = ["category__position", "position", "slug"]
        verbose_name = _("service")
        verbose_name_plural = _("services")
        constraints = [
            models.CheckConstraint(
                condition=Q(duration_minutes__gte=15, duration_minutes__lte=480),
                name="service_lasts_15_to_480_min",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def included_list(self) -> list[str]:
        return lines(self.included)

    @property
    def not_included_list(self) -> list[str]:
        return lines(self.not_included)

    @property
    def tools_list(self) -> list[str]:
        return lines(self.tools)

    @property
    def steps_list(self) -> list[str]:
        return lines(self.steps)

    @property
    def prepare_list(self) -> list[str]:
        return lines(self.prepare)


class ChecklistPart(models.TextChoices):
    """The four lists of a visit, in their order."""

    PREPARATION = "preparation", _("Before you set off")
    PRESENTATION = "presentation", _("At the door")
    EXPLANATION = "explanation", _("Shown and explained")
    TIDY_UP = "tidy_up", _("Tidied up")


class Checklist(models.Model):
    """A version of one list of a service, or of all that have none of their own; a new one takes
    its place.

    Never rewritten: what was ticked refers to it (rule L7, L9, L12).
    """

    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.PROTECT, related_name="checklists"
    )
    part = models.CharField(max_length=12, choices=ChecklistPart.choices)
    version = models.PositiveSmallIntegerField()
    items = models.TextField(_("items"), help_text=_("One line each."))
    starts_at = models.DateTimeField()

    class Meta:
        ordering = ["part", "service", "version"]
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        constraints = [
            models.UniqueConstraint(
                fields=["service", "part", "version"], name="one_version_of_a_checklist"
            ),
            models.UniqueConstraint(
                fields=["part", "version"],
                condition=Q(service__isnull=True),
                name="one_version_of_a_general_checklist",
            ),
        ]

    def __str__(self):
        return f"{self.get_part_display()} {self.version}"

    @property
    def items_list(self) -> list[str]:
        return lines(self.items)


class Package(models.Model):
    """A fixed-price extra that can be added to a job; without services it fits every one."""

    slug = models.SlugField(unique=True)
    services = models.ManyToManyField(Service, blank=True, related_name="packages")
    name = models.CharField(_("name"), max_length=80)
    summary = models.CharField(_("summary"), max_length=160, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(_("duration in minutes"))
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    objects = PricedQuerySet.as_manager()
    price_cents: int  # where it comes from `on_sale`
    currency: str

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("package")
        verbose_name_plural = _("packages")

    def __str__(self):
        return self.name


class QuestionKind(models.TextChoices):
    TEXT = "text", _("A few words")
    CHOICE = "choice", _("One of a list")
    NUMBER = "number", _("A number")


class Question(models.Model):
    """What is asked while a service is booked (rule B13).

    One question may serve several services.
    """

    MOST = 6  # asked for one service

    slug = models.SlugField(unique=True)
    services = models.ManyToManyField(Service, related_name="questions")
    kind = models.CharField(_("kind"), max_length=6, choices=QuestionKind.choices)
    words = models.CharField(_("question"), max_length=120)
    options = models.TextField(_("answers to choose from"), blank=True, help_text=_("One a line."))
    active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("question of a service")
        verbose_name_plural = _("questions of services")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="choice", options=""), name="what_is_chosen_from_a_list_has_one"
            )
        ]

    def __str__(self):
        return self.words

    @property
    def options_list(self) -> list[str]:
        return lines(self.options)


class TopicKind(models.TextChoices):
    THING = "thing", _("A thing people name")
    ACT = "act", _("What is wanted, or wrong")
    NOT_SOLD = "not_sold", _("Not sold")


class Topic(models.Model):
    """What a search may name, with the words people have for it; one a line, several words where
    all must be said.
    """

    slug = models.SlugField(unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=TopicKind.choices)
    name = models.CharField(
        _("name"), max_length=80, blank=True, help_text=_("Shown where it is not sold.")
    )
    brands = models.TextField(_("words of every language"), blank=True)
    words = models.TextField(_("words people search with"), blank=True)
    services = models.ManyToManyField(Service, through="TopicLead", related_name="topics")

    class Meta:
        ordering = ["kind", "slug"]
        verbose_name = _("topic of the search")
        verbose_name_plural = _("topics of the search")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="not_sold") | ~Q(name=""), name="what_is_not_sold_has_a_name"
            )
        ]

    def __str__(self):
        return self.name or self.slug


class TopicLead(models.Model):
    """How strongly a topic leads to a service."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="leads")
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="+", verbose_name=_("service")
    )
    percent = models.PositiveSmallIntegerField(_("per cent"), default=100)

    class Meta:
        verbose_name = _("service it leads to")
        verbose_name_plural = _("services it leads to")
        constraints = [
            models.UniqueConstraint(fields=["topic", "service"], name="one_lead_a_service")
        ]

    def __str__(self):
        return f"{self.topic} – {self.service}"


class DatedPrice(models.Model):
    """A price from an instant on, until the next row.

    VAT included, minor units, the currency of the country.
    """

    country = models.CharField(_("country"), max_length=2, choices=Country.choices)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    price_cents = models.PositiveIntegerField(_("price in cents"))
    starts_at = models.DateTimeField(_("from"), db_default=MilaNow())

    class Meta:
        abstract = True
        ordering = ["country", "-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_cents__gt=0), name="%(class)s_costs_something"
            ),
            models.CheckConstraint(
                condition=Q(country="FR", currency="EUR") | Q(country="CH", currency="CHF"),
                name="%(class)s_currency_of_country",
            ),
        ]

    def __str__(self):
        return f"{self.country} {self.price_cents / 100:.2f} {self.currency}"


class ServicePrice(DatedPrice):
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="prices", verbose_name=_("service")
    )

    class Meta(DatedPrice.Meta):
        verbose_name = _("price of a service")
        verbose_name_plural = _("prices of services")
        constraints = [
            *DatedPrice.Meta.constraints,
            models.UniqueConstraint(
                fields=["service", "country", "starts_at"], name="one_service_price_an_instant"
            ),
        ]


class PackagePrice(DatedPrice):
    package = models.ForeignKey(
        Package, on_delete=models.CASCADE, related_name="prices", verbose_name=_("package")
    )

    class Meta(DatedPrice.Meta):
        verbose_name = _("price of a package")
        verbose_name_plural = _("prices of packages")
        constraints = [
            *DatedPrice.Meta.constraints,
            models.UniqueConstraint(
                fields=["package", "country", "starts_at"], name="one_package_price_an_instant"
            ),
        ]
