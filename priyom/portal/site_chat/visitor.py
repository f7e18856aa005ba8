"""A visitor of a site: made at random, known afterwards by what is signed with their key."""

from __future__ import annotations

import secrets

from priyom.delivery.accounts import wire
from priyom.delivery.models import Account
from priyom.inbox.chat import Chat
from priyom.patients.models import Patient
from priyom.portal.site_chat.entrance import Caller, visitor_key


def made_up(account: Account) -> tuple[str, str]:
    """A new visitor (128 bits) and their key; nothing of it is kept until they say something."""
    visitor = secrets.token_urlsafe(16)
    return visitor, visitor_key(account, wire(account), visitor)


def patient_of(caller: Caller) -> Patient | None:
    """The one patient this visitor is known to be; None for strangers and for shared browsers."""
    points = Chat.of(caller.account, caller.visitor).points
    return points[0].patient if len(points) == 1 else None


def is_known(caller: Caller) -> bool:
    """Whether the chat is tied to anybody."""
    return bool(Chat.of(caller.account, caller.visitor).points)
