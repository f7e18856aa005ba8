"""Failed sign-ins, the second factor as a house rule, and the table of the shared cache that rate limits are kept in.

The cache's table is unlogged: what it holds is worth minutes, and may go with a crash.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0002_the_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="house",
            name="second_factor",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="SignInLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("login", "Login"), ("address", "Address")], max_length=7),
                ),
                ("key", models.CharField(max_length=150)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["last_at"], name="sign_in_lock_last")],
                "constraints": [models.UniqueConstraint(fields=("kind", "key"), name="sign_in_lock_once")],
            },
        ),
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE shared_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX shared_cache_expires ON shared_cache (expires);
            """,
            "DROP TABLE shared_cache",
        ),
    ]
