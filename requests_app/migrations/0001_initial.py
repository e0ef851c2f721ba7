import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import mila.clock
import mila.encrypted_fields
import requests_app.models.assignments
import requests_app.models.booking
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        ("accounts", "0001_initial"),
        ("catalogue", "0001_initial"),
        ("policy", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("words", mila.encrypted_fields.EncryptedTextField()),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="A person has decided by then.")),
                (
                    "warn_at",
                    models.DateTimeField(
                        help_text="When staff hear that it waits; null once they did.", null=True
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("upheld", "It stays"), ("overturned", "Overturned")],
                        max_length=10,
                    ),
                ),
                ("reason", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
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
                        related_name="appeals",
                        to="accounts.partnerprofile",
                    ),
                ),
                (
                    "suspension",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeal",
                        to="accounts.suspension",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("verdict", "")), fields=["due_at"], name="appeal_waits"
                    ),
                    models.Index(
                        condition=models.Q(("warn_at__isnull", False)),
                        fields=["warn_at"],
                        name="appeal_warns",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("verdict", ""),
                            ),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("warn_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="appeal_is_decided_by_a_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "token",
                    mila.encrypted_fields.EncryptedTextField(
                        default=requests_app.models.booking.new_token, editable=False
                    ),
                ),
                (
                    "token_hash",
                    mila.encrypted_fields.FingerprintField(
                        editable=False, max_length=64, of="token", unique=True
                    ),
                ),
                (
                    "link_from_at",
                    models.DateTimeField(
                        editable=False, help_text="When the link was last renewed.", null=True
                    ),
                ),
                (
                    "draft_key",
                    models.CharField(editable=False, max_length=64, null=True, unique=True),
                ),
                ("state", models.CharField(default="draft", editable=False, max_length=12)),
                ("epoch", models.BigIntegerField(default=0, editable=False)),
                (
                    "due_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When the running clock moves the state.",
                        null=True,
                    ),
                ),
                (
                    "email_proved_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When the customer's address was proved to be theirs (rule B12).",
                        null=True,
                    ),
                ),
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
                    ),
                ),
                (
                    "spoken",
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
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("prefers_writing", models.BooleanField(db_default=False, default=False)),
                ("duration_minutes", models.PositiveSmallIntegerField()),
                (
                    "country",
                    models.CharField(
                        choices=[("FR", "France"), ("CH", "Switzerland")], max_length=2
                    ),
                ),
                ("postcode", models.CharField(blank=True, max_length=5)),
                ("city", models.CharField(blank=True, max_length=120)),
                (
                    "region",
                    models.CharField(
                        blank=True,
                        help_text="Canton or department: its public holidays.",
                        max_length=3,
                    ),
                ),
                ("timezone", models.CharField(default="Europe/Paris", max_length=32)),
                ("first_start_at", models.DateTimeField(null=True)),
                ("last_start_at", models.DateTimeField(null=True)),
                (
                    "start_at",
                    models.DateTimeField(editable=False, help_text="The claimed start.", null=True),
                ),
                ("cancel_start_at", models.DateTimeField(editable=False, null=True)),
                ("policy_data", models.JSONField(default=dict, editable=False)),
                (
                    "currency",
                    models.CharField(choices=[("EUR", "EUR"), ("CHF", "CHF")], max_length=3),
                ),
                (
                    "service_cents",
                    models.PositiveIntegerField(help_text="Version 1: the booked price."),
                ),
                ("booking_fee_cents", models.PositiveIntegerField()),
                (
                    "events_hash",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                (
                    "quotes_hash",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                ("claimed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "clocks_from_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="X of rule L5 counts from here: the claim, or the last move of the date.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("placed_at", models.DateTimeField(editable=False, null=True)),
                ("card_saved_at", models.DateTimeField(editable=False, null=True)),
                (
                    "card",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Payment method that will be charged.",
                        max_length=64,
                    ),
                ),
                (
                    "card_ends_on",
                    models.DateField(
                        editable=False, help_text="Its last day, where it says one.", null=True
                    ),
                ),
                (
                    "withdrawal_waived_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="Asked to start within 14 days (law R5).",
                        null=True,
                    ),
                ),
                ("report_seen_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("signed_off_at", models.DateTimeField(editable=False, null=True)),
                (
                    "unsettled_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="Since when what its end owes waits to be looked at; null once it was.",
                        null=True,
                    ),
                ),
                (
                    "report",
                    models.JSONField(
                        default=dict,
                        editable=False,
                        help_text="What was done, checklists; written at finish.",
                    ),
                ),
                ("fee_cents", models.PositiveIntegerField(default=0, editable=False)),
                ("end_reason", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "end_fault",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("partner", "The partner"),
                            ("customer", "The customer"),
                            ("brand", "The brand"),
                            ("mila", "Mila"),
                            ("nobody", "Nobody"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                (
                    "booked_by",
                    models.ForeignKey(
                        help_text="If not the customer.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="accounts.partnerprofile",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.service",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="accounts.technician",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        editable=False,
                        help_text="As they were accepted.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="policy.publishedtext",
                    ),
                ),
                (
                    "wished_technician",
                    models.ForeignKey(
                        help_text="Whom the customer wishes again: asked before all, one window (rule D2).",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)),
                        fields=["due_at"],
                        name="booking_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["searching", "unconfirmed"])),
                        fields=["state", "last_start_at"],
                        name="booking_offered",
                    ),
                    models.Index(fields=["customer", "-id"], name="booking_of_customer"),
                    models.Index(fields=["technician", "start_at"], name="booking_of_technician"),
                    models.Index(
                        condition=models.Q(("unsettled_at__isnull", False)),
                        fields=["unsettled_at"],
                        name="booking_unsettled",
                    ),
                    models.Index(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "arrived",
                                    "called",
                                    "claimed",
                                    "confirmed",
                                    "contested",
                                    "en_route",
                                    "finished",
                                    "in_progress",
                                    "searching",
                                    "signed_off",
                                    "unconfirmed",
                                    "unfilled",
                                ],
                            )
                        ),
                        fields=["state"],
                        name="booking_live",
                    ),
                    models.Index(
                        condition=models.Q(("state", "draft")),
                        fields=["created_at"],
                        name="booking_draft",
                    ),
                    models.Index(
                        condition=models.Q(("placed_at__isnull", False)),
                        fields=["placed_at"],
                        name="booking_placed",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "draft",
                                    "searching",
                                    "claimed",
                                    "called",
                                    "unconfirmed",
                                    "confirmed",
                                    "en_route",
                                    "arrived",
                                    "in_progress",
                                    "finished",
                                    "contested",
                                    "signed_off",
                                    "settled",
                                    "failed",
                                    "unfilled",
                                    "cancelled",
                                ],
                            )
                        ),
                        name="booking_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("claimed_at__isnull", False),
                                ("partner__isnull", False),
                                ("start_at__isnull", False),
                                (
                                    "state__in",
                                    [
                                        "arrived",
                                        "called",
                                        "claimed",
                                        "confirmed",
                                        "contested",
                                        "en_route",
                                        "failed",
                                        "finished",
                                        "in_progress",
                                        "settled",
                                        "signed_off",
                                        "unconfirmed",
                                    ],
                                ),
                                ("technician__isnull", False),
                            ),
                            models.Q(
                                models.Q(
                                    (
                                        "state__in",
                                        [
                                            "arrived",
                                            "called",
                                            "claimed",
                                            "confirmed",
                                            "contested",
                                            "en_route",
                                            "failed",
                                            "finished",
                                            "in_progress",
                                            "settled",
                                            "signed_off",
                                            "unconfirmed",
                                        ],
                                    ),
                                    _negated=True,
                                ),
                                ("claimed_at__isnull", True),
                                ("partner__isnull", True),
                                ("start_at__isnull", True),
                                ("technician__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="partner_exactly_when_claimed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "draft"),
                            ("state", "cancelled"),
                            models.Q(
                                ("customer__isnull", False),
                                ("first_start_at__isnull", False),
                                ("last_start_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="placed_booking_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("country", "FR"), ("currency", "EUR")),
                            models.Q(("country", "CH"), ("currency", "CHF")),
                            _connector="OR",
                        ),
                        name="booking_currency",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Avoidance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "said_by",
                    models.CharField(
                        choices=[("customer", "Customer"), ("technician", "Technician")],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="avoidances",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="avoidances",
                        to="accounts.technician",
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("technician", "customer", "said_by"),
                        name="one_avoidance_of_a_side",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "end",
                    models.CharField(
                        blank=True, help_text="The move that ended it.", max_length=20
                    ),
                ),
                (
                    "code",
                    mila.encrypted_fields.EncryptedTextField(
                        default=requests_app.models.assignments.new_visit_code, editable=False
                    ),
                ),
                (
                    "code_tries",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="Wrong ones."
                    ),
                ),
                (
                    "code_typed_at",
                    models.DateTimeField(editable=False, help_text="They have met.", null=True),
                ),
                (
                    "number_tries",
                    models.PositiveSmallIntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="Wrong numbers typed for a higher price (rule L10).",
                    ),
                ),
                (
                    "fault",
                    models.BooleanField(
                        default=False, help_text="Counts against them; with appeal."
                    ),
                ),
                (
                    "late_said_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="The customer has said that nobody came in time (rule L9).",
                        null=True,
                    ),
                ),
                (
                    "kept_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="Staff have left it to a suspended partner (rule P3).",
                        null=True,
                    ),
                ),
                (
                    "calendar_entry",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="assignment",
                        to="accounts.calendarentry",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="accounts.partnerprofile",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="accounts.technician",
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("booking",),
                        name="one_running_assignment",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AddressCode",
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
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="address_code",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BookingAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField()),
                ("words", models.CharField(max_length=120)),
                ("answer", mila.encrypted_fields.EncryptedTextField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalogue.question",
                    ),
                ),
            ],
            options={
                "ordering": ["rank"],
                "constraints": [
                    models.UniqueConstraint(fields=("booking", "rank"), name="one_answer_of_a_rank")
                ],
            },
        ),
        migrations.CreateModel(
            name="BookingContact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("phone", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("street", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                (
                    "door_code",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True, default="", help_text="Floor, code, how to find the door."
                    ),
                ),
                ("problem", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                (
                    "at_the_door",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True, default="", help_text="Who opens and signs instead (rule B8)."
                    ),
                ),
                ("lat", models.FloatField(null=True)),
                ("lon", models.FloatField(null=True)),
                ("precision", models.CharField(blank=True, max_length=16)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact",
                        to="requests_app.booking",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BookingEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                ("move", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=12)),
                ("target", models.CharField(max_length=12)),
                ("role", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("reason", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("data", models.JSONField(default=dict)),
                ("hash", models.CharField(max_length=64)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["sequence"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("move", "start")), fields=["at"], name="event_start"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "sequence"), name="one_event_of_a_sequence"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BookingPackage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cents", models.PositiveIntegerField()),
                ("duration_minutes", models.PositiveSmallIntegerField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extras",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.package",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "package"), name="one_extra_of_a_package"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BookingPhoto",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(null=True)),
                (
                    "key",
                    models.CharField(
                        default=requests_app.models.booking.new_token,
                        editable=False,
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "sha256",
                    models.CharField(
                        help_text="Of the large one: the same picture is there once.", max_length=64
                    ),
                ),
                (
                    "delete_after_at",
                    models.DateTimeField(
                        help_text="When its files are deleted; never once it is ordered.", null=True
                    ),
                ),
                (
                    "appeal",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photo",
                        to="requests_app.appeal",
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["rank"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("delete_after_at__isnull", False)),
                        fields=["delete_after_at"],
                        name="photo_delete_after",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("booking", "rank"), name="one_photo_of_a_rank"),
                    models.UniqueConstraint(
                        condition=models.Q(("rank__isnull", False)),
                        fields=("booking", "sha256"),
                        name="one_photo_of_a_picture",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("appeal__isnull", True),
                                ("booking__isnull", False),
                                ("rank__range", (1, 4)),
                            ),
                            models.Q(
                                ("appeal__isnull", True),
                                ("booking__isnull", False),
                                ("rank__isnull", True),
                            ),
                            models.Q(
                                ("appeal__isnull", False),
                                ("booking__isnull", True),
                                ("delete_after_at__isnull", True),
                                ("rank__isnull", True),
                            ),
                            models.Q(
                                ("appeal__isnull", True),
                                ("booking__isnull", True),
                                ("delete_after_at__isnull", False),
                                ("rank__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="photo_attached_or_on_its_way",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CallAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("phone", "Phone call"),
                            ("text", "Text message"),
                            ("email", "E-mail"),
                            ("write", "Message on Mila"),
                        ],
                        max_length=5,
                    ),
                ),
                ("reached", models.BooleanField()),
                ("note", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("wants_other_time", models.BooleanField(default=False)),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="requests_app.assignment",
                    ),
                ),
            ],
            options={
                "ordering": ["at"],
            },
        ),
        migrations.CreateModel(
            name="ChecklistTick",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(help_text="Of the item in its list, from 0."),
                ),
                (
                    "words",
                    models.CharField(help_text="The item as it stood on the page.", max_length=200),
                ),
                ("ticked", models.BooleanField()),
                ("at", models.DateTimeField()),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticks",
                        to="requests_app.assignment",
                    ),
                ),
                (
                    "checklist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.checklist",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call_reminder", "Reminder to call"),
                            ("confirm_reminder", "Reminder to confirm"),
                            ("lateness", "Not arrived in time"),
                            ("door_wait", "Wait at the door"),
                            ("overdue_work", "Work takes much longer than planned"),
                            ("slot_freed", "The technician's time is free again"),
                            ("search_warning", "Search ends soon"),
                            ("unconfirmed_limit", "Nobody else found"),
                            ("signature_reminder_1", "Please sign, first"),
                            ("signature_reminder_2", "Please sign, second"),
                            ("signature_reminder_3", "Please sign, third"),
                        ],
                        max_length=24,
                    ),
                ),
                ("epoch", models.BigIntegerField(help_text="The move that started it.")),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "fired",
                    models.BooleanField(
                        default=False, help_text="It fell due; else it was kept or called off."
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clocks",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["due_at"],
                        name="clock_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "kind", "epoch"), name="one_clock_of_a_kind"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ContactAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", mila.encrypted_fields.EncryptedTextField()),
                ("at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contact_accesses",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.partnerprofile",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DecisionAppeal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("words", mila.encrypted_fields.EncryptedTextField()),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="A person has decided by then.")),
                (
                    "warn_at",
                    models.DateTimeField(
                        help_text="When staff hear that it waits; null once they did.", null=True
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("upheld", "It stays"), ("overturned", "Overturned")],
                        max_length=10,
                    ),
                ),
                ("reason", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decision_appeals",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        help_text="The account that was signed in; empty: by the booking's link.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeal",
                        to="requests_app.bookingevent",
                    ),
                ),
            ],
            options={
                "ordering": ["due_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("verdict", "")),
                        fields=["due_at"],
                        name="decision_appeal_waits",
                    ),
                    models.Index(
                        condition=models.Q(("warn_at__isnull", False)),
                        fields=["warn_at"],
                        name="decision_appeal_warns",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("verdict", ""),
                            ),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("warn_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="decision_appeal_is_decided_by_a_person",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DoorPlace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "move",
                    models.CharField(
                        choices=[("arrive", "Arrival"), ("fail_visit", "End of the wait")],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "point",
                    mila.encrypted_fields.EncryptedTextField(
                        help_text="Latitude and longitude, as the phone said them."
                    ),
                ),
                (
                    "accuracy_m",
                    models.PositiveIntegerField(
                        help_text="So far off it may be, as the phone says."
                    ),
                ),
                (
                    "metres",
                    models.PositiveIntegerField(
                        help_text="From the door; empty where nobody knows the door's own point.",
                        null=True,
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="door_places",
                        to="requests_app.assignment",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="FaultEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "who",
                    models.CharField(
                        choices=[
                            ("partner", "The partner"),
                            ("customer", "The customer"),
                            ("brand", "The brand"),
                            ("mila", "Mila"),
                            ("nobody", "Nobody"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missed_call", "No call in time"),
                            ("missed_confirmation", "No confirmation in time"),
                            ("late", "Late"),
                            ("late_release", "Given back late"),
                            ("no_show", "Did not come"),
                            ("failed_visit", "Visit in vain"),
                            ("cancellation", "Cancelled"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "occurrence",
                    models.PositiveIntegerField(
                        help_text="Sequence of the event it is about: one row for each."
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "evidence",
                    models.JSONField(
                        default=dict, help_text="Instants and facts, as they were known then."
                    ),
                ),
                ("points", models.PositiveSmallIntegerField(default=0)),
                (
                    "until_at",
                    models.DateTimeField(help_text="Until when the points count.", null=True),
                ),
                ("appeal_until_at", models.DateTimeField(null=True)),
                ("counts", models.BooleanField(default=False)),
                ("void_at", models.DateTimeField(null=True)),
                (
                    "void_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("appeal", "Overturned on appeal"),
                            ("decision", "Staff have decided otherwise"),
                            ("worse", "Part of a later fault of the same visit"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="faults",
                        to="requests_app.assignment",
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="faults",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        help_text="Where it is the partner's.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="faults",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "verbose_name": "fault",
                "verbose_name_plural": "faults",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["technician", "-at"], name="fault_of_technician"),
                    models.Index(
                        condition=models.Q(("counts", True)),
                        fields=["until_at"],
                        name="fault_runs_out",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "kind", "occurrence"), name="one_fault_of_an_occurrence"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("assignment__isnull", False),
                                ("technician__isnull", False),
                                ("who", "partner"),
                            ),
                            models.Q(
                                models.Q(("who", "partner"), _negated=True),
                                ("points", 0),
                                ("technician__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="fault_of_a_partner_has_a_technician",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("counts", False),
                            models.Q(("until_at__isnull", False), ("void_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="void_counts_not",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("void_at__isnull", True), ("void_reason", "")),
                            models.Q(
                                ("void_at__isnull", False),
                                models.Q(("void_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="void_fault_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="appeal",
            name="fault",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appeal",
                to="requests_app.faultentry",
            ),
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "author",
                    models.CharField(
                        choices=[("customer", "Customer"), ("technician", "Technician")],
                        max_length=10,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="One-time key of the form: a second sending is the same message.",
                        max_length=64,
                    ),
                ),
                (
                    "phrase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("hello", "I have your booking. When is a good time to talk?"),
                            ("photo", "Could you send me a photo of the device?"),
                            ("parking", "Is there somewhere to park near you?"),
                            ("back", "I will get back to you today."),
                            ("yes", "Yes, that suits me."),
                            ("no", "No, that does not suit me."),
                            ("call", "Please call me."),
                            ("thanks", "Thank you."),
                        ],
                        max_length=12,
                    ),
                ),
                ("text", mila.encrypted_fields.EncryptedTextField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "photo",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="message",
                        to="requests_app.bookingphoto",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["at"], name="message_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("booking", "key"), name="one_message_of_a_key"),
                    models.CheckConstraint(
                        condition=models.Q(("phrase", ""), ("text__isnull", True), _connector="OR"),
                        name="message_is_phrase_or_words",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OfflineStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("step", models.CharField(max_length=10)),
                (
                    "done",
                    models.BooleanField(help_text="False: it was refused, and nothing changed."),
                ),
                ("sentence", models.CharField(blank=True, max_length=300)),
                ("device_at", models.DateTimeField(help_text="By the device's own clock.")),
                ("at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offline_steps",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("technician", "key"), name="offline_key_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lat", models.FloatField()),
                ("lon", models.FloatField()),
                ("eta_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="position",
                        to="requests_app.booking",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PriceCode",
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
                ("version", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="price_code",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProgressNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="One-time key of the form: a second sending is the same note.",
                        max_length=64,
                    ),
                ),
                (
                    "phrase",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("found", "I have found the cause."),
                            ("as_planned", "Everything is going as planned."),
                            ("longer", "It takes a little longer than planned."),
                            ("testing", "I am testing whether everything works."),
                            ("come", "Please come and have a look."),
                            ("nearly", "I am nearly done."),
                        ],
                        max_length=12,
                    ),
                ),
                ("text", mila.encrypted_fields.EncryptedTextField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="progress_notes",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("booking", "key"), name="one_note_of_a_key"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("phrase", ""), ("text__isnull", False)),
                            models.Q(
                                models.Q(("phrase", ""), _negated=True), ("text__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="note_is_phrase_or_words",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("booking", "At booking"),
                            ("partner", "Proposed on site"),
                            ("decision", "Decided by Mila"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "service_cents",
                    models.PositiveIntegerField(
                        help_text="Sum of the lines, without the booking fee."
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of the whole visit, as it would be then."
                    ),
                ),
                (
                    "reason",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True,
                        default="",
                        help_text="Why it is proposed, in the technician's words.",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        editable=False,
                        help_text="Of the form: sent twice it is one.",
                        max_length=64,
                        null=True,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                (
                    "acceptance_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("booking", "At booking"),
                            ("own_device", "On the customer's own device"),
                            ("bank", "On the payer’s own device, and confirmed with their bank"),
                            (
                                "number",
                                "On the technician's screen, with a number sent to the payer",
                            ),
                            ("screen", "On the technician's screen"),
                            ("not_needed", "No more than was agreed"),
                            ("decision", "Decided by Mila"),
                        ],
                        max_length=10,
                    ),
                ),
                ("accepted_by_payer", models.BooleanField(default=False)),
                ("declined_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_at",
                    models.DateTimeField(help_text="It fell with what it belonged to.", null=True),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotes",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "version"), name="one_quote_of_a_version"
                    ),
                    models.UniqueConstraint(fields=("booking", "key"), name="one_quote_of_a_key"),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("accepted_at", None),
                            ("declined_at", None),
                            ("withdrawn_at", None),
                            ("origin", "partner"),
                        ),
                        fields=("booking",),
                        name="one_open_proposal",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at", None), ("declined_at", None), _connector="OR"
                        ),
                        name="quote_answered_one_way",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LateSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="One-time key of the form: a second sending is the same one.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("screen", "Signed on the partner's screen"),
                            ("own_device", "Signed on the customer's own device"),
                            ("silence", "By silence after the reminders"),
                            ("decision", "Decided by Mila"),
                        ],
                        max_length=10,
                    ),
                ),
                ("signer", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                (
                    "signature",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True, default="", help_text="Strokes as JSON, or the typed name."
                    ),
                ),
                (
                    "text",
                    mila.encrypted_fields.EncryptedTextField(
                        help_text="The very words that were on the screen."
                    ),
                ),
                ("device", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("service_cents", models.PositiveIntegerField()),
                ("booking_fee_cents", models.PositiveIntegerField()),
                ("commission_cents", models.PositiveIntegerField()),
                ("partner_cents", models.PositiveIntegerField()),
                ("charge_cents", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("signed_at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_signature",
                        to="requests_app.booking",
                    ),
                ),
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
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="requests_app.quote"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "charge_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("service_cents"), "+", models.F("booking_fee_cents")
                                ),
                            ),
                            (
                                "service_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("commission_cents"), "+", models.F("partner_cents")
                                ),
                            ),
                        ),
                        name="late_signature_adds_up",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sequence", models.PositiveIntegerField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("written", "Proposed"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("fell", "Fell"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("booking", "At booking"),
                            ("own_device", "On the customer's own device"),
                            ("bank", "On the payer’s own device, and confirmed with their bank"),
                            (
                                "number",
                                "On the technician's screen, with a number sent to the payer",
                            ),
                            ("screen", "On the technician's screen"),
                            ("not_needed", "No more than was agreed"),
                            ("decision", "Decided by Mila"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("data", models.JSONField(default=dict)),
                ("words", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("signer", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                (
                    "signature",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True, default="", help_text="Strokes as JSON, or the typed name."
                    ),
                ),
                ("device", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("hash", models.CharField(max_length=64)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quote_events",
                        to="requests_app.booking",
                    ),
                ),
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
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="requests_app.quote",
                    ),
                ),
            ],
            options={
                "ordering": ["sequence"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "sequence"), name="one_quote_event_of_a_sequence"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", mila.encrypted_fields.EncryptedTextField()),
                ("quantity", models.PositiveSmallIntegerField(default=1)),
                (
                    "cents",
                    models.IntegerField(help_text="Of the whole line; below zero for a reduction."),
                ),
                (
                    "in_own_words",
                    models.BooleanField(
                        default=False,
                        help_text="The label is the technician's, not the catalogue's.",
                    ),
                ),
                (
                    "package",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="catalogue.package",
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="requests_app.quote",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("quality", models.PositiveSmallIntegerField()),
                ("punctuality", models.PositiveSmallIntegerField()),
                ("friendliness", models.PositiveSmallIntegerField()),
                ("comment", models.TextField(blank=True)),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                ("hidden_at", models.DateTimeField(editable=False, null=True)),
                ("hidden_reason", models.CharField(blank=True, editable=False, max_length=200)),
                ("answer_hidden_at", models.DateTimeField(editable=False, null=True)),
                (
                    "answer_hidden_reason",
                    models.CharField(blank=True, editable=False, max_length=200),
                ),
                (
                    "answer_hidden_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rating",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "hidden_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to="accounts.technician",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("friendliness__range", (1, 5)),
                            ("punctuality__range", (1, 5)),
                            ("quality__range", (1, 5)),
                        ),
                        name="stars_1_to_5",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="One-time key of the form: a second sending is the same one.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("screen", "Signed on the partner's screen"),
                            ("own_device", "Signed on the customer's own device"),
                            ("silence", "By silence after the reminders"),
                            ("decision", "Decided by Mila"),
                        ],
                        max_length=10,
                    ),
                ),
                ("signer", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                (
                    "signature",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True, default="", help_text="Strokes as JSON, or the typed name."
                    ),
                ),
                (
                    "text",
                    mila.encrypted_fields.EncryptedTextField(
                        help_text="The very words that were on the screen."
                    ),
                ),
                ("device", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("service_cents", models.PositiveIntegerField()),
                ("booking_fee_cents", models.PositiveIntegerField()),
                ("commission_cents", models.PositiveIntegerField()),
                ("partner_cents", models.PositiveIntegerField()),
                ("charge_cents", models.PositiveIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("signed_at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_offs",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="requests_app.quote"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "charge_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("service_cents"), "+", models.F("booking_fee_cents")
                                ),
                            ),
                            (
                                "service_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("commission_cents"), "+", models.F("partner_cents")
                                ),
                            ),
                        ),
                        name="sign_off_adds_up",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TimeProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("wish", "Another time"), ("second", "Second appointment")],
                        max_length=6,
                    ),
                ),
                (
                    "wall",
                    models.CharField(
                        help_text="Local time as chosen: 2026-11-26T17:30.", max_length=16
                    ),
                ),
                ("start_at", models.DateTimeField()),
                (
                    "instead_of_at",
                    models.DateTimeField(
                        help_text="The start that was agreed when it was proposed."
                    ),
                ),
                (
                    "reason",
                    mila.encrypted_fields.EncryptedTextField(
                        blank=True,
                        default="",
                        help_text="What is missing for the rest of the work.",
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("declined_at", models.DateTimeField(null=True)),
                (
                    "withdrawn_at",
                    models.DateTimeField(help_text="When a later one took its place.", null=True),
                ),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="requests_app.assignment",
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="time_proposals",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True),
                            ("declined_at__isnull", True),
                            ("withdrawn_at__isnull", True),
                        ),
                        fields=("booking",),
                        name="one_open_time_proposal",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Wish",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField()),
                (
                    "wall",
                    models.CharField(
                        help_text="Local time as chosen: 2026-11-26T17:30.", max_length=16
                    ),
                ),
                ("start_at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wishes",
                        to="requests_app.booking",
                    ),
                ),
            ],
            options={
                "ordering": ["rank"],
                "constraints": [
                    models.UniqueConstraint(fields=("booking", "rank"), name="one_wish_of_a_rank"),
                    models.UniqueConstraint(
                        fields=("booking", "start_at"), name="one_wish_of_a_start"
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fault__isnull", False), ("suspension__isnull", True)),
                    models.Q(("fault__isnull", True), ("suspension__isnull", False)),
                    _connector="OR",
                ),
                name="appeal_is_against_one_thing",
            ),
        ),
    ]
