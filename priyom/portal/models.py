"""What patients' pages must remember themselves: how often strangers came, codes under way, files on their way in."""

from __future__ import annotations

from django.db import models

from priyom.delivery.models import Account


class Tally(models.Model):
    """How often something was done within a window that ends at `until`. `what` names it, without anybody's address."""

    what = models.CharField(primary_key=True, max_length=120)
    count = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)


class PhoneCode(models.Model):
    """A code that was sent to prove a number, one per visitor; `digest` is of the code, which itself is not kept here.
    After the last try, the end of its time or success the row is gone."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    visitor = models.CharField(max_length=64)
    phone = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "visitor"], name="phone_code_once")]


class Upload(models.Model):
    """A visitor's large file, until the channel has fetched it for the thread. `ref` is unguessable."""

    ref = models.CharField(primary_key=True, max_length=64)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    visitor = models.CharField(max_length=64)
    content = models.BinaryField()
    created_at = models.DateTimeField(db_index=True)
