"""The suite every channel must pass against its own emulator. A channel's `tests/test_contract.py` subclasses
`ChannelSuite` (as `TestContract`), names its key and two addresses, and pytest does the rest; what a channel cannot do
is taken from its card, and what differs in kind (a mailbox that dies instead of a block) from the base's switches."""

from __future__ import annotations

import json
from dataclasses import MISSING, is_dataclass

import pytest

from priyom.contracts import registry
from priyom.contracts.card import AfterCrash, Buttons, Templates, abouts
from priyom.contracts.message import Signal
from priyom.contracts.suite_receiving import ReceivingSuite
from priyom.contracts.suite_sending import SendingSuite
from priyom.contracts.suite_world import Stage, SuiteWorld
from priyom.contracts.vitals import Vitals

__all__ = ["ChannelSuite", "Stage", "SuiteWorld"]

README_HEADINGS = ("## Connecting", "## Limits", "## Prices", "## Level")


class ChannelSuite(SendingSuite, ReceivingSuite):
    """The card, the folder and the emulator's memory, besides sending and receiving."""

    def test_card_is_sane(self) -> None:
        card = self.channel.card
        assert card.key == self.key
        assert card.title
        assert card.text_limit > 0 or not self.has_limit
        assert card.pace > 0
        assert card.parallel > 0
        assert card.signals <= set(Signal) - {Signal.ANSWERED, Signal.UNCERTAIN}
        assert is_dataclass(card.settings)
        assert (card.window is not None) == (card.templates is Templates.OUTSIDE_WINDOW)
        if card.deep_link:
            assert "{bot}" in card.deep_link
            assert "{token}" in card.deep_link

    def test_functions_promised_by_the_card_exist(self) -> None:
        card, sender = self.channel.card, self.channel.sender
        needed = {"send": True, "check": True, "edit": card.edits, "find": card.after_crash is AfterCrash.ASK}
        needed["answer_press"] = card.buttons is Buttons.PRESSED
        needed |= {"ask": card.asks_status, "vitals": card.tells_vitals, "typing": card.types}
        needed |= dict.fromkeys(("submit", "templates"), card.templates is not Templates.NEVER)
        missing = [name for name, wanted in needed.items() if wanted and not hasattr(sender, name)]
        assert not missing
        assert all(hasattr(self.channel.receiver, name) for name in ("verify", "identify", "parse", "answer"))
        assert self.channel.listener is None or hasattr(self.channel.listener, "open")

    def test_settings_explain_themselves(self) -> None:
        for name, (about, kind, default) in abouts(self.channel.card.settings).items():
            assert about.label, name
            assert about.help, name
            assert kind in (str, int, bool), name
            assert default is MISSING or isinstance(default, kind), name

    def test_readme_tells_how_to_connect(self) -> None:
        text = (self.folder / "README.md").read_text()
        assert [heading for heading in README_HEADINGS if heading not in text] == []

    async def test_vitals_are_told(self, stage: Stage) -> None:
        if not self.channel.card.tells_vitals:
            pytest.skip("this vendor tells nothing of the account")
        vitals = await self.channel.sender.vitals(stage.http, stage.account)
        assert vitals != Vitals()

    async def test_the_emulator_can_be_put_away_and_taken_up(self, stage: Stage) -> None:
        await self.send(stage, "Здравствуйте")
        if self.has_replies:
            await stage.emulator.say(self.address, "да")
        kept = json.loads(json.dumps(stage.emulator.dump()))
        again = registry.emulator(self.key, SuiteWorld())
        again.load(kept)
        assert again.messages(self.address) == stage.emulator.messages(self.address)
        assert again.phones() == stage.emulator.phones()
