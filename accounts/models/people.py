"""Who people are and what they can do."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.codes import MailedCode
from mila.cleaning import canonical_email
from mila.clock import MilaNow
from mila.encrypted_fields import EncryptedTextField
from places.place import Country

LANGUAGES = [("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"), ("en", "English")]
LANGUAGE_BITS = {code: 1 << number for number, (code, _name) in enumerate(LANGUAGES)}


def language_bits(codes: Iterable[str]) -> int:
    """Several languages as one number, as the search compares them (rule D1)."""
    return sum(LANGUAGE_BITS[code] for code in set(codes))


class UserManager(BaseUserManager):
    def create_user(self, email, password=None, **extra):
        """Somebody whom our own code or a shell makes, and so vouches for: the address counts as
        proved (rule B12).
        """
        user = self.model(email=canonical_email(email), **extra)
        user.set_password(password)  # None: no password can open it
        user.save(using=self._db)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        return user

    def create_superuser(self, email, password, **extra):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, email):
        return self.get(email=canonical_email(email))


class User(AbstractBaseUser, PermissionsMixin):
    """Anyone who can sign in. The e-mail address is the login."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="fr")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(db_default=MilaNow(), editable=False)
    joined_into = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="joined",
        help_text="The account that has proved this row's address: one person (rule B12).",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self):
        return self.name or self.email


class AccountCode(MailedCode):
    """A code to the address an account signs in with: whoever types it is still who they were
    (rule B12).
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="account_code")

    def about(self):
        return self.user.pk, self.user.email


class CustomerProfile(models.Model):
    """A person who books: what is offered again at the next booking."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="customer")
    phone = EncryptedTextField(blank=True, default="")
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    def __str__(self):
        return str(self.user)


class Skill(models.Model):
    """What a technician has shown they can do; a service needs exactly one."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["slug"]

    def __str__(self):
        return self.name


class PartnerKind(models.TextChoices):
    FRIEND = "friend", _("Friend")
    PRO = "pro", _("Pro")


class PartnerProfile(models.Model):
    """Unit of approval, contract, pay, suspension and rating."""

    kind = models.CharField(max_length=6, choices=PartnerKind.choices)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, choices=Country.choices)
    email = models.EmailField()
    approved_at = models.DateTimeField(null=True, blank=True)
    papers_valid_until = models.DateTimeField(
        null=True, blank=True, help_text="The earliest end of a required paper."
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspension_reason = models.TextField(blank=True)
    # Written by payments from the account's state; read by dispatch (the two do not know each
    # other).
    payable = models.BooleanField(default=False)
    stripe_account = models.CharField(max_length=64, blank=True)
    # A Pro's own person for money: sees all earnings, changes the payout account (rule M5). A
    # Friend is their own.
    owner = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="companies",
        verbose_name=_("owner"),
    )
    created_at = models.DateTimeField(db_default=MilaNow(), editable=False)

    class Meta:
        ordering = ["name"]
        indexes = [
            models.Index(
                fields=["id"], name="partner_applied", condition=models.Q(approved_at__isnull=True)
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(suspended_at__isnull=True) | ~models.Q(suspension_reason=""),
                name="suspension_has_a_reason",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def is_friend(self) -> bool:
        return self.kind == PartnerKind.FRIEND


class Suspension(models.Model):
    """Why a partner was kept from work, on what evidence, from when until when (rule P3).

    At most one runs.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(
        PartnerProfile, on_delete=models.PROTECT, related_name="suspensions"
    )
    at = models.DateTimeField()
    reason = models.TextField()
    evidence = models.TextField()
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], condition=models.Q(ended_at=None), name="one_suspension_runs"
            ),
            models.CheckConstraint(
                condition=~models.Q(reason="") & ~models.Q(evidence=""),
                name="suspension_has_reason_and_evidence",
            ),
        ]

    def __str__(self):
        return f"{self.partner}, {self.at:%Y-%m-%d}"


class Dispatcher(models.Model):
    """A Pro's person who sees the offers of all its technicians and claims for a named one."""

    partner = models.ForeignKey(
        PartnerProfile, on_delete=models.CASCADE, related_name="dispatchers"
    )
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="dispatcher")


class Technician(models.Model):
    """The person who comes. Unit of calendar, skill, search and window."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(
        PartnerProfile, on_delete=models.PROTECT, related_name="technicians"
    )
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="technician")
    name = models.CharField(max_length=120)
    phone = PhoneNumberField()
    languages = ArrayField(models.CharField(max_length=2, choices=LANGUAGES), default=list)
    active = models.BooleanField(default=True)
    # Base and reach (rule D1: how far is their choice).
    postcode = models.CharField(max_length=5)
    lat = models.FloatField()
    lon = models.FloatField()
    radius_m = models.PositiveIntegerField(default=20_000)
    # Figures behind the rank (rule D2): sums, never averages, so that one update adds one rating.
    star_sum = models.DecimalField(  # to a tenth, as each rating is the mean of three (rule L14)
        max_digits=9, decimal_places=1, default=0, editable=False
    )
    star_count = models.PositiveIntegerField(default=0, editable=False)
    promises_kept = models.PositiveIntegerField(default=0, editable=False)
    promises_broken = models.PositiveIntegerField(
        default=0, editable=False, help_text="Points of the faults that count now (rule L17)."
    )
    settled_jobs = models.PositiveIntegerField(default=0, editable=False)
    night_pool = models.BooleanField(
        default=False, help_text="Sees urgent bookings at night, silently (rule D7)."
    )
    window_extra = models.DurationField(
        default=timedelta, help_text="Longer window for an access need (rule D3)."
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(radius_m__gte=5_000, radius_m__lte=50_000),
                name="radius_5_to_50_km",
            )
        ]

    def __str__(self):
        return self.name

    @property
    def first_name(self) -> str:
        return (self.name.split() or [""])[0]

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.split()[:2]).upper()

    @property
    def stars(self) -> float | None:
        """Mean of all ratings, one decimal; None before the first."""
        return round(float(self.star_sum) / self.star_count, 1) if self.star_count else None


class TechnicianSkill(models.Model):
    technician = models.ForeignKey(Technician, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT)
    level = models.PositiveSmallIntegerField(default=1)
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["technician", "skill"], name="one_level_per_skill"),
            models.CheckConstraint(
                condition=models.Q(level__gte=1, level__lte=5), name="level_1_to_5"
            ),
        ]
