"""Webhooks of the counting channel: a shared secret in a header, one JSON object each."""

from __future__ import annotations

from journeys.counting_hooks import answer, identify, parse, verify

__all__ = ["answer", "identify", "parse", "verify"]
