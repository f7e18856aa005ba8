"""Look at the weather once a minute: count what the rows show, compare it with the usual, turn each account's state,
and tell of it as a fact. Nothing is asked of the hot path: everything is read from the deliveries themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from priyom.contracts.card import Audience, Card
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import names
from priyom.delivery.facts import WeatherChanged
from priyom.delivery.models import Account
from priyom.delivery.weather_models import Spell, Weather, WeatherMinute
from priyom.delivery.weather_rules import LEAST, PHONES, Level, Minute, Sky, Usual, look, share_since, turn
from priyom.delivery.weather_usual import usual_of
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.journal.record import record

sql = Statements(Path(__file__).parent / "sql")

MINUTE = timedelta(minutes=1)
CLOSED_AFTER = timedelta(minutes=3)
"""A minute is counted anew for so long: what was being sent at its end shows later."""
CATCH_UP = timedelta(hours=6)
"""What nobody looked at for longer is left out."""
BACK = timedelta(hours=4)
"""So far back the state looks."""
JUST_NOW = timedelta(seconds=30)
KEEP = timedelta(days=35)
BAD_FOR = timedelta(days=3)
"""What stays bad for longer becomes, slowly, the usual."""
LOCK = 0x77656174

Key = tuple[int, str]


def look_once() -> int | None:
    """One look, by one process at a time; how many states have turned, None where another process looks or has just
    done so. Transactional: all of it, or nothing."""
    at = now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return None
        last = Weather.objects.aggregate(at=Min("looked_at"))["at"]
        if last is not None and last <= at < last + JUST_NOW:
            return None
        return _look(last or at - CATCH_UP, at)


def ripe(card: Card) -> tuple[timedelta, timedelta]:
    """How old messages must be for their arriving, and for their answers, to be judged."""
    arrives = timedelta(minutes=2)
    if Signal.DELIVERED in card.signals:
        arrives = min(max(card.usual_delivery * 3, arrives), timedelta(minutes=30))
    return arrives, min(max(card.usual_answer, timedelta(minutes=30)), timedelta(hours=2))


def _look(last: datetime, at: datetime) -> int:
    known = set(names())
    accounts = [a for a in Account.objects.filter(enabled=True).order_by("id") if a.channel in known]
    cards = {a.pk: find_channel(a.channel).card for a in accounts}
    accounts = [a for a in accounts if cards[a.pk].audience is Audience.PATIENTS]
    count(cards, last, at)
    states = {(w.account_id, w.place): w for w in Weather.objects.select_for_update().order_by("pk")}
    minutes = _minutes(at)
    turned = 0
    for account in accounts:
        turned += _account(account, cards[account.pk], minutes, states, at)
    Weather.objects.update(looked_at=at)
    _mark_bad(at)
    WeatherMinute.objects.filter(minute__lt=at - KEEP).delete()
    return turned


def count(cards: Mapping[int, Card], last: datetime, at: datetime) -> None:
    """Count the minutes that have passed, or become old enough, since `last`."""
    last = max(min(last, at), at - CATCH_UP)
    whole = at.replace(second=0, microsecond=0)
    patients = {number: card for number, card in cards.items() if card.audience is Audience.PATIENTS}
    _count(0, patients, patients, last.replace(second=0, microsecond=0) - CLOSED_AFTER, whole)
    for stage in (1, 2):
        by_age: dict[timedelta, dict[int, Card]] = defaultdict(dict)
        for number, card in patients.items():
            by_age[ripe(card)[stage - 1]][number] = card
        for age, group in by_age.items():
            until = (at - age).replace(second=0, microsecond=0)
            _count(stage, group, patients, (last - age).replace(second=0, microsecond=0) - MINUTE, until)


def _count(stage: int, group: Mapping[int, Card], cards: Mapping[int, Card], since: datetime, until: datetime) -> None:
    if not group or since >= until:
        return
    values: dict[str, Any] = {
        "stage": stage, "since": since, "until": until, "accounts": list(group),
        "tells": [number for number, card in cards.items() if Signal.DELIVERED in card.signals],
        "phones": [number for number, card in cards.items() if card.contact_kind in PHONES],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql["weather_count"], values)


def _minutes(at: datetime) -> dict[Key, list[Minute]]:
    found: dict[Key, list[Minute]] = defaultdict(list)
    rows = WeatherMinute.objects.filter(minute__gte=at - BACK, minute__lte=at).values_list(
        "account_id", "place", "minute", "tried", "taken", "judged", "arrived", "asked", "answered"
    )
    for account, place, minute, tried, taken, judged, arrived, asked, answered in rows:
        found[account, place].append(Minute(minute, tried, taken, judged, arrived, asked, answered))
    return found


def _account(
    account: Account, card: Card, minutes: Mapping[Key, list[Minute]], states: dict[Key, Weather], at: datetime
) -> int:
    """The countries' states first; then the account's, by what those do not explain."""
    places = {place: rows for (number, place), rows in minutes.items() if number == account.pk}
    tried = {place: sum(m.tried for m in rows) for place, rows in places.items()}
    told = {place for place, of in tried.items() if place and of >= LEAST}
    old = {place for (number, place), w in states.items() if number == account.pk and place and w.level}
    turned = 0
    if len(told) > 1 or old:
        for place in sorted(told | old):
            turned += _turn(account, place, card, places.get(place, []), states, at)
    stormy = {place for place in places if place and (w := states.get((account.pk, place))) and w.level == Level.STORM}
    rest = [rows for place, rows in places.items() if place not in stormy] or list(places.values())
    if len(places) > 1 and max(tried.values()) < LEAST:
        rest = []  # too few of each to say whether it is one country or all
    return turned + _turn(account, "", card, _together(rest), states, at)


def _together(parts: Iterable[Iterable[Minute]]) -> list[Minute]:
    sums: dict[datetime, list[int]] = {}
    for rows in parts:
        for m in rows:
            one = sums.setdefault(m.at, [0] * 6)
            for n, value in enumerate((m.tried, m.taken, m.judged, m.arrived, m.asked, m.answered)):
                one[n] += value
    return [Minute(moment, *values) for moment, values in sums.items()]


def _turn(
    account: Account, place: str, card: Card, minutes: list[Minute], states: dict[Key, Weather], at: datetime
) -> int:
    row = states.get((account.pk, place))
    if row is None:
        row = states[account.pk, place] = Weather(account=account, place=place, changed_at=at, looked_at=at)
    usual = usual_of(row, at)
    sky = Sky(Level(row.level), row.kind, row.changed_at, row.left_at, row.relapses)
    held = at - account.health_since if account.health_since and account.health_since <= at else None
    seen = look(
        minutes, usual, sky, at, silent=Signal.DELIVERED not in card.signals,
        down=(held or timedelta(0)) if account.health == "down" and not place else None,
        up=held if account.health == "ok" else None,
    )  # fmt: skip
    after = turn(sky, seen, at)
    row.level, row.kind, row.changed_at = int(after.level), after.kind, after.changed_at
    row.left_at, row.relapses = after.left_at, after.relapses
    row.save()
    spell = Spell.objects.filter(account=account, place=place, ended_at=None).first()
    if after.level and spell is None:
        spell = Spell(account=account, place=place, level=int(after.level), noticed_at=at, since=seen.since or at)
        _describe(spell, after.kind, usual, minutes)
    elif after.level and spell is not None:
        spell.level = max(spell.level, int(after.level))
        _describe(spell, after.kind, usual, minutes)
    elif spell is not None:
        spell.ended_at = at
        spell.save(update_fields=["ended_at"])
    if spell is not None and after.level != sky.level:
        record(
            WeatherChanged(
                spell_id=spell.pk, account_id=account.pk, place=place, level=int(after.level), was=int(sky.level)
            )
        )
    return int(after.level != sky.level)


def _describe(spell: Spell, kind: str, usual: Usual, minutes: list[Minute]) -> None:
    """What is said of it: by what it is known, the usual share (none where the gateway is silent), the present."""
    spell.kind = kind
    shares = {"taken": usual.taken, "arrived": usual.arrived, "answers": usual.answered}
    if spell.usual is None:
        spell.usual = shares.get(kind)
    found = share_since(minutes, kind, spell.since) if kind != "down" else None
    spell.share = spell.share if found is None else found
    spell.save()


def _mark_bad(at: datetime) -> None:
    """The minutes of spells are no part of the usual, unless a spell lasts for days."""
    for spell in Spell.objects.filter(ended_at=None, noticed_at__gte=at - BAD_FOR):
        rows = WeatherMinute.objects.filter(
            account_id=spell.account_id, minute__gte=max(spell.since, at - BACK), bad=False
        )
        (rows.filter(place=spell.place) if spell.place else rows).update(bad=True)
