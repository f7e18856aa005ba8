"""Answers that are still in our hands, and the way somebody has chosen for them. Their tables belong to this room."""

from __future__ import annotations

from django.db import models

from priyom.delivery.models import Account, Delivery
from priyom.inbox.desk_models import Wait


class ChosenWay(models.Model):
    """Where a member of staff wants this person's answers to go, instead of where the person wrote last. It holds
    until they write elsewhere: `after` is the newest `Incoming` at the choice (0: none)."""

    conversation = models.OneToOneField(
        "inbox.Conversation", primary_key=True, on_delete=models.CASCADE, related_name="chosen_way"
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=254)
    after = models.BigIntegerField(default=0)


class Held(models.Model):
    """An answer that stands here before it leaves: for a moment, so that it can be taken back, or until the hour that
    somebody chose. The rest is what taking it back restores."""

    delivery = models.OneToOneField(Delivery, primary_key=True, on_delete=models.CASCADE, related_name="held")
    chosen = models.BooleanField(default=False)
    ended = models.ForeignKey(Wait, null=True, on_delete=models.SET_NULL, related_name="+")
    """The wait of the person that it ended; null: they did not wait."""
    awaited = models.BooleanField(default=False)
    """It was the person's turn already."""
    before_at = models.DateTimeField()
    before_text = models.CharField(max_length=200, blank=True)
    """What the list said of the thread before."""
