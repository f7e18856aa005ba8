"""Writes `docs/channels.md` from the channels' cards: `.venv/bin/python docs/make_channels.py`. A test compares the
file with what `page()` makes, so the document says what the code says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING
from datetime import timedelta
from pathlib import Path

from priyom.contracts import registry
from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, abouts
from priyom.contracts.message import LADDER

TARGET = Path(__file__).with_name("channels.md")

HEAD = """# Channels

<!-- Made by docs/make_channels.py from the channels' cards. Do not edit by hand. -->

What each channel can do, from its card. Routes, waits and screens ask the card and nothing else. How a clinic connects
a channel, what it costs and what has been tried on the live service stands in the channel's own page.
"""

BUTTONS = {Buttons.PRESSED: "pressed in the chat", Buttons.DIGITS: "answered by a digit", Buttons.LINKS: "links"}
CRASH = {
    AfterCrash.SAME_KEY: "repeated under the same key",
    AfterCrash.ASK: "the gateway is asked",
    AfterCrash.UNKNOWN: "uncertain, not repeated",
}


def page() -> str:
    """The whole document."""
    cards = sorted(registry.cards(), key=lambda card: (list(Sort).index(card.sort), card.title))
    rows: list[tuple[str, Callable[[Card], str]]] = [
        ("address", lambda c: f"`{c.contact_kind}`"),
        ("tells", lambda c: ", ".join(s.value for s in LADDER if s in c.signals)),
        ("choices", lambda c: BUTTONS[c.buttons]),
        ("the patient must write first", lambda c: yes(c.needs_start)),
        ("edits what was sent", lambda c: yes(c.edits)),
        ("can be without sound", lambda c: yes(c.can_be_quiet)),
        ("asks for the phone number", lambda c: yes(c.asks_contact)),
        ("carries files", lambda c: yes(c.carries_files)),
        ("personal link", lambda c: f"`{c.deep_link}`" if c.deep_link else "no"),
        ("text, at most", lambda c: f"{c.text_limit} characters"),
        ("pace", lambda c: f"{c.pace:g} a second, {c.parallel} at once"),
        ("people usually answer within", lambda c: span(c.usual_answer)),
        ("after a crash", lambda c: CRASH[c.after_crash]),
    ]
    lines = [
        HEAD,
        "| | " + " | ".join(f"[{c.title}]({home(c)})" for c in cards) + " |",
        "|---" * (len(cards) + 1) + "|",
    ]
    lines += ["| " + " | ".join([name, *(say(card) for card in cards)]) + " |" for name, say in rows]
    lines += [
        "",
        "Answers reach us wherever people can reply, so `answered` is not listed. What the signals mean: "
        "[what happens when](rules.md). Another channel: [how to add one](adding-a-channel.md).",
    ]
    for card in cards:
        lines += ["", f"## {card.title}", "", f"`priyom/channels/{card.key}`. What the set-up page asks for:", ""]
        lines += ["| setting | on the page | |", "|---|---|---|", *settings(card)]
    return "\n".join(lines) + "\n"


def settings(card: Card) -> list[str]:
    """A row for each setting: its name, its label, whether it is needed, secret, limited."""
    made = []
    for name, (about, _, default) in abouts(card.settings).items():
        notes = ["needed" if default is MISSING else f"`{default}`" if default not in ("", None) else "may be empty"]
        notes += ["secret"] if about.secret else []
        notes += [" / ".join(about.choices)] if about.choices else []
        made.append(f"| `{name}` | {about.label} | {', '.join(notes)} |")
    return made


def home(card: Card) -> str:
    """The channel's own page, seen from `docs`."""
    return f"../priyom/channels/{card.key}/README.md"


def yes(value: bool) -> str:
    """A word for a cell."""
    return "yes" if value else "no"


def span(length: timedelta) -> str:
    """«6 h», «30 min»."""
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


if __name__ == "__main__":
    TARGET.write_text(page())
