"""Ties the emulators to the house: reads the demo accounts from the database and tells each emulator where to call for
them, again whenever an account changes; and puts the phones of the demo clinic's people on the table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from django.conf import settings

from priyom.alerts.models import Recipient
from priyom.clinic.models import Branch
from priyom.contracts import registry
from priyom.contracts.card import Templates
from priyom.contracts.emulator import Emulator, Impossible
from priyom.contracts.errors import ChannelError
from priyom.delivery import accounts
from priyom.delivery.models import Account
from priyom.foundation.encryption import WrongKey
from priyom.notifications import templates
from priyom.patients.models import ContactPoint
from priyom.sandbox.demo_people import MARK, VISITORS
from priyom.sandbox.phones import Phones

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tie:
    """One account on an emulator: its settings as the emulator knows them, and where its webhooks go."""

    channel: str
    settings: Mapping[str, str]
    hook_url: str
    hook_secret: str


@dataclass(frozen=True, slots=True)
class DemoPhone:
    """An address of the demo clinic's patients, staff or visitors, and what befell it."""

    kind: str
    address: str
    name: str
    blocked: bool = False
    started: bool = True


def read_ties(wanted: Mapping[str, Mapping[str, str]]) -> list[Tie]:
    """The demo accounts. Where the emulator's own settings (`wanted`, by channel) differ, the account follows them."""
    ties = []
    for account in Account.objects.filter(demo=True, enabled=True, channel__in=wanted).order_by("id"):
        try:
            wire = accounts.wire(account)
            if any(_word(getattr(wire.settings, name)) != value for name, value in wanted[account.channel].items()):
                accounts.change(account, {**asdict(wire.settings), **wanted[account.channel]})
                account.refresh_from_db()
                wire = accounts.wire(account)
        except WrongKey:
            log.warning("the account %s is encrypted under another key and stays unconnected", account.key)
            continue
        given = {name: _word(value) for name, value in asdict(wire.settings).items()}
        ties.append(Tie(account.channel, given, _local(accounts.hook_url(account)), wire.hook_secret))
    return ties


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _local(url: str) -> str:
    """The same door on this machine: emulators call nobody outside it."""
    parts = urlsplit(url)
    return settings.LOCAL_URL + parts.path + (f"?{parts.query}" if parts.query else "")


def learn_names() -> None:
    """Let the house ask who its demo accounts are, where it does not know yet: deep links are made of the answer."""
    for account in Account.objects.filter(demo=True, enabled=True, bot_name=""):
        try:
            accounts.check(account)
        except (ChannelError, WrongKey) as error:
            log.info("%s does not tell its name: %s", account.key, error)


def hand_in_templates(done: set[int]) -> None:
    """Let the vendors that take only approved texts approve the house's, where they have none of them yet. `done` are
    the accounts that were asked already; it grows."""
    for account in Account.objects.filter(demo=True, enabled=True, templates=None).exclude(pk__in=done):
        card = registry.channel(account.channel).card
        if card.templates is Templates.NEVER:
            continue
        try:
            refused = templates.submit_all(account)
        except (ChannelError, WrongKey) as error:
            log.info("%s takes no templates now: %s", account.key, error)
            continue
        done.add(account.pk)
        if refused:
            log.warning("%s refused %s templates, the first: %s", account.key, len(refused), refused[0])


def attach(emulators: Mapping[str, Emulator], ties: list[Tie]) -> None:
    """Tell every emulator where to call."""
    for tie in ties:
        emulators[tie.channel].attach(tie.settings, tie.hook_url, tie.hook_secret)


def read_demo_phones() -> list[DemoPhone]:
    """Addresses of the demo clinic's people that belong to somebody's phone now; those that are gone have none."""
    points = ContactPoint.objects.filter(patient__external_id__startswith=MARK, removed_at__isnull=True)
    points = points.exclude(linked_by="vendor")  # another name of a phone that lies there already
    found = []
    for point in points.select_related("patient").prefetch_related("reaches").order_by("id"):
        lost = {reach.lost for reach in point.reaches.all()}
        if "gone" not in lost:
            found.append(DemoPhone(point.kind, point.address, point.patient.full_name, "blocked" in lost))
    if found:
        found += [DemoPhone("webchat", address, name, started=started) for address, name, started in VISITORS]
    staff = Recipient.objects.filter(account__demo=True, account__channel__in=registry.names()).order_by("id")
    for channel, address, name in staff.values_list("account__channel", "address", "name"):
        found.append(DemoPhone(registry.channel(channel).card.contact_kind, address, name))
    return found


async def lay_out(phones: Phones, demo: list[DemoPhone]) -> None:
    """Make the demo phones that are not there yet; what the sandbox remembers of the others stays."""
    known = {(p["kind"], p["address"]) for p in phones.everyone()}
    kinds = {gateway.emulator.contact_kind for gateway in phones.gateways.values()}
    for phone in demo:
        if phone.kind not in kinds or (phone.kind, phone.address) in known:
            continue
        for gateway in phones.of_kind(phone.kind):
            try:
                made = gateway.emulator.put(phone.address, phone.name, phone.started)
                if phone.blocked:
                    await gateway.emulator.block(made.address, True)
            except Impossible as impossible:
                log.warning("no phone for %s %s: %s", phone.kind, phone.address, impossible)


def zones() -> list[dict[str, str]]:
    """The branches with their time zones, for the clock's jumps."""
    return [{"name": b.name, "zone": b.time_zone} for b in Branch.objects.order_by("id")]
