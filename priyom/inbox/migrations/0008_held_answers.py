import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0007_vacuum_in_time"),
        ("inbox", "0007_link_codes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChosenWay",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="chosen_way",
                        serialize=False,
                        to="inbox.conversation",
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                ("after", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="delivery.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Held",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="held",
                        serialize=False,
                        to="delivery.delivery",
                    ),
                ),
                ("chosen", models.BooleanField(default=False)),
                ("awaited", models.BooleanField(default=False)),
                ("before_at", models.DateTimeField()),
                ("before_text", models.CharField(blank=True, max_length=200)),
                (
                    "ended",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="inbox.wait"
                    ),
                ),
            ],
        ),
    ]
