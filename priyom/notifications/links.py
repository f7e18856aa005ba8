"""Signed links of patients' pages: whoever holds one may act on that one visit, until it is over, or unsubscribe."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.core import signing

from priyom.appointments.models import Visit

SALT = "priyom.visit"
UNSUBSCRIBE_SALT = "priyom.unsubscribe"


class BadLink(ValueError):
    """The link is damaged or not ours."""


def visit_token(visit_id: int, channel: str) -> str:
    """A signed token that names the visit and the channel that carries it."""
    return signing.Signer(salt=SALT).sign(f"{visit_id}-{channel}")


def read_token(token: str) -> tuple[int, str]:
    """(visit id, channel) of a token. Raises BadLink."""
    return _read(token, SALT)


def page_link(visit: Visit, channel: str) -> str:
    """The page of this visit with all its choices: short, for texts that are paid by their length."""
    return f"{settings.PUBLIC_URL}/p/{visit_token(visit.pk, channel)}"


def visit_link(visit: Visit, action: str, channel: str) -> str:
    """The page of this visit, with one choice laid out. GET shows, POST does (mail scanners open links)."""
    return f"{settings.PUBLIC_URL}/p/{visit_token(visit.pk, channel)}?do={quote(action)}"


def unsubscribe_link(patient_id: int, channel: str) -> str:
    """Where a mail program posts «unsubscribe» (RFC 8058): a token of its own, so a visit's link cannot do it."""
    token = signing.Signer(salt=UNSUBSCRIBE_SALT).sign(f"{patient_id}-{channel}")
    return f"{settings.PUBLIC_URL}/p/u/{token}"


def read_unsubscribe(token: str) -> tuple[int, str]:
    """(patient id, channel) of an unsubscribe token. Raises BadLink."""
    return _read(token, UNSUBSCRIBE_SALT)


def _read(token: str, salt: str) -> tuple[int, str]:
    try:
        number, _, channel = signing.Signer(salt=salt).unsign(token).partition("-")
        return int(number), channel
    except (signing.BadSignature, ValueError):
        raise BadLink from None
