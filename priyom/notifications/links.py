"""Signed links of patients' pages: whoever holds one may act on that one visit, until it is over."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core import signing

from priyom.appointments.models import Visit

SALT = "priyom.visit"


class BadLink(ValueError):
    """The link is damaged or not ours."""


def visit_token(visit_id: int) -> str:
    """A signed token that names the visit."""
    return signing.Signer(salt=SALT).sign(str(visit_id))


def read_token(token: str) -> int:
    """The visit's id of a token. Raises BadLink."""
    try:
        return int(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        raise BadLink from None


def visit_link(visit: Visit, action: str) -> str:
    """The page of this visit, with one choice laid out. GET shows, POST does (mail scanners open links)."""
    return f"{settings.PUBLIC_URL}/p/{visit_token(visit.pk)}?do={quote(action)}"
