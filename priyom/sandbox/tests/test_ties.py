"""The real emulators and their demo accounts: every card's example is somebody's address there, and the accounts follow
ports that change when the sandbox starts again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from priyom.contracts import registry
from priyom.delivery import accounts
from priyom.delivery.models import Account
from priyom.sandbox.database import ask
from priyom.sandbox.demo import load
from priyom.sandbox.phones import spell
from priyom.sandbox.server import Sandbox
from priyom.sandbox.world import StillWorld


@pytest.mark.parametrize("key", registry.names())
def test_the_cards_example_is_an_address_there(key: str) -> None:
    card = registry.channel(key).card
    emulator = registry.emulator(key, StillWorld())
    assert emulator.put(card.example, "Пример", True).address == spell(card.contact_kind, card.example) == card.example


def told() -> dict[str, dict[str, str]]:
    """The accounts' settings as words, by channel."""
    return {
        account.channel: {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in asdict(accounts.wire(account).settings).items()
        }
        for account in Account.objects.filter(demo=True)
    }


@pytest.mark.django_db(transaction=True)
async def test_accounts_follow_ports_that_change(tmp_path: Path) -> None:
    await ask(load, with_patients=False)
    seen = []
    for start in range(2):
        made = Sandbox(tmp_path / str(start), "http://127.0.0.1:1", "http://127.0.0.1:2")
        await made.start(0)
        try:
            wanted = {key: emulator.demo_account("http://127.0.0.1:1") for key, emulator in made.emulators.items()}
        finally:
            await made.stop()
        settings = await ask(told)
        assert set(settings) == set(wanted) == set(registry.names())
        for key, given in wanted.items():
            assert {name: settings[key][name] for name in given} == dict(given), key
        seen.append({key: given["port"] for key, given in wanted.items() if "port" in given})
    first, second = seen
    assert set(first) == set(second) >= {"smtp", "smpp", "sip_voice"}
    assert "0" not in first.values()
    assert any(first[key] != second[key] for key in first), "fresh ports were chosen, so following them was tried"
