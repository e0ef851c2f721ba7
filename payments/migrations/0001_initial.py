import django.db.models.deletion
import django.db.models.expressions
import mila.clock
import uuid
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
            name="Comparison",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "lines",
                    models.PositiveIntegerField(
                        default=0, help_text="New lines of Stripe's statement."
                    ),
                ),
                (
                    "events_from",
                    models.DateTimeField(
                        help_text="The newest message at Stripe, by Stripe's clock.", null=True
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Charge",
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
                        choices=[("job", "Job"), ("fee", "Cancellation or wasted visit")],
                        max_length=4,
                    ),
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
                ("stripe_charge", models.CharField(blank=True, db_index=True, max_length=64)),
                ("stripe_transfer", models.CharField(blank=True, max_length=64)),
                ("stripe_fee", models.CharField(blank=True, max_length=64)),
                (
                    "refunded_cents",
                    models.PositiveIntegerField(
                        db_default=0, default=0, help_text="Of all its refunds."
                    ),
                ),
                ("failure_code", models.CharField(blank=True, max_length=64)),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When the sweep takes it up again; null when nothing is to do.",
                        null=True,
                    ),
                ),
                ("opened_at", models.DateTimeField(editable=False, null=True)),
                ("held_until", models.DateTimeField(editable=False, null=True)),
                ("agreed_at", models.DateTimeField(editable=False, null=True)),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("succeeded_at", models.DateTimeField(null=True)),
                (
                    "papers_due_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When its papers are made; null when none is missing.",
                        null=True,
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="requests_app.booking",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="charge_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["action_required", "failed", "held"])),
                        fields=["state"],
                        name="charge_open",
                    ),
                    models.Index(
                        condition=models.Q(("papers_due_at__isnull", False)),
                        fields=["papers_due_at"],
                        name="charge_papers",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "kind"), name="one_charge_of_a_kind"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("intent_id", ""), _negated=True),
                        fields=("intent_id",),
                        name="one_charge_per_intent",
                    ),
                    models.CheckConstraint(
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
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents__gt", 0)), name="charge_is_above_zero"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("refunded_cents__lte", models.F("amount_cents"))),
                        name="never_more_back_than_paid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Difference",
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
                            ("missing", "Ours, and not on Stripe's statement"),
                            ("unknown", "On Stripe's statement, and not ours"),
                            ("amount", "Another amount"),
                            ("balance", "Another balance of the account"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        blank=True, help_text="Of the line, in Stripe's words.", max_length=64
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True, help_text="Stripe's object, or account.", max_length=64
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("ours_cents", models.BigIntegerField()),
                ("stripes_cents", models.BigIntegerField()),
                ("found_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("type", "source", "currency"),
                        name="one_open_difference",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("inquiry", "The bank asks; no money has left"),
                            ("inquiry_review", "The bank reads our answer; no money has left"),
                            ("open", "Waits for our evidence"),
                            ("review", "The bank reads our evidence"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("closed", "The bank has no more questions"),
                        ],
                        max_length=14,
                    ),
                ),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                ("currency", models.CharField(max_length=3)),
                ("amount_cents", models.PositiveIntegerField()),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        help_text="Stripe's word for what the payer says.",
                        max_length=64,
                    ),
                ),
                (
                    "answer_by",
                    models.DateTimeField(
                        help_text="Until then the bank takes evidence.", null=True
                    ),
                ),
                (
                    "withdrawn_at",
                    models.DateTimeField(help_text="The money left Stripe.", null=True),
                ),
                (
                    "reinstated_at",
                    models.DateTimeField(help_text="The money came back.", null=True),
                ),
                ("service_cents", models.IntegerField(default=0)),
                ("booking_fee_cents", models.IntegerField(default=0)),
                ("partner_cents", models.IntegerField(default=0)),
                ("commission_cents", models.IntegerField(default=0)),
                ("mila_cents", models.IntegerField(default=0)),
                ("reversal_id", models.CharField(blank=True, max_length=64)),
                ("evidence", models.JSONField(default=dict, help_text="What was submitted.")),
                ("submitted_at", models.DateTimeField(null=True)),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When the sweep takes it up again; null when nothing is to do.",
                        null=True,
                    ),
                ),
                (
                    "opened_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="payments.charge",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="dispute_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "entry",
                    models.UUIDField(help_text="Lines of one entry share it and sum to zero."),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="What it books, so that a repeat books nothing.", max_length=80
                    ),
                ),
                (
                    "account",
                    models.CharField(
                        choices=[
                            ("stripe", "Money at Stripe"),
                            ("partner", "Owed to the partner"),
                            ("commission", "Commission earned"),
                            ("booking_fee", "Booking fees earned"),
                            ("mila", "Paid by Mila itself"),
                            ("cost", "Stripe's costs"),
                            ("disputed", "Contested, with the payers' banks"),
                            ("customer", "Owed to customers"),
                            ("bank", "Mila's own bank account"),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger",
                        to="requests_app.booking",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["entry"], name="ledger_entry")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("key", "account"), name="one_line_per_key_and_account"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentCustomer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("intent_id", models.CharField(max_length=64, unique=True)),
                ("client_secret", models.CharField(max_length=160)),
                (
                    "opened_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "booking",
                    models.ForeignKey(
                        null=True,
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="payments.paymentcustomer",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("booking", "number"), name="one_setup_of_a_number"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waits", "Waits for a second pair of eyes"),
                            ("planned", "Planned"),
                            ("sent", "Being sent"),
                            ("unknown", "Outcome unknown"),
                            ("on_its_way", "On its way to the bank"),
                            ("paid", "Arrived"),
                            ("failed", "Sent back by the bank"),
                            ("dropped", "Taken back before it was sent"),
                        ],
                        max_length=10,
                    ),
                ),
                ("account", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("cents", models.PositiveIntegerField()),
                (
                    "day",
                    models.DateField(
                        help_text="The day it is made, on the wall of the partner's country."
                    ),
                ),
                ("stripe_id", models.CharField(blank=True, max_length=64)),
                ("arrives_on", models.DateField(null=True)),
                ("failure_code", models.CharField(blank=True, max_length=64)),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When the sweep takes it up again; null when nothing is to do.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_too_by",
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
                        related_name="payouts",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="payout_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["failed", "dropped"]), _negated=True),
                        fields=("partner", "currency", "day"),
                        name="one_payout_a_day_and_currency",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stripe_id", ""), _negated=True),
                        fields=("stripe_id",),
                        name="one_payout_per_transfer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cents__gt", 0)), name="payout_is_above_zero"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_too_by__isnull", True),
                            models.Q(("approved_too_by", models.F("approved_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="payout_approved_by_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="How many accounts were opened, this one included."
                    ),
                ),
                ("takes_jobs", models.BooleanField(default=False)),
                ("can_be_paid", models.BooleanField(default=False)),
                ("submitted", models.BooleanField(default=False)),
                (
                    "missing",
                    models.JSONField(default=list, help_text="Stripe's names of what is missing."),
                ),
                (
                    "checking",
                    models.BooleanField(
                        default=False, help_text="Stripe is looking at what was sent."
                    ),
                ),
                ("due_at", models.DateTimeField(help_text="By when it must be there.", null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        help_text="Stripe's word for why something is switched off.",
                        max_length=64,
                    ),
                ),
                (
                    "bank",
                    models.CharField(
                        blank=True,
                        help_text="Stripe's fingerprint of the bank account.",
                        max_length=64,
                    ),
                ),
                ("bank_changed_at", models.DateTimeField(null=True)),
                (
                    "asked_at",
                    models.DateTimeField(help_text="When Stripe was asked last.", null=True),
                ),
                (
                    "lost_at",
                    models.DateTimeField(
                        help_text="The partner cut the tie to this account.", null=True
                    ),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        db_default=mila.clock.MilaNow(),
                        help_text="When Stripe is asked again.",
                        null=True,
                    ),
                ),
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payout_account",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="payout_account_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceRaise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "card",
                    models.CharField(
                        help_text="The booking's, as it was when asked.", max_length=64
                    ),
                ),
                ("asked_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("intent_id", models.CharField(blank=True, max_length=64)),
                ("client_secret", models.CharField(blank=True, max_length=160)),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        default=1, help_text="Of the question: the next one has a key of its own."
                    ),
                ),
                (
                    "agreed_at",
                    models.DateTimeField(
                        help_text="The bank has said yes, and the version counts.", null=True
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        help_text="The account that was signed in; empty: a number sent to the payer was typed.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "quote",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="price_raise",
                        to="requests_app.quote",
                    ),
                ),
            ],
            options={
                "verbose_name": "question to the bank about a price",
                "verbose_name_plural": "questions to the bank about a price",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("intent_id", ""), _negated=True),
                        fields=("intent_id",),
                        name="one_raise_of_an_intent",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("ops", "Decided here"),
                            ("dashboard", "Made on Stripe's pages"),
                            ("again", "Sent again"),
                        ],
                        default="ops",
                        max_length=9,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("sent", "Sent"),
                            ("unknown", "Outcome unknown"),
                            ("pending", "Waits for the customer's bank"),
                            ("done", "Refunded"),
                            ("refused", "Refused by Stripe"),
                            ("came_back", "Sent back by the customer's bank"),
                        ],
                        max_length=9,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount_cents", models.PositiveIntegerField()),
                ("service_cents", models.IntegerField()),
                ("booking_fee_cents", models.IntegerField()),
                ("partner_cents", models.IntegerField()),
                ("commission_cents", models.IntegerField()),
                ("mila_cents", models.IntegerField()),
                ("reversal_cents", models.PositiveIntegerField()),
                ("fee_cents", models.PositiveIntegerField()),
                ("stripe_id", models.CharField(blank=True, max_length=64)),
                ("reversal_id", models.CharField(blank=True, max_length=64)),
                ("fee_refund_ids", models.JSONField(default=list)),
                ("failure_code", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When the sweep takes it up again; null when nothing is to do.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        help_text="The money left Stripe, and stands in the ledger.", null=True
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "by_hand_at",
                    models.DateTimeField(
                        help_text="It came back, and was paid from Mila's bank instead.", null=True
                    ),
                ),
                (
                    "again_of",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="again",
                        to="payments.refund",
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
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.charge",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="refund_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents__gt", 0)), name="refund_is_above_zero"
                    ),
                    models.CheckConstraint(
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
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("partner_cents"), "+", models.F("commission_cents")
                                    ),
                                    "+",
                                    models.F("mila_cents"),
                                ),
                            ),
                            (
                                "partner_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("reversal_cents"), "-", models.F("fee_cents")
                                ),
                            ),
                        ),
                        name="refund_adds_up",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("stripe_id", ""), _negated=True),
                        fields=("stripe_id",),
                        name="one_refund_per_id",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Operation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                (
                    "created_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.JSONField(default=dict)),
                (
                    "charge",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="payments.charge",
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="payments.dispute",
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="payments.payout",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="operations",
                        to="payments.refund",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("charge__isnull", False),
                                ("dispute__isnull", True),
                                ("payout__isnull", True),
                                ("refund__isnull", True),
                            ),
                            models.Q(
                                ("charge__isnull", True),
                                ("dispute__isnull", True),
                                ("payout__isnull", False),
                                ("refund__isnull", True),
                            ),
                            models.Q(
                                ("charge__isnull", True),
                                ("dispute__isnull", True),
                                ("payout__isnull", True),
                                ("refund__isnull", False),
                            ),
                            models.Q(
                                ("charge__isnull", True),
                                ("dispute__isnull", False),
                                ("payout__isnull", True),
                                ("refund__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="operation_of_one_thing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedCard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                ("brand", models.CharField(max_length=20)),
                ("last4", models.CharField(max_length=4)),
                ("exp_month", models.PositiveSmallIntegerField()),
                ("exp_year", models.PositiveSmallIntegerField()),
                (
                    "wallet",
                    models.CharField(
                        blank=True,
                        help_text="Stripe's name of the wallet it came from, if any.",
                        max_length=20,
                    ),
                ),
                ("saved_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                ("detached_at", models.DateTimeField(editable=False, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cards",
                        to="payments.paymentcustomer",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        help_text="The account that was signed in: only it is offered the card again. Empty for a guest (rule B12).",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("detached_at__isnull", True), ("removed_at__isnull", False)
                        ),
                        fields=["removed_at"],
                        name="card_to_detach",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="paymentcustomer",
            name="default_card",
            field=models.ForeignKey(
                help_text="The one that is offered first. Empty: the newest.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="payments.savedcard",
            ),
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                ("type", models.CharField(max_length=64)),
                ("source", models.CharField(blank=True, max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("amount_cents", models.BigIntegerField()),
                ("fee_cents", models.BigIntegerField()),
                ("seen_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [models.Index(fields=["type", "source"], name="statement_line_source")],
            },
        ),
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stripe_id", models.CharField(max_length=64, unique=True)),
                ("type", models.CharField(max_length=80)),
                ("account", models.CharField(blank=True, max_length=64)),
                ("object_id", models.CharField(max_length=64)),
                ("livemode", models.BooleanField()),
                ("payload", models.JSONField()),
                (
                    "received_at",
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
                ),
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
                        condition=models.Q(("next_at__isnull", False)),
                        fields=["next_at"],
                        name="stripe_event_due",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["id"],
                        name="stripe_event_open",
                    ),
                    models.Index(
                        condition=models.Q(("payload", {}), _negated=True),
                        fields=["received_at"],
                        name="stripe_event_kept",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WayPay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cents", models.PositiveIntegerField(null=True)),
                ("at", models.DateTimeField(help_text="When it was decided.", null=True)),
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="way",
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
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ways",
                        to="accounts.partnerprofile",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("at__isnull", True), ("cents__isnull", True)),
                            models.Q(("at__isnull", False), ("cents__isnull", False)),
                            _connector="OR",
                        ),
                        name="way_decided_at_an_instant",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Earning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("cents", models.IntegerField()),
                ("earned_at", models.DateTimeField()),
                ("free_at", models.DateTimeField(help_text="The hold ends.")),
                (
                    "hold",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("first_jobs", "One of the first jobs"),
                            ("overlap", "Partner and payer have something in common"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("promised_on", models.DateField()),
                (
                    "frozen_at",
                    models.DateTimeField(
                        help_text="While a case or a dispute is open nothing is paid.", null=True
                    ),
                ),
                (
                    "booking",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earnings",
                        to="requests_app.booking",
                    ),
                ),
                (
                    "charge",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earning",
                        to="payments.charge",
                    ),
                ),
                (
                    "dispute",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earning",
                        to="payments.dispute",
                    ),
                ),
                (
                    "frozen_by",
                    models.ForeignKey(
                        help_text="Who of our staff keeps it frozen. Empty: it goes on with the refund or dispute.",
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
                        related_name="earnings",
                        to="accounts.partnerprofile",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earnings",
                        to="accounts.technician",
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earnings",
                        to="payments.payout",
                    ),
                ),
                (
                    "refund",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earning",
                        to="payments.refund",
                    ),
                ),
                (
                    "way",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="earning",
                        to="payments.waypay",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("payout__isnull", True)),
                        fields=["promised_on"],
                        name="earning_due",
                    ),
                    models.Index(fields=["partner", "earned_at"], name="earning_of_partner"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frozen_at__isnull", True), ("payout__isnull", True), _connector="OR"
                        ),
                        name="frozen_is_in_no_payout",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frozen_by__isnull", True),
                            ("frozen_at__isnull", False),
                            _connector="OR",
                        ),
                        name="who_froze_is_of_what_is_frozen",
                    ),
                ],
            },
        ),
    ]
