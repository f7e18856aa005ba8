"""Template tags over `priyom.web.say`: `{% icon %}`, `{% state %}`, `{% when %}`, `{% channel %}`, and filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from priyom.foundation import phone as phones
from priyom.foundation.clock import now
from priyom.notifications.catalogue import text
from priyom.web import say
from priyom.web.chats import files

register = template.Library()


def _zone(zone: ZoneInfo | str) -> ZoneInfo:
    return ZoneInfo(zone or "UTC") if isinstance(zone, str) else zone


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A shape of the sprite; silent for readers of the screen, the word stands beside it."""
    return format_html('<svg class="i {}" aria-hidden="true"><use href="#i-{}"/></svg>', size, name)


@register.simple_tag
def state(known: str) -> SafeString:
    """A visit's state: shape, word, colour."""
    word = say.STATES.get(known, say.Word(known, "planned"))
    return format_html('<span class="state is-{}">{}{}</span>', known, icon(word.shape, "s"), _(word.text))


@register.simple_tag
def when(at: datetime | None, zone: ZoneInfo | str) -> SafeString | str:
    """«завтра в 14:00», exact on hover."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        say.exact(at, _zone(zone)),
        say.when(at, _zone(zone)),
    )


@register.simple_tag
def time(at: datetime | None, zone: ZoneInfo | str) -> SafeString | str:
    """«14:00», exact on hover."""
    if at is None:
        return ""
    local = at.astimezone(_zone(zone))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), say.exact(at, _zone(zone)), f"{local:%H:%M}"
    )


@register.simple_tag
def stamp(at: datetime | None, zone: ZoneInfo | str) -> SafeString | str:
    """For lists: the time today, the day otherwise."""
    if at is None:
        return ""
    local, today = at.astimezone(_zone(zone)), now().astimezone(_zone(zone)).date()
    short = f"{local:%H:%M}" if local.date() == today else say.day(local.date(), today)
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), say.exact(at, _zone(zone)), short)


@register.simple_tag
def channel(key: str, size: str = "s") -> SafeString | str:
    """A channel as icon and word; nothing for no channel."""
    if not key:
        return ""
    found = say.card(key)
    shape = say.SORTS[found.sort] if found else "call" if key == say.CALL else "chat"
    return format_html('<span class="nowrap">{} {}</span>', icon(shape, size), say.channel_title(key))


@register.simple_tag
def signal(channel: str, learned: str, evidence: str = "") -> str:
    """What has been learned of a message: the vendor's own words where there are some."""
    return evidence or say.signal(channel, learned)


@register.filter
def ended(how: str) -> str:
    """How a doubt was ended."""
    return say.ended(how)


@register.simple_tag
def standing(known: str) -> SafeString:
    """Where a template stands at the vendor: shape and word."""
    word = say.STANDINGS.get(known, say.Word(known, "planned"))
    return format_html('<span class="nowrap">{} {}</span>', icon(word.shape, "s"), _(word.text))


@register.filter
def purpose(value: str) -> str:
    """What an account is for, in words."""
    return _(say.PURPOSES.get(value, value))


@register.filter
def quality(value: str) -> str:
    """The vendor's rating of a number, in a word."""
    return _(say.QUALITIES.get(value, "")) if value in say.QUALITIES else ""


@register.filter
def money(amount: str, currency: str = "") -> str:
    """A sum with its currency."""
    return say.money(amount, currency)


@register.filter
def leg(state: str) -> str:
    """A leg's or notification's state in words."""
    return _(say.LEGS.get(state, state))


@register.filter
def phone(number: str) -> str:
    """`+7 701 123-45-67`."""
    return phones.show(number)


@register.filter
def address(value: str, kind: str) -> str:
    """An address as people read it."""
    return phones.show(value) if kind == "phone" else value


@register.filter
def kind(value: str) -> str:
    """The name of a kind of contact point."""
    return say.kind_title(value)


@register.filter
def left(at: datetime) -> str:
    """«осталось 40 мин»."""
    return say.left(at)


@register.filter
def by_day(items: list[Any], zone: ZoneInfo | str) -> list[tuple[str, list[Any]]]:
    """Things with `.at`, grouped by the local day, each with its word."""
    there = _zone(zone)
    today = now().astimezone(there).date()
    grouped = groupby(items, key=lambda item: item.at.astimezone(there).date())
    return [(say.day(local, today), list(group)) for local, group in grouped]


@register.simple_tag
def channel_title(key: str) -> str:
    """A channel's name alone."""
    return say.channel_title(key)


@register.filter
def wording(kind: str) -> str:
    """What a kind of notification is called: «Напоминание за сутки»."""
    try:
        return _(text(kind).title)
    except KeyError:
        return _("automatic message")


@register.filter
def title_of(key: str) -> str:
    """A channel's name."""
    return say.channel_title(key)


@register.filter
def shape(mime: str) -> str:
    """How a thread shows a file: `picture`, `sound` or `file`."""
    return files.shape(mime)


@register.filter
def at(values: Mapping[str, str], key: str) -> str:
    """The value under that key, or nothing."""
    return values.get(key, "")


@register.simple_tag
def tried_time(iso: str, zone: ZoneInfo | str) -> SafeString | str:
    """When something was tried, from its stored ISO moment."""
    return stamp(datetime.fromisoformat(iso), zone) if iso else ""


@register.filter
def short(evidence: str) -> str:
    """Evidence for a list: what is known, without what is not; the whole of it stands on hover and beside the list."""
    return evidence.split(";")[0]
