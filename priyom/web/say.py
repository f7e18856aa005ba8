"""How the pages say things: moments as people say them, states with a shape, signals with what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from priyom.contracts import registry
from priyom.contracts.card import Card, Sort
from priyom.contracts.message import Signal
from priyom.foundation.clock import now
from priyom.inbox.endings_rules import with_ending


@dataclass(frozen=True, slots=True)
class Word:
    """A state on the screen: an English msgid and the name of its shape in the sprite."""

    text: str
    shape: str


STATES = {
    "silent": Word(gettext_noop("silent"), "silent"),
    "waiting": Word(gettext_noop("waiting for an answer"), "waiting"),
    "confirmed": Word(gettext_noop("confirmed"), "confirmed"),
    "call": Word(gettext_noop("call"), "call"),
    "moved": Word(gettext_noop("moved"), "moved"),
    "cancelled": Word(gettext_noop("cancelled"), "cancelled"),
    "arrived": Word(gettext_noop("has come"), "done"),
    "completed": Word(gettext_noop("seen"), "done"),
    "missed": Word(gettext_noop("did not come"), "missed"),
    "planned": Word(gettext_noop("planned"), "planned"),
    "booked": Word(gettext_noop("booked"), "planned"),
}

CALL = "call"
"""What stands for a channel where a person called."""

SORTS = {Sort.MESSENGER: "chat", Sort.NOTICE: "chat", Sort.SMS: "sms", Sort.MAIL: "mail", Sort.VOICE: "call"}

KINDS = {
    "phone": Word(gettext_noop("Phone"), "call"),
    "email": Word(gettext_noop("E-mail"), "mail"),
}

SIGNALS = {
    "": gettext_noop("waiting to go"),
    "accepted": gettext_noop("handed over"),
    "sent": gettext_noop("sent"),
    "delivered": gettext_noop("delivered"),
    "read": gettext_noop("read"),
    "answered": gettext_noop("answered"),
    "failed": gettext_noop("not sent"),
    "uncertain": gettext_noop("unknown whether it went out"),
}

LEGS = {
    "waiting": gettext_noop("waiting"),
    "reached": gettext_noop("reached"),
    "passed": gettext_noop("time ran out, went on"),
    "failed": gettext_noop("failed"),
    "cancelled": gettext_noop("called off"),
    "planned": gettext_noop("planned"),
    "running": gettext_noop("under way"),
    "exhausted": gettext_noop("every way tried"),
    "expired": gettext_noop("too late"),
    "suppressed": gettext_noop("not allowed"),
}


PURPOSES = {
    "all": gettext_noop("for everything"),
    "notify": gettext_noop("automatic messages only"),
    "talk": gettext_noop("conversations only"),
    "campaigns": gettext_noop("campaigns only"),
    "spare": gettext_noop("a spare: while no other works"),
}

QUALITIES = {"high": gettext_noop("good"), "medium": gettext_noop("middling"), "low": gettext_noop("bad")}

STANDINGS = {
    "pending": Word(gettext_noop("being looked at"), "waiting"),
    "approved": Word(gettext_noop("approved"), "done"),
    "rejected": Word(gettext_noop("refused"), "cancelled"),
    "paused": Word(gettext_noop("paused by the vendor"), "waiting"),
    "gone": Word(gettext_noop("gone"), "missed"),
}


def card(channel: str) -> Card | None:
    """The channel's card; None for a channel whose folder is gone."""
    return registry.channel(channel).card if channel in registry.names() else None


def channel_title(channel: str) -> str:
    """«Telegram»; a channel whose folder is gone keeps its key."""
    found = card(channel)
    return _(found.title) if found else _("call") if channel == CALL else channel


def kind_title(kind: str) -> str:
    """The name of a kind of contact point: «Телефон», «Telegram»."""
    if kind in KINDS:
        return _(KINDS[kind].text)
    titles = [_(c.title) for c in registry.cards() if c.contact_kind == kind]
    return titles[0] if titles else kind


def signal(channel: str, learned: str) -> str:
    """What has been learned of a message, and what the channel will never tell."""
    text = _(SIGNALS.get(learned, learned))
    found = card(channel)
    if found is None or learned not in ("accepted", "sent"):
        return text
    if found.signals & {Signal.DELIVERED, Signal.READ}:
        return _("handed over to %(channel)s") % {"channel": found.title}
    return _("handed over to %(channel)s; it does not tell whether it arrived") % {"channel": found.title}


def ended(how: str) -> str:
    """How a doubt was ended, stored in Russian: each part of it as this language has it."""
    return "; ".join(_ended(part) for part in how.split("; ") if part)


def _ended(part: str) -> str:
    head, gap, tail = part.partition(": ")
    whole = _(part)
    return f"{_(head)}: {_(tail)}" if gap and tail and whole == part else whole


def day(local: date, today: date) -> str:
    """«сегодня», «завтра», «вчера», «пт, 24 июля», with the year when it is another."""
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    distance = (local - today).days
    if distance in near:
        return near[distance]
    pattern = _("D, j E") if local.year == today.year else _("j E Y")
    return formats.date_format(local, pattern).lower()


def when(at: datetime, zone: ZoneInfo) -> str:
    """«завтра в 14:00» at that place."""
    local, today = at.astimezone(zone), now().astimezone(zone).date()
    return _("%(day)s at %(time)s") % {"day": day(local.date(), today), "time": f"{local:%H:%M}"}


def exact(at: datetime, zone: ZoneInfo) -> str:
    """The whole moment, for the hover: «24.07.2026 14:00:05 Asia/Almaty»."""
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M:%S} {zone.key}"


def left(at: datetime) -> str:
    """«осталось 40 мин», «осталось 3 ч», «пора», «опоздали на 15 мин»."""
    gap = at - now()
    if abs(gap) < timedelta(minutes=1):
        return _("it is time")
    return (_("%(span)s left") if gap > timedelta(0) else _("%(span)s too late")) % {"span": span(abs(gap))}


def waits(gap: timedelta) -> str:
    """«только что», «ждет 12 мин»: as the script of the list reckons it further."""
    return _("just now") if gap < timedelta(minutes=1) else _("waits %(span)s") % {"span": span(gap)}


def span(length: timedelta, *, minutes: bool = False) -> str:
    """«90 мин», «3 ч», «2 дн»: whole units, rounded down; from two of a unit on.
    With `minutes` hours bear theirs: «1 ч 30 мин», «3 ч 5 мин»."""
    whole = max(0, int(length / timedelta(minutes=1)))
    if whole < (60 if minutes else 120):
        return _("%(n)d min") % {"n": whole}
    if whole < 48 * 60:
        hours = _("%(n)d h") % {"n": whole // 60}
        return f"{hours} {_('%(n)d min') % {'n': whole % 60}}" if minutes else hours
    return _("%(n)d d") % {"n": whole // (24 * 60)}


def since(moment: str) -> str:
    """A time as it stands before «бастап» in Kazakh: with its ending; elsewhere as it is."""
    return with_ending(moment, "from") if get_language() == "kk" else moment


def until(moment: str) -> str:
    """A time as it stands before «дейін» in Kazakh: with its ending; elsewhere as it is."""
    return with_ending(moment, "to") if get_language() == "kk" else moment


def money(amount: str, currency: str = "") -> str:
    """`100000.5000 KZT` as people write it: «100 000,50 KZT», with hard spaces; what is no number stays."""
    number, _gap, unit = amount.strip().partition(" ")
    try:
        value = Decimal(number)
    except InvalidOperation:
        return f"{amount} {currency}".strip()
    whole = value == value.to_integral_value()
    said = f"{value:,.{0 if whole else 2}f}".replace(",", "\u202f").replace(".", ",")
    return f"{said}\u00a0{unit or currency}".strip()
