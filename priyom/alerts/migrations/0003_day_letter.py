import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alerts", "0002_weather"),
        ("clinic", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DayLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("sent_at", models.DateTimeField()),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.branch"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("branch", "day"), name="day_letter_once")],
            },
        ),
    ]
