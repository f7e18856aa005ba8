"""The phones of all emulators behind one door: found by the kind of address, however many channels have it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from priyom.contracts import registry
from priyom.contracts.card import Card
from priyom.contracts.emulator import Emulator, Impossible, NoSuchPhone, Phone, PhoneMessage
from priyom.foundation.phone import BadPhone, normalize
from priyom.sandbox.problems import Problem

BY_NUMBER = frozenset({"phone", "whatsapp"})
"""Kinds whose addresses are phone numbers."""
HIDDEN_NUMBER = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
"""How WhatsApp names a person who hides the number, and names everybody besides."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """An emulator with its channel's card."""

    emulator: Emulator
    card: Card

    @property
    def key(self) -> str:
        """The channel."""
        return self.card.key

    @property
    def kind(self) -> str:
        """The kind of address it takes."""
        return self.emulator.contact_kind

    @property
    def needs_start(self) -> bool:
        """Whether a phone must be there before anybody can write to it."""
        return self.card.needs_start


def gateway(emulator: Emulator) -> Gateway:
    """The emulator of a channel, with its card."""
    return Gateway(emulator, registry.channel(emulator.channel).card)


def spell(kind: str, address: str) -> str:
    """The one spelling of an address. Raises Problem when it cannot be one."""
    address = address.strip()
    if kind in BY_NUMBER and not HIDDEN_NUMBER.fullmatch(address):
        try:
            return normalize(address)
        except BadPhone as error:
            raise Problem(404, str(error)) from None
    if kind == "email":
        if address.count("@") != 1 or address.startswith("@") or address.endswith("@") or " " in address:
            raise Problem(404, f"«{address}» - не адрес почты")
        return address.lower()
    return address


def shown(message: PhoneMessage, channel: str = "") -> dict[str, Any]:
    """A message as the contract has it."""
    return {
        "id": message.id,
        "channel": channel,
        "at": message.at.isoformat().replace("+00:00", "Z"),
        "direction": message.direction,
        "text": message.text,
        "buttons": [{"id": key, "label": label} for key, label in message.buttons],
        "edited": message.edited,
        "files": list(message.files),
        "subject": message.subject,
        "sender": message.sender,
        "quoted": message.quoted,
    }


class Phones:
    """Everybody's phones. Methods raise NoSuchPhone, Impossible and Problem (a kind or an address that cannot be)."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self.gateways = gateways

    def of_kind(self, kind: str) -> list[Gateway]:
        """The gateways that take addresses of this kind."""
        found = [g for g in self.gateways.values() if g.kind == kind]
        if not found:
            kinds = sorted({g.kind for g in self.gateways.values()})
            raise Problem(404, f"Телефонов вида «{kind}» здесь нет, есть: {', '.join(kinds)}")
        return found

    def picture(self, gateway: Gateway, phone: Phone) -> dict[str, Any]:
        """A phone as the contract has it."""
        return {
            "kind": gateway.kind,
            "channel": gateway.key,
            "address": phone.address,
            "name": phone.name,
            "started": phone.started,
            "blocked": phone.blocked,
        }

    def everyone(self) -> list[dict[str, Any]]:
        """All phones, each address once: of the channels that share it, the one where something was written last."""
        return [self.whole(owners)[0] for owners in self.directory().values()]

    def directory(self) -> dict[tuple[str, str], list[tuple[Gateway, Phone]]]:
        """(kind, address as it is spelled here) -> who has a phone of that address, in the gateways' order."""
        found: dict[tuple[str, str], list[tuple[Gateway, Phone]]] = {}
        for gateway in self.gateways.values():
            kind = gateway.kind
            for phone in gateway.emulator.phones():
                spelled = phone.address if phone.address.startswith("+") else spell(kind, phone.address)
                found.setdefault((kind, spelled), []).append((gateway, phone))
        return found

    def whole(self, owners: Sequence[tuple[Gateway, Phone]]) -> tuple[dict[str, Any], int, PhoneMessage | None]:
        """(the phone, how many messages stand on it, the last one) over the gateways that know it."""
        chosen, last, count = owners[0], None, 0
        for gateway, phone in owners:
            chat = gateway.emulator.messages(phone.address)
            count += len(chat)
            if chat and (last is None or chat[-1].at > last.at):
                chosen, last = (gateway, phone), chat[-1]
        return self.picture(*chosen), count, last

    def find(self, gateway: Gateway, address: str) -> Phone | None:
        """The phone of that address on one channel."""
        spelled = spell(gateway.kind, address)
        for phone in gateway.emulator.phones():
            if phone.address == spelled or (gateway.kind in BY_NUMBER and phone.address == spelled.removeprefix("+")):
                return phone
        return None

    def one(self, kind: str, address: str) -> dict[str, Any]:
        """The phone of that address; on channels where anybody can be written to, an unused one exists too."""
        for gateway in self.of_kind(kind):
            phone = self.find(gateway, address)
            if phone is not None:
                return self.picture(gateway, phone)
            if not gateway.needs_start:
                spelled = spell(kind, address)
                return self.picture(gateway, Phone(spelled, spelled, started=True))
        raise NoSuchPhone(address)

    def put(self, kind: str, address: str, name: str | None, started: bool | None) -> tuple[dict[str, Any], bool]:
        """(the phone, whether it is new) made or changed on every channel of the kind; None keeps what is."""
        spelled, new = spell(kind, address), True
        picture: dict[str, Any] = {}
        for gateway in self.of_kind(kind):
            known = self.find(gateway, spelled)
            new = new and known is None
            kept_name = name if name is not None else (known.name if known else spelled)
            kept_started = started if started is not None else bool(known and known.started)
            try:
                phone = gateway.emulator.put(spelled, kept_name, kept_started)
            except Impossible as impossible:
                raise Problem(422, str(impossible)) from None
            picture = picture or self.picture(gateway, phone)
        return picture, new

    def messages(self, kind: str, address: str) -> list[tuple[str, PhoneMessage]]:
        """The chat over all channels of the kind, oldest first, each message with its channel."""
        found: list[tuple[str, PhoneMessage]] = []
        known = False
        for gateway in self.of_kind(kind):
            phone = self.find(gateway, address)
            known = known or phone is not None or not gateway.needs_start
            if phone is not None:
                found += [(gateway.key, message) for message in gateway.emulator.messages(phone.address)]
        if not known:
            raise NoSuchPhone(address)
        return sorted(found, key=lambda item: item[1].at)

    def talking(self, kind: str, address: str, message: str = "", channel: str = "") -> tuple[Emulator, str]:
        """The emulator where `message` stands (else where the last one came), and the address as it spells it. Two
        gateways may give one id to their messages: `channel` says which is meant."""
        for emulator, spelled in (found := self.all_talking(kind, address)):
            if channel in ("", emulator.channel) and any(item.id == message for item in emulator.messages(spelled)):
                return emulator, spelled
        return found[0]

    def all_talking(self, kind: str, address: str) -> list[tuple[Emulator, str]]:
        """Every emulator that knows the phone, the one where the last message came first. Raises NoSuchPhone."""
        found: list[tuple[float, Emulator, str]] = []
        for gateway in self.of_kind(kind):
            phone = self.find(gateway, address)
            if phone is None and not gateway.needs_start:
                spelled = spell(kind, address)
                phone = gateway.emulator.put(spelled, spelled, True)
            if phone is None:
                continue
            chat = gateway.emulator.messages(phone.address)
            found.append((chat[-1].at.timestamp() if chat else 0.0, gateway.emulator, phone.address))
        if not found:
            raise NoSuchPhone(address)
        return [(emulator, spelled) for _, emulator, spelled in sorted(found, key=lambda item: -item[0])]
