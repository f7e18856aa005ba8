"""The scenarios the program comes with: data made of the general steps of `rules`."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from priyom.scenarios.models import Scenario
from priyom.scenarios.rules import parse_steps

SCENARIOS: tuple[dict[str, Any], ...] = (
    {
        "key": "confirmation",
        "title": "Подтверждение записи",
        "on": "VisitBooked",
        "steps": [
            {"do": "only_if", "is": "fresh"},
            {"do": "notify", "kind": "confirmation", "goal": "delivered", "fresh": True, "asks_within": "PT2H"},
        ],
    },
    {
        "key": "reminder_24h",
        "title": "Напоминание за сутки",
        "on": "VisitBooked,VisitMoved",
        "steps": [
            {"do": "wait", "before_start": "PT24H"},
            {"do": "notify", "kind": "reminder_24h", "goal": "answered", "must_reach": True},
        ],
    },
    {
        "key": "reminder_2h",
        "title": "Напоминание за два часа тем, кто не подтвердил",
        "on": "VisitBooked,VisitMoved",
        "steps": [
            {"do": "wait", "before_start": "PT2H"},
            {"do": "only_if", "is": "unconfirmed"},
            {"do": "notify", "kind": "reminder_2h", "goal": "answered", "must_reach": True},
        ],
    },
    {
        "key": "no_show",
        "title": "После пропуска: ближайшие времена врача",
        "on": "VisitMissed",
        "steps": [
            {"do": "wait", "after": "PT30M"},
            {"do": "notify", "kind": "no_show", "goal": "delivered", "rebook": True},
        ],
    },
    {
        "key": "moved",
        "title": "Визит перенесен",
        "on": "VisitMoved",
        "steps": [{"do": "notify", "kind": "moved", "goal": "delivered", "fresh": True, "asks_within": "PT2H"}],
    },
    {
        "key": "cancelled",
        "title": "Визит отменен",
        "on": "VisitCancelled",
        "steps": [{"do": "notify", "kind": "cancelled", "goal": "delivered", "fresh": True}],
    },
)


@transaction.atomic
def load() -> None:
    """Put the program's scenarios in place; those a clinic has already keep their switch and steps."""
    for given in SCENARIOS:
        parse_steps(given["steps"])
        Scenario.objects.get_or_create(key=given["key"], defaults={k: given[k] for k in ("title", "on", "steps")})
