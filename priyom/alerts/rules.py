"""Decisions of the alerts, pure."""

from __future__ import annotations

LEAST_SENT = 20
"""Fewer messages a day say nothing of a channel."""
GOOD_SHARE = 0.95


def too_little_arrives(sent: int, arrived: int) -> bool:
    """Whether a day's delivery of a channel is worth an alarm."""
    return sent >= LEAST_SENT and arrived < GOOD_SHARE * sent
