"""What the frame of a page tells its script about the live stream."""

from __future__ import annotations

from django import template

from priyom.web.live.hub import recently

register = template.Library()


@register.simple_tag
def live_after() -> str:
    """The place a fresh page goes on from."""
    return recently()
