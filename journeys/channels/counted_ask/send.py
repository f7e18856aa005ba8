"""Sends to the counting gateway, and asks it."""

from __future__ import annotations

from journeys.counting import check, find, send

__all__ = ["check", "find", "send"]
