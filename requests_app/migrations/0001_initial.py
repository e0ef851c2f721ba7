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
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "token",
                    mila.encrypted_fields.EncryptedTextField(
                        default=requests_app.models.booking.new_token, editable=False
                    ),
                ),
                (
                    "token_hash",
                    mila.encrypted_fields.FingerprintField(editable=False, max_length=64,
                        of="token", unique=True),
                ),
                (
                    "link_from_at",
                    models.DateTimeField(editable=False, help_text="When the link was last "
                                                                   "renewed.", null=True),
                ),
                ("draft_key",
                    models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ("state", models.CharField(default="draft", editable=False, max_length=12)),
                ("epoch", models.BigIntegerField(default=0, editable=False)),
                (
                    "due_at",
                    models.DateTimeField(
                        editable=False, help_text="When the running clock moves the state.",
                        null=True
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
                        choices=[("fr", "Français"), ("de", "Deutsch"), ("it", "Italiano"),
                            ("en", "English")],
                        default="fr",
                        max_length=2,
                    ),
                ),
                ("duration_minutes", models.PositiveSmallIntegerField()),
                ("country",
                    models.CharField(choices=[("FR", "France"), ("CH", "Switzerland")],
                        max_length=2)),
                ("postcode", models.CharField(blank=True, max_length=5)),
                ("city", models.CharField(blank=True, max_length=120)),
                (
                    "region",
                    models.CharField(blank=True, help_text="Canton or department: its public "
                                                           "holidays.", max_length=3),
                ),
                ("timezone", models.CharField(default="Europe/Paris", max_length=32)),
                ("first_start_at", models.DateTimeField(null=True)),
                ("last_start_at", models.DateTimeField(null=True)),
                ("start_at",
                    models.DateTimeField(editable=False, help_text="The claimed start.",
                        null=True)),
                ("cancel_start_at", models.DateTimeField(editable=False, null=True)),
                ("policy_data", models.JSONField(default=dict, editable=False)),
                ("currency",
                    models.CharField(choices=[("EUR", "EUR"), ("CHF", "CHF")], max_length=3)),
                ("service_cents", models.PositiveIntegerField(help_text="Version 1: the booked "
                                                                        "price.")),
                ("booking_fee_cents", models.PositiveIntegerField()),
                ("claimed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "clocks_from_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="X of rule L5 counts from here: the claim, or the last move of "
                                  "the date.",
                        null=True,
                    ),
                ),
                ("created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("placed_at", models.DateTimeField(editable=False, null=True)),
                ("card_saved_at", models.DateTimeField(editable=False, null=True)),
                (
                    "card",
                    models.CharField(
                        blank=True, editable=False, help_text="Payment method that will be "
                                                              "charged.", max_length=64
                    ),
                ),
                (
                    "card_ends_on",
                    models.DateField(editable=False, help_text="Its last day, where it says one.",
                        null=True),
                ),
                (
                    "withdrawal_waived_at",
                    models.DateTimeField(
                        editable=False, help_text="Asked to start within 14 days (law R5).",
                        null=True
                    ),
                ),
                ("report_seen_at", models.DateTimeField(editable=False, null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("signed_off_at", models.DateTimeField(editable=False, null=True)),
                (
                    "report",
                    models.JSONField(
                        default=dict, editable=False, help_text="What was done, checklists; "
                                                                "written at finish."
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="catalogue.service"
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
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("start_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("end",
                    models.CharField(blank=True, help_text="The move that ended it.",
                        max_length=20)),
                (
                    "code",
                    mila.encrypted_fields.EncryptedTextField(
                        default=requests_app.models.assignments.new_visit_code, editable=False
                    ),
                ),
                ("code_tries",
                    models.PositiveSmallIntegerField(default=0, editable=False,
                        help_text="Wrong ones.")),
                ("code_typed_at",
                    models.DateTimeField(editable=False, help_text="They have met.", null=True)),
                ("fault", models.BooleanField(default=False, help_text="Counts against them; with "
                                                                       "appeal.")),
                (
                    "busy",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="assignment",
                        to="accounts.busy",
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
            },
        ),
        migrations.CreateModel(
            name="AddressCode",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
            name="BookingContact",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="contact",
                        to="requests_app.booking"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BookingEvent",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="events",
                        to="requests_app.booking"
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
            },
        ),
        migrations.CreateModel(
            name="BookingPhoto",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField(null=True)),
                (
                    "key",
                    models.CharField(
                        default=requests_app.models.booking.new_token, editable=False,
                        max_length=64, unique=True
                    ),
                ),
                (
                    "sha256",
                    models.CharField(help_text="Of the large one: the same picture is there once.",
                        max_length=64),
                ),
                (
                    "delete_after_at",
                    models.DateTimeField(help_text="When its files are deleted; never once it is "
                                                   "ordered.", null=True),
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
            },
        ),
        migrations.CreateModel(
            name="CallAttempt",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "channel",
                    models.CharField(
                        choices=[("phone", "Phone call"), ("text", "Text message"),
                            ("email", "E-mail")], max_length=5
                    ),
                ),
                ("reached", models.BooleanField()),
                ("note", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("wants_other_time", models.BooleanField(default=False)),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="calls",
                        to="requests_app.assignment"
                    ),
                ),
            ],
            options={
                "ordering": ["at"],
            },
        ),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                ("fired", models.BooleanField(default=False, help_text="It fell due; else it was "
                                                                       "kept or called off.")),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="clocks",
                        to="requests_app.booking"
                    ),
                ),
            ],
            options={
                "ordering": ["due_at"],
            },
        ),
        migrations.CreateModel(
            name="ContactAccess",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                        null=True, on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.partnerprofile"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DoorPlace",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                (
                    "move",
                    models.CharField(choices=[("arrive", "Arrival"),
                        ("fail_visit", "End of the wait")], max_length=10),
                ),
                ("at", models.DateTimeField()),
                (
                    "point",
                    mila.encrypted_fields.EncryptedTextField(
                        help_text="Latitude and longitude, as the phone said them."
                    ),
                ),
                ("accuracy_m", models.PositiveIntegerField(help_text="So far off it may be, as the "
                                                                     "phone says.")),
                (
                    "metres",
                    models.PositiveIntegerField(
                        help_text="From the door; empty where nobody knows the door's own point.",
                        null=True
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
            name="Position",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("lat", models.FloatField()),
                ("lon", models.FloatField()),
                ("eta_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="position",
                        to="requests_app.booking"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProgressNote",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        help_text="One-time key of the form: a second sending is the same note.",
                        max_length=64
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to="accounts.technician"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                ("service_cents", models.PositiveIntegerField(help_text="Sum of the lines, without "
                                                                        "the booking fee.")),
                ("created_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("own_hand", models.BooleanField(default=False)),
                (
                    "withdrawn_at",
                    models.DateTimeField(help_text="The end of the work it came with was taken "
                                                   "back.", null=True),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotes",
                        to="requests_app.booking"
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
            },
        ),
        migrations.CreateModel(
            name="LateSignature",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                ("text", mila.encrypted_fields.EncryptedTextField(help_text="The very words that "
                                                                            "were on the screen.")),
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
                ("quote",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                        to="requests_app.quote")),
            ],
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("label", models.CharField(max_length=160)),
                ("quantity", models.PositiveSmallIntegerField(default=1)),
                ("cents", models.IntegerField(help_text="Of the whole line; below zero for a "
                                                        "reduction.")),
                (
                    "package",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                        to="catalogue.package"),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines",
                        to="requests_app.quote"
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
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("quality", models.PositiveSmallIntegerField()),
                ("punctuality", models.PositiveSmallIntegerField()),
                ("friendliness", models.PositiveSmallIntegerField()),
                ("comment", models.TextField(blank=True)),
                ("answer", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
                ("hidden_at", models.DateTimeField(editable=False, null=True)),
                ("hidden_reason", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rating",
                        to="requests_app.booking"
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="ratings",
                        to="accounts.technician"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
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
                ("text", mila.encrypted_fields.EncryptedTextField(help_text="The very words that "
                                                                            "were on the screen.")),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="sign_offs",
                        to="requests_app.booking"
                    ),
                ),
                ("quote",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                        to="requests_app.quote")),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Wish",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField()),
                ("wall",
                    models.CharField(help_text="Local time as chosen: 2026-11-26T17:30.",
                        max_length=16)),
                ("start_at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="wishes",
                        to="requests_app.booking"
                    ),
                ),
            ],
            options={
                "ordering": ["rank"],
            },
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"],
                name="booking_due"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("state__in", ["searching", "unconfirmed"])),
                fields=["state", "last_start_at"],
                name="booking_offered",
            ),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["customer", "-id"], name="booking_of_customer"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["technician", "start_at"], name="booking_of_technician"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("state", "signed_off")), fields=["signed_off_at"],
                name="booking_unsettled"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "draft"),
                    ("state", "cancelled"),
                    models.Q(
                        ("customer__isnull", False), ("first_start_at__isnull", False),
                        ("last_start_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="placed_booking_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("country", "FR"), ("currency", "EUR")),
                    models.Q(("country", "CH"), ("currency", "CHF")),
                    _connector="OR",
                ),
                name="booking_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("booking",),
                name="one_running_assignment"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingevent",
            constraint=models.UniqueConstraint(fields=("booking", "sequence"),
                name="one_event_of_a_sequence"),
        ),
        migrations.AddIndex(
            model_name="bookingphoto",
            index=models.Index(
                condition=models.Q(("delete_after_at__isnull", False)), fields=["delete_after_at"],
                name="photo_delete_after"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingphoto",
            constraint=models.UniqueConstraint(fields=("booking", "rank"),
                name="one_photo_of_a_rank"),
        ),
        migrations.AddConstraint(
            model_name="bookingphoto",
            constraint=models.UniqueConstraint(fields=("booking", "sha256"),
                name="one_photo_of_a_picture"),
        ),
        migrations.AddConstraint(
            model_name="bookingphoto",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("booking__isnull", False), ("rank__range", (1, 4))),
                    models.Q(("booking__isnull", True), ("delete_after_at__isnull", False),
                        ("rank__isnull", True)),
                    _connector="OR",
                ),
                name="photo_attached_or_on_its_way",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(condition=models.Q(("done_at__isnull", True)), fields=["due_at"],
                name="clock_due"),
        ),
        migrations.AddConstraint(
            model_name="clock",
            constraint=models.UniqueConstraint(fields=("booking", "kind", "epoch"),
                name="one_clock_of_a_kind"),
        ),
        migrations.AddConstraint(
            model_name="progressnote",
            constraint=models.UniqueConstraint(fields=("booking", "key"), name="one_note_of_a_key"),
        ),
        migrations.AddConstraint(
            model_name="progressnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("phrase", ""), ("text__isnull", False)),
                    models.Q(models.Q(("phrase", ""), _negated=True), ("text__isnull", True)),
                    _connector="OR",
                ),
                name="note_is_phrase_or_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.UniqueConstraint(fields=("booking", "version"),
                name="one_quote_of_a_version"),
        ),
        migrations.AddConstraint(
            model_name="latesignature",
            constraint=models.CheckConstraint(
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
            ),
        ),
        migrations.AddConstraint(
            model_name="rating",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("friendliness__range", (1, 5)), ("punctuality__range", (1, 5)),
                    ("quality__range", (1, 5))
                ),
                name="stars_1_to_5",
            ),
        ),
        migrations.AddConstraint(
            model_name="signoff",
            constraint=models.CheckConstraint(
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
            ),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.UniqueConstraint(fields=("booking", "rank"),
                name="one_wish_of_a_rank"),
        ),
        migrations.AddConstraint(
            model_name="wish",
            constraint=models.UniqueConstraint(fields=("booking", "start_at"),
                name="one_wish_of_a_start"),
        ),
    ]
