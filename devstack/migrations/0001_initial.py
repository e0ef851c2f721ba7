from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DemoWorld",
            fields=[
                ("the_one", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                ("password", models.CharField(max_length=60)),
                ("ops_password", models.CharField(max_length=60)),
                ("complete", models.BooleanField(default=False)),
                ("last_booking", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("the_one", True)), name="one_demo")
                ],
            },
        ),
    ]
