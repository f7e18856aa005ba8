"""The hours at which an answer may leave, what speaks against one, and what waits for its hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from priyom.clinic.house import house
from priyom.foundation.clock import now
from priyom.inbox import later
from priyom.inbox.about import zone_of
from priyom.inbox.models import Conversation
from priyom.notifications.rules import Quiet
from priyom.web import frame, say
from priyom.web.frame import StaffRequest

MORNING, EVENING = time(9), time(18)
HOUR = timedelta(hours=1)
MONDAY = 0
OWN = "at"
"""The code of an hour that was typed in."""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour offered; `name` in the reader's language."""

    code: str
    name: str
    at: datetime


class NotThen(ValueError):
    """That hour cannot be chosen; the text says why, for people."""


def zone(request: StaffRequest, conversation: Conversation) -> ZoneInfo:
    """Hours are said in the zone of the branch the person goes to; else of the branch in view."""
    return zone_of(conversation) or frame.zone_of(request)


def hours(there: ZoneInfo) -> list[Hour]:
    """The hours offered now at that place, the nearest first."""
    at = now()
    today = at.astimezone(there).date()
    tomorrow = today + timedelta(days=1)
    monday = today + timedelta(days=(MONDAY - today.weekday()) % 7 or 7)
    evening = datetime.combine(today, EVENING, there)
    found = [Hour("hour", _("in an hour"), at + HOUR)]
    if evening > at + HOUR:
        found.append(Hour("evening", _("in the evening"), evening))
    found.append(Hour("tomorrow", _("tomorrow morning"), datetime.combine(tomorrow, MORNING, there)))
    if monday != tomorrow:
        found.append(Hour("monday", _("on Monday morning"), datetime.combine(monday, MORNING, there)))
    return found


def hour_in(code: str, typed: str, there: ZoneInfo) -> datetime | None:
    """The hour of that code, or the one `typed` as a browser does; None for no code: now. Raises NotThen."""
    if not code:
        return None
    offered = {hour.code: hour.at for hour in hours(there)}
    at = _typed(typed, there) if code == OWN else offered.get(code)
    if at is None:
        raise NotThen(_("Choose the day and the time."))
    if at <= now():
        raise NotThen(_("This time is over already. Choose a later one."))
    if at > now() + later.LONGEST:
        raise NotThen(_("At most %(days)d days ahead.") % {"days": later.LONGEST.days})
    return at


def at_night(conversation: Conversation, at: datetime, there: ZoneInfo) -> str:
    """What to be warned of when it is quiet at the patient's place then; '' when it is not."""
    patient, rules = conversation.patient, house()
    zone = ZoneInfo(patient.time_zone) if patient is not None and patient.time_zone else there
    quiet = Quiet(rules.quiet_from, rules.quiet_until, zone)
    if not quiet.holds(at):
        return ""
    begin, end = say.since(f"{quiet.starts:%H:%M}"), say.until(f"{quiet.ends:%H:%M}")
    told = {"time": f"{at.astimezone(zone):%H:%M}", "from": begin, "until": end}
    return _("It will be %(time)s at the patient's place: quiet hours are from %(from)s until %(until)s.") % told


def waiting(request: StaffRequest, conversation: Conversation) -> dict[str, Any]:
    """The context of `_waiting.html`."""
    return {
        "conversation": conversation,
        "waiting": later.waiting(conversation),
        "hour_zone": zone(request, conversation),
        "reader": request.user.pk,
    }


def _typed(text: str, there: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=there) if text else None
    except ValueError:
        return None
