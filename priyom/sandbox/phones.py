"""The phones of all emulators behind one door: found by the kind of address, however many channels have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from priyom.contracts import registry
from priyom.contracts.emulator import Emulator, Impossible, NoSuchPhone, Phone, PhoneMessage
from priyom.foundation.phone import BadPhone, normalize
from priyom.sandbox.problems import Problem

BY_NUMBER = frozenset({"phone", "whatsapp"})
"""Kinds whose addresses are phone numbers."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """An emulator with what its channel's card says of it."""

    key: str
    title: str
    emulator: Emulator
    needs_start: bool
    asks_contact: bool
    deep_links: bool


def gateway(emulator: Emulator) -> Gateway:
    """The emulator of a channel, with its card."""
    card = registry.channel(emulator.channel).card
    return Gateway(card.key, card.title, emulator, card.needs_start, card.asks_contact, bool(card.deep_link))


def spell(kind: str, address: str) -> str:
    """The one spelling of an address. Raises Problem when it cannot be one."""
    address = address.strip()
    if kind in BY_NUMBER:
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
    }


class Phones:
    """Everybody's phones. Methods raise NoSuchPhone, Impossible and Problem (a kind or an address that cannot be)."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self.gateways = gateways

    def of_kind(self, kind: str) -> list[Gateway]:
        """The gateways that take addresses of this kind."""
        found = [g for g in self.gateways.values() if g.emulator.contact_kind == kind]
        if not found:
            kinds = sorted({g.emulator.contact_kind for g in self.gateways.values()})
            raise Problem(404, f"Телефонов вида «{kind}» здесь нет, есть: {', '.join(kinds)}")
        return found

    def picture(self, gateway: Gateway, phone: Phone) -> dict[str, Any]:
        """A phone as the contract has it."""
        return {
            "kind": gateway.emulator.contact_kind,
            "channel": gateway.key,
            "address": phone.address,
            "name": phone.name,
            "started": phone.started,
            "blocked": phone.blocked,
        }

    def everyone(self) -> list[dict[str, Any]]:
        """All phones, each address once: of the channels that share it, the one where something was written."""
        found: dict[tuple[str, str], tuple[bool, dict[str, Any]]] = {}
        for gateway in self.gateways.values():
            for phone in gateway.emulator.phones():
                picture = self.picture(gateway, phone)
                key, used = (
                    (picture["kind"], spell(picture["kind"], phone.address)),
                    bool(gateway.emulator.messages(phone.address)),
                )
                if key not in found or used > found[key][0]:
                    found[key] = (used, picture)
        return [picture for _, picture in found.values()]

    def find(self, gateway: Gateway, address: str) -> Phone | None:
        """The phone of that address on one channel."""
        spelled = spell(gateway.emulator.contact_kind, address)
        kind = gateway.emulator.contact_kind
        for phone in gateway.emulator.phones():
            if phone.address == spelled or (kind in BY_NUMBER and phone.address == spelled.removeprefix("+")):
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

    def talking(self, kind: str, address: str, message: str = "") -> tuple[Emulator, str]:
        """The emulator where `message` stands (else where the last one came), and the address as it spells it."""
        for emulator, spelled in (found := self.all_talking(kind, address)):
            if message and any(item.id == message for item in emulator.messages(spelled)):
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
