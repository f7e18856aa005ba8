"""Channel accounts: made, changed, tested. Secrets rest encrypted; `wire` is the account as its channel wants it."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from priyom.contracts import registry
from priyom.contracts.card import BadSettings, abouts, build_settings
from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Channel, Identity
from priyom.contracts.errors import ChannelError, Misconfigured
from priyom.contracts.vitals import Vitals
from priyom.delivery.consequence import storable
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.facts import AccountHealthChanged
from priyom.delivery.models import Account, AccountState
from priyom.foundation.clock import now
from priyom.foundation.encryption import WrongKey, decrypt, encrypt
from priyom.foundation.http import Http
from priyom.journal.record import record

HOOK_SECRET = "hook_secret"
LOCKED = (
    "Секреты этого канала зашифрованы другим ключом: верните прежний ключ (файл keys/secrets.key в папке данных или "
    "PRIYOM_ENCRYPTION_KEY) и перезапустите Приём, или введите секреты канала заново"
)
"""What is told of an account that was encrypted under another key, and what to do."""
TEST_TEXT = "Проверка связи: если вы это читаете, канал работает."


@transaction.atomic
def create(channel: str, name: str, key: str, values: Mapping[str, object]) -> Account:
    """A new account of that channel with settings as typed in. Raises BadSettings, NoSuchChannel."""
    made = registry.channel(channel)
    warm_since = now().date() if made.card.warm_up else None
    account = Account(channel=channel, name=name, key=key, health_since=now(), warm_since=warm_since)
    _store(account, made, values, {HOOK_SECRET: secrets.token_urlsafe(24)})
    account.save(force_insert=True)
    return account


@transaction.atomic
def change(account: Account, values: Mapping[str, object]) -> bool:
    """New settings; a secret left empty stays as it was. A broken account is tried again. Raises BadSettings.

    Secrets under another key are lost, so all of them must come anew; the answer is then True: our webhook has a new
    secret too, and the vendor must be told of it.
    """
    anew = False
    try:
        kept = opened(bytes(account.secrets))
    except WrongKey:
        kept, anew = {HOOK_SECRET: secrets.token_urlsafe(24)}, True
    _store(account, registry.channel(account.channel), values, kept)
    account.paused_until = None
    account.save()
    _note(account, "ok", "")
    return anew


def locked(account: Account) -> str:
    """What to tell when its secrets were encrypted under another key; '' when they can be opened."""
    try:
        opened(bytes(account.secrets))
    except WrongKey:
        return LOCKED
    return ""


def opened(token: bytes) -> dict[str, object]:
    """The secrets behind the stored bytes. Raises WrongKey."""
    found: dict[str, object] = json.loads(decrypt(settings.ENCRYPTION_KEY, token))
    return found


def wired(channel: Channel, key: str, plain: Mapping[str, object], token: bytes) -> Wire:
    """The account as its channel wants it, of its stored parts. Raises WrongKey, BadSettings."""
    hidden = opened(token)
    return channel.account(key, {**plain, **hidden}, str(hidden.get(HOOK_SECRET, "")))


def wire(account: Account) -> Wire:
    """The account with its secrets opened. Raises WrongKey, BadSettings, NoSuchChannel."""
    return wired(registry.channel(account.channel), account.key, account.settings, bytes(account.secrets))


def check(account: Account, *, connect: bool = False) -> Identity:
    """Ask the vendor live who we are, and keep the answer; `connect` also registers our webhook there.

    Must not be called inside a running event loop. Raises the errors of `contracts.errors`, after noting a
    misconfigured account as broken.
    """
    try:
        identity = asyncio.run(_ask(account, connect))
    except ChannelError as error:
        if isinstance(error, Misconfigured):
            _note(account, "broken", error.text)
        raise
    account.bot_name = identity.name[:100]
    account.save(update_fields=["bot_name"])
    _note(account, "ok", "")
    return identity


@transaction.atomic
def told(account: Account, vitals: Vitals, trouble: str) -> None:
    """The vendor said how the account stands; with `trouble` it sends no more until a person has looked."""
    if vitals != Vitals():
        state, _ = AccountState.objects.select_for_update().get_or_create(account=account)
        news = {name: value for name, value in as_json(vitals).items() if value not in (None, "")}
        state.vitals, state.vitals_at = {**state.vitals, **news}, now()
        state.save(update_fields=["vitals", "vitals_at"])
    if trouble:
        _note(account, "broken", trouble)


def as_json(vitals: Vitals) -> dict[str, object]:
    """How `AccountState.vitals` keeps them."""
    return {
        "balance": None if vitals.balance is None else str(vitals.balance),
        "currency": storable(vitals.currency, 3),
        "quality": vitals.quality.value,
        "daily_limit": vitals.daily_limit,
        "note": storable(vitals.note, 300),
    }


def hook_url(account: Account) -> str:
    """Where the gateway shall call us."""
    return f"{settings.PUBLIC_URL}/hooks/{account.channel}/{account.key}"


def by_kind(kind: str) -> list[Account]:
    """Enabled accounts whose channel takes addresses of this kind (phone, email, telegram ...), oldest first."""
    fitting = [card.key for card in registry.cards() if card.contact_kind == kind]
    return list(Account.objects.filter(channel__in=fitting, enabled=True).order_by("pk"))


def send_test(account: Account, address: str) -> int:
    """Order a test message; the delivery's id, by which its signal can be watched."""
    return enqueue(Order(account.pk, address, {"text": TEST_TEXT, "rows": []}, "system", goal="accepted"))


def placed(key: str, value: object) -> object:
    """A text with `{public_url}` and `{key}` filled in: addresses of ours that a channel's settings or page need."""
    if not isinstance(value, str):
        return value
    return value.replace("{public_url}", settings.PUBLIC_URL).replace("{key}", key)


def _store(account: Account, channel: Channel, values: Mapping[str, object], kept: Mapping[str, object]) -> None:
    known = abouts(channel.card.settings)
    strange = {name: "такой настройки нет" for name in values if name not in known}
    if strange:
        raise BadSettings(strange)
    hidden = {name for name, (about, _, _) in known.items() if about.secret}
    kept = {**kept, **{name: value for name, value in values.items() if name in hidden and value not in ("", None)}}
    plain = {name: placed(account.key, v) for name, v in values.items() if name not in hidden and v is not None}
    build_settings(channel.card.settings, {**plain, **kept})
    account.settings = plain
    account.secrets = encrypt(settings.ENCRYPTION_KEY, json.dumps(kept))


@transaction.atomic
def _note(account: Account, health: str, why: str) -> None:
    if account.health != health:
        account.health, account.health_since = health, now()
        record(AccountHealthChanged(account_id=account.pk, health=health, why=why[:300]))
    account.health_why = why[:300]
    account.save(update_fields=["health", "health_why", "health_since"])


async def _ask(account: Account, connect: bool) -> Identity:
    sender = registry.channel(account.channel).sender
    try:
        known = wire(account)
    except WrongKey:
        raise Misconfigured(LOCKED) from None
    async with Http() as http:
        if connect and hasattr(sender, "connect"):
            await sender.connect(http, known, hook_url(account))
        return await sender.check(http, known)
