"""How the fake MAX tells its bots what happened: by webhooks, dialog by dialog in order, or by long polling.

Only 200 counts. A webhook that a bot registered itself and that has failed for 8 hours is deleted, as with MAX. While a
webhook stands, nothing is kept for polling; what is kept, is kept for a day.
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from priyom.channels.max_messenger.emulator_checks import Given, Refused, bad
from priyom.channels.max_messenger.emulator_state import Bot, State, Subscription
from priyom.contracts.emulator import Hook, World
from priyom.contracts.hook_post import HookPost, Parcel

GIVE_UP_SECONDS = 8 * 3600
QUEUE_SECONDS = 24 * 3600
RETRIES_LIFE = timedelta(days=4)
"""Ten retries from one minute on, each wait 2.5 times the last, take about so long."""


class Updates:
    """`loopback`: webhooks may be plain HTTP on any port of this machine."""

    def __init__(self, state: State, world: World, *, loopback: bool = True) -> None:
        self._state, self._world = state, world
        self.loopback = loopback
        self.post = HookPost(world, lambda status: status == 200, self._noted)
        self._news: dict[str, asyncio.Event] = {}

    def tell(self, bot: Bot, user_id: int, kind: str, content: dict[str, Any]) -> None:
        """Something has happened in a dialog."""
        now = self._now()
        update = {"update_type": kind, "timestamp": int(now * 1000), "user_locale": "ru", **content}
        self._give_up(bot, now)
        if not bot.subscriptions:
            bot.queue.append({"place": bot.next_place, "at": now, "update": update})
            bot.next_place += 1
            if event := self._news.get(bot.token):
                event.set()
            return
        body = json.dumps(update).encode()
        for hook in bot.subscriptions:
            if not hook.kinds or kind in hook.kinds:
                headers = {"X-Max-Bot-Api-Secret": hook.secret} if hook.secret else {}
                parcel = Parcel(Hook(_door(bot, hook.url), headers, body), self._world.now() + RETRIES_LIFE)
                self.post.put(f"{bot.id}:{user_id}:{hook.url}", parcel)

    def attach(self, bot: Bot, url: str, secret: str) -> None:
        """As if the webhook had been registered; it takes the place of one attached before, and calls go there too when
        the same path is named at another address."""
        bot.door = url
        if any(hook.secret == secret and _same_path(hook.url, url) for hook in bot.subscriptions):
            return
        bot.subscriptions[:] = [hook for hook in bot.subscriptions if not hook.attached and hook.url != url]
        bot.subscriptions.append(Subscription(url, secret, since=self._now(), attached=True))

    def release(self) -> None:
        """Let everybody go who waits for news."""
        for event in self._news.values():
            event.set()

    # -- methods --

    def hooks(self, bot: Bot, query: Given, body: Any) -> Any:
        """GET /subscriptions."""
        self._give_up(bot, self._now())
        return {
            "subscriptions": [
                {"url": hook.url, "time": int(hook.since * 1000), "update_types": hook.kinds or None}
                for hook in bot.subscriptions
            ]
        }

    def hook(self, bot: Bot, query: Given, body: Any) -> Any:
        """POST /subscriptions: one more, even when the address is there already. Raises Refused."""
        given = body if isinstance(body, dict) else {}
        url, secret = str(given.get("url") or ""), given.get("secret")
        if secret is not None and not re.fullmatch(r"[a-zA-Z0-9_-]{5,256}", str(secret)):
            raise bad('secret: must match "^[a-zA-Z0-9_-]{5,256}$"')
        if not (self.loopback and _same_path(url, bot.door)):
            self._check(url)
        kinds = [str(kind) for kind in given.get("update_types") or []]
        bot.subscriptions.append(Subscription(url, str(secret or ""), kinds, self._now()))
        return {"success": True}

    def unhook(self, bot: Bot, query: Given, body: Any) -> Any:
        """DELETE /subscriptions. Raises Refused."""
        url = str(query.get("url", ""))
        if all(hook.url != url for hook in bot.subscriptions):
            raise Refused(200, "", "Subscription not found")
        bot.subscriptions[:] = [hook for hook in bot.subscriptions if hook.url != url]
        return {"success": True}

    async def updates(self, bot: Bot, query: Given) -> Any:
        """GET /updates: waits up to `timeout` seconds for the first one. Raises Refused."""
        limit, timeout = int(query.get("limit") or 100), float(query.get("timeout") or 30)
        if not 1 <= limit <= 1000 or not 0 <= timeout <= 90:
            raise bad("limit or timeout: out of bounds")
        self._alone(bot)
        if marker := str(query.get("marker") or ""):
            bot.queue[:] = [item for item in bot.queue if item["place"] >= int(marker)]
        found = self._waiting(bot, query, limit)
        if not found and timeout:
            await self._wait(bot, timeout)
            self._alone(bot)
            found = self._waiting(bot, query, limit)
        following = found[-1]["place"] + 1 if found else bot.next_place
        return {"updates": [item["update"] for item in found], "marker": following}

    # -- the two ways --

    def _alone(self, bot: Bot) -> None:
        if bot.subscriptions:
            raise Refused(405, "method.not.allowed", "Long polling does not work while a webhook is set")

    def _waiting(self, bot: Bot, query: Given, limit: int) -> list[dict[str, Any]]:
        bot.queue[:] = [item for item in bot.queue if self._now() - item["at"] <= QUEUE_SECONDS]
        kinds = set(filter(None, str(query.get("types") or "").split(",")))
        return [item for item in bot.queue if not kinds or item["update"]["update_type"] in kinds][:limit]

    async def _wait(self, bot: Bot, seconds: float) -> None:
        event = self._news.setdefault(bot.token, asyncio.Event())
        event.clear()
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return

    def _give_up(self, bot: Bot, now: float) -> None:
        bot.subscriptions[:] = [
            hook
            for hook in bot.subscriptions
            if hook.attached or hook.failing_since is None or now - hook.failing_since < GIVE_UP_SECONDS
        ]

    def _noted(self, made: Hook, taken: bool) -> None:
        for bot in self._state.bots.values():
            for hook in bot.subscriptions:
                if _door(bot, hook.url) == made.url:
                    hook.failing_since = None if taken else hook.failing_since or self._now()

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if self.loopback and parts.scheme and parts.hostname in ("127.0.0.1", "localhost", "::1"):
            return
        if parts.scheme != "https" or parts.port is not None:
            raise bad("url: must be https:// on port 443 without a port in the address")

    def _now(self) -> float:
        return self._world.now().timestamp()


def _same_path(url: str, door: str) -> bool:
    return bool(door) and urlsplit(url).path == urlsplit(door).path


def _door(bot: Bot, url: str) -> str:
    return bot.door if _same_path(url, bot.door) else url
