"""Decisions of the alerts, pure."""

from __future__ import annotations

LEAST_ENDED = 20
"""Fewer messages a day say nothing of a channel."""
LEAST_LOST = 3
"""One or two that did not arrive are people, not a channel."""
GOOD_SHARE = 0.95


def too_little_arrives(ended: int, arrived: int) -> bool:
    """Whether a day's delivery is worth an alarm."""
    return ended >= LEAST_ENDED and ended - arrived >= LEAST_LOST and arrived < GOOD_SHARE * ended
