"""Mark threads read and settled."""

from __future__ import annotations

from priyom.inbox.models import Conversation


def read(conversation: Conversation) -> None:
    """Somebody has seen what is new. It still needs an answer until one is given or it is settled."""
    Conversation.objects.filter(pk=conversation.pk, unread__gt=0).update(unread=0)


def settle(conversation: Conversation) -> None:
    """Nothing more to answer here."""
    Conversation.objects.filter(pk=conversation.pk).update(unread=0, needs_answer=False)


def unsettle(conversation: Conversation) -> None:
    """Take `settle` back."""
    Conversation.objects.filter(pk=conversation.pk).update(needs_answer=True)
