"""Turn the raw updates of gateways into what they mean: reports to deliveries, words to threads, starts and stops to
contact points. In order per chat; what cannot be understood stays visible.

Plain reports, which are most of it, are settled together; anything else is one transaction for one update.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

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

MOST_TOGETHER = 250
MOST_ALONE = 20
"""In one step: a worker that shall end is not held up."""


def interpret_once() -> bool:
    """Take stored updates: reports all together, others one by one. True when there were any."""
    with transaction.atomic():
        batch = incoming.claim(MOST_TOGETHER)
        together, alone = _sorted_out(batch)
        alone += settle_together(together)
    for raw in sorted(alone, key=lambda raw: (raw.next_try_at, raw.pk))[:MOST_ALONE]:
        incoming.interpret_next(interpret, raw.pk)
    return bool(batch)


def _sorted_out(batch: Sequence[RawUpdate]) -> tuple[list[Told], list[RawUpdate]]:
    """What holds plain reports only; and the rest, with what cannot be read."""
    together, alone = [], []
    wires: dict[int, Wire] = {}
    for raw in batch:
        try:
            if raw.account_id not in wires:
                wires[raw.account_id] = wire(raw.account)
            reports = plain(_events(raw, wires[raw.account_id]))
        except Exception:  # its own turn tells of it
            reports = None
        if reports is None:
            alone.append(raw)
        else:
            together.append(Told(raw, reports))
    return together, alone


def interpret(raw: RawUpdate) -> None:
    """Parse and perform one update. Raises contracts.errors.Malformed when it cannot be understood."""
    for event in _events(raw, wire(raw.account)):
        perform(event, raw.account, raw)


def _events(raw: RawUpdate, known: Wire) -> tuple[Event, ...]:
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
