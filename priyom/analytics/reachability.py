"""Whether a patient has a proven live channel, in words for people; for many patients at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import names
from priyom.notifications.ways import proven
from priyom.patients.models import ContactPoint


@dataclass(frozen=True, slots=True)
class Reachability:
    """`proven`: some channel is known to live. `channels`: its titles. `text`: what to say of it."""

    proven: bool
    channels: tuple[str, ...]
    text: str


NOBODY = Reachability(False, (), "нет ни одного адреса")


def reachability(patient_ids: Iterable[int], at: datetime, days: int) -> dict[int, Reachability]:
    """patient id -> reachability, in two queries."""
    points: dict[int, list[ContactPoint]] = defaultdict(list)
    wanted = list(patient_ids)
    rows = ContactPoint.objects.filter(patient__in=wanted, removed_at=None).prefetch_related("reaches").order_by("id")
    for point in rows:
        points[point.patient_id].append(point)
    return {patient_id: _of(points[patient_id], at, days) for patient_id in wanted}


def _of(points: list[ContactPoint], at: datetime, days: int) -> Reachability:
    if not points:
        return NOBODY
    known = set(names())
    reaches = [reach for point in points for reach in point.reaches.all() if reach.channel in known]
    live = tuple(dict.fromkeys(_title(reach.channel) for reach in reaches if proven(reach, at, days)))
    if live:
        return Reachability(True, live, "живой канал: " + ", ".join(live))
    lost = tuple(dict.fromkeys(_title(reach.channel) for reach in reaches if reach.lost))
    if lost:
        return Reachability(False, (), "закрыт: " + ", ".join(lost) + "; проверенного канала нет")
    return Reachability(False, (), "проверенного канала нет")


def _title(channel: str) -> str:
    return find_channel(channel).card.title
