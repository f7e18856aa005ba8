from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("inbox", "0005_the_desk")]

    operations = [
        migrations.AddField(model_name="presence", name="handed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="calltask", name="said", field=models.JSONField(null=True)),
        migrations.AddField(model_name="calltask", name="said_until", field=models.DateTimeField(null=True)),
        migrations.AddConstraint(
            model_name="calltask",
            constraint=models.CheckConstraint(
                condition=Q(said__isnull=True, said_until=None)
                | Q(said__isnull=False, said_until__isnull=False, state="open"),
                name="call_task_said_until",
            ),
        ),
        migrations.AddIndex(
            model_name="calltask",
            index=models.Index(fields=["said_until"], name="call_task_said", condition=Q(said_until__isnull=False)),
        ),
    ]
