"""Holds the line by which Telegram's updates come: asks for them (getUpdates), or keeps watch over the webhook.

Asking needs outgoing connections only. Telegram gives updates to one asker, keeps them for a day, and forgets those
below `offset`: so each one is kept durably before the next call. https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from priyom.channels.telegram.call import call
from priyom.channels.telegram.send import UPDATES, connect
from priyom.contracts.channel import Account, Post, Request, Session
from priyom.contracts.errors import Misconfigured, Throttled, Unavailable
from priyom.foundation.http import Http

POLL_SECONDS = 25
"""How long Telegram holds an empty answer back; proxies often cut at 30."""
MARGIN = 15.0
TROUBLES = 5
"""So many failures in a row, with growing pauses, are borne in silence (half a minute); then the clinic is told."""
RIVALS = 3
WATCH_SECONDS = 600.0
OTHER_PROGRAM = "Ответы этого бота забирает другая программа: остановите её или заведите отдельного бота"


def open(http: Http, account: Account, post: Post) -> Session | None:
    """Polling, or a watch over the webhook, as the account's settings say."""
    return Polling(http, account, post) if account.settings.updates == "polling" else Watch(http, account, post)


class Polling:
    """Asks for updates. The cursor kept is the number of the next one."""

    def __init__(self, http: Http, account: Account, post: Post) -> None:
        self._http, self._account, self._post = http, account, post
        self.pause = 1.0
        """Seconds after the first failure; each further one waits twice as long."""

    async def run(self) -> None:
        """Until cancelled. Raises Misconfigured (a wrong token, another program on the line), Unavailable."""
        troubles = rivals = 0
        hooked = True
        while True:
            try:
                if hooked:
                    await connect(self._http, self._account, "")
                    hooked = False
                await self._once()
                troubles = rivals = 0
            except Throttled as throttled:
                await asyncio.sleep(throttled.after)
            except Unavailable:
                troubles += 1
                if troubles > TROUBLES:
                    raise
                await asyncio.sleep(self.pause * 2 ** (troubles - 1))
            except Misconfigured as error:
                rivals += 1
                if error.code != "409":
                    raise
                if rivals > RIVALS:
                    raise Misconfigured(OTHER_PROGRAM, "409") from None
                # Perhaps our own former connection, or a webhook set meanwhile: both can be got over.
                hooked = True
                await asyncio.sleep(self.pause * rivals)

    async def _once(self) -> None:
        cursor = await self._post.cursor()
        body: dict[str, Any] = {"timeout": POLL_SECONDS, "allowed_updates": UPDATES}
        if cursor.isdecimal():
            body["offset"] = int(cursor)
        found = await call(self._http, self._account, "getUpdates", body, timeout=POLL_SECONDS + MARGIN)
        following = 0
        for update in found if isinstance(found, list) else ():
            raw = Request({"content-type": "application/json"}, {}, json.dumps(update).encode())
            await self._post.take(raw)
            number = update.get("update_id") if isinstance(update, dict) else None
            following = max(following, number + 1) if isinstance(number, int) else following
        if following:
            await self._post.keep(str(following))


class Watch:
    """Sets the webhook where it is not ours, so that nobody must press «connect»; looks again every ten minutes."""

    def __init__(self, http: Http, account: Account, post: Post) -> None:
        self._http, self._account, self._post = http, account, post
        self.every = WATCH_SECONDS

    async def run(self) -> None:
        """Until cancelled. Raises Misconfigured when Telegram does not take our address, or when another program has
        taken the bot's one webhook since we set it."""
        ours = False
        while True:
            try:
                hook = await call(self._http, self._account, "getWebhookInfo", {})
                known = str(hook.get("url") or "") if isinstance(hook, dict) else ""
                if known and known != self._post.hook_url and ours:
                    raise Misconfigured(OTHER_PROGRAM, "409")
                if known != self._post.hook_url:
                    await connect(self._http, self._account, self._post.hook_url)
                ours = True
            except Throttled as throttled:
                await asyncio.sleep(throttled.after)
                continue
            except Unavailable:
                pass  # sending tells of it; the watch is in no hurry
            await asyncio.sleep(self.every)
