"""Turn the raw updates of gateways into what they mean: reports to deliveries, words to threads, starts and stops to
contact points. In order per chat; one update is one transaction; what cannot be understood stays visible.
"""

from __future__ import annotations

from functools import singledispatch

from priyom.contracts.card import Audience
from priyom.contracts.channel import Request
from priyom.contracts.events import (
    AccountChanged,
    AlsoKnownAs,
    Event,
    Muted,
    Pressed,
    ReadUpTo,
    Reported,
    Said,
    SharedPhone,
    Started,
    Stopped,
    TemplateChanged,
    Typing,
)
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.accounts import told, wire
from priyom.delivery.incoming import interpret_next
from priyom.delivery.models import Account, RawUpdate
from priyom.delivery.settle import read_up_to, report
from priyom.foundation.clock import now
from priyom.inbox import receive, staff
from priyom.inbox.chat import Chat
from priyom.notifications import templates
from priyom.patients import linking, reach


def interpret_once() -> bool:
    """Take one stored update. True when there was one."""
    return interpret_next(interpret)


def interpret(raw: RawUpdate) -> None:
    """Parse and perform one update. Raises contracts.errors.Malformed when it cannot be understood."""
    account = raw.account
    request = Request(headers=raw.headers, query=raw.query, body=bytes(raw.body))
    for event in find_channel(account.channel).receiver.parse(wire(account), request).events:
        perform(event, account, raw)


def perform(event: Event, account: Account, raw: RawUpdate) -> None:
    """What one event means. What staff say in their own messenger is theirs, and goes another way."""
    if find_channel(account.channel).card.audience is Audience.STAFF and staff.spoke(event, account):
        return
    _perform(event, account, raw)


@singledispatch
def _perform(event: Event, account: Account, raw: RawUpdate) -> None:
    raise TypeError(f"no rule for {type(event).__name__}")


@_perform.register
def _(event: Reported, account: Account, raw: RawUpdate) -> None:
    report(
        account.pk, event.provider_id, event.signal, event.evidence, event.at or raw.received_at, event.code,
        event.gone, event.key,
    )  # fmt: skip


@_perform.register
def _(event: Said, account: Account, raw: RawUpdate) -> None:
    receive.said(Chat.of(account, event.address, event.name), event, raw)


@_perform.register
def _(event: Pressed, account: Account, raw: RawUpdate) -> None:
    receive.pressed(Chat.of(account, event.address, event.name), event, raw)


@_perform.register
def _(event: Started, account: Account, raw: RawUpdate) -> None:
    receive.started(Chat.of(account, event.address, event.name), event, raw)


@_perform.register
def _(event: SharedPhone, account: Account, raw: RawUpdate) -> None:
    receive.shared_phone(Chat.of(account, event.address, event.name), event, raw)


@_perform.register
def _(event: Stopped, account: Account, raw: RawUpdate) -> None:
    for point in Chat.of(account, event.address).points:
        reach.lost(point, account.channel, "blocked", event.how, event.at or now())


@_perform.register
def _(event: Muted, account: Account, raw: RawUpdate) -> None:
    for point in Chat.of(account, event.address).points:
        reach.muted(point, account.channel, event.until)


@_perform.register
def _(event: ReadUpTo, account: Account, raw: RawUpdate) -> None:
    read_up_to(account.pk, event.address, event.provider_id, event.evidence, event.at or raw.received_at)


@_perform.register
def _(event: Typing, account: Account, raw: RawUpdate) -> None:
    receive.typing(Chat.of(account, event.address))


@_perform.register
def _(event: AlsoKnownAs, account: Account, raw: RawUpdate) -> None:
    kind = find_channel(account.channel).card.contact_kind
    for point in Chat.of(account, event.address).points:
        linking.attach(point.patient, kind, event.alias, "vendor")


@_perform.register
def _(event: TemplateChanged, account: Account, raw: RawUpdate) -> None:
    templates.changed(account, event.template)


@_perform.register
def _(event: AccountChanged, account: Account, raw: RawUpdate) -> None:
    told(account, event.vitals, event.trouble)
