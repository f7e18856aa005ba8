"""The sending half that the counting channels (`journeys/channels`) share. They differ in what may be done with a
message of unknown fate: repeat it under its key, ask after it, or neither."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import priyom.channels
from priyom.contracts import registry
from priyom.contracts.card import AfterCrash, Buttons, Card, Sort, setting
from priyom.contracts.channel import Account, Identity
from priyom.contracts.errors import Rejected, Unavailable, Uncertain
from priyom.contracts.message import Outgoing, Receipt, Signal
from priyom.foundation.http import Answer, Http, NoAnswer, NotSent

FOLDER = Path(__file__).parent / "channels"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the gateway is."""

    base_url: str = setting("Адрес", "Адрес шлюза.")
    token: str = setting("Ключ", "Любой.", default="", secret=True)


def card(key: str, after_crash: AfterCrash, *, pace: float = 2000.0, parallel: int = 64) -> Card:
    """The card of a counting channel."""
    return Card(
        key=key, title="Счетчик", sort=Sort.SMS, contact_kind="phone", buttons=Buttons.DIGITS,
        signals=frozenset({Signal.ACCEPTED, Signal.DELIVERED}), needs_start=False, text_limit=1000, label_limit=40,
        pace=pace, settings=Settings, after_crash=after_crash, parallel=parallel,
    )  # fmt: skip


def register() -> None:
    """Let the registry find the counting channels in this process, for good; tests say `registered`."""
    if FOLDER not in registry.FOLDERS:
        registry.FOLDERS.append(FOLDER)
        priyom.channels.__path__.append(str(FOLDER))
        _look_again()


@contextmanager
def registered() -> Iterator[None]:
    """Let the registry find the counting channels inside the block, and only there."""
    if FOLDER in registry.FOLDERS:
        yield
        return
    register()
    try:
        yield
    finally:
        registry.FOLDERS.remove(FOLDER)
        priyom.channels.__path__.remove(str(FOLDER))
        _look_again()


def _look_again() -> None:
    registry.names.cache_clear()
    registry.card.cache_clear()
    registry.channel.cache_clear()


async def post(http: Http, account: Account, path: str, outgoing: Outgoing) -> Answer:
    """One request. Raises Unavailable, Uncertain."""
    body = {
        "key": outgoing.key,
        "to": outgoing.address,
        "text": outgoing.message.text,
        "buttons": [[(button.label, button.payload) for button in row] for row in outgoing.message.rows],
        "left": time.monotonic(),
    }
    try:
        answer = await http.request("POST", account.settings.base_url + path, json=body)
    except NotSent as error:
        raise Unavailable(str(error)) from error
    except NoAnswer as error:
        raise Uncertain(str(error)) from error
    if answer.status == 503:
        raise Unavailable("шлюз не работает", "503")
    return answer


async def send(http: Http, account: Account, outgoing: Outgoing, path: str = "/send") -> Receipt:
    """Send once."""
    answer = await post(http, account, path, outgoing)
    if answer.status != 200:
        raise Rejected("отказ", str(answer.status))
    return Receipt(answer.json()["id"])


async def find(http: Http, account: Account, outgoing: Outgoing) -> Receipt | None:
    """Whether the gateway has it."""
    answer = await post(http, account, "/find", outgoing)
    return Receipt(answer.json()["id"]) if answer.status == 200 else None


async def check(http: Http, account: Account) -> Identity:
    """Always well."""
    return Identity("counter", "Счетчик")
