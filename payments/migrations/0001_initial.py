import django.db.models.deletion
import django.db.models.expressions
import mila.clock
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mila", "0001_clock"),
        ("accounts", "0001_initial"),
        ("requests_app", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Charge",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("job", "Job"), ("fee", "Cancellation or wasted "
                                                                      "visit")], max_length=4),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "Held until the customer has read of it"),
                            ("objected", "The customer objected"),
                            ("planned", "Planned"),
                            ("sent", "Sent"),
                            ("unknown", "Outcome unknown"),
                            ("action_required", "Waits for the customer's bank"),
                            ("failed", "Declined"),
                            ("succeeded", "Paid"),
                        ],
                        default="planned",
                        max_length=16,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount_cents", models.PositiveIntegerField()),
                ("service_cents", models.PositiveIntegerField()),
                ("booking_fee_cents", models.PositiveIntegerField()),
                ("commission_cents", models.PositiveIntegerField()),
                ("partner_cents", models.PositiveIntegerField()),
                ("intent_id", models.CharField(blank=True, max_length=64)),
                ("payment_method", models.CharField(blank=True, max_length=64)),
                ("failure_code", models.CharField(blank=True, max_length=64)),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When the sweep takes it up again; null when nothing is to do.",
                        null=True
                    ),
                ),
                ("opened_at", models.DateTimeField(editable=False, null=True)),
                ("held_until", models.DateTimeField(editable=False, null=True)),
                ("agreed_at", models.DateTimeField(editable=False, null=True)),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                ("created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("succeeded_at", models.DateTimeField(null=True)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="charges",
                        to="requests_app.booking"
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("entry", models.UUIDField(help_text="Lines of one entry share it and sum to "
                                                     "zero.")),
                ("key", models.CharField(help_text="What it books, so that a repeat books "
                                                   "nothing.", max_length=80)),
                (
                    "account",
                    models.CharField(
                        choices=[
                            ("stripe", "Money at Stripe"),
                            ("partner", "Owed to the partner"),
                            ("commission", "Commission earned"),
                            ("booking_fee", "Booking fees earned"),
                            ("mila", "Paid by Mila itself"),
                        ],
                        max_length=12,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("cents", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ledger",
                        to="requests_app.booking"
                    ),
                ),
                (
                    "charge",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger",
                        to="payments.charge",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.partnerprofile"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Operation",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=120, unique=True)),
                ("params", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("sent", "Sent"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("unknown", "Unknown"),
                        ],
                        default="planned",
                        max_length=8,
                    ),
                ),
                ("created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("sent_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.JSONField(default=dict)),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="operations",
                        to="payments.charge"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="PaymentCustomer",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payment_customer",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CardSetup",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("intent_id", models.CharField(max_length=64, unique=True)),
                ("client_secret", models.CharField(max_length=160)),
                ("opened_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="card_setups",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+",
                        to="payments.paymentcustomer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedCard",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                ("brand", models.CharField(max_length=20)),
                ("last4", models.CharField(max_length=4)),
                ("exp_month", models.PositiveSmallIntegerField()),
                ("exp_year", models.PositiveSmallIntegerField()),
                ("saved_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="cards",
                        to="payments.paymentcustomer"
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        help_text="The account that was signed in: only it is offered the card "
                                  "again. Empty for a guest (rule B12).",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                ("type", models.CharField(max_length=80)),
                ("account", models.CharField(blank=True, max_length=64)),
                ("object_id", models.CharField(max_length=64)),
                ("livemode", models.BooleanField()),
                ("payload", models.JSONField()),
                ("received_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "next_at",
                    models.DateTimeField(
                        db_default=mila.clock.MilaNow(),
                        help_text="When to take it up; null when it is done.",
                        null=True,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("done_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)), fields=["next_at"],
                        name="stripe_event_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WayPay",
            fields=[
                ("id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name="ID")),
                ("cents", models.PositiveIntegerField(null=True)),
                ("at", models.DateTimeField(help_text="When it was decided.", null=True)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="way",
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
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ways",
                        to="accounts.partnerprofile"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(condition=models.Q(("next_at__isnull", False)), fields=["next_at"],
                name="charge_due"),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(fields=("booking", "kind"),
                name="one_charge_of_a_kind"),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("intent_id", ""), _negated=True),
                fields=("intent_id",),
                name="one_charge_per_intent",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_cents",
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
                name="charge_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(condition=models.Q(("amount_cents__gt", 0)),
                name="charge_is_above_zero"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["entry"], name="ledger_entry"),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(fields=("key", "account"),
                name="one_line_per_key_and_account"),
        ),
        migrations.AddConstraint(
            model_name="cardsetup",
            constraint=models.UniqueConstraint(fields=("booking", "number"),
                name="one_setup_of_a_number"),
        ),
        migrations.AddConstraint(
            model_name="waypay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("at__isnull", True), ("cents__isnull", True)),
                    models.Q(("at__isnull", False), ("cents__isnull", False)),
                    _connector="OR",
                ),
                name="way_decided_at_an_instant",
            ),
        ),
    ]
