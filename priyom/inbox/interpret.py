"""Turn the raw updates of gateways into what they mean: reports to deliveries, words to threads, starts and stops to
contact points. In order per chat; what cannot be understood stays visible.

Plain reports, which are most of it, are settled together; anything else one after another, some in a transaction.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial, singledispatch

from django.db import transaction

from priyom.contracts.card import Audience
from priyom.contracts.channel import Account as Wire
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
from priyom.delivery import incoming
from priyom.delivery.accounts import told, wire
from priyom.delivery.models import Account, RawUpdate
from priyom.delivery.reported import Told, plain, settle_together
from priyom.delivery.settle import read_up_to, report
from priyom.foundation.clock import now
from priyom.inbox import receive, staff
from priyom.inbox.chat import Chat
from priyom.notifications import templates
from priyom.patients import linking, reach

MOST_AT_ONCE = 250
AT_ONCE = 20
"""So many of those understood one after another share a transaction; a colleague who wants to change one of their
threads waits until it ends."""
LONGEST = 1.0
"""Seconds after which a step looks anew at what has come, and a worker that shall end is not held up."""

Events = tuple[Event, ...]


def interpret_once() -> bool:
    """Take stored updates: reports all together, others one after another. True when there were any."""
    with transaction.atomic():
        batch = incoming.claim(MOST_AT_ONCE)
        together, alone, read = _sorted_out(batch)
        alone += settle_together(together)
    begun = time.monotonic()
    ids = [raw.pk for raw in sorted(alone, key=lambda raw: (raw.next_try_at, raw.pk))]
    understand = partial(interpret, read=read)
    while ids and time.monotonic() - begun < LONGEST:
        some, ids = ids[:AT_ONCE], ids[AT_ONCE:]
        for left in incoming.interpret_together(understand, some) if len(some) > 1 else some:
            incoming.interpret_next(understand, left)
    return bool(batch)


def _sorted_out(batch: Sequence[RawUpdate]) -> tuple[list[Told], list[RawUpdate], dict[int, Events]]:
    """What holds plain reports only; the rest, with what cannot be read; and what was read in each."""
    together, alone = [], []
    read: dict[int, Events] = {}
    wires: dict[int, Wire] = {}
    for raw in batch:
        try:
            if raw.account_id not in wires:
                wires[raw.account_id] = wire(raw.account)
            read[raw.pk] = _events(raw, wires[raw.account_id])
        except Exception:  # its own turn tells of it
            alone.append(raw)
            continue
        reports = plain(read[raw.pk])
        if reports is None:
            alone.append(raw)
        else:
            together.append(Told(raw, reports))
    return together, alone, read


def interpret(raw: RawUpdate, read: Mapping[int, Events]) -> None:
    """Perform what one update says; it is parsed if it has not been `read`. Raises contracts.errors.Malformed when it
    cannot be understood."""
    events = read[raw.pk] if raw.pk in read else _events(raw, wire(raw.account))
    for event in events:
        perform(event, raw.account, raw)


def _events(raw: RawUpdate, known: Wire) -> Events:
    return find_channel(raw.account.channel).receiver.parse(known, incoming.request_of(raw)).events


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
