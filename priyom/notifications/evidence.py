"""Signals in words for people; uncertainty is said."""

from __future__ import annotations

from priyom.contracts.card import Sort
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel

WORDS = {
    "": "ждет отправки",
    Signal.SENT: "отправлено через {title}",
    Signal.DELIVERED: "доставлено: {title}",
    Signal.READ: "прочитано: {title}",
    Signal.ANSWERED: "ответ: {title}",
    Signal.FAILED: "не отправлено: {title}",
    Signal.UNCERTAIN: "отправлено в {title}, но подтверждения нет: дошло ли, неизвестно",
}
SILENT = "передано {title}; дошло ли, он не сообщает"
SILENT_MAIL = "передано почтовому серверу; дошло ли, он не сообщает"
WAITS = "передано {title}, ждем отчета о доставке"


def signal_words(channel: str, signal: str) -> str:
    """«передано Telegram; дошло ли, он не сообщает»."""
    card = find_channel(channel).card
    if signal == Signal.ACCEPTED:
        if card.sort == Sort.MAIL:
            return SILENT_MAIL
        return (WAITS if Signal.DELIVERED in card.signals else SILENT).format(title=card.title)
    return WORDS.get(signal, signal).format(title=card.title)
