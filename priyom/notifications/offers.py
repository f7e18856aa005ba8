"""What a notification or a reply is about: the visit, its old time, and the doctor's next free times."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from priyom.appointments.free import free_times
from priyom.appointments.models import Visit
from priyom.appointments.rules import spread
from priyom.clinic.house import house
from priyom.foundation.clock import now
from priyom.notifications.models import Notification
from priyom.notifications.wording import MOST_OFFERS, About, Offer

LOOKED_AT = 80
A_DAY = 3


def about(row: Notification) -> About:
    """The wording's matter of a stored notification."""
    old = row.context.get("old_start")
    rebook = bool(row.context.get("rebook"))
    return About(
        patient=row.patient,
        visit=row.visit,
        old_start=datetime.fromisoformat(old) if old else None,
        offers=offers(row.visit) if rebook and row.visit else (),
        rebook=rebook,
    )


def offers(visit: Visit) -> list[Offer]:
    """The next free times of the visit's doctor, as long as the visit, far enough ahead to come; a few of each day."""
    minutes = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    soonest = now() + timedelta(minutes=house().call_lead_minutes)
    times = free_times(visit.practitioner, visit.branch, minutes, soonest, LOOKED_AT, leave_out=visit.pk)
    others = [span for span in times if span[0] != visit.starts_at]
    return spread(others, ZoneInfo(visit.branch.time_zone), MOST_OFFERS, A_DAY)
