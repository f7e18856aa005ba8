"""Signed links of patients' pages: whoever holds one may act on that one visit, until it is over."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core import signing

from priyom.appointments.models import Visit

SALT = "priyom.visit"


class BadLink(ValueError):
    """The link is damaged or not ours."""


def visit_token(visit_id: int, channel: str) -> str:
    """A signed token that names the visit and the channel that carries it."""
    return signing.Signer(salt=SALT).sign(f"{visit_id}-{channel}")


def read_token(token: str) -> tuple[int, str]:
    """(visit id, channel) of a token. Raises BadLink."""
    try:
        visit_id, _, channel = signing.Signer(salt=SALT).unsign(token).partition("-")
        return int(visit_id), channel
    except (signing.BadSignature, ValueError):
        raise BadLink from None


def visit_link(visit: Visit, action: str, channel: str) -> str:
    """The page of this visit, with one choice laid out. GET shows, POST does (mail scanners open links)."""
    return f"{settings.PUBLIC_URL}/p/{visit_token(visit.pk, channel)}?do={quote(action)}"
