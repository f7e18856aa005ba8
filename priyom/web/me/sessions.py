"""Where somebody is signed in: listed for themselves, ended by them or by an administrator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from allauth.usersessions.models import UserSession
from django.utils.translation import gettext as _

from priyom.clinic.models import Staff
from priyom.web import say

BROWSERS = (
    ("Yandex", r"YaBrowser/(\d+)"), ("Edge", r"Edg(?:A|iOS)?/(\d+)"), ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"), ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS)/(\d+)"), ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("macOS", "Mac OS X"),
    ("ChromeOS", "CrOS"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """One session as the page says it."""

    pk: int
    browser: str
    ip: str
    since: str
    seen: str
    this: bool


def shown(staff: Staff, key: str | None, zone: ZoneInfo) -> list[Shown]:
    """All that are alive, this browser's (of session `key`) first, then the latest seen; what is over is forgotten."""
    alive = UserSession.objects.purge_and_list(staff)
    rows = [
        Shown(
            row.pk, browser(row.user_agent), row.ip, say.when(row.created_at, zone), say.when(row.last_seen_at, zone),
            row.session_key == key,
        )
        for row in sorted(alive, key=_seen, reverse=True)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: not row.this)


def end(staff: Staff, session_id: int, but: str | None) -> None:
    """Sign out there, at once. Raises UserSession.DoesNotExist, also for another person's and for this one (`but`)."""
    UserSession.objects.exclude(session_key=but).get(user=staff, pk=session_id).end()


def end_all(staff: Staff, but: str | None = None) -> int:
    """Sign out everywhere, except in the session of key `but`; how many there were."""
    rows = list(UserSession.objects.filter(user=staff).exclude(session_key=but or ""))
    for row in rows:
        row.end()
    return len(rows)


def browser(agent: str) -> str:
    """«Firefox 128, Windows» of what a browser says of itself; the beginning of it when it is none we know."""
    name = next((f"{n} {found[1]}" for n, p in BROWSERS if (found := re.search(p, agent))), "")
    system = next((n for n, mark in SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (name, system) if part) or agent[:60] or _("an unknown browser")


def _seen(row: UserSession) -> datetime:
    at: datetime = row.last_seen_at
    return at
