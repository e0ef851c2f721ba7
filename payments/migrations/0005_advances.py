"""What Mila advances to partners, with its calls; and the ledger's lines found by their time.

What was asked of Stripe stays as it was written, also for an advance.
"""

import django.db.models.deletion
import mila.clock
from django.conf import settings
from django.db import migrations, models


STAYS = """
DROP TRIGGER operation_call_stays ON payments_operation;
CREATE TRIGGER operation_call_stays BEFORE UPDATE OR DELETE ON payments_operation
    FOR EACH ROW EXECUTE FUNCTION columns_stay(
        'id', 'charge_id', 'payout_id', 'refund_id', 'dispute_id', %s'kind', 'key', 'params',
        'created_at');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_calendar_source"),
        ("payments", "0004_payers_reminded"),
        ("requests_app", "0003_ratings_raise_their_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Advance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cents", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                (
                    "made_at",
                    models.DateTimeField(
                        help_text="It is owed to the partner from then on.", null=True
                    ),
                ),
                ("repaid_at", models.DateTimeField(help_text="The customer has paid.", null=True)),
                ("reversal_id", models.CharField(blank=True, max_length=64)),
                (
                    "reversed_at",
                    models.DateTimeField(help_text="It is back with Mila at Stripe.", null=True),
                ),
                (
                    "next_at",
                    models.DateTimeField(
                        help_text="When the sweep takes it up again; null when nothing is to do.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="operation",
            name="operation_of_one_thing",
        ),
        migrations.AlterField(
            model_name="ledgerentry",
            name="account",
            field=models.CharField(
                choices=[
                    ("stripe", "Money at Stripe"),
                    ("partner", "Owed to the partner"),
                    ("commission", "Commission earned"),
                    ("booking_fee", "Booking fees earned"),
                    ("mila", "Paid by Mila itself"),
                    ("advanced", "Advanced to partners"),
                    ("cost", "Stripe's costs"),
                    ("disputed", "Contested, with the payers' banks"),
                    ("customer", "Owed to customers"),
                    ("bank", "Mila's own bank account"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["at"], name="ledger_by_time"),
        ),
        migrations.AddField(
            model_name="advance",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="advance",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="advance",
            name="charge",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="advance",
                to="payments.charge",
            ),
        ),
        migrations.AddField(
            model_name="earning",
            name="advance",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="earning",
                to="payments.advance",
            ),
        ),
        migrations.AddField(
            model_name="earning",
            name="set_off",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="set_off",
                to="payments.advance",
            ),
        ),
        migrations.AddField(
            model_name="operation",
            name="advance",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="operations",
                to="payments.advance",
            ),
        ),
        migrations.AddConstraint(
            model_name="operation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("advance__isnull", True),
                        ("charge__isnull", False),
                        ("dispute__isnull", True),
                        ("payout__isnull", True),
                        ("refund__isnull", True),
                    ),
                    models.Q(
                        ("advance__isnull", True),
                        ("charge__isnull", True),
                        ("dispute__isnull", True),
                        ("payout__isnull", False),
                        ("refund__isnull", True),
                    ),
                    models.Q(
                        ("advance__isnull", True),
                        ("charge__isnull", True),
                        ("dispute__isnull", True),
                        ("payout__isnull", True),
                        ("refund__isnull", False),
                    ),
                    models.Q(
                        ("advance__isnull", True),
                        ("charge__isnull", True),
                        ("dispute__isnull", False),
                        ("payout__isnull", True),
                        ("refund__isnull", True),
                    ),
                    models.Q(
                        ("advance__isnull", False),
                        ("charge__isnull", True),
                        ("dispute__isnull", True),
                        ("payout__isnull", True),
                        ("refund__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="operation_of_one_thing",
            ),
        ),
        migrations.AddIndex(
            model_name="advance",
            index=models.Index(
                condition=models.Q(("next_at__isnull", False)),
                fields=["next_at"],
                name="advance_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="advance",
            constraint=models.CheckConstraint(
                condition=models.Q(("cents__gt", 0)), name="advance_is_above_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="advance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("by")), _negated=True),
                    _connector="OR",
                ),
                name="advance_approved_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="advance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("repaid_at__isnull", True), ("made_at__isnull", False), _connector="OR"
                ),
                name="advance_repaid_after_it_was_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="advance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reversal_id", ""), ("reversed_at__isnull", True)),
                    models.Q(
                        models.Q(("reversal_id", ""), _negated=True),
                        ("repaid_at__isnull", False),
                        ("reversed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="advance_reversed_after_it_was_repaid",
            ),
        ),
        migrations.RunSQL(STAYS % "'advance_id', ", STAYS % ""),
    ]
