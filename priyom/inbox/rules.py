"""What a typed answer means: pure. Only a whole, plain answer counts; everything else is for a person to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

YES = frozenset(
    {
        "да",
        "ага",
        "угу",
        "ок",
        "окей",
        "хорошо",
        "приду",
        "буду",
        "подтверждаю",
        "будем",
        "придем",
        "придём",
        "иә",
        "ия",
        "иа",
        "келемін",
        "келемин",
        "барамын",
        "жарайды",
        "+",
        "yes",
        "ok",
    }
)
NO = frozenset(
    {
        "нет",
        "отмена",
        "отменить",
        "отменяю",
        "неприду",
        "жоқ",
        "жок",
        "бармаймын",
        "келмеймін",
        "no",
        "cancel",
    }
)
MOVE = frozenset(
    {
        "перенести",
        "перенос",
        "перенесите",
        "ауыстыру",
        "ауыстырыңыз",
    }
)
STOP = frozenset(
    {
        "стоп",
        "stop",
        "отписаться",
        "тоқта",
        "токта",
        "тоқтату",
    }
)
START = frozenset(
    {
        "старт",
        "start",
        "бастау",
    }
)
_WORDS = re.compile(r"[^\w+]+")
FILLERS = frozenset(
    {
        "спасибо",
        "рахмет",
        "рақмет",
        "пожалуйста",
        "я",
        "мы",
        "обязательно",
        "конечно",
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of the message that may be answered, in order; `action` begins with its verb."""

    action: str

    @property
    def verb(self) -> str:
        """`confirm` of `confirm:12:1`."""
        return self.action.partition(":")[0]


def words(text: str) -> list[str]:
    """The words of a text in lower case, without signs and courtesies; «ё» as «е» is not needed: both are listed."""
    found = [w for w in _WORDS.split(text.lower().replace("не приду", "неприду").replace("не буду", "неприду")) if w]
    return [w for w in found if w not in FILLERS]


def courtesy(text: str) -> bool:
    """«Спасибо!» and the like: nobody has to answer it."""
    return bool(_WORDS.sub("", text)) and not words(text)


def understand(text: str, choices: Sequence[Choice]) -> str:
    """The action a text means, given the buttons of the last question; '' when a person must read it.

    `1` is the first button. «да» is its yes, «нет» its no; «стоп» and «старт» need no question.
    """
    said = words(text)
    if len(said) != 1:
        return _all_same(said, choices)
    return _one(said[0], choices)


def _all_same(said: Sequence[str], choices: Sequence[Choice]) -> str:
    meant = {_one(word, choices) for word in said}
    return meant.pop() if len(meant) == 1 else ""


def _one(word: str, choices: Sequence[Choice]) -> str:
    if word in STOP:
        return "stop"
    if word in START:
        return "start"
    if word.isascii() and word.isdigit():
        number = int(word) if len(word) < 4 else 0
        return choices[number - 1].action if 1 <= number <= len(choices) else ""
    asks_cancel = any(c.verb == "cancel_yes" for c in choices)
    if word in YES:
        return _first(choices, "cancel_yes" if asks_cancel and word in ("да", "иә", "yes") else
                      "keep" if asks_cancel else "confirm")  # fmt: skip
    if word in NO:
        keeps = asks_cancel and word in ("нет", "жоқ", "жок", "no")
        return _first(choices, "keep" if keeps else "cancel_yes" if asks_cancel else "cancel")
    if word in MOVE:
        return _first(choices, "move")
    return ""


def _first(choices: Sequence[Choice], verb: str) -> str:
    return next((c.action for c in choices if c.verb == verb), "")
