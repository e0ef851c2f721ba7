import django.db.models.deletion
import django.db.models.expressions
import mila.clock
import mila.encrypted_fields
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        ("accounts", "0001_initial"),
        ("payments", "0001_initial"),
        ("requests_app", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Billing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="name on papers")),
                ("street", models.CharField(max_length=120, verbose_name="street and number")),
                ("postcode", models.CharField(max_length=5, verbose_name="postcode")),
                ("city", models.CharField(max_length=80, verbose_name="town")),
                ("register_number", models.CharField(max_length=20, verbose_name="company number")),
                (
                    "vat_number",
                    models.CharField(blank=True, max_length=24, verbose_name="VAT number"),
                ),
                ("mandate_at", models.DateTimeField(verbose_name="mandate given")),
                (
                    "mandate_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="billing",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "verbose_name": "details for papers",
                "verbose_name_plural": "details for papers",
            },
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("invoice", "Invoice"),
                            ("receipt", "Receipt"),
                            ("cancellation", "Invoice for a cancellation"),
                            ("commission", "Invoice for the commission"),
                            ("self_bill", "Self-billed invoice"),
                            ("credit_note", "Credit note"),
                            ("statement", "Statement"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[("customer", "Customer"), ("partner", "Partner")],
                        max_length=8,
                        verbose_name="made for",
                    ),
                ),
                ("series", models.CharField(max_length=16)),
                ("year", models.PositiveSmallIntegerField()),
                ("serial", models.PositiveIntegerField()),
                (
                    "key",
                    models.CharField(
                        help_text="What it is the paper of: a repeat makes no second.",
                        max_length=80,
                        unique=True,
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
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "total_cents",
                    models.IntegerField(help_text="With VAT; of a credit note what is given back."),
                ),
                (
                    "content",
                    mila.encrypted_fields.EncryptedTextField(
                        help_text="All that stands on it, as JSON."
                    ),
                ),
                (
                    "sha256",
                    models.CharField(help_text="Over the number and the content.", max_length=64),
                ),
                ("issued_at", models.DateTimeField(verbose_name="issued")),
                (
                    "booking",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "charge",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="payments.charge",
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="papers.paper",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "verbose_name": "paper",
                "verbose_name_plural": "papers",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        models.F("partner"),
                        models.OrderBy(models.F("issued_at"), descending=True),
                        name="paper_of_partner",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("series", "year", "serial"), name="one_paper_of_a_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("serial__gt", 0)), name="paper_numbers_begin_at_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("corrects__isnull", False), ("kind", "credit_note")),
                            models.Q(
                                models.Q(("kind", "credit_note"), _negated=True), ("corrects", None)
                            ),
                            _connector="OR",
                        ),
                        name="credit_note_names_its_invoice",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaperFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "body",
                    mila.encrypted_fields.EncryptedTextField(help_text="The bytes in base64."),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("made_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "paper",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="file",
                        to="papers.paper",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Series",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=16)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name", "year"), name="one_series_of_a_year")
                ],
            },
        ),
        migrations.CreateModel(
            name="StatedMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        choices=[("FR", "France"), ("CH", "Switzerland")], max_length=2
                    ),
                ),
                ("first_day", models.DateField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "first_day"), name="one_stated_month"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Unprinted",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("next_at", models.DateTimeField(db_default=mila.clock.MilaNow(), db_index=True)),
                (
                    "paper",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unprinted",
                        to="papers.paper",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GivenBack",
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
                        help_text="The refund's own: a repeat gives nothing more back.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                ("amount_cents", models.PositiveIntegerField()),
                ("partner_cents", models.PositiveIntegerField()),
                ("booking_fee_cents", models.PositiveIntegerField()),
                ("mila_cents", models.PositiveIntegerField(db_default=0, default=0)),
                ("at", models.DateTimeField()),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="given_back",
                        to="payments.charge",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_cents__gt", 0),
                            (
                                "amount_cents__gte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("partner_cents"),
                                        "+",
                                        models.F("booking_fee_cents"),
                                    ),
                                    "+",
                                    models.F("mila_cents"),
                                ),
                            ),
                        ),
                        name="given_back_adds_up",
                    )
                ],
            },
        ),
    ]
