"""Whom an address names: a phone number (`+77011234567`) or, for people who hide theirs, Meta's business-scoped user id
(`KZ.13491208655302741918`), which is made for one business and begins with the person's country."""

from __future__ import annotations

import re

from priyom.contracts.errors import NotReachable

_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
_KAZAKH = ("+76", "+77")  # +7 is shared by two countries


def is_user_id(address: str) -> bool:
    """Whether this is a business-scoped user id."""
    return _USER_ID.fullmatch(address) is not None


def is_russian(address: str) -> bool:
    """Whether a phone number or a user id belongs to Russia."""
    return address.startswith("RU.") or (address.startswith("+7") and not address.startswith(_KAZAKH))


def recipient(address: str) -> dict[str, str]:
    """The part of a request that names whom it is for. Raises NotReachable for anything else than the two kinds."""
    if _PHONE.fullmatch(address):
        return {"to": address}  # with the plus: without it Meta puts the sender's country code before it
    if is_user_id(address):
        return {"recipient": address}
    raise NotReachable(f"«{address}» - не номер WhatsApp")


def phone_of(wa_id: str) -> str:
    """`77011234567` -> `+77011234567`; '' for what has no digits."""
    digits = "".join(c for c in wa_id if c in "0123456789")
    return f"+{digits}" if digits else ""
