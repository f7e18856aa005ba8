"""Who a thread can be given to, and whether each of them is at the desk."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from priyom.inbox.desk_models import Here
from priyom.inbox.models import Conversation
from priyom.inbox.presence import states
from priyom.web import guard
from priyom.web.say import Word

PRESENCE = {
    Here.HERE: Word(gettext_noop("at the desk"), "confirmed"),
    Here.BREAK: Word(gettext_noop("on a break"), "waiting"),
    Here.AWAY: Word(gettext_noop("not there"), "planned"),
}
"""How somebody counts now, in words and with a shape."""
ORDER = (Here.HERE, Here.BREAK, Here.AWAY)


def colleagues(conversation: Conversation) -> dict[str, Any]:
    """The context of `web/chats/_assign.html`: those who are there first."""
    people = list(guard.colleagues(conversation))
    stand = states(people)
    listed = [(one, PRESENCE[stand[one.pk]]) for one in sorted(people, key=lambda one: ORDER.index(stand[one.pk]))]
    whose = next((word for one, word in listed if one.pk == conversation.assigned_to_id), None)
    return {"team": listed, "whose": whose}
