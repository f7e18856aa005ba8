"""Tables of the weather: what each account showed by the minute, how it stands now, its spells of bad weather, and what
was sent another way because of one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class WeatherMinute(models.Model):
    """What became of the messages an account tried in one minute; small, kept for five weeks. Counts only grow.

    `place` is the country of the phone numbers (`RU`, `KZ`), '' where there are none or it is another. `judged` of the
    minute's messages were old enough when `arrived` were counted; `asked` when `read` and `answered` were.
    """

    account = models.ForeignKey("delivery.Account", on_delete=models.CASCADE, db_index=False)
    place = models.CharField(max_length=2, blank=True)
    minute = models.DateTimeField()
    tried = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    unavailable = models.PositiveIntegerField(default=0)
    throttled = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    unanswered = models.PositiveIntegerField(default=0)
    """The request left and no answer came."""
    timed = models.PositiveIntegerField(default=0)
    """Of how many it is known how long the gateway took: `slow_ms` together, and so many within 1, 5, 20 seconds."""
    slow_ms = models.BigIntegerField(default=0)
    within_1 = models.PositiveIntegerField(default=0)
    within_5 = models.PositiveIntegerField(default=0)
    within_20 = models.PositiveIntegerField(default=0)
    judged = models.PositiveIntegerField(default=0)
    arrived = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    bad = models.BooleanField(default=False)
    """Within a spell of bad weather: no part of what is usual."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "place", "minute"], name="weather_minute_once")]
        indexes = [models.Index(fields=["minute"], name="weather_minute_age")]


class Weather(models.Model):
    """How an account stands, as a whole (`place` '') or for one country's numbers. `usual` is {"taken", "arrived",
    "answered": share or null} for the hour named by `usual_key`."""

    account = models.ForeignKey("delivery.Account", on_delete=models.CASCADE, related_name="weathers", db_index=False)
    place = models.CharField(max_length=2, blank=True)
    level = models.PositiveSmallIntegerField(default=0)
    """0 fair, 1 rough, 2 storm"""
    kind = models.CharField(max_length=8, blank=True)
    changed_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    """When the last bad spell ended."""
    relapses = models.PositiveSmallIntegerField(default=0)
    usual = models.JSONField(default=dict)
    usual_key = models.CharField(max_length=20, blank=True)
    probe_at = models.DateTimeField(null=True)
    """When somebody was last sent here first although it storms."""
    looked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "place"], name="weather_once")]


class Spell(models.Model):
    """One time of bad weather, from its first sign to its end. Shares are of 0..1; null where nothing was measured."""

    account = models.ForeignKey("delivery.Account", on_delete=models.CASCADE, related_name="spells")
    place = models.CharField(max_length=2, blank=True)
    level = models.PositiveSmallIntegerField()
    """The worst it was."""
    kind = models.CharField(max_length=8)
    """`down` | `taken` | `arrived` | `answers`: by what it was known."""
    since = models.DateTimeField()
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    usual = models.FloatField(null=True)
    share = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "place"], name="spell_one_at_a_time", condition=Q(ended_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["-noticed_at"], name="spell_newest")]


class Detour(models.Model):
    """A message that went another way because of a spell."""

    delivery = models.OneToOneField("delivery.Delivery", on_delete=models.CASCADE, related_name="detour")
    spell = models.ForeignKey(Spell, on_delete=models.CASCADE, related_name="detours")
    at = models.DateTimeField()
