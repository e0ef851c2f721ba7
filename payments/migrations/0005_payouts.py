"""What a partner has earned, its payouts to their bank, and how their account at Stripe stands
(rule M5).
"""

import django.db.models.deletion
import mila.clock
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_partner_owner'),
        ("payments", "0004_what_waits_is_found"),
        ('requests_app', '0002_evidence_stays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PayoutAccount',
            fields=[
                ('id',
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name='ID')),
                ('number',
                    models.PositiveSmallIntegerField(default=1,
                        help_text='How many accounts were opened, this one included.')),
                ('takes_jobs', models.BooleanField(default=False)),
                ('can_be_paid', models.BooleanField(default=False)),
                ('submitted', models.BooleanField(default=False)),
                ('missing', models.JSONField(default=list, help_text="Stripe's names of what is "
                                                                     "missing.")),
                ('checking', models.BooleanField(default=False, help_text='Stripe is looking at '
                                                                          'what was sent.')),
                ('due_at', models.DateTimeField(help_text='By when it must be there.', null=True)),
                ('reason', models.CharField(blank=True, help_text="Stripe's word for why something "
                                                                  "is switched off.",
                                                                  max_length=64)),
                ('bank', models.CharField(blank=True, help_text="Stripe's fingerprint of the bank "
                                                                "account.", max_length=64)),
                ('bank_changed_at', models.DateTimeField(null=True)),
                ('asked_at',
                    models.DateTimeField(help_text='When Stripe was asked last.', null=True)),
                ('lost_at', models.DateTimeField(help_text='The partner cut the tie to this '
                                                           'account.', null=True)),
                ('next_at',
                    models.DateTimeField(db_default=mila.clock.MilaNow(),
                        help_text='When Stripe is asked again.', null=True)),
            ],
        ),
        migrations.AlterField(
            model_name='operation',
            name='charge',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name='operations', to='payments.charge'),
        ),
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id',
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state',
                    models.CharField(choices=[('waits', 'Waits for a second pair of eyes'),
                        ('planned', 'Planned'), ('sent', 'Being sent'),
                        ('unknown', 'Outcome unknown'), ('on_its_way', 'On its way to the bank'),
                        ('paid', 'Arrived'), ('failed', 'Sent back by the bank'),
                        ('dropped', 'Taken back before it was sent')], max_length=10)),
                ('account', models.CharField(max_length=64)),
                ('currency', models.CharField(max_length=3)),
                ('cents', models.PositiveIntegerField()),
                ('day', models.DateField(help_text="The day it is made, on the wall of the "
                                                   "partner's country.")),
                ('stripe_id', models.CharField(blank=True, max_length=64)),
                ('arrives_on', models.DateField(null=True)),
                ('failure_code', models.CharField(blank=True, max_length=64)),
                ('next_at', models.DateTimeField(help_text='When the sweep takes it up again; null '
                                                           'when nothing is to do.', null=True)),
                ('created_at',
                    models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False)),
                ('sent_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('approved_by',
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                        related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_too_by',
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                        related_name='+', to=settings.AUTH_USER_MODEL)),
                ('partner',
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                        related_name='payouts', to='accounts.partnerprofile')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Earning',
            fields=[
                ('id',
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                        verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('cents', models.IntegerField()),
                ('earned_at', models.DateTimeField()),
                ('free_at', models.DateTimeField(help_text='The hold ends.')),
                ('hold',
                    models.CharField(blank=True,
                        choices=[('', 'None'), ('first_jobs', 'One of the first jobs'),
                            ('overlap', 'Partner and payer have something in common')], default='',
                            max_length=10)),
                ('promised_on', models.DateField()),
                ('frozen_at', models.DateTimeField(help_text='While a case or a dispute is open '
                                                             'nothing is paid.', null=True)),
                ('booking',
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                        related_name='earnings', to='requests_app.booking')),
                ('charge',
                    models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT,
                        related_name='earning', to='payments.charge')),
                ('partner',
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                        related_name='earnings', to='accounts.partnerprofile')),
                ('technician',
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                        related_name='earnings', to='accounts.technician')),
                ('way',
                    models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT,
                        related_name='earning', to='payments.waypay')),
                ('payout',
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                        related_name='earnings', to='payments.payout')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='operation',
            name='payout',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name='operations', to='payments.payout'),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('charge__isnull', False),
                ('payout__isnull', True)),
                models.Q(('charge__isnull', True), ('payout__isnull', False)), _connector='OR'),
                name='operation_of_a_charge_or_a_payout'),
        ),
        migrations.AddField(
            model_name='payoutaccount',
            name='partner',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT,
                related_name='payout_account', to='accounts.partnerprofile'),
        ),
        migrations.AddIndex(
            model_name='payout',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'],
                name='payout_due'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in',
                ['failed', 'dropped']), _negated=True), fields=('partner', 'currency', 'day'),
                name='one_payout_a_day_and_currency'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.UniqueConstraint(condition=models.Q(('stripe_id', ''), _negated=True),
                fields=('stripe_id',), name='one_payout_per_transfer'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(('cents__gt', 0)),
                name='payout_is_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='payout',
            constraint=models.CheckConstraint(condition=models.Q(('approved_too_by__isnull', True),
                models.Q(('approved_too_by', models.F('approved_by')), _negated=True),
                _connector='OR'), name='payout_approved_by_two'),
        ),
        migrations.AddIndex(
            model_name='earning',
            index=models.Index(condition=models.Q(('payout__isnull', True)), fields=['promised_on'],
                name='earning_due'),
        ),
        migrations.AddIndex(
            model_name='earning',
            index=models.Index(fields=['partner', 'earned_at'], name='earning_of_partner'),
        ),
        migrations.AddConstraint(
            model_name='earning',
            constraint=models.CheckConstraint(condition=models.Q(('frozen_at__isnull', True),
                ('payout__isnull', True), _connector='OR'), name='frozen_is_in_no_payout'),
        ),
        migrations.AddIndex(
            model_name='payoutaccount',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'],
                name='payout_account_due'),
        ),
    ]
