"""What the route says to a doubtful leg: where it went on to, or how it ended. From then on nobody has to ask."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery import doubts
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements
from priyom.notifications.models import Leg, Notification, NotificationState
from priyom.notifications.notify import last_call

sql = Statements(Path(__file__).parent / "sql")

ANSWERED = "пациент уже ответил"
ANOTHER_WAY = "сообщение дошло другим путем"
NO_OTHER = "других путей нет"
CALL = "поставлена задача позвонить"


def dispel(row: Notification, how: str, but: Leg | None = None) -> int:
    """End the doubts about this notification's legs, `but` the one that has just begun; how many there were."""
    if but is not None and but.position == 0:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(sql["doubted"], {"notification": row.pk, "but": 0 if but is None else but.pk})
        found = [number for (number,) in cursor.fetchall()]
    return doubts.resolve(found, how)


def went_on(leg: Leg) -> str:
    """Which way the route took instead."""
    return f"дальше отправлено: {find_channel(leg.account.channel).card.title}"


def ended_how(row: Notification) -> str:
    """How the route ended, as far as a doubtful leg of it is concerned."""
    if row.state == NotificationState.REACHED:
        return ANSWERED if row.goal == Signal.ANSWERED else ANOTHER_WAY
    if row.state == NotificationState.EXHAUSTED:
        if row.must_reach and row.visit is not None and last_call(row.visit) > now():
            return CALL
        return doubts.TIME_OVER if row.expires_at <= now() else NO_OTHER
    return row.reason if row.state == NotificationState.CANCELLED and row.reason else doubts.TIME_OVER
