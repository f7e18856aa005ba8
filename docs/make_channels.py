"""Writes `docs/channels.md` from the channels' cards: `.venv/bin/python docs/make_channels.py`. A test compares the
file with what `page()` makes, so the document says what the code says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING
from datetime import timedelta
from pathlib import Path

from priyom.contracts import registry
from priyom.contracts.card import AfterCrash, Audience, Buttons, Card, Sort, Templates, abouts
from priyom.contracts.message import LADDER, Signal

TARGET = Path(__file__).with_name("channels.md")
Row = tuple[str, Callable[[Card], str]]

HEAD = """# Channels

<!-- Made by docs/make_channels.py from the channels' cards. Do not edit by hand. -->

What each channel can do, from its card. Routes, waits and screens ask the card and nothing else. How a clinic connects
a channel, what is certain of its vendor and what has been tried stands in the channel's own page.

**Level** says how far a channel goes: it *sends*; it *reports* what became of a message beyond «accepted»; it
*receives* what people answer; it is *proven* where a test lets a library, server or emulator that is not ours check it.
Nothing here has been tried on a vendor's live service yet.

Answers reach us wherever people can reply, so `answered` is not listed among what a channel tells; nor are refusals
that come later (a bounce, a number that does not exist): they end a delivery wherever the vendor tells them. What the
signals mean: [what happens when](rules.md). Another channel: [how to add one](adding-a-channel.md).
"""

GROUPS: tuple[tuple[str, str], ...] = (
    ("Messengers", "Chats with buttons. Where the patient must write first, a personal link leads there."),
    ("Notices", "Paid notices by phone number inside a messenger. Nobody can answer one; it carries a link."),
    ("SMS", "Where people can answer they answer by a digit; elsewhere the SMS carries the page of the visit."),
    ("Mail", "Choices are links; answers come back into the thread."),
    ("Voice", "Automatic calls, only for what must be answered and only within the hours named here."),
    ("Site chat", "The clinic's own chat window on its own site."),
    ("Staff", "Alarms and call tasks for the staff in their own messengers. No patient is ever written to here."),
)
BY_SORT = {
    Sort.MESSENGER: "Messengers",
    Sort.NOTICE: "Notices",
    Sort.SMS: "SMS",
    Sort.MAIL: "Mail",
    Sort.VOICE: "Voice",
}
BUTTONS = {Buttons.PRESSED: "pressed in the chat", Buttons.DIGITS: "answered by a digit", Buttons.LINKS: "links"}
CRASH = {
    AfterCrash.SAME_KEY: "repeated under the same key",
    AfterCrash.ASK: "the vendor is asked",
    AfterCrash.UNKNOWN: "uncertain, not repeated",
}


def page() -> str:
    """The whole document."""
    cards = sorted(registry.cards(), key=lambda card: (card.title, card.key))
    parts = [HEAD]
    for name, about in GROUPS:
        if members := [card for card in cards if group(card) == name]:
            parts.append(f"## {name}\n\n{about}\n\n{overview(members)}\n\n{comparison(members)}\n")
    parts.append("## Settings\n\nWhat the set-up page asks for.\n")
    for name, _ in GROUPS:
        for card in (card for card in cards if group(card) == name):
            rows = "\n".join(settings(card))
            where = f"`priyom/channels/{card.key}`"
            parts.append(f"### {card.title}\n\n{where}\n\n| setting | on the page | |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def group(card: Card) -> str:
    """Under which heading a channel stands."""
    if card.audience is Audience.STAFF:
        return "Staff"
    return "Site chat" if card.contact_kind == "webchat" else BY_SORT[card.sort]


def overview(cards: Sequence[Card]) -> str:
    """A row for each channel: what does not fit into a narrow column."""
    lines = ["| channel | address | who may write first | level | price |", "|---|---|---|---|---|"]
    for card in cards:
        cells = [f"[{card.title}]({home(card)})", f"`{card.contact_kind}`", first(card), level(card), card.price or "-"]
        lines.append("| " + " | ".join(map(cell, cells)) + " |")
    return "\n".join(lines)


def comparison(cards: Sequence[Card]) -> str:
    """A column for each channel, a row for each ability; rows that say «no» of all are left out."""
    lines = ["| | " + " | ".join(cell(card.title) for card in cards) + " |", "|---" * (len(cards) + 1) + "|"]
    for name, say in ROWS:
        said = [say(card) for card in cards]
        if set(said) != {"no"}:
            lines.append("| " + " | ".join([name, *map(cell, said)]) + " |")
    return "\n".join(lines)


def level(card: Card) -> str:
    """«sends - reports delivered - receives - proven against ...»."""
    told = [signal.value for signal in LADDER if signal in card.signals and signal is not Signal.ACCEPTED]
    steps = ["sends"]
    steps += [f"reports {', '.join(told)}"] if told else ["reports when asked"] if card.asks_status else []
    steps += ["receives"] if (card.webhook or card.listens) and answerable(card) else []
    steps += [f"proven against {card.proven}" if card.proven else "tried against our own emulator only"]
    return " - ".join(steps)


def answerable(card: Card) -> bool:
    """Whether people can answer here: chats and letters always; notices, SMS and calls where they take a digit."""
    return card.sort in (Sort.MESSENGER, Sort.MAIL) or card.buttons is not Buttons.LINKS


def first(card: Card) -> str:
    """Who may begin, and by what."""
    if card.needs_start:
        return "the person"
    if card.templates is Templates.ALWAYS:
        return "we, by approved texts only"
    return "we, by an approved text" if card.templates is Templates.OUTSIDE_WINDOW else "we"


def hears(card: Card) -> str:
    """How the vendor's news come to us."""
    ways = ["webhook"] if card.webhook else []
    ways += ["a line we hold"] if card.listens else []
    return " or ".join(ways) or ("asking" if card.asks_status else "no")


def files(card: Card) -> str:
    """Which way files go, and how large they may be on the way out."""
    comes = hasattr(registry.channel(card.key).sender, "fetch")
    if not card.carries_files:
        return "in" if comes else "no"
    out = f"out ({size(card.file_limit)})" if card.file_limit else "out"
    return f"in, {out}" if comes else out


def size(limit: int) -> str:
    """«20 MB»."""
    return f"{limit // 1024**3} GB" if limit >= 1024**3 else f"{round(limit / 1024**2)} MB"


def window(card: Card) -> str:
    """When the vendor takes only texts it has approved."""
    if card.templates is Templates.ALWAYS:
        return "always"
    return f"{span(card.window)} after the person's last word" if card.window else "no"


ROWS: tuple[Row, ...] = (
    ("tells", lambda c: ", ".join(s.value for s in LADDER if s in c.signals)),
    ("what became of it can be asked", lambda c: yes(c.asks_status)),
    ("news come by", hears),
    ("choices", lambda c: BUTTONS[c.buttons]),
    ("files", files),
    ("quotes the message it answers", lambda c: yes(c.replies)),
    ("edits what was sent", lambda c: yes(c.edits)),
    ("shows «typing»", lambda c: yes(c.types)),
    ("can be without sound", lambda c: yes(c.can_be_quiet)),
    ("asks for the phone number", lambda c: yes(c.asks_contact)),
    ("personal link", lambda c: yes(bool(c.deep_link))),
    ("only approved texts", window),
    ("hours at the person's place", lambda c: f"{c.hours[0]:%H:%M}-{c.hours[1]:%H:%M}" if c.hours else "no"),
    ("warm-up: people a day", lambda c: ", ".join(map(str, c.warm_up)) or "no"),
    ("not every address is tried", lambda c: yes(c.reaches is not None)),
    ("tells balance, rating or limit", lambda c: yes(c.tells_vitals)),
    ("text, at most", lambda c: f"{c.text_limit} characters"),
    ("paid by parts", lambda c: yes(c.segments is not None)),
    ("pace", lambda c: f"{c.pace:g} a second, {c.parallel} at once"),
    ("people usually answer within", lambda c: span(c.usual_answer)),
    ("after a crash", lambda c: CRASH[c.after_crash]),
)


def settings(card: Card) -> list[str]:
    """A row for each setting: its name, its label, whether it is needed, secret, limited."""
    made = []
    for name, (about, _, default) in abouts(card.settings).items():
        notes = ["needed" if default is MISSING else f"`{default}`" if default not in ("", None) else "may be empty"]
        notes += ["secret"] if about.secret else []
        notes += [" / ".join(about.choices)] if about.choices else []
        made.append(f"| `{name}` | {cell(about.label)} | {cell(', '.join(notes))} |")
    return made


def home(card: Card) -> str:
    """The channel's own page, seen from `docs`."""
    return f"../priyom/channels/{card.key}/README.md"


def yes(value: bool) -> str:
    """A word for a cell."""
    return "yes" if value else "no"


def cell(text: str) -> str:
    """A text that does not end its cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def span(length: timedelta) -> str:
    """«6 h», «30 min»."""
    minutes = int(length.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


if __name__ == "__main__":
    TARGET.write_text(page())
