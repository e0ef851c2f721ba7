"""Refunds, disputes, and what the comparison with Stripe finds (rule M6, M7)."""

import django.db.models.deletion
import django.db.models.expressions
import mila.clock
import uuid
from django.conf import settings
from django.db import migrations, models


CALLS = """
DROP TRIGGER operation_call_stays ON payments_operation;
CREATE TRIGGER operation_call_stays BEFORE UPDATE OR DELETE ON payments_operation
    FOR EACH ROW EXECUTE FUNCTION columns_stay({columns} 'kind', 'key', 'params', 'created_at');
"""
BEFORE = "'id', 'charge_id', 'payout_id',"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_partner_owner'),
        ('payments', '0006_calls_of_payouts_stay'),
        ('requests_app', '0006_quote_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('lines', models.PositiveIntegerField(default=0, help_text="New lines of Stripe's statement.")),
                ('events_from', models.DateTimeField(help_text="The newest message at Stripe, by Stripe's clock.", null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Difference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('missing', "Ours, and not on Stripe's statement"), ('unknown', "On Stripe's statement, and not ours"), ('amount', 'Another amount'), ('balance', 'Another balance of the account')], max_length=8)),
                ('type', models.CharField(blank=True, help_text="Of the line, in Stripe's words.", max_length=64)),
                ('source', models.CharField(blank=True, help_text="Stripe's object, or account.", max_length=64)),
                ('currency', models.CharField(max_length=3)),
                ('ours_cents', models.BigIntegerField()),
                ('stripes_cents', models.BigIntegerField()),
                ('found_at', models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('inquiry', 'The bank asks; no money has left'), ('inquiry_review', 'The bank reads our answer; no money has left'), ('open', 'Waits for our evidence'), ('review', 'The bank reads our evidence'), ('won', 'Won'), ('lost', 'Lost'), ('closed', 'The bank has no more questions')], max_length=14)),
                ('stripe_id', models.CharField(max_length=64, unique=True)),
                ('currency', models.CharField(max_length=3)),
                ('amount_cents', models.PositiveIntegerField()),
                ('reason', models.CharField(blank=True, help_text="Stripe's word for what the payer says.", max_length=64)),
                ('answer_by', models.DateTimeField(help_text='Until then the bank takes evidence.', null=True)),
                ('withdrawn_at', models.DateTimeField(help_text='The money left Stripe.', null=True)),
                ('reinstated_at', models.DateTimeField(help_text='The money came back.', null=True)),
                ('service_cents', models.IntegerField(default=0)),
                ('booking_fee_cents', models.IntegerField(default=0)),
                ('partner_cents', models.IntegerField(default=0)),
                ('commission_cents', models.IntegerField(default=0)),
                ('mila_cents', models.IntegerField(default=0)),
                ('reversal_id', models.CharField(blank=True, max_length=64)),
                ('evidence', models.JSONField(default=dict, help_text='What was submitted.')),
                ('submitted_at', models.DateTimeField(null=True)),
                ('froze', models.BooleanField(default=False, help_text='It has frozen the payout of the booking.')),
                ('next_at', models.DateTimeField(help_text='When the sweep takes it up again; null when nothing is to do.', null=True)),
                ('opened_at', models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('origin', models.CharField(choices=[('ops', 'Decided here'), ('dashboard', "Made on Stripe's pages"), ('again', 'Sent again')], default='ops', max_length=9)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('sent', 'Sent'), ('unknown', 'Outcome unknown'), ('pending', "Waits for the customer's bank"), ('done', 'Refunded'), ('refused', 'Refused by Stripe'), ('came_back', "Sent back by the customer's bank")], max_length=9)),
                ('currency', models.CharField(max_length=3)),
                ('amount_cents', models.PositiveIntegerField()),
                ('service_cents', models.IntegerField()),
                ('booking_fee_cents', models.IntegerField()),
                ('partner_cents', models.IntegerField()),
                ('commission_cents', models.IntegerField()),
                ('mila_cents', models.IntegerField()),
                ('reversal_cents', models.PositiveIntegerField()),
                ('fee_cents', models.PositiveIntegerField()),
                ('stripe_id', models.CharField(blank=True, max_length=64)),
                ('reversal_id', models.CharField(blank=True, max_length=64)),
                ('fee_refund_ids', models.JSONField(default=list)),
                ('failure_code', models.CharField(blank=True, max_length=64)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('froze', models.BooleanField(default=False, help_text='It has frozen the payout of the booking.')),
                ('next_at', models.DateTimeField(help_text='When the sweep takes it up again; null when nothing is to do.', null=True)),
                ('created_at', models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ('made_at', models.DateTimeField(help_text='The money left Stripe, and stands in the ledger.', null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by_hand_at', models.DateTimeField(help_text="It came back, and was paid from Mila's bank instead.", null=True)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='StatementLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stripe_id', models.CharField(max_length=64, unique=True)),
                ('type', models.CharField(max_length=64)),
                ('source', models.CharField(blank=True, max_length=64)),
                ('currency', models.CharField(max_length=3)),
                ('amount_cents', models.BigIntegerField()),
                ('fee_cents', models.BigIntegerField()),
                ('seen_at', models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='operation',
            name='operation_of_a_charge_or_a_payout',
        ),
        migrations.AddField(
            model_name='charge',
            name='refunded_cents',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Of all its refunds.'),
        ),
        migrations.AddField(
            model_name='charge',
            name='stripe_charge',
            field=models.CharField(blank=True, db_index=True, max_length=64),
        ),
        migrations.AddField(
            model_name='charge',
            name='stripe_fee',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='charge',
            name='stripe_transfer',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='account',
            field=models.CharField(choices=[('stripe', 'Money at Stripe'), ('partner', 'Owed to the partner'), ('commission', 'Commission earned'), ('booking_fee', 'Booking fees earned'), ('mila', 'Paid by Mila itself'), ('cost', "Stripe's costs"), ('disputed', "Contested, with the payers' banks"), ('customer', 'Owed to customers'), ('bank', "Mila's own bank account")], max_length=12),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='booking',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ledger', to='requests_app.booking'),
        ),
        migrations.AddConstraint(
            model_name='charge',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_cents__lte', models.F('amount_cents'))), name='never_more_back_than_paid'),
        ),
        migrations.AddField(
            model_name='difference',
            name='closed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='dispute',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='payments.charge'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='submitted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='earning',
            name='dispute',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='earning', to='payments.dispute'),
        ),
        migrations.AddField(
            model_name='operation',
            name='dispute',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='payments.dispute'),
        ),
        migrations.AddField(
            model_name='refund',
            name='again_of',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='again', to='payments.refund'),
        ),
        migrations.AddField(
            model_name='refund',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refund',
            name='charge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='payments.charge'),
        ),
        migrations.AddField(
            model_name='earning',
            name='refund',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='earning', to='payments.refund'),
        ),
        migrations.AddField(
            model_name='operation',
            name='refund',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='payments.refund'),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('charge__isnull', False), ('dispute__isnull', True), ('payout__isnull', True), ('refund__isnull', True)), models.Q(('charge__isnull', True), ('dispute__isnull', True), ('payout__isnull', False), ('refund__isnull', True)), models.Q(('charge__isnull', True), ('dispute__isnull', True), ('payout__isnull', True), ('refund__isnull', False)), models.Q(('charge__isnull', True), ('dispute__isnull', False), ('payout__isnull', True), ('refund__isnull', True)), _connector='OR'), name='operation_of_one_thing'),
        ),
        migrations.AddIndex(
            model_name='statementline',
            index=models.Index(fields=['type', 'source'], name='statement_line_source'),
        ),
        migrations.AddConstraint(
            model_name='difference',
            constraint=models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('type', 'source', 'currency'), name='one_open_difference'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='dispute_due'),
        ),
        migrations.AddIndex(
            model_name='refund',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='refund_due'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='refund_is_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_cents', django.db.models.expressions.CombinedExpression(models.F('service_cents'), '+', models.F('booking_fee_cents'))), ('service_cents', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('partner_cents'), '+', models.F('commission_cents')), '+', models.F('mila_cents'))), ('partner_cents', django.db.models.expressions.CombinedExpression(models.F('reversal_cents'), '-', models.F('fee_cents')))), name='refund_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(condition=models.Q(('stripe_id', ''), _negated=True), fields=('stripe_id',), name='one_refund_per_id'),
        ),
        migrations.RunSQL(
            CALLS.format(columns=f"{BEFORE} 'refund_id', 'dispute_id',"), CALLS.format(columns=BEFORE)
        ),
    ]
