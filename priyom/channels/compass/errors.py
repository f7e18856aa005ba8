"""Which error of the userbot API means what. Business errors come with HTTP 200 and a number in the body."""

from __future__ import annotations

from collections.abc import Callable

from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Throttled, Unavailable

NEW_CHATS = 60.0
"""Seconds: a bot may open ten personal chats a minute; the eleventh is told as an internal error."""
LOCKED = 600.0
"""Seconds: after 50 wrong tokens an address is locked out until the hour is over."""

TABLE: dict[int, tuple[Callable[[str, str], ChannelError], str]] = {
    1: (Misconfigured, "Compass не получил токен"),
    2: (Misconfigured, "Compass не узнал токен"),
    3: (Misconfigured, "Бот выключен или удалён"),
    5: (lambda text, code: Throttled(text, LOCKED, code), "Compass временно не слушает нас: слишком много ошибок"),
    6: (
        lambda text, code: Throttled(text, NEW_CHATS, code),
        "Compass просит подождать: новых чатов 10 в минуту",
    ),
    1001: (NotReachable, "В пространстве Compass нет такого человека"),
    1002: (NotReachable, "Этот человек ушёл из пространства Compass"),
    1003: (NotReachable, "Бота нет в этой группе: добавьте его"),
    1004: (NotReachable, "Такой группы в Compass нет"),
    1010: (Unavailable, "Compass не принял файл"),
}


def failure(code: object, message: object) -> ChannelError:
    """The error of this `error_code`; the vendor's own words follow ours."""
    number = code if isinstance(code, int) else 0
    maker, text = TABLE.get(number, (Rejected, "Compass отказал"))
    said = str(message or "")[:200]
    return maker(f"{text}: {said}" if said else text, str(number))
