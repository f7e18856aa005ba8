"""From an outgoing message to what is said: sentences with their language, the keys that answer, and the written form
which the sandbox shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from priyom.channels.sip_voice import scripts
from priyom.contracts.message import Button, Message, Outgoing

CHOICE_KEYS = "12345678"
OPERATOR_KEY, STOP_KEY, REPEAT_KEY = "0", "9", "*"
_KAZAKH = re.compile(r"[әғқңөұүһі]", re.IGNORECASE)
_PLACE = re.compile(r"\{([a-z_.]+)\}")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_a-zа-я])|\n+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in `ru` or `kk`."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Speech:
    """A message for the ear. `choices` is key -> payload; `labels` is key -> what the button says."""

    written: str
    matter: tuple[Sentence, ...]
    menu: tuple[Sentence, ...]
    choices: Mapping[str, str]
    labels: Mapping[str, str]
    language: str


def speech(outgoing: Outgoing, *, opt_out: bool) -> Speech:
    """What is said for this message. With a wording of a known kind that is its script, else the message's text."""
    message = outgoing.message
    buttons = [b for row in message.rows for b in row if b.payload and not b.url][: len(CHOICE_KEYS)]
    keyed = dict(zip(CHOICE_KEYS, buttons, strict=False))
    text = without_choices(message, buttons)
    language = outgoing.wording.language if outgoing.wording else language_of(text)
    language = language if language in scripts.GOODBYE else "ru"
    said = _script(outgoing, language)
    matter = said or tuple(Sentence(one, language_of(one)) for one in _sentences(text))
    return Speech(
        " ".join(one.text for one in said) if said else text, matter, _menu(keyed, language, opt_out),
        {key: button.payload for key, button in keyed.items()}, {key: b.label for key, b in keyed.items()}, language,
    )  # fmt: skip


def language_of(text: str) -> str:
    """`kk` where a letter stands that only Kazakh has, else `ru`."""
    return "kk" if _KAZAKH.search(text) else "ru"


def without_choices(message: Message, buttons: Sequence[Button]) -> str:
    """The text without the line of digits that short texts carry («Ответьте 1 - приду, ...»): the menu says it."""
    head, _, last = message.text.rpartition("\n")
    listed = [f"{n} - {button.label.lower()}" for n, button in enumerate(buttons, 1)]
    return head if listed and head and all(item in last.lower() for item in listed) else message.text


def _script(outgoing: Outgoing, language: str) -> tuple[Sentence, ...]:
    wording = outgoing.wording
    lines = scripts.SCRIPTS.get(wording.kind, {}).get(language, ()) if wording else ()
    if wording is None:
        return ()
    filled = [_PLACE.sub(lambda place: wording.values.get(place[1], ""), line) for line in lines
              if all(wording.values.get(name) for name in _PLACE.findall(line))]  # fmt: skip
    return tuple(Sentence(re.sub(r"\.\.+$", ".", line), language) for line in filled)


def _menu(keyed: Mapping[str, Button], language: str, opt_out: bool) -> tuple[Sentence, ...]:
    lines = [_choice(key, button.label, language) for key, button in keyed.items()]
    if keyed:
        lines.append(scripts.OPERATOR[language])
        lines += [scripts.OPT_OUT[language]] if opt_out else []
    return tuple(Sentence(line, language) for line in lines)


def _choice(key: str, label: str, language: str) -> str:
    """How a button is offered; of a label in two languages the part in ours."""
    parts = [part.strip() for part in label.split(" / ")]
    known = scripts.LABELS[language]
    word = next((part for part in parts if part in known), parts[0])
    line = known.get(word, scripts.OTHER_LABEL[language])
    return line.format(key=scripts.KEYS[language][key], label=word)


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]
