"""The house rules: one row, always there."""

from __future__ import annotations

from priyom.clinic.models import House
from priyom.foundation.remember import once


@once
def house() -> House:
    """The network's own rules."""
    return House.objects.get_or_create(pk=1)[0]
