"""The card of a channel: what it can do. Rules ask the card, never the channel's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import time, timedelta
from enum import StrEnum
from typing import Any

from priyom.contracts.message import Signal


class Audience(StrEnum):
    """Whom a channel reaches. Staff channels never carry a patient's reminder."""

    PATIENTS = "patients"
    STAFF = "staff"


class Templates(StrEnum):
    """When the vendor takes only texts it has approved beforehand."""

    NEVER = "never"
    OUTSIDE_WINDOW = "outside_window"  # free words within `window` after the person wrote, else a template
    ALWAYS = "always"


class Sort(StrEnum):
    """Which kind of way to a person this is; the route's order without other knowledge follows it."""

    MESSENGER = "messenger"
    NOTICE = "notice"  # a paid notice by phone number inside a messenger: nobody can answer it there
    SMS = "sms"
    MAIL = "mail"
    VOICE = "voice"


class Buttons(StrEnum):
    """How choices are offered: pressed in the chat, answered by a digit, or followed as links."""

    PRESSED = "pressed"
    DIGITS = "digits"
    LINKS = "links"


class AfterCrash(StrEnum):
    """What may be done with a delivery whose outcome is unknown."""

    SAME_KEY = "same_key"  # repeat under the same key: the provider drops the double
    ASK = "ask"  # ask the provider (`find`), repeat only if it never heard of it
    UNKNOWN = "unknown"  # neither: it stays uncertain


@dataclass(frozen=True, slots=True)
class Card:
    """One channel's abilities. Limits are in characters; `pace` is messages per second per account."""

    key: str
    title: str
    sort: Sort
    contact_kind: str
    """phone | email | telegram | max | vk | whatsapp | webchat: the kind of contact point whose address it takes.
    A staff channel names itself."""
    buttons: Buttons
    signals: frozenset[Signal]
    """The signals the vendor itself gives; `answered` is always possible where people can reply."""
    needs_start: bool
    """True: only a person who has opened the dialog can be written to."""
    text_limit: int
    label_limit: int
    pace: float
    settings: type
    """A frozen dataclass of `setting(...)` fields; the set-up form is made of it."""
    after_crash: AfterCrash = AfterCrash.UNKNOWN
    parallel: int = 64
    """How many requests may be under way at once."""
    chat_every: float = 0.0
    """The vendor's least number of seconds between two messages to one chat; 0: no limit of its own."""
    chat_burst: int = 1
    """How many may go to one chat at once after a rest; each is paid for by `chat_every` seconds."""
    edits: bool = False
    asks_contact: bool = False
    can_be_quiet: bool = False
    carries_files: bool = False
    """Files go out with a message, and come in where people can write."""
    file_limit: int = 0
    """Bytes of one file that may go out; 0: as `carries_files` says, without a limit of the vendor's."""
    usual_answer: timedelta = timedelta(hours=1)
    """How long people usually take to answer here, until we know the patient better."""
    usual_delivery: timedelta = timedelta(minutes=2)
    """How long a delivered report usually takes, where the channel gives one."""
    deep_link: str = ""
    """A link that opens the dialog with a token: `{bot}` (from `check`) and `{token}` are filled in."""
    webhook: bool = True
    """True: the gateway calls us; the set-up page shows the address."""
    hook_limit: int = 1024 * 1024
    """Bytes of one webhook, at most: larger ones are refused unread."""
    audience: Audience = Audience.PATIENTS
    listens: bool = False
    """`listen.py` exists: a worker may hold a line open (polling, a session, a mailbox), as the settings say."""
    asks_status: bool = False
    """Lost reports can be asked for (`sender.ask`)."""
    tells_vitals: bool = False
    """The vendor tells balance, rating or limit (`sender.vitals`)."""
    replies: bool = False
    """A message can quote the one it answers."""
    types: bool = False
    """The person can be shown that we are writing (`sender.typing`)."""
    templates: Templates = Templates.NEVER
    window: timedelta | None = None
    """How long after the person's last word free words are taken; None: always."""
    warm_up: tuple[int, ...] = ()
    """How many people a new account may write to on its 1st, 2nd, ... day; afterwards only the vendor's limit holds."""
    hours: tuple[time, time] | None = None
    """Local hours in which the law lets this channel reach a person, besides the clinic's quiet hours."""
    reaches: Callable[[Mapping[str, object], str], bool] | None = None
    """(settings that are not secret, address) -> whether this account may be tried for that address at all."""
    segments: Callable[[str], int] | None = None
    """How many paid parts a text makes."""
    example: str = ""
    """A made-up address of the right shape; the emulator accepts it as somebody's."""
    embed: str = ""
    """HTML for the pages of the clinic's own site, where the channel stands there; `{public_url}` and `{key}` are
    filled in, as they are in stored settings."""
    price: str = ""
    """What a message costs, in a few words, English; for the table of channels."""
    proven: str = ""
    """The third party's library, server or emulator that a test lets check ours; '' when there is none."""


_SETTING = "priyom.setting"


@dataclass(frozen=True, slots=True)
class About:
    """What the set-up page says of one setting."""

    label: str
    help: str
    secret: bool = False
    choices: tuple[str, ...] = ()


def setting(
    label: str,
    help: str,
    *,
    default: Any = MISSING,
    secret: bool = False,
    choices: tuple[str, ...] = (),
) -> Any:
    """A field of a channel's settings (str, int or bool). Without a default it must be filled in. Russian texts."""
    about = About(label, help, secret, choices)
    if default is MISSING:
        return field(metadata={_SETTING: about})
    return field(default=default, metadata={_SETTING: about})


def abouts(settings: type) -> dict[str, tuple[About, type, Any]]:
    """name -> (about, type, default or MISSING) of every setting, in order."""
    kinds: dict[str, type] = {"str": str, "int": int, "bool": bool}
    return {
        item.name: (
            item.metadata[_SETTING],
            item.type if isinstance(item.type, type) else kinds[str(item.type)],
            item.default,
        )
        for item in fields(settings)
    }


class BadSettings(ValueError):
    """Settings that cannot be used; `problems` maps the setting's name to what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems.items()))
        self.problems = dict(problems)


def build_settings(settings: type, values: Mapping[str, object]) -> Any:
    """The settings object made from stored or typed-in values. Raises BadSettings naming each fault."""
    problems: dict[str, str] = {}
    made: dict[str, object] = {}
    for name, (about, kind, default) in abouts(settings).items():
        value = values.get(name, "")
        if value in ("", None):
            if default is MISSING:
                problems[name] = "заполните это поле"
            continue
        try:
            made[name] = str(value).lower() in ("1", "true", "on", "yes") if kind is bool else kind(value)
        except ValueError:
            problems[name] = f"нужно число, а здесь «{value}»"
            continue
        if about.choices and made[name] not in about.choices:
            problems[name] = "выберите из: " + ", ".join(about.choices)
    if problems:
        raise BadSettings(problems)
    return settings(**made)
