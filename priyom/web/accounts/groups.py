"""The channels there are, in groups, each with a word on what it is good for: the card says which group is its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from priyom.contracts.card import Audience, Card, Sort
from priyom.web.say import SORTS

STAFF = "staff"
WORDS = {
    Sort.MESSENGER: (
        gettext_noop("Messengers and chat on the site"),
        gettext_noop("Buttons, files, conversation. The patient opens the chat first, or has written before."),
    ),
    Sort.NOTICE: (
        gettext_noop("Notices by phone number"),
        gettext_noop("Reach whoever has the application, without their opening a chat. Nobody can answer there."),
    ),
    Sort.SMS: (
        gettext_noop("SMS"),
        gettext_noop("Reach any phone, without internet. Each part is paid for."),
    ),
    Sort.MAIL: (
        gettext_noop("Mail"),
        gettext_noop("For long texts and documents. Read later than anything else."),
    ),
    Sort.VOICE: (
        gettext_noop("Calls"),
        gettext_noop("A voice says the reminder and hears which key is pressed. For those without messengers."),
    ),
    STAFF: (
        gettext_noop("For the staff"),
        gettext_noop("Tell your colleagues of calls to make and of trouble. Patients never see it."),
    ),
}
"""Group -> (title, what it is good for), in the order of the page."""


@dataclass(frozen=True, slots=True)
class Group:
    """Channels of one kind; `shape` is an icon."""

    title: str
    word: str
    shape: str
    cards: tuple[Card, ...]


def grouped(cards: Iterable[Card]) -> list[Group]:
    """Groups that are not empty; within one, by title."""
    found: dict[str, list[Card]] = {key: [] for key in WORDS}
    for card in sorted(cards, key=lambda card: card.title):
        found[STAFF if card.audience is Audience.STAFF else card.sort].append(card)
    return [
        Group(_(title), _(word), SORTS.get(Sort(key), "chat") if key != STAFF else "person", tuple(found[key]))
        for key, (title, word) in WORDS.items()
        if found[key]
    ]
