"""Suspensions with their evidence; stars to a tenth; and what the search read before it changed (rule D9, P3)."""

import django.db.models.deletion
import mila.clock
import uuid
from django.conf import settings
from django.db import migrations, models


# A changed or deleted row of these is kept as it was, without what a person wrote.
REMEMBERED = ("accounts_calendarentry", "accounts_weeklyhours", "accounts_skillsearch")
CREATE = """
CREATE FUNCTION accounts_remember() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz := mila_now();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        NEW.since_at := OLD.since_at;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
        NEW.since_at := at;
    END IF;
    INSERT INTO accounts_formerrow (what, technician_id, "row", since_at, until_at)
    VALUES (TG_TABLE_NAME, OLD.technician_id, to_jsonb(OLD) - 'note', OLD.since_at, at);
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_remembered BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION accounts_remember();
"""
    for table in REMEMBERED
)
DROP = (
    "".join(f"DROP TRIGGER {table}_remembered ON {table};\n" for table in REMEMBERED)
    + "DROP FUNCTION accounts_remember();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_calendar_entry"),
    ]

    operations = [
        migrations.AddField(
            model_name="calendarentry",
            name="since_at",
            field=models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
        ),
        migrations.AddField(
            model_name="skillsearch",
            name="since_at",
            field=models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
        ),
        migrations.AddField(
            model_name="weeklyhours",
            name="since_at",
            field=models.DateTimeField(db_default=mila.clock.MilaNow(), editable=False),
        ),
        migrations.AlterField(
            model_name="technician",
            name="promises_broken",
            field=models.PositiveIntegerField(
                default=0, editable=False, help_text="Points of the faults that count now (rule L17)."
            ),
        ),
        migrations.AlterField(
            model_name="technician",
            name="star_sum",
            field=models.DecimalField(decimal_places=1, default=0, editable=False, max_digits=9),
        ),
        migrations.CreateModel(
            name="FormerRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    models.Index(fields=["technician", "until_at"], name="former_row_of_technician"),
                    models.Index(fields=["until_at"], name="former_row_until"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        condition=models.Q(("ended_at", None)), fields=("partner",), name="one_suspension_runs"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("evidence", ""), _negated=True)
                        ),
                        name="suspension_has_reason_and_evidence",
                    ),
                ],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
