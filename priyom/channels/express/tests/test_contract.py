"""eXpress passes the contract's suite."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from priyom.channels.express import tokens
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import ChannelSuite, SuiteWorld


class TestContract(ChannelSuite):
    """An account is closed by an administrator, not by the person; calls to a bot are made once."""

    key = "express"
    address = "user:f16cdc5f-6366-4552-9ecd-c36290ab3d11"
    other_address = "user:83fbf1c7-f14b-4176-ad32-ca15cf00d4b7"
    has_blocking = False
    has_retries = False

    def unsigned(self, request: Request) -> list[Request]:
        """Without a token; with another key's, another bot's, another server's, an old one, an early one; for another
        bot's body; with the signature cut off or said to be none."""
        at, bot = SuiteWorld().at, json.loads(request.body)["bot_id"]
        account = self.any_account()
        secret = account.settings.secret_key
        day = timedelta(days=1)
        good = tokens.ours(bot, "127.0.0.1", secret, at)
        wrong = (
            tokens.ours(bot, "127.0.0.1", secret + "x", at),
            tokens.ours("00000000-0000-4000-8000-000000000000", "127.0.0.1", secret, at),
            tokens.ours(bot, "cts.other.example", secret, at),
            tokens.ours(bot, "127.0.0.1", secret, at - day),
            tokens.ours(bot, "127.0.0.1", secret, at + day),
            tokens.signed({"aud": [bot], "iss": "127.0.0.1"}, secret),
            tokens.signed({"aud": [bot], "iss": "x", "nbf": 0, "exp": 9e9}, secret),
            good.rpartition(".")[0] + ".",
            "", "x", "a.b.c", "я.я.я",
        )  # fmt: skip
        rest = {name: value for name, value in request.headers.items() if name != "authorization"}
        forged = [replace(request, headers=rest | {"authorization": f"Bearer {token}"}) for token in wrong]
        other = request.body.replace(bot.encode(), b"00000000-0000-4000-8000-000000000000")
        return [*forged, replace(request, headers=rest), replace(request, body=other)]
