"""The ledger of faults, appeals with their photo, and what staff decide about jobs of a suspended partner (rule L17)."""

import django.db.models.deletion
import mila.encrypted_fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_suspensions_and_former_rows"),
        ("requests_app", "0007_field_names"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("words", mila.encrypted_fields.EncryptedTextField()),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="A person has decided by then.")),
                (
                    "warn_at",
                    models.DateTimeField(help_text="When staff hear that it waits; null once they did.", null=True),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True, choices=[("upheld", "It stays"), ("overturned", "Overturned")], max_length=10
                    ),
                ),
                ("reason", mila.encrypted_fields.EncryptedTextField(blank=True, default="")),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["due_at"],
            },
        ),
        migrations.CreateModel(
            name="FaultEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    models.PositiveIntegerField(help_text="Sequence of the event it is about: one row for each."),
                ),
                ("at", models.DateTimeField()),
                ("evidence", models.JSONField(default=dict, help_text="Instants and facts, as they were known then.")),
                ("points", models.PositiveSmallIntegerField(default=0)),
                ("until_at", models.DateTimeField(help_text="Until when the points count.", null=True)),
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
            ],
            options={
                "verbose_name": "fault",
                "verbose_name_plural": "faults",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="bookingphoto",
            name="photo_attached_or_on_its_way",
        ),
        migrations.AddField(
            model_name="assignment",
            name="kept_at",
            field=models.DateTimeField(
                editable=False, help_text="Staff have left it to a suspended partner (rule P3).", null=True
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="late_said_at",
            field=models.DateTimeField(
                editable=False, help_text="The customer has said that nobody came in time (rule L9).", null=True
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="partner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="accounts.partnerprofile"
            ),
        ),
        migrations.AddField(
            model_name="appeal",
            name="suspension",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="appeal", to="accounts.suspension"
            ),
        ),
        migrations.AddField(
            model_name="bookingphoto",
            name="appeal",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="photo", to="requests_app.appeal"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingphoto",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("appeal__isnull", True), ("booking__isnull", False), ("rank__range", (1, 4))),
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
        ),
        migrations.AddField(
            model_name="faultentry",
            name="assignment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="faults",
                to="requests_app.assignment",
            ),
        ),
        migrations.AddField(
            model_name="faultentry",
            name="booking",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="faults", to="requests_app.booking"
            ),
        ),
        migrations.AddField(
            model_name="faultentry",
            name="technician",
            field=models.ForeignKey(
                help_text="Where it is the partner's.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="faults",
                to="accounts.technician",
            ),
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
        migrations.AddIndex(
            model_name="faultentry",
            index=models.Index(fields=["technician", "-at"], name="fault_of_technician"),
        ),
        migrations.AddIndex(
            model_name="faultentry",
            index=models.Index(condition=models.Q(("counts", True)), fields=["until_at"], name="fault_runs_out"),
        ),
        migrations.AddConstraint(
            model_name="faultentry",
            constraint=models.UniqueConstraint(
                fields=("booking", "kind", "occurrence"), name="one_fault_of_an_occurrence"
            ),
        ),
        migrations.AddConstraint(
            model_name="faultentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("assignment__isnull", False), ("technician__isnull", False), ("who", "partner")),
                    models.Q(models.Q(("who", "partner"), _negated=True), ("points", 0), ("technician__isnull", True)),
                    _connector="OR",
                ),
                name="fault_of_a_partner_has_a_technician",
            ),
        ),
        migrations.AddConstraint(
            model_name="faultentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("counts", False), models.Q(("until_at__isnull", False), ("void_at__isnull", True)), _connector="OR"
                ),
                name="void_counts_not",
            ),
        ),
        migrations.AddConstraint(
            model_name="faultentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("void_at__isnull", True), ("void_reason", "")),
                    models.Q(("void_at__isnull", False), models.Q(("void_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="void_fault_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(condition=models.Q(("verdict", "")), fields=["due_at"], name="appeal_waits"),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(condition=models.Q(("warn_at__isnull", False)), fields=["warn_at"], name="appeal_warns"),
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
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("verdict", "")),
                    models.Q(
                        models.Q(("verdict", ""), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("warn_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="appeal_is_decided_by_a_person",
            ),
        ),
    ]
