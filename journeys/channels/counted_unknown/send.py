"""Sends to the counting gateway."""

from __future__ import annotations

from journeys.counting import check, send

__all__ = ["check", "send"]
