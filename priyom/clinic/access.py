"""The guarded door to branches: who sees which."""

from __future__ import annotations

from django.db.models import Prefetch, prefetch_related_objects

from priyom.clinic.models import Branch, Role, Staff

EVERYWHERE = frozenset({Role.OWNER, Role.ADMIN, Role.MARKETER})
MANAGES_CHANNELS = frozenset({Role.OWNER, Role.ADMIN})


def branches(staff: Staff) -> list[Branch]:
    """The branches this member of staff works with, by name: their own ones; all of them when none are named."""
    return own_branches(staff) or list(Branch.objects.order_by("name"))


def own_branches(staff: Staff) -> list[Branch]:
    """The branches they are kept to, by name; none: they see all. Read once for each copy of their row, so once a
    request however many doors it goes through."""
    if staff.role in EVERYWHERE:
        return []
    prefetch_related_objects([staff], Prefetch("branches", Branch.objects.order_by("name")))
    return list(staff.branches.all())


def manages_channels(staff: Staff) -> bool:
    """May connect channels and see what went wrong in them."""
    return staff.role in MANAGES_CHANNELS
