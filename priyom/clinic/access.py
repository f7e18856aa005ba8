"""The guarded door to branches: who sees which."""

from __future__ import annotations

from django.db.models import QuerySet

from priyom.clinic.models import Branch, Role, Staff

EVERYWHERE = frozenset({Role.OWNER, Role.ADMIN, Role.MARKETER})
MANAGES_CHANNELS = frozenset({Role.OWNER, Role.ADMIN})


def branches(staff: Staff) -> QuerySet[Branch]:
    """The branches this member of staff works with: their own ones; all of them when none are named."""
    if staff.role in EVERYWHERE or not staff.branches.exists():
        return Branch.objects.order_by("name")
    return staff.branches.order_by("name")


def manages_channels(staff: Staff) -> bool:
    """May connect channels and see what went wrong in them."""
    return staff.role in MANAGES_CHANNELS
