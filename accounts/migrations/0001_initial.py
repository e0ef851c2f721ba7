import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.text
import mila.clock
import mila.encrypted_fields
import phonenumber_field.modelfields
import uuid
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        BtreeGistExtension(),  # no two entries of a calendar overlap
        migrations.CreateModel(
            name="DeadAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("reason", models.CharField(max_length=20)),
                ("error", models.TextField(blank=True, default="")),
                ("since", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=80)),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "email",
                    models.EmailField(max_length=254, unique=True, verbose_name="e-mail address"),
                ),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("fr", "Français"),
                            ("de", "Deutsch"),
                            ("it", "Italiano"),
                            ("en", "English"),
                        ],
                        default="fr",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                (
                    "date_joined",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "joined_into",
                    models.ForeignKey(
                        editable=False,
                        help_text="The account that has proved this row's address: one person (rule B12).",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="joined",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_any_case"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mac", models.CharField(blank=True, editable=False, max_length=64)),
                ("until_at", models.DateTimeField(editable=False, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("sent", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("counted_from_at", models.DateTimeField(editable=False)),
                ("rounds", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="account_code",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CustomerProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("phone", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="customer",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NoticeChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "without",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("push", "Notification on the phone"),
                                ("sms", "Text message"),
                                ("email", "E-mail"),
                                ("call", "Call by our team"),
                            ],
                            max_length=5,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notice_choice",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("without__contains", ["email"]), _negated=True),
                        name="mail_is_always_on",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("subject_id", models.UUIDField(help_text="Public id of the booking it is about.")),
                (
                    "round",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Tells apart two messages of one kind about one booking.",
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "language",
                    models.CharField(
                        choices=[
                            ("fr", "Français"),
                            ("de", "Deutsch"),
                            ("it", "Italiano"),
                            ("en", "English"),
                        ],
                        max_length=2,
                    ),
                ),
                ("context", models.JSONField(default=dict)),
                (
                    "sealed",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True,
                        default="",
                        help_text="Facts that open something, as JSON: a secret link, a code.",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("reached", "Reached"),
                            ("seen", "Seen"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                (
                    "urgency",
                    models.CharField(
                        choices=[
                            ("calm", "By e-mail"),
                            ("passing", "On the phone alone"),
                            ("light", "On the phone, or by e-mail"),
                            ("soon", "Soon"),
                            ("now", "At once"),
                            ("vital", "Until somebody knows"),
                        ],
                        db_default="calm",
                        default="calm",
                        max_length=7,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                (
                    "due_at",
                    models.DateTimeField(blank=True, db_default=mila.clock.MilaNow(), null=True),
                ),
                (
                    "climbs_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Unless somebody knows by then: the next channel.",
                        null=True,
                    ),
                ),
                (
                    "queued_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("reached_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")),
                        fields=["due_at"],
                        name="notification_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["sending", "failed"])),
                        fields=["state", "due_at"],
                        name="notification_for_staff",
                    ),
                    models.Index(
                        condition=models.Q(("context", {}), _negated=True),
                        fields=["queued_at"],
                        name="notification_kept",
                    ),
                    models.Index(fields=["subject_id"], name="notification_subject"),
                    models.Index(
                        condition=models.Q(("climbs_at__isnull", False)),
                        fields=["climbs_at"],
                        name="notification_climbs",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject_id", "kind", "email", "round"), name="one_notice_of_a_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("push", "Notification on the phone"),
                            ("sms", "Text message"),
                            ("email", "E-mail"),
                            ("call", "Call by our team"),
                        ],
                        max_length=5,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("reached", "Reached"),
                            ("seen", "Seen"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("begun_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("reached_at", models.DateTimeField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                (
                    "provider_key",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The provider's name for it.",
                        max_length=120,
                    ),
                ),
                ("number_hash", models.CharField(blank=True, default="", max_length=64)),
                ("prefix", models.CharField(blank=True, default="", max_length=8)),
                ("parts", models.PositiveSmallIntegerField(default=0)),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="accounts.notification",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("provider_key", ""), _negated=True),
                        fields=["provider_key"],
                        name="attempt_provider",
                    ),
                    models.Index(
                        condition=models.Q(("number_hash", ""), _negated=True),
                        fields=["begun_at"],
                        name="attempt_texts",
                    ),
                    models.Index(
                        condition=models.Q(("channel", "call"), ("state", "sent")),
                        fields=["begun_at"],
                        name="attempt_to_call",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("notification", "channel"), name="one_attempt_on_a_channel"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("friend", "Friend"), ("pro", "Pro")], max_length=6),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "country",
                    models.CharField(
                        choices=[("FR", "France"), ("CH", "Switzerland")], max_length=2
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "papers_valid_until",
                    models.DateTimeField(
                        blank=True, help_text="The earliest end of a required paper.", null=True
                    ),
                ),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("suspension_reason", models.TextField(blank=True)),
                ("payable", models.BooleanField(default=False)),
                ("stripe_account", models.CharField(blank=True, max_length=64)),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="companies",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("approved_at__isnull", True)),
                        fields=["id"],
                        name="partner_applied",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("suspended_at__isnull", True),
                            models.Q(("suspension_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="suspension_has_a_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispatcher",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dispatcher",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dispatchers",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PushSubscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "subject_id",
                    models.UUIDField(
                        help_text="The booking whose link it was asked for by; null: an account.",
                        null=True,
                    ),
                ),
                ("endpoint", mila.encrypted_fields.EncryptedTextField()),
                (
                    "endpoint_hash",
                    mila.encrypted_fields.FingerprintField(
                        editable=False, max_length=64, of="endpoint"
                    ),
                ),
                ("p256dh", mila.encrypted_fields.EncryptedTextField()),
                ("auth", mila.encrypted_fields.EncryptedTextField()),
                (
                    "page",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True,
                        default="",
                        help_text="Where a tap leads who follows one booking.",
                    ),
                ),
                ("session_hash", models.CharField(blank=True, max_length=128)),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                (
                    "heard_at",
                    models.DateTimeField(
                        help_text="When the device last said that it had shown something.",
                        null=True,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["subject_id"], name="push_subscription_subject")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("subject_id__isnull", True)),
                        fields=("endpoint_hash",),
                        name="one_account_of_a_device",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("subject_id__isnull", False)),
                        fields=("endpoint_hash", "subject_id"),
                        name="one_device_of_a_booking",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchRowsCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("next_at", models.DateTimeField()),
                (
                    "checked_to",
                    models.BigIntegerField(
                        default=0, help_text="Technicians up to this id are done; 0 between checks."
                    ),
                ),
                (
                    "mended",
                    models.JSONField(
                        default=list,
                        help_text="Technicians whose rows had to be written anew, the first ones.",
                    ),
                ),
                ("mended_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="one_check_of_search_rows"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField()),
                ("reason", models.TextField()),
                ("evidence", models.TextField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.TextField(blank=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suspensions",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("partner",),
                        name="one_suspension_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("evidence", ""), _negated=True),
                        ),
                        name="suspension_has_reason_and_evidence",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Technician",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(max_length=128, region=None),
                ),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("fr", "Français"),
                                ("de", "Deutsch"),
                                ("it", "Italiano"),
                                ("en", "English"),
                            ],
                            max_length=2,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                ("postcode", models.CharField(max_length=5)),
                ("lat", models.FloatField()),
                ("lon", models.FloatField()),
                ("radius_m", models.PositiveIntegerField(default=20000)),
                (
                    "star_sum",
                    models.DecimalField(decimal_places=1, default=0, editable=False, max_digits=9),
                ),
                ("star_count", models.PositiveIntegerField(default=0, editable=False)),
                ("promises_kept", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "promises_broken",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="Points of the faults that count now (rule L17).",
                    ),
                ),
                ("settled_jobs", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "night_pool",
                    models.BooleanField(
                        default=False,
                        help_text="Sees urgent bookings at night, silently (rule D7).",
                    ),
                ),
                (
                    "window_extra",
                    models.DurationField(
                        default=datetime.timedelta,
                        help_text="Longer window for an access need (rule D3).",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="technicians",
                        to="accounts.partnerprofile",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="technician",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("radius_m__gte", 5000), ("radius_m__lte", 50000)),
                        name="radius_5_to_50_km",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SkillSearch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("h3_cell", models.BigIntegerField()),
                ("base_score_ppm", models.IntegerField()),
                ("radius_m", models.IntegerField()),
                ("lat", models.FloatField()),
                ("lon", models.FloatField()),
                ("valid_until", models.DateTimeField(null=True)),
                ("newcomer", models.BooleanField(default=False)),
                ("nearness_ppm", models.IntegerField(default=0)),
                (
                    "languages",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Bits: fr 1, de 2, it 4, en 8 (language_bits)."
                    ),
                ),
                ("scored_under", models.CharField(default="", max_length=12)),
                ("since_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "skill",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.skill",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_rows",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["scored_under", "technician"], name="skill_search_scored_under"
                    ),
                    models.Index(
                        models.F("skill"),
                        models.F("h3_cell"),
                        models.OrderBy(models.F("base_score_ppm"), descending=True),
                        include=(
                            "technician",
                            "radius_m",
                            "lat",
                            "lon",
                            "nearness_ppm",
                            "languages",
                        ),
                        name="skill_search_best",
                    ),
                    models.Index(
                        models.F("skill"),
                        models.F("h3_cell"),
                        models.OrderBy(models.F("base_score_ppm"), descending=True),
                        condition=models.Q(("newcomer", True)),
                        include=(
                            "technician",
                            "radius_m",
                            "lat",
                            "lon",
                            "nearness_ppm",
                            "languages",
                        ),
                        name="skill_search_newcomers",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("technician", "skill"), name="one_search_row_per_skill"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(help_text="The table it was in.", max_length=40)),
                ("row", models.JSONField()),
                ("since_at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                (
                    "technician",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["technician", "until_at"], name="former_row_of_technician"
                    ),
                    models.Index(fields=["until_at"], name="former_row_until"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "technician",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feed",
                        to="accounts.technician",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CalendarEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("during", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("job", "Job"), ("absence", "Absence")], max_length=7
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=120)),
                ("since_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_entries",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("technician", "="), ("during", "&&")],
                        name="calendar_entry_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TechnicianSkill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(default=1)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="accounts.skill"
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skills",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("technician", "skill"), name="one_level_per_skill"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__gte", 1), ("level__lte", 5)),
                        name="level_1_to_5",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WeeklyHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField()),
                ("opens", models.TimeField()),
                ("closes", models.TimeField()),
                ("since_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "ordering": ["weekday", "opens"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="weekday_0_to_6"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closes__gt", models.F("opens"))),
                        name="hours_have_length",
                    ),
                ],
            },
        ),
    ]
