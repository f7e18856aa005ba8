"""What the program itself has written, made searchable apart from its deliveries."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from priyom.delivery.models import Delivery


class SentWords(models.Model):
    """The words of one automatic message, by the dictionary; gathered minutes after it was made, by `words.gather`.

    Not an index on the deliveries: each of them is written four times on its way, and every index with it. Nothing
    hangs on these rows, so the database keeps no constraint; one that has lost its delivery says nothing.
    """

    delivery = models.OneToOneField(
        Delivery, primary_key=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="sent_words", fastupdate=True)]
